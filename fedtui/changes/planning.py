"""Plans of changes that need no job's scheduler, and `apply`, which makes the edits of any plan.

Each `plan_*` reads the present state and writes nothing; `apply` raises Conflict when that state changed
meanwhile. What cannot be done raises Refused with what to do instead. `fixes` gives new text for bad lines of
the table, by number, where the plan was refused with BadTable. Changes to jobs: `schedulers.planning`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace

from fedtui.action_result import Applied, PartlyDone, Refused
from fedtui.changes import (
    change_set,
    cron_change,
    silence_finding,
    unfinished,
    unseen,
)
from fedtui.changes.draft import Draft
from fedtui.changes.edits import Edit, TableEdit
from fedtui.changes.open_table import LineFixes, Tables
from fedtui.changes.plan import Conflict, Plan
from fedtui.changes.table_edits import is_in_force
from fedtui.changes.undo import still_nothing_to_do
from fedtui.changes.wording import Wording, of_several
from fedtui.model import CommentedOut, Job
from fedtui.ports import Ports
from fedtui.system.generated_units import READ_AGAIN

_STARTING = frozenset({"new", "resume", "reschedule", "edit", "fix", "uncomment"})
"""Changes after which a job is expected to run."""


async def plan_fix(job: Job, new_line: str, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """New text for a line that cron refuses; `job` is its row, `fixes` are for other bad lines."""
    if job.location.line is None:
        raise Refused(f"{job.name} has no line to fix.")
    tables = Tables(ports, {**(fixes or {}), str(job.location.line): new_line})
    wording = await asyncio.to_thread(cron_change.propose_fix, job, tables)
    return await plan_wordings([wording], (), tables, ports)


async def plan_new(draft: Draft, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """A job more in the user's own crontab, which is made where there is none."""
    tables = Tables(ports, fixes)
    wording = await asyncio.to_thread(cron_change.propose_new, draft, tables, ports)
    return await plan_wordings([wording], (), tables, ports)


async def plan_uncomment(line: CommentedOut, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """A line of a table that somebody switched off with a `#`, switched on again."""
    tables = Tables(ports, fixes)
    wording = await asyncio.to_thread(cron_change.propose_uncomment, line, tables, ports)
    return await plan_wordings([wording], (), tables, ports)


async def plan_silence(code: str, job: Job | None, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """The finding `code` of a job, or of the machine, not reported any more."""
    tables = Tables(ports, fixes)
    edits, wording = await asyncio.to_thread(silence_finding.propose_silence, code, job, tables)
    return await plan_wordings([wording], edits, tables, ports)


async def apply(plan: Plan, ports: Ports) -> Applied:
    """Make the planned change and read it back. Raises Conflict or Refused, PartlyDone of what is made."""
    applied = await _apply(plan, ports)
    for edit in plan.change.edits:
        if isinstance(edit, TableEdit) and not await asyncio.to_thread(is_in_force, edit, ports):
            untouched = (
                "The table is written; the timers that systemd-cron made of it are still the old ones."
            )
            if plan.change.undoes is not None and applied.undo_id is not None:
                await asyncio.to_thread(unseen.seen, applied.undo_id, ports)  # it is shown with the error
            raise PartlyDone(applied.message, untouched, f"Have it read the table: {READ_AGAIN}")
    return applied


async def _apply(plan: Plan, ports: Ports) -> Applied:
    """`apply`, as far as fedtui itself makes the change.

    The order is the same for all: the undo step is on the disk, the edits are made, the step is finished.
    """
    change = plan.change
    if change.resumes is not None and change.undoes is None:  # an undo that was only not seen
        await asyncio.to_thread(unseen.seen, change.resumes, ports)
        return Applied(change.done)
    async with unfinished.change_lock(ports):
        await unfinished.recover(ports)
        if not change.edits and not change.made and not await still_nothing_to_do(plan, ports):
            raise Conflict("Someone changed it after your plan was made.")
        if change.undoes is None:
            return await change_set.apply_change_set(plan, ports)
        alive = await asyncio.to_thread(unseen.hold, ports)
        try:
            applied = await change_set.apply_change_set(plan, ports)
        except BaseException:
            os.close(alive)
            raise
        unseen.keep(applied.undo_id, alive)
        return applied


async def plan_wordings(
    wordings: Sequence[Wording], edits: Sequence[Edit], tables: Tables, ports: Ports
) -> Plan:
    """One plan of what was made of the open tables, and of `edits` beside that."""
    wording = of_several(wordings)
    warnings = [*wording.warnings, *tables.warnings_of(wording.verb)]
    if wording.verb in _STARTING and tables.edits() and await asyncio.to_thread(ports.cron_up) is False:
        warnings.append("cron is not running: nothing starts it before cron does.")
    wording = replace(wording, warnings=tuple(warnings))
    return await change_set.plan_edits(wording, (*tables.edits(), *edits), ports)
