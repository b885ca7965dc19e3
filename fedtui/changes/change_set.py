"""A change: planned from its edits, made whole or not at all.

`plan_change_set` is called by what works out edits. The undo step is written before the first edit is applied
(change_journal.py), so that a kill in the middle can be seen and rolled back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from fedtui.action_result import Applied, OutcomeUnknown, PartlyDone, Refused
from fedtui.changes import apply_edit, file_edits, unit_edits
from fedtui.changes.apply_edit import EditExecutor, edit_label
from fedtui.changes.change_journal import ChangeJournal
from fedtui.changes.edits import (
    ChangeSet,
    Edit,
    FileEdit,
    FolderEdit,
    LingerEdit,
    MaskEdit,
    RemoteUrlEdit,
    UnitEdit,
    inverse,
    is_bookkeeping,
    is_no_op,
)
from fedtui.changes.file_edits import SomethingElse
from fedtui.changes.pending_edits import NothingToChange, check_unchanged, completed, is_edit_made, pending
from fedtui.changes.plan import Conflict, EditState, Plan
from fedtui.changes.plan_text import edit_diffs, plan_steps
from fedtui.changes.wording import Wording
from fedtui.ports import Ports


async def plan_change_set(wording: Wording, edits: Sequence[Edit], ports: Ports) -> Plan:
    """The plan that makes these edits in their order; those that are so already are left out.

    Folders that a file needs are made along. Raises NothingToChange where nothing is left to do, and Refused
    where an edit is not as its `before`, where a text would not be taken, or where privilege is missing.
    """
    return await plan_edits(wording, await pending(edits, ports), ports)


async def plan_edits(
    wording: Wording, edits: Sequence[Edit], ports: Ports, change: ChangeSet | None = None
) -> Plan:
    """The same for edits that were worked out from the present state. `change` is an undo's."""
    edits = [edit for edit in edits if not is_no_op(edit)]
    if change is None and not edits:
        raise NothingToChange("Everything is as it should be already.")
    made = await asyncio.to_thread(completed, edits, ports)
    if change is not None:
        change = replace(change, edits=made)
    else:
        await unit_edits.verified([edit for edit in made if isinstance(edit, FileEdit)])
        change = ChangeSet(made, wording.done)
    reloads = await unit_edits.reloads_of(made, ports)
    steps = await asyncio.to_thread(plan_steps, made, ports, wording, reloads) if made else wording.before
    return Plan(
        wording.verb,
        wording.job_id,
        wording.job_name,
        wording.summary,
        await asyncio.to_thread(edit_diffs, made, ports),
        steps,
        change,
        (*wording.warnings, *(text for warnings in reloads.values() for text in warnings)),
        wording.destructive,
        wording.alternative,
        wording.jobs or ((wording.job_id, wording.job_name),) if wording.job_name else (),
        wording.moves,
    )


async def apply_change_set(plan: Plan, ports: Ports) -> Applied:
    """Make the edits in their order, each read back; where one cannot be made, roll back those before it.

    Raises Conflict where the present state is not the one that the plan was made on; Refused names what is
    still in force where not all could be rolled back, and then `u` takes the rest back. OutcomeUnknown leaves
    all as a kill would.
    """
    await check_unchanged(plan.change.edits, ports)
    edits = await asyncio.to_thread(_without_folders_there, plan.change.edits, ports)
    change_set = replace(plan.change, edits=edits)
    plan = replace(plan, change=change_set)
    journal = await asyncio.to_thread(ChangeJournal, plan, ports)
    executor = EditExecutor(ports, unread=change_set.made)
    begun = made = 0
    try:
        for edit in change_set.edits:
            if made:  # of the first all states were looked at just now
                await _check_before(edit, change_set.edits[:made], ports)
            begun += 1
            await executor.make(edit)
            made += 1
            if made < len(change_set.edits):  # finishing the step notes the last one
                await asyncio.to_thread(journal.note, made)
        await executor.finish()
    except OutcomeUnknown as unknown:  # to roll back now could be overtaken by what was asked for
        undoes = change_set.undoes
        then = "take it back" if undoes is None else "finish it"
        advice = f"{unknown.advice}; {then} with: fedtui undo {undoes or journal.id}"
        raise OutcomeUnknown(unknown.cause, advice) from unknown
    except Refused as refusal:
        await _roll_back(replace(change_set, edits=edits[:begun]), made, refusal, journal, ports)
        raise
    except Exception as error:
        failed = Refused(f"{error or type(error).__name__}.".replace("..", "."))
        await _roll_back(replace(change_set, edits=edits[:begun]), made, failed, journal, ports)
        raise failed from error
    return await asyncio.to_thread(journal.finish)


async def _check_before(edit: Edit, made: Sequence[Edit], ports: Ports) -> None:
    """Raise Conflict where others changed meanwhile what the edit replaces without a comparison of its own.

    Of units only where none was touched before it: one moves others along.
    """
    if not isinstance(edit, UnitEdit | MaskEdit | LingerEdit | RemoteUrlEdit):
        return
    unit = getattr(edit, "unit", None)
    if unit is not None and any(unit_edits.units_of(one) for one in made):
        return  # Also=, PartOf= and their like move one unit along with another
    if await apply_edit.state_of(edit, ports) is EditState.OTHER:
        raise Conflict(f"Someone changed {edit_label(edit)} after your plan was made.")


def _without_folders_there(edits: Sequence[Edit], ports: Ports) -> tuple[Edit, ...]:
    """The edits but for folders that others made meanwhile: to roll back would remove what is theirs."""
    return tuple(
        edit
        for edit in edits
        if not (isinstance(edit, FolderEdit) and file_edits.state_of(edit, ports) is EditState.AFTER)
    )


async def _roll_back(
    change: ChangeSet, made: int, refusal: Refused, journal: ChangeJournal, ports: Ports
) -> None:
    """Undo the edits that were made, the last first, including one that failed half way. Raises Refused."""
    edits = change.edits
    executor = EditExecutor(ports, backup=False)
    left: list[str] = []
    undoable = False
    stay: list[str] = []
    back = [*edits[:made]]
    try:
        if made < len(edits) and await half_made(edits[made], ports):
            back.append(edits[made])
    except Exception as blind:  # noqa: BLE001  # nor may this
        left.append(f"{edit_label(edits[made])} ({_reason(blind)})")
        undoable = not is_bookkeeping(edits[made])
    for index in reversed(range(len(back))):
        edit = inverse(back[index])
        try:
            if not await _roll_back_one(edit, edits, executor, ports):
                stay.append(edit_label(edit))  # others have put something there
            if not left:
                with suppress(Refused):  # recovery looks at the edits themselves
                    await asyncio.to_thread(journal.note, index)
        except Exception as error:  # noqa: BLE001  # it must not keep the others from being rolled back
            left.append(f"{edit_label(edit)} ({_reason(error)})")
            undoable |= not is_bookkeeping(edit)
    later = "The next change cleans that up." if left else ""
    if undoable:
        later = f"u {'finishes it' if change.undoes else 'takes it back'} once that is possible."
    try:
        await executor.finish()
    except Refused as error:
        left.append(f"what systemd has read ({_reason(error)})")
        later = later or error.advice
    if left:
        raise PartlyDone(
            refusal.message,
            f"Still in force: {'; '.join(left)}. The rest was rolled back.",
            " ".join(filter(None, (refusal.advice, later))),
        ) from refusal
    await asyncio.to_thread(journal.forget)
    if back or stay:
        kind = PartlyDone if stay else Refused
        raise kind(refusal.message, _outcome(refusal, stay), refusal.advice) from refusal


def _reason(error: Exception) -> str:
    said = error.message if isinstance(error, Refused) else f"{error or type(error).__name__}"
    return said.rstrip(".")


async def _roll_back_one(edit: Edit, edits: Sequence[Edit], executor: EditExecutor, ports: Ports) -> bool:
    """Make an edit's opposite; whether the old state is there again, be it in spite of an error."""
    try:
        await executor.make(edit)
    except Exception:
        with suppress(Exception):
            if await apply_edit.state_of(edit, ports) is EditState.AFTER:
                return True
        raise
    stamp = await asyncio.to_thread(unit_edits.record_stamp, edit, edits)
    if stamp is not None:
        await executor.make(stamp)
    return await apply_edit.state_of(edit, ports) is EditState.AFTER


def _outcome(refusal: Refused, stay: Sequence[str]) -> str:
    """What is in force after all was rolled back that could be."""
    usual = refusal.untouched in (Refused("").untouched, Conflict("").untouched)
    if usual and not stay:
        return "What had been done before was rolled back: nothing is changed."
    said = ["What had been done before was rolled back."]
    said += [] if usual else [refusal.untouched]
    said += [f"These stay, since they are in use by now: {', '.join(stay)}."] if stay else []
    return " ".join(said)


async def half_made(edit: Edit, ports: Ports) -> bool:
    """Whether the edit that failed left something; a unit may be enabled and not started. Raises Refused."""
    if isinstance(edit, UnitEdit):
        return await apply_edit.state_of(edit, ports) is not EditState.BEFORE
    try:
        return await is_edit_made(edit, ports) is True
    except SomethingElse:
        return False
