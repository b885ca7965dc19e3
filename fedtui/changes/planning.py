"""The doors through which screens and verbs plan a change and apply it: one for cron lines and timers alike.

Each `plan_*` looks at the world again and writes nothing; `apply` writes what was planned, or raises Stale
when the world moved meanwhile. What cannot be done raises Refused with what to do instead. `fixes` gives
new text for bad lines of the table, by number, where the plan was refused with BadTable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from fedtui.action_result import Applied, Refused
from fedtui.bus.systemd_names import made_by
from fedtui.changes import (
    change_set,
    cron_apply,
    cron_change,
    cron_setting,
    record_exit_codes,
    silence_finding,
    timer_pause,
    timer_reschedule,
    unfinished,
)
from fedtui.changes.cron_change import CronChange
from fedtui.changes.draft import Draft
from fedtui.changes.edits import ChangeSet
from fedtui.changes.open_table import LineFixes
from fedtui.changes.plan import Conflict, EditState, Plan
from fedtui.changes.silence_finding import ConfigChange
from fedtui.changes.timer_pause import TimerState
from fedtui.changes.timer_reschedule import DropIn
from fedtui.changes.timer_unit import TimerTarget
from fedtui.changes.undo_records import MarkUndone, finish_step, forget_step, mark_undone, prepare_step
from fedtui.history.database import HistoryError, UndoStep
from fedtui.model import CommentedOut, Job
from fedtui.ports import Ports


async def plan_pause(job: Job, ports: Ports, *, fixes: LineFixes | None = None, hold: bool = False) -> Plan:
    """Hold the schedule back. `hold` keeps a timer off for good that would come back at the next boot."""
    if job.timer is not None:
        return await timer_pause.plan_pause(TimerTarget.of(job), ports, hold=hold)
    return await asyncio.to_thread(cron_change.plan_pause, job, ports, fixes)


async def plan_resume(job: Job, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """Let the schedule run again, as it was before the pause."""
    if job.timer is not None:
        return await timer_pause.plan_resume(TimerTarget.of(job), ports)
    return await asyncio.to_thread(cron_change.plan_resume, job, ports, fixes)


async def plan_reschedule(
    job: Job,
    schedule: str,
    ports: Ports,
    reason: str = "",
    ticket: str = "",
    *,
    fixes: LineFixes | None = None,
) -> Plan:
    """Another schedule: five fields or a nickname for a cron line, OnCalendar=/On...Sec= for a timer."""
    if job.timer is not None:
        return await timer_reschedule.plan_drop_in(job, schedule, ports, reason, ticket)
    return await asyncio.to_thread(cron_change.plan_reschedule, job, schedule, ports, reason, ticket, fixes)


async def plan_new(draft: Draft, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """A job more in the user's own crontab, which is made where there is none."""
    return await asyncio.to_thread(cron_change.plan_new, draft, ports, fixes)


async def plan_edit(job: Job, draft: Draft, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """Schedule, command, name and note of a cron job as `draft` has them."""
    _only_cron(job, f"systemctl {_user(job)}edit --full {_unit(job)}")
    return await asyncio.to_thread(cron_change.plan_edit, job, draft, ports, fixes)


async def plan_delete(job: Job, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """The cron job's line taken out of its table."""
    made = made_by(job.timer.fragment) if job.timer is not None else ""
    advice = "p pauses a timer; its files are removed by hand."
    if made:
        advice = f"It is {made}: it has no file to delete. Look: systemctl {_user(job)}cat {_unit(job)}"
    _only_cron(job, advice, run=False)
    return await asyncio.to_thread(cron_change.plan_delete, job, ports, fixes)


async def plan_record(job: Job, ports: Ports, *, off: bool = False, fixes: LineFixes | None = None) -> Plan:
    """The recorder put around the cron job's command, or with `off` taken away again."""
    plan = record_exit_codes.plan_unrecord if off else record_exit_codes.plan_record
    return await asyncio.to_thread(plan, job, ports, fixes)


async def plan_fix(job: Job, new_line: str, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """New text for a line that cron refuses; `job` is its row, `fixes` are for other bad lines."""
    return await asyncio.to_thread(cron_change.plan_fix, job, new_line, ports, fixes)


async def plan_uncomment(line: CommentedOut, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """A line of a table that somebody switched off with a `#`, switched on again."""
    return await asyncio.to_thread(cron_change.plan_uncomment, line, ports, fixes)


async def plan_silence(code: str, job: Job | None, ports: Ports, *, fixes: LineFixes | None = None) -> Plan:
    """The finding `code` of a job, or of the machine, not reported any more."""
    return await asyncio.to_thread(silence_finding.plan_silence, code, job, ports, fixes)


async def plan_environment(
    job: Job, settings: Mapping[str, str], ports: Ports, *, fixes: LineFixes | None = None
) -> Plan:
    """Lines above a cron job that set these variables; they hold for the jobs below it, too."""
    _only_cron(job, f"systemctl {_user(job)}edit {_service(job)}")
    return await asyncio.to_thread(cron_setting.plan_setting, job, settings, ports, fixes)


async def plan_alternative(plan: Plan, job: Job, ports: Ports) -> Plan:
    """What `plan.alternative` names: pause instead of delete, holding off instead of stopping."""
    if plan.verb == "delete":
        return await plan_pause(job, ports)
    if plan.verb == "pause" and plan.alternative:
        return await plan_pause(job, ports, hold=True)
    raise Refused("This plan has no other way.")


async def plan_undo(ports: Ports, undo_id: int | None = None) -> Plan:
    """Take back the last change that was not taken back yet, or the one of that number.

    An undo is a change like any other, so the next one takes the undo back; one that was cut short is
    finished.
    """
    await unfinished.recover_if_needed(ports)
    return await _plan_undo(*await _step(ports, undo_id), ports)


async def _plan_undo(step: UndoStep, cut: UndoStep | None, ports: Ports) -> Plan:
    """`cut` is the undo of `step` that was cut short."""
    if step.kind == "crontab":
        return await asyncio.to_thread(cron_apply.plan_undo_of_cron, step, ports)
    if step.kind == "timer-state":
        return await timer_pause.plan_undo_of_state(step, ports)
    if step.kind == "timer-drop-in":
        return await timer_reschedule.plan_undo_of_drop_in(step, ports)
    if step.kind == "config-file":
        return await asyncio.to_thread(silence_finding.plan_undo_of_config, step, ports)
    if step.kind == "bundle":
        return await change_set.plan_undo_of_set(step, ports, cut)
    raise Refused(f"Change {step.id} ({step.kind}) was made by another version of fedtui, which can undo it.")


async def undo_steps(ports: Ports, limit: int) -> list[UndoStep]:
    """The newest changes, newest first, after a look at what became of those that were cut short."""
    with suppress(Refused):
        await unfinished.recover_if_needed(ports)
    return await asyncio.to_thread(ports.history.undo_steps, limit)


async def apply(plan: Plan, ports: Ports) -> Applied:
    """Make the planned change and read it back. Raises Conflict or Refused.

    The order is the same for all: the undo step is on the disk, the change is made, the step is finished.
    """
    change = plan.change
    async with unfinished.change_lock(ports):
        await unfinished.recover(ports)
        if isinstance(change, MarkUndone):
            return await _note(change, ports)
        if isinstance(change, ChangeSet):
            return await change_set.apply_change_set(plan, change, ports)
        if isinstance(change, CronChange | TimerState | DropIn | ConfigChange):
            return await _in_order(plan, change, ports)
    raise TypeError(f"no such change: {change.kind}")


async def _in_order(
    plan: Plan, change: CronChange | TimerState | DropIn | ConfigChange, ports: Ports
) -> Applied:
    kind = unfinished.KINDS[change.kind]
    data = kind.payload(change)
    undo_id = await asyncio.to_thread(prepare_step, plan, data, change.undoes, ports)
    try:
        await kind.make(change, ports)
    except Conflict:
        await asyncio.to_thread(forget_step, undo_id, ports)
        raise
    except Exception as error:
        try:
            now = await kind.stands(data, ports)
        except Exception as blind:
            raise _said(error, "Whether the change was made cannot be told now.", "u finds out.") from blind
        if now is EditState.BEFORE:
            await asyncio.to_thread(forget_step, undo_id, ports)
            raise
        await asyncio.to_thread(finish_step, "", undo_id, change.undoes, ports)
        made = "The change is in force." if now is EditState.AFTER else "The change is made in part."
        raise _said(error, made, f"u takes it back; in a shell: fedtui undo {undo_id}.") from error
    return await asyncio.to_thread(finish_step, change.done, undo_id, change.undoes, ports)


def _said(error: Exception, untouched: str, advice: str) -> Refused:
    """What failed, and what it left behind."""
    if isinstance(error, Refused):
        return Refused(error.message, untouched, f"{error.advice} {advice}".strip())
    return Refused(f"{error or type(error).__name__}.".replace("..", "."), untouched, advice)


async def _note(change: MarkUndone, ports: Ports) -> Applied:
    """Only mark the step, if its change still is not in force."""
    plan = await _plan_undo(*await _step(ports, change.undoes), ports)
    if not isinstance(plan.change, MarkUndone):
        raise Conflict("Someone changed it after your plan was made.")
    return await asyncio.to_thread(mark_undone, change, ports)


async def load_draft(job: Job, ports: Ports) -> Draft:
    """The job as the edit form shows it, read from its table now."""
    _only_cron(job, f"systemctl {_user(job)}edit --full {_unit(job)}")
    return await asyncio.to_thread(cron_change.draft_of, job, ports)


async def _step(ports: Ports, undo_id: int | None) -> tuple[UndoStep, UndoStep | None]:
    """The step to take back, and the undo of it that was cut short."""
    try:
        steps = await asyncio.to_thread(ports.history.undo_steps)
    except HistoryError as error:
        raise Refused(f"{error}", advice=error.advice) from error
    of_id = {step.id: step for step in steps}
    step = next((one for one in steps if not one.undone), None) if undo_id is None else of_id.get(undo_id)
    if step is None:
        raise Refused("There is nothing to undo." if undo_id is None else f"There is no change {undo_id}.")
    if step.undone:
        raise Refused(f"Change {step.id} was taken back already.")
    if step.prepared and step.undoes is None:
        await unfinished.state_of_step(step, ports)  # it is asked again for what kept it from being told
        raise Refused(f"What became of change {step.id} was not to be told.", advice="Try again.")
    if step.prepared and undo_id is not None:
        raise Refused(
            f"Change {step.id} is an undo that was cut short.",
            advice=f"This finishes it: fedtui undo {step.undoes}",
        )
    if step.prepared:
        if step.undoes not in of_id:
            raise Refused(f"Change {step.undoes} is too old to be taken back.")
        step = of_id[step.undoes]
    return step, next((one for one in steps if one.prepared and one.undoes == step.id), None)


def _only_cron(job: Job, instead: str, *, run: bool = True) -> None:
    if job.timer is not None:
        raise Refused(f"{job.name} is a systemd timer.", advice=f"Run: {instead}" if run else instead)


def _user(job: Job) -> str:
    return "--user " if job.timer is not None and job.timer.user_manager else ""


def _unit(job: Job) -> str:
    return job.timer.unit if job.timer is not None else ""


def _service(job: Job) -> str:
    return job.timer.activates if job.timer is not None else ""
