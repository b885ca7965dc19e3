"""The doors through which screens and verbs plan a change and apply it, for cron lines and timers alike.

Each `plan_*` reads the present state and writes nothing; `apply` makes the planned edits, or raises Conflict
when that state changed meanwhile. What cannot be done raises Refused with what to do instead. `fixes` gives
new text for bad lines of the table, by number, where the plan was refused with BadTable. Verbs that take jobs
take one or several, of any source, for one plan.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from fedtui.action_result import Applied, Refused
from fedtui.bus.systemd_names import made_by
from fedtui.changes import (
    change_set,
    cron_change,
    cron_setting,
    record_exit_codes,
    silence_finding,
    timer_pause,
    timer_reschedule,
    unfinished,
    unseen,
)
from fedtui.changes.draft import Draft
from fedtui.changes.edits import Edit
from fedtui.changes.open_table import LineFixes, Tables
from fedtui.changes.plan import Conflict, Plan
from fedtui.changes.timer_unit import TimerTarget
from fedtui.changes.undo import still_nothing_to_do
from fedtui.changes.wording import Wording, of_several
from fedtui.model import CommentedOut, Job
from fedtui.ports import Ports

Jobs = Job | Sequence[Job]
_OfCron = Callable[[Job, Tables], Wording]
_OfTimer = Callable[[Job], Awaitable[tuple[tuple[Edit, ...], Wording]]]


async def plan_pause(jobs: Jobs, ports: Ports, *, fixes: LineFixes | None = None, hold: bool = False) -> Plan:
    """Hold the schedule back. `hold` keeps a timer off for good that would come back at the next boot."""
    return await _of_jobs(
        jobs,
        cron_change.propose_pause,
        lambda job: timer_pause.propose_pause(TimerTarget.of(job), ports, hold=hold),
        Tables(ports, fixes),
        ports,
    )


async def plan_resume(jobs: Jobs, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """Let the schedule run again, as it was before the pause."""
    return await _of_jobs(
        jobs,
        lambda job, tables: cron_change.propose_resume(job, tables, ports),
        lambda job: timer_pause.propose_resume(TimerTarget.of(job), ports),
        Tables(ports, fixes),
        ports,
    )


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
    return await _of_jobs(
        jobs,
        lambda job, tables: cron_change.propose_reschedule(job, schedule, reason, ticket, tables, ports),
        lambda job: timer_reschedule.propose_reschedule(job, schedule, ports, reason, ticket),
        Tables(ports, fixes),
        ports,
    )


async def plan_delete(jobs: Jobs, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """The cron jobs' lines taken out of their tables."""
    for job in _several(jobs):
        made = made_by(job.timer.fragment) if job.timer is not None else ""
        advice = "p pauses a timer; its files are removed by hand."
        if made:
            advice = f"It is {made}: it has no file to delete. Look: systemctl {_user(job)}cat {_unit(job)}"
        _only_cron(job, advice, run=False)
    return await _of_jobs(jobs, cron_change.propose_delete, None, Tables(ports, fixes), ports)


async def plan_record(jobs: Jobs, ports: Ports, *, off: bool = False, fixes: LineFixes | None = None) -> Plan:
    """The recorder put around the cron jobs' commands, or with `off` taken away again."""
    on: _OfCron = lambda job, tables: record_exit_codes.propose_record(job, tables, ports)  # noqa: E731
    propose = record_exit_codes.propose_unrecord if off else on
    if not off:
        for job in _several(jobs):
            record_exit_codes.require_recordable(job, ports)
    return await _of_jobs(jobs, propose, None, Tables(ports, fixes), ports)


async def plan_environment(
    jobs: Jobs, settings: Mapping[str, str], ports: Ports, *, fixes: LineFixes | None = None
) -> Plan:
    """Lines above the cron jobs that set these variables; they hold for the jobs below them, too."""
    for job in _several(jobs):
        _only_cron(job, f"systemctl {_user(job)}edit {_service(job)}")
    return await _of_jobs(
        jobs,
        lambda job, tables: cron_setting.propose_setting(job, settings, tables),
        None,
        Tables(ports, fixes),
        ports,
    )


async def plan_edit(job: Job, draft: Draft, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """Schedule, command, name and note of a cron job as `draft` has them."""
    _only_cron(job, f"systemctl {_user(job)}edit --full {_unit(job)}")
    return await _of_jobs(
        job,
        lambda each, tables: cron_change.propose_edit(each, draft, tables, ports),
        None,
        Tables(ports, fixes),
        ports,
    )


async def plan_fix(job: Job, new_line: str, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """New text for a line that cron refuses; `job` is its row, `fixes` are for other bad lines."""
    if job.location.line is None:
        raise Refused(f"{job.name} has no line to fix.")
    tables = Tables(ports, {**(fixes or {}), job.location.line: new_line})
    return await _of_jobs(job, cron_change.propose_fix, None, tables, ports)


async def plan_new(draft: Draft, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """A job more in the user's own crontab, which is made where there is none."""
    tables = Tables(ports, fixes)
    wording = await asyncio.to_thread(cron_change.propose_new, draft, tables, ports)
    return await _plan([wording], (), tables, ports)


async def plan_uncomment(line: CommentedOut, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """A line of a table that somebody switched off with a `#`, switched on again."""
    tables = Tables(ports, fixes)
    wording = await asyncio.to_thread(cron_change.propose_uncomment, line, tables, ports)
    return await _plan([wording], (), tables, ports)


async def plan_silence(code: str, job: Job | None, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """The finding `code` of a job, or of the machine, not reported any more."""
    tables = Tables(ports, fixes)
    edits, wording = await asyncio.to_thread(silence_finding.propose_silence, code, job, tables)
    return await _plan([wording], edits, tables, ports)


async def apply(plan: Plan, ports: Ports) -> Applied:
    """Make the planned change and read it back. Raises Conflict or Refused.

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


async def load_draft(job: Job, ports: Ports) -> Draft:
    """The job as the edit form shows it, read from its table now."""
    _only_cron(job, f"systemctl {_user(job)}edit --full {_unit(job)}")
    return await asyncio.to_thread(cron_change.draft_of, job, ports)


async def _of_jobs(
    jobs: Jobs, of_cron: _OfCron, of_timer: _OfTimer | None, tables: Tables, ports: Ports
) -> Plan:
    """One plan for all jobs."""
    all_jobs = _several(jobs)
    wordings: dict[str, Wording] = {}
    edits: list[Edit] = []
    for job in bottom_up(all_jobs):
        if job.timer is None or of_timer is None:
            wordings[job.id] = await asyncio.to_thread(of_cron, job, tables)
        else:
            made, wordings[job.id] = await of_timer(job)
            edits += made
    return await _plan([wordings[job.id] for job in all_jobs], edits, tables, ports)


async def _plan(wordings: Sequence[Wording], edits: Sequence[Edit], tables: Tables, ports: Ports) -> Plan:
    wording = of_several(wordings)
    wording = replace(wording, warnings=(*wording.warnings, *tables.warnings_of(wording.verb)))
    return await change_set.plan_edits(wording, (*tables.edits(), *edits), ports)


def bottom_up(jobs: Sequence[Job]) -> list[Job]:
    """In the order in which lines of one table are edited.

    Ids count equal commands from the top, so an edit must not change those of lines that are still to come.
    """
    return sorted(jobs, key=lambda each: each.location.line or 0, reverse=True)


def _several(jobs: Jobs) -> Sequence[Job]:
    return (jobs,) if isinstance(jobs, Job) else tuple(dict.fromkeys(jobs))


def _only_cron(job: Job, instead: str, *, run: bool = True) -> None:
    if job.timer is not None:
        raise Refused(f"{job.name} is a systemd timer.", advice=f"Run: {instead}" if run else instead)


def _user(job: Job) -> str:
    return "--user " if job.timer is not None and job.timer.user_manager else ""


def _unit(job: Job) -> str:
    return job.timer.unit if job.timer is not None else ""


def _service(job: Job) -> str:
    return job.timer.activates if job.timer is not None else ""
