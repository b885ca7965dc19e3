"""A compound change as an action: planned from its edits, made whole or not at all, undone as one step.

`plan_change_set` is called by what works out edits (the set-up, a conversion); `apply` and `plan_undo` by
planning.py. The undo step is written before the first edit is applied (change_journal.py), so that a kill in
the middle can be seen and rolled back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from fedtui.action_result import Applied, Refused
from fedtui.changes import apply_edit, unit_edits
from fedtui.changes.apply_edit import EditExecutor, edit_label
from fedtui.changes.change_journal import ChangeJournal, read_stored
from fedtui.changes.edits import ChangeSet, Edit, FileEdit, UnitEdit, inverse
from fedtui.changes.file_edits import SomethingElse
from fedtui.changes.pending_edits import (
    NothingToChange,
    check_unchanged,
    is_edit_made,
    pending,
    resume_undo,
    undo_edits,
)
from fedtui.changes.plan import Conflict, EditState, Plan, Step
from fedtui.changes.plan_text import edit_diffs, plan_steps
from fedtui.changes.undo_records import plan_already_undone
from fedtui.changes.undo_text import undo_words, what_was_done
from fedtui.history.database import UndoStep
from fedtui.ports import Ports
from fedtui.system.atomic_write import sweep

__all__ = ["NothingToChange", "apply_change_set", "plan_change_set", "plan_undo_of_set", "state_of_set"]


async def plan_change_set(
    verb: str,
    job_id: str,
    job_name: str,
    summary: str,
    edits: Sequence[Edit],
    ports: Ports,
    done: str,
    warnings: Sequence[str] = (),
    destructive: bool = False,
) -> Plan:
    """The plan that makes these edits in their order; those that are so already are left out.

    Folders that a file needs are made along. Raises NothingToChange where nothing is left to do, and Refused
    where an edit is not as its `before`, where a text would not be taken, or where privilege is missing.
    """
    wanted = await pending(edits, ports)
    if not wanted:
        raise NothingToChange("Everything is as it should be already.")
    files = [edit for edit in wanted if isinstance(edit, FileEdit)]
    await unit_edits.verified(files)
    return Plan(
        verb=verb,
        job_id=job_id,
        job_name=job_name,
        summary=summary,
        diffs=await asyncio.to_thread(edit_diffs, wanted, ports),
        steps=await asyncio.to_thread(_steps, wanted, ports),
        change=ChangeSet(wanted, done),
        warnings=tuple(warnings),
        destructive=destructive,
    )


def _steps(edits: Sequence[Edit], ports: Ports) -> tuple[Step, ...]:
    units = [
        edit.path
        for edit in edits
        if isinstance(edit, FileEdit) and edit.after and unit_edits.open_manager(edit.path) is not None
    ]
    made = list(plan_steps(edits, ports))
    if units:
        at = next(index for index, step in enumerate(made) if step.verb == "check")
        made.insert(
            at,
            Step(
                "check", "copies of the new units: done, it has nothing to say", ("systemd-analyze", "verify")
            ),
        )
    return tuple(made)


async def apply_change_set(plan: Plan, change_set: ChangeSet, ports: Ports) -> Applied:
    """Make the edits in their order, each read back; where one cannot be made, take back those before it.

    Raises Conflict where the world is not as the plan was made on; Refused tells what stands where not all of
    it could be taken back, and then `u` takes the rest back.
    """
    await check_unchanged(change_set.edits, ports)
    journal = await asyncio.to_thread(ChangeJournal, plan, change_set, ports)
    executor = EditExecutor(ports, unread=change_set.made)
    made = 0
    try:
        for edit in change_set.edits:
            await executor.make(edit)
            made += 1
            await asyncio.to_thread(journal.note, made)
        await executor.finish()
    except Refused as refusal:
        await _take_back(change_set.edits, made, refusal, journal, ports)
        raise
    except Exception as error:
        failed = Refused(f"{error or type(error).__name__}.".replace("..", "."))
        await _take_back(change_set.edits, made, failed, journal, ports)
        raise failed from error
    return await asyncio.to_thread(journal.finish)


async def _take_back(
    edits: Sequence[Edit], made: int, refusal: Refused, journal: ChangeJournal, ports: Ports
) -> None:
    """Turn round what was made, the last first. Raises Refused, with what stands where that fails."""
    executor = EditExecutor(ports)
    left: list[str] = []
    stay: list[str] = []
    back = [*edits[:made]]
    try:
        if made < len(edits) and await _half_made(edits[made], ports):
            back.append(edits[made])
    except Refused as blind:
        left.append(f"{edit_label(edits[made])} ({blind.message.rstrip('.')})")
    for index in reversed(range(len(back))):
        try:
            edit = inverse(back[index])
            await executor.make(edit)
            if await apply_edit.state_of(edit, ports) is not EditState.AFTER:
                stay.append(edit_label(edit))  # others have put something there
            stamp = await asyncio.to_thread(unit_edits.record_stamp, edit, edits)
            if stamp is not None:
                await executor.make(stamp)
            if not left:
                await asyncio.to_thread(journal.note, index)
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not keep the others from going back
            said = error.message if isinstance(error, Refused) else f"{error or type(error).__name__}"
            left.append(f"{edit_label(back[index])} ({said.rstrip('.')})")
    try:
        await executor.finish()
    except Refused as error:
        left.append(f"what systemd has read ({error.message.rstrip('.')})")
    if left:
        raise Refused(
            refusal.message,
            f"The rest was taken back, but not {'; '.join(left)}.",
            " ".join(filter(None, (refusal.advice, "u takes that back when it can be."))),
        ) from refusal
    await asyncio.to_thread(journal.forget)
    if made or stay:
        raise Refused(refusal.message, _what_stands(refusal, stay), refusal.advice) from refusal


def _what_stands(refusal: Refused, stay: Sequence[str]) -> str:
    """What is in force after all was taken back that could be."""
    usual = refusal.untouched in (Refused("").untouched, Conflict("").untouched)
    if usual and not stay:
        return "What had been done before was taken back: nothing is changed."
    said = ["What had been done before was taken back."]
    said += [] if usual else [refusal.untouched]
    said += [f"These stay, since they are in use by now: {', '.join(stay)}."] if stay else []
    return " ".join(said)


async def _half_made(edit: Edit, ports: Ports) -> bool:
    """Whether the edit that failed left something; a unit may be enabled and not started. Raises Refused."""
    if isinstance(edit, UnitEdit):
        return await apply_edit.state_of(edit, ports) is not EditState.BEFORE
    try:
        return await is_edit_made(edit, ports)
    except SomethingElse:
        return False


async def state_of_set(step: UndoStep, ports: Ports) -> EditState:
    """Whether nothing of a change that was cut short is made: then there is nothing to take back."""
    kept = read_stored(step.payload)
    for edit in kept.edits:
        if isinstance(edit, FileEdit):
            await asyncio.to_thread(sweep, Path(edit.path))
    untouched = kept.made == 0 and not (kept.edits and await _half_made(kept.edits[0], ports))
    return EditState.BEFORE if untouched else EditState.OTHER


async def plan_undo_of_set(step: UndoStep, ports: Ports, cut: UndoStep | None = None) -> Plan:
    """The edits of `step` turned round, the last first; what others changed in tables since stays.

    Of a change that was cut short, those that were made; of an undo that was (`cut`), those that were not.
    Raises Refused where a file, a unit or the lines of a table were changed since.
    """
    kept = read_stored(step.payload)
    made: tuple[Edit, ...] = ()
    if cut is not None:
        made, edits, others = await resume_undo(read_stored(cut.payload), ports)
    else:
        edits, others = await undo_edits(kept, ports)
    if not edits and not made:
        return plan_already_undone(step, "Everything")
    summary = undo_words(step)
    if cut is not None:
        summary += f" It was cut short: {len(edits)} of {len(made) + len(edits)} parts are left."
    elif not kept.finished:
        summary += f" It was cut short: {len(edits)} of {len(kept.edits)} parts had been made."
    if others:
        summary += " Other lines were changed since; they stay as they are."
    return Plan(
        verb="undo",
        job_id=step.job_id,
        job_name=step.job_name,
        summary=summary,
        diffs=await asyncio.to_thread(edit_diffs, edits, ports),
        steps=await asyncio.to_thread(_steps_of_undo, edits, ports),
        change=ChangeSet(edits, f"Undone: {what_was_done(step)}.", step.id, cut.id if cut else None, made),
    )


def _steps_of_undo(edits: Sequence[Edit], ports: Ports) -> tuple[Step, ...]:
    return plan_steps(edits, ports) if edits else ()
