"""Plans of changes to jobs, one or several of any scheduler for one plan.

Each reads the present state and writes nothing; what cannot be done raises Refused with what to do instead.
`fixes` gives new text for bad lines of a table, by number, where the plan was refused with BadTable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fedtui.changes.draft import Draft
from fedtui.changes.edits import Edit
from fedtui.changes.open_table import LineFixes, Tables, bottom_up
from fedtui.changes.plan import Plan
from fedtui.changes.planning import plan_wordings
from fedtui.changes.record_exit_codes import jobs_to_record
from fedtui.changes.wording import Wording
from fedtui.model import Job, Snapshot
from fedtui.ports import Ports
from fedtui.schedulers import SchedulerDriver, driver_of

if TYPE_CHECKING:
    from fedtui.schedulers import Proposal

Jobs = Job | Sequence[Job]


async def plan_pause(jobs: Jobs, ports: Ports, *, fixes: LineFixes | None = None, hold: bool = False) -> Plan:
    """Hold the schedule back. `hold` keeps a timer off for good that would come back at the next boot."""
    tables = Tables(ports, fixes)
    return await _of_jobs(jobs, lambda job: job.propose_pause(tables, ports, hold=hold), tables, ports)


async def plan_resume(jobs: Jobs, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """Let the schedule run again, as it was before the pause."""
    tables = Tables(ports, fixes)
    return await _of_jobs(jobs, lambda job: job.propose_resume(tables, ports), tables, ports)


async def plan_reschedule(
    jobs: Jobs,
    schedule: str,
    ports: Ports,
    reason: str = "",
    ticket: str = "",
    *,
    fixes: LineFixes | None = None,
) -> Plan:
    """Another schedule: five fields or a nickname for a cron line, OnCalendar=/On...Sec= for a timer."""
    tables, given = Tables(ports, fixes), (schedule, reason, ticket)
    return await _of_jobs(jobs, lambda job: job.propose_reschedule(*given, tables, ports), tables, ports)


async def plan_delete(jobs: Jobs, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """The cron jobs' lines taken out of their tables."""
    tables = Tables(ports, fixes)
    return await _of_jobs(jobs, lambda job: job.propose_delete(tables), tables, ports)


async def plan_record(jobs: Jobs, ports: Ports, *, off: bool = False, fixes: LineFixes | None = None) -> Plan:
    """The recorder put around the cron jobs' commands, or with `off` taken away again."""
    tables = Tables(ports, fixes)
    return await _of_jobs(jobs, lambda job: job.propose_record(tables, ports, off=off), tables, ports)


async def plan_record_all(
    snapshot: Snapshot, ports: Ports, *, off: bool = False, fixes: LineFixes | None = None
) -> Plan:
    """The recorder put around every line that it can be put around, or taken away from all."""
    jobs = await asyncio.to_thread(jobs_to_record, snapshot, ports, off=off)
    return await plan_record(jobs, ports, off=off, fixes=fixes)


async def plan_environment(
    jobs: Jobs, settings: Mapping[str, str], ports: Ports, *, fixes: LineFixes | None = None
) -> Plan:
    """Lines above the cron jobs that set these variables; they hold for the jobs below them, too."""
    tables = Tables(ports, fixes)
    return await _of_jobs(jobs, lambda job: job.propose_environment(settings, tables), tables, ports)


async def plan_edit(job: Job, draft: Draft, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """Schedule, command, name and note of a cron job as `draft` has them."""
    tables = Tables(ports, fixes)
    return await _of_jobs(job, lambda each: each.propose_edit(draft, tables, ports), tables, ports)


async def _of_jobs(
    jobs: Jobs, propose: Callable[[SchedulerDriver], Awaitable[Proposal]], tables: Tables, ports: Ports
) -> Plan:
    """One plan for all jobs."""
    all_jobs = (jobs,) if isinstance(jobs, Job) else tuple(dict.fromkeys(jobs))
    wordings: dict[str, Wording] = {}
    edits: list[Edit] = []
    for job in bottom_up(all_jobs):
        made, wordings[job.id] = await propose(driver_of(job))
        edits += made
    return await plan_wordings([wordings[job.id] for job in all_jobs], edits, tables, ports)
