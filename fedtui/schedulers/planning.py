"""Plans of changes to jobs, one or several of any scheduler for one plan.

Each reads the present state and writes nothing; what cannot be done raises Refused with what to do instead.
`fixes` gives new text for bad lines of a table, by number, where the plan was refused with BadTable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fedtui.changes import cron_change, cron_setting, record_exit_codes
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
_OfLine = Callable[[Job, Tables], Wording]


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
    return await _of_lines(jobs, "delete", cron_change.propose_delete, Tables(ports, fixes), ports)


async def plan_record(jobs: Jobs, ports: Ports, *, off: bool = False, fixes: LineFixes | None = None) -> Plan:
    """The recorder put around the cron jobs' commands, or with `off` taken away again."""
    tables = Tables(ports, fixes)
    if off:
        return await _of_lines(jobs, "record", record_exit_codes.propose_unrecord, tables, ports)
    for job in _several(jobs):
        driver_of(job).require_line("record")
        record_exit_codes.require_recordable(job, ports)
    on: _OfLine = lambda job, tables: record_exit_codes.propose_record(job, tables, ports)  # noqa: E731
    return await _of_lines(jobs, "record", on, tables, ports)


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
    add: _OfLine = lambda job, tables: cron_setting.propose_setting(job, settings, tables)  # noqa: E731
    return await _of_lines(jobs, "environment", add, Tables(ports, fixes), ports)


async def plan_edit(job: Job, draft: Draft, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """Schedule, command, name and note of a cron job as `draft` has them."""
    new: _OfLine = lambda each, tables: cron_change.propose_edit(each, draft, tables, ports)  # noqa: E731
    return await _of_lines(job, "edit", new, Tables(ports, fixes), ports)


async def load_draft(job: Job, ports: Ports) -> Draft:
    """The job as the edit form shows it, read from its table now."""
    driver_of(job).require_line("edit")
    return await asyncio.to_thread(cron_change.draft_of, job, ports)


async def _of_jobs(
    jobs: Jobs, propose: Callable[[SchedulerDriver], Awaitable[Proposal]], tables: Tables, ports: Ports
) -> Plan:
    """One plan for all jobs."""
    wordings: dict[str, Wording] = {}
    edits: list[Edit] = []
    for job in bottom_up(_several(jobs)):
        made, wordings[job.id] = await propose(driver_of(job))
        edits += made
    return await plan_wordings([wordings[job.id] for job in _several(jobs)], edits, tables, ports)


async def _of_lines(jobs: Jobs, verb: str, propose: _OfLine, tables: Tables, ports: Ports) -> Plan:
    """One plan for lines of cron tables. Raises Refused where a job is none."""
    for job in _several(jobs):
        driver_of(job).require_line(verb)
    found = {job.id: await asyncio.to_thread(propose, job, tables) for job in bottom_up(_several(jobs))}
    return await plan_wordings([found[job.id] for job in _several(jobs)], (), tables, ports)


def _several(jobs: Jobs) -> Sequence[Job]:
    return (jobs,) if isinstance(jobs, Job) else tuple(dict.fromkeys(jobs))
