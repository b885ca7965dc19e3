"""What goes beyond the profile's jobs: commits, rotation, alerts. Each gives jobs, parts and remarks."""

from __future__ import annotations

from fedtui.actions.parts import subjects
from fedtui.actions.plan import Refused
from fedtui.actions.ports import Ports
from fedtui.federation import rotation
from fedtui.federation.setup import Addition
from fedtui.federation.survey import Survey
from fedtui.pack import Pack


async def additions_of(survey: Survey, ports: Ports) -> tuple[Addition, ...]:
    """What the request wants beside the jobs. Raises Refused."""
    request = survey.request
    wanted = {
        "--git": request.git,
        "--alert": request.alerts,
        "--mail-to": request.mail_to,
        "--heartbeat": request.heartbeat,
    }
    for name, value in wanted.items():
        if value:
            raise Refused(f"{name} cannot be set up yet.")
    return tuple(one for one in (await _rotation(survey, ports),) if one is not None)


async def _rotation(survey: Survey, ports: Ports) -> Addition | None:
    """Rotation of the logs, or what takes the files of an earlier one away. Raises Refused."""
    was = survey.was is not None and survey.was.rotate
    gone = await rotation.rotation_gone(ports, rotated=was)
    if not survey.request.rotate:
        return Addition(parts=gone.parts, remarks=gone.remarks) if was else None
    backend, folder = survey.backend, survey.logs.path
    pack = Pack(str(survey.root), survey.profile.source, backend, str(folder), "")
    made = await rotation.rotation(pack, rotation.pack_logs(survey.profile, folder), survey.owner, ports)
    parts = made.parts
    if not made.by:  # an earlier rotation that cannot go on; its job goes as well
        written = {about for part in parts for about in subjects(part)}
        parts += tuple(part for part in gone.parts if not subjects(part) & written)
    provides = rotation.KEY if made.by else ""
    return Addition(tuple((job, backend) for job in made.jobs), parts, made.remarks, provides)
