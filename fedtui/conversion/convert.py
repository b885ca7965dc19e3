"""Converting a job from one scheduler to another: a cron line into a pair of units, a timer into a cron line.

The one door for the dashboard and the command line; the plan is a compound change (changes/change_set.py), so
it is made whole or not at all, and one undo puts both sides back.
"""

from __future__ import annotations

import os

from fedtui.action_result import Refused
from fedtui.changes.plan import Plan
from fedtui.conversion.to_cron import plan_to_cron
from fedtui.conversion.to_timer import plan_to_timer
from fedtui.model import Job, State
from fedtui.ports import Ports

WORDS = {
    "cron": "a line of the crontab",
    "user": "a timer of your own systemd",
    "system": "a timer of the system's systemd, run as the user of the line",
}
"""What each way is called."""


def targets(job: Job, ports: Ports) -> tuple[str, ...]:
    """Where the job may go: what the user may do there and what makes sense, the likeliest first."""
    if job.timer is not None:
        return ("cron",)
    own = ("user",) if job.user == ports.user else ()
    return (*own, "system") if os.geteuid() == 0 else own or ("system",)


async def plan_convert(job: Job, to: str, ports: Ports, *, linger: bool = False) -> Plan:
    """The plan that has `to` ("cron", "user" or "system") run the job. Raises Refused.

    `linger` keeps the user's systemd running after logout, for "user".
    """
    if job.state is State.BAD_LINE:
        raise Refused(f"{job.name} is a line that cron refuses, not a job.", advice="e mends it.")
    if to == "cron":
        return await plan_to_cron(job, ports)
    if job.timer is not None:
        here = "user" if job.timer.user_manager else "system"
        if here == to:
            raise Refused(f"{job.name} is a timer of the {here}'s systemd already.")
        raise Refused(
            f"{job.name} is a timer of the {here}'s systemd.",
            advice="Convert it to cron, and the line from there.",
        )
    return await plan_to_timer(job, to, ports, linger=linger)
