"""Plans of changes to jobs, one or several of any scheduler for one plan.

Each reads the present state and writes nothing; what cannot be done raises Refused with what to do instead.
`fixes` gives new text for bad lines of a table, by number, where the plan was refused with BadTable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import assert_never

from fedtui.action_result import Refused
from fedtui.bus.systemd_names import made_by
from fedtui.changes import cron_change, cron_setting, record_exit_codes, timer_pause, timer_reschedule
from fedtui.changes.draft import Draft
from fedtui.changes.edits import Edit
from fedtui.changes.open_table import LineFixes, Tables, bottom_up
from fedtui.changes.plan import Plan
from fedtui.changes.planning import plan_wordings
from fedtui.changes.record_exit_codes import jobs_to_record
from fedtui.changes.timer_unit import TimerTarget
from fedtui.changes.wording import Wording
from fedtui.model import CronFacts, Job, Snapshot, TimerFacts
from fedtui.ports import Ports

Jobs = Job | Sequence[Job]
Proposal = tuple[tuple[Edit, ...], Wording]
"""Edits besides those made to the open tables, and what a plan says of them all."""

_OfLine = Callable[[Job, Tables], Wording]
_OfTimer = Callable[[Job, TimerFacts], Awaitable[Proposal]]


async def plan_pause(jobs: Jobs, ports: Ports, *, fixes: LineFixes | None = None, hold: bool = False) -> Plan:
    """Hold the schedule back. `hold` keeps a timer off for good that would come back at the next boot."""

    async def pause(job: Job, timer: TimerFacts) -> Proposal:
        return await timer_pause.propose_pause(TimerTarget.of(job, timer), ports, hold=hold)

    return await _of_jobs(jobs, cron_change.propose_pause, pause, Tables(ports, fixes), ports)


async def plan_resume(jobs: Jobs, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """Let the schedule run again, as it was before the pause."""
    line: _OfLine = lambda job, tables: cron_change.propose_resume(job, tables, ports)  # noqa: E731

    async def resume(job: Job, timer: TimerFacts) -> Proposal:
        return await timer_pause.propose_resume(TimerTarget.of(job, timer), ports)

    return await _of_jobs(jobs, line, resume, Tables(ports, fixes), ports)


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
    given = (schedule, reason, ticket)
    line: _OfLine = lambda job, tables: cron_change.propose_reschedule(job, *given, tables, ports)  # noqa: E731

    async def reschedule(job: Job, timer: TimerFacts) -> Proposal:
        return await timer_reschedule.propose_reschedule(job, timer, schedule, ports, reason, ticket)

    return await _of_jobs(jobs, line, reschedule, Tables(ports, fixes), ports)


async def plan_delete(jobs: Jobs, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """The cron jobs' lines taken out of their tables."""
    return await _of_lines(jobs, "delete", cron_change.propose_delete, Tables(ports, fixes), ports)


async def plan_record(jobs: Jobs, ports: Ports, *, off: bool = False, fixes: LineFixes | None = None) -> Plan:
    """The recorder put around the cron jobs' commands, or with `off` taken away again."""
    tables = Tables(ports, fixes)
    if off:
        return await _of_lines(jobs, "record", record_exit_codes.propose_unrecord, tables, ports)
    _require_lines(jobs, "record")
    for job in _several(jobs):
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


async def plan_edit(
    jobs: Jobs, edited: Callable[[Draft], Draft], ports: Ports, *, fixes: LineFixes | None = None
) -> Plan:
    """Schedule, command, name and note of each cron job as `edited` makes them of what they are."""

    def edit(job: Job, tables: Tables) -> Wording:
        return cron_change.propose_edit(job, edited(cron_change.draft_in(job, tables)), tables, ports)

    return await _of_lines(jobs, "edit", edit, Tables(ports, fixes), ports)


async def load_draft(job: Job, ports: Ports) -> Draft:
    """The job as the edit form shows it, read from its table now."""
    _require_lines(job, "edit")
    return await asyncio.to_thread(cron_change.draft_of, job, ports)


async def _of_jobs(jobs: Jobs, of_line: _OfLine, of_timer: _OfTimer, tables: Tables, ports: Ports) -> Plan:
    """One plan for all jobs."""
    wordings: dict[str, Wording] = {}
    edits: list[Edit] = []
    for job in bottom_up(_several(jobs)):
        match job.facts:
            case CronFacts():
                wordings[job.id] = await asyncio.to_thread(of_line, job, tables)
            case TimerFacts() as timer:
                made, wordings[job.id] = await of_timer(job, timer)
                edits += made
            case _ as never:
                assert_never(never)
    return await plan_wordings([wordings[job.id] for job in _several(jobs)], edits, tables, ports)


async def _of_lines(jobs: Jobs, verb: str, of_line: _OfLine, tables: Tables, ports: Ports) -> Plan:
    """One plan for lines of cron tables. Raises Refused where a job is none."""
    _require_lines(jobs, verb)
    found = {job.id: await asyncio.to_thread(of_line, job, tables) for job in bottom_up(_several(jobs))}
    return await plan_wordings([found[job.id] for job in _several(jobs)], (), tables, ports)


def _require_lines(jobs: Jobs, verb: str) -> None:
    for job in _several(jobs):
        match job.facts:
            case CronFacts():
                pass
            case TimerFacts() as timer:
                raise _no_line(job, timer, verb)
            case _ as never:
                assert_never(never)


def _no_line(job: Job, timer: TimerFacts, verb: str) -> Refused:
    """What to do with a timer where a line of a cron table is to `verb`: "delete", "edit", "record",
    "environment".
    """
    unit = timer.unit
    systemctl = "systemctl --user" if timer.user_manager else "systemctl"
    if verb == "record":
        return Refused(f"{job.name} is a systemd timer: systemd itself keeps the exit status of its runs.")
    advice = f"Run: {systemctl} edit --full {unit}"
    if verb == "environment":
        advice = f"Run: {systemctl} edit {timer.activates}"
    elif verb == "delete":
        made = made_by(timer.fragment)
        advice = f"It is {made}: it has no file to delete. Look: {systemctl} cat {unit}"
        advice = advice if made else "p pauses a timer; its files are removed by hand."
    return Refused(f"{job.name} is a systemd timer.", advice=advice)


def _several(jobs: Jobs) -> Sequence[Job]:
    return (jobs,) if isinstance(jobs, Job) else tuple(dict.fromkeys(jobs))
