"""What goes beyond the profile's jobs: commits, rotation, alerts. Each gives jobs, parts and remarks."""

from __future__ import annotations

from fedtui.actions.plan import Refused
from fedtui.actions.ports import Ports
from fedtui.federation.setup import Addition
from fedtui.federation.survey import Survey


async def additions_of(survey: Survey, ports: Ports) -> tuple[Addition, ...]:
    """What the request wants beside the jobs. Raises Refused."""
    request = survey.request
    wanted = {
        "--git": request.git,
        "--rotate": request.rotate,
        "--alert": request.alerts,
        "--mail-to": request.mail_to,
        "--heartbeat": request.heartbeat,
    }
    for name, value in wanted.items():
        if value:
            raise Refused(f"{name} cannot be set up yet.")
    return ()
