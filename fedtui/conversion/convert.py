"""Converting a job from one scheduler to another: a cron line into a pair of units, a timer into a cron line.

The one door for the dashboard and the command line; the plan is a compound change (changes/change_set.py), so
it is made whole or not at all, and one undo puts both sides back.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from fedtui.action_result import Refused
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.edits import Edit, FileEdit
from fedtui.changes.open_table import LineFixes, Tables, bottom_up
from fedtui.changes.plan import Plan
from fedtui.changes.wording import Wording, of_several
from fedtui.conversion.to_cron import propose_line
from fedtui.conversion.to_timer import propose_timer
from fedtui.model import CronFacts, Job, State, TimerFacts
from fedtui.ports import Ports

WORDS = {
    "cron": "a line of the crontab",
    "user": "a timer of your own systemd",
    "system": "a timer of the system's systemd, run as the user of the line",
}
"""What each way is called."""


def targets(job: Job, ports: Ports) -> tuple[str, ...]:
    """Where the job may go: what the user may do there and what makes sense, the likeliest first."""
    match job.facts:
        case TimerFacts():
            return ("cron",)
        case CronFacts():
            own = ("user",) if job.user == ports.user else ()
            return (*own, "system") if os.geteuid() == 0 else own or ("system",)
        case _ as never:
            assert_never(never)


async def plan_convert(
    jobs: Sequence[Job], to: str, ports: Ports, *, linger: bool = False, fixes: LineFixes | None = None
) -> Plan:
    """The plan that has `to` ("cron", "user" or "system") run the jobs. Raises Refused.

    `linger` keeps the user's systemd running after logout, for "user".
    """
    tables = Tables(ports, fixes)
    edits: list[Edit] = []
    wordings: dict[str, Wording] = {}
    for job in bottom_up(jobs):
        if job.state is State.BAD_LINE:
            raise Refused(f"{job.name} is a line that cron refuses, not a job.", advice="e fixes it.")
        match job.facts:
            case CronFacts() as cron:
                if to == "cron":
                    raise Refused(f"{job.name} is a line of a crontab already.")
                made, wordings[job.id] = await propose_timer(job, cron, to, tables, ports, linger=linger)
            case TimerFacts() as timer:
                if to != "cron":
                    raise _is_timer(job, timer, to)
                made, wordings[job.id] = await propose_line(job, timer, tables, ports)
            case _ as never:
                assert_never(never)
        edits += made
    paths = Counter(edit.path for edit in edits if isinstance(edit, FileEdit))
    for path, count in paths.items():
        if count > 1:
            raise Refused(f"{count} of these jobs would be {Path(path).name}.", advice="Convert them apart.")
    in_tables = [replace(edit, after=edit.after or None) for edit in tables.edits()]
    # The new side is made first, so that a failure never leaves a job without any.
    ordered = [*in_tables, *edits] if to == "cron" else [*edits, *in_tables]
    wording = of_several([wordings[job.id] for job in jobs])
    return await plan_change_set(
        replace(wording, warnings=(*wording.warnings, *tables.warnings_of("convert"))),
        tuple(dict.fromkeys(ordered)),
        ports,
    )


def _is_timer(job: Job, timer: TimerFacts, to: str) -> Refused:
    here = "user" if timer.user_manager else "system"
    if here == to:
        return Refused(f"{job.name} is a timer of the {here}'s systemd already.")
    advice = "Convert it to cron, and the line from there."
    return Refused(f"{job.name} is a timer of the {here}'s systemd.", advice=advice)
