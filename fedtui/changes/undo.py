"""Undo and redo: a step's edits turned round, from the present state, as a plan like any other.

What others changed in cron tables since stays. `u` walks back through the changes in force, `ctrl+r` forward
again (undo_log.py says which is next).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import NoReturn

from fedtui.action_result import Refused
from fedtui.changes import unfinished, unseen
from fedtui.changes.change_journal import StoredChange
from fedtui.changes.change_set import plan_edits
from fedtui.changes.edits import ChangeSet, Edit, resource_keys
from fedtui.changes.old_steps import stored_change
from fedtui.changes.pending_edits import resume_undo, undo_edits
from fedtui.changes.plan import FileDiff, Plan, Step
from fedtui.changes.plan_text import edit_diffs
from fedtui.changes.table_edits import ChangedSince
from fedtui.changes.undo_log import can_redo, change_of, next_redo, next_undo, with_states
from fedtui.changes.wording import Wording, undo_words, what_was_done
from fedtui.history.database import HistoryError, UndoStep
from fedtui.ports import Ports


class Blocked(Refused):
    """The next step cannot be taken back, since what it changed was changed again; `step` names it."""

    def __init__(self, step: UndoStep, refusal: Refused) -> None:
        ways = "U lists the changes, to undo an older one."
        super().__init__(
            f"Change {step.id} ({what_was_done(step)}) blocks the way back. {refusal.message}",
            refusal.untouched,
            f"{refusal.advice.rstrip('.')}. {ways}" if refusal.advice else ways,
        )
        self.step = step


async def undo_steps(ports: Ports, limit: int) -> list[UndoStep]:
    """The newest changes, newest first, `undone` by the whole log; after recovery from a kill."""
    with suppress(Refused):
        await unfinished.recover_if_needed(ports)
    steps = await asyncio.to_thread(ports.history.undo_steps)
    return list(islice(with_states(steps), limit))


async def plan_undo(ports: Ports, undo_id: int | None = None) -> Plan:
    """Take back the newest change in force, or the one of that number.

    Raises Blocked where the newest cannot be, Refused where the numbered one cannot.
    """
    await unfinished.recover_if_needed(ports)
    if undo_id is not None:
        return await _plan_chosen(undo_id, await _steps(ports), ports)
    steps = await _steps_here(ports)
    if await _was_cut_off(steps, "undo", ports):
        return _already(steps[0])
    step, verb = next_undo(steps), "undo"
    if step is None:
        raise Refused("There is nothing to undo.")
    try:
        if step.prepared and step.undoes is None:
            await _raise_unknown(step, ports)
        if step.prepared:
            verb = step.verb
            step = _by_id(step.undoes, steps)
        return await _plan(step, verb, steps, ports)
    except Refused as refusal:
        raise Blocked(step, refusal) from refusal


async def plan_redo(ports: Ports) -> Plan:
    """Apply the change again that was undone last. Raises Refused where there is none."""
    await unfinished.recover_if_needed(ports)
    steps = await _steps_here(ports)
    if await _was_cut_off(steps, "redo", ports):
        return _already(steps[0])
    step = next_redo(steps)
    if step is None:
        raise Refused("There is nothing to redo.", advice="ctrl+r applies again what u took back last.")
    return await _plan(step, "redo", steps, ports)


async def still_nothing_to_do(plan: Plan, ports: Ports) -> bool:
    """Whether the step that an undo or redo only marks still has nothing to take back."""
    steps = await _steps(ports)
    step = _by_id(plan.change.undoes, steps)
    return not (await _plan(step, plan.verb, steps, ports)).change.edits


async def _was_cut_off(steps: Sequence[UndoStep], verb: str, ports: Ports) -> bool:
    """Whether the newest step is such an undo or redo that was cut off before it showed its end."""
    if not steps or steps[0].verb != verb:
        return False
    return await asyncio.to_thread(unseen.is_cut_off, steps[0], ports)


async def _steps(ports: Ports) -> list[UndoStep]:
    try:
        return await asyncio.to_thread(ports.history.undo_steps)
    except HistoryError as error:
        raise Refused(f"{error}", advice=error.advice) from error


async def _steps_here(ports: Ports) -> list[UndoStep]:
    return [step for step in await _steps(ports) if ports.is_here(step.host)]


def _by_id(undo_id: int | None, steps: Sequence[UndoStep]) -> UndoStep:
    step = next((each for each in steps if each.id == undo_id), None)
    if step is None:
        raise Refused(f"There is no change {undo_id}.")
    return step


async def _plan_chosen(undo_id: int, steps: Sequence[UndoStep], ports: Ports) -> Plan:
    """Take back the step of that number: of an undo by a redo, of a redo by undoing its change."""
    step = _by_id(undo_id, steps)
    if not ports.is_here(step.host):
        raise Refused(f"Change {step.id} was made on {step.host}.", advice="Undo it there.")
    if step.prepared and step.undoes is not None:
        raise Refused(
            f"Change {step.id} is an undo that was cut short.",
            advice=f"This finishes it: fedtui undo {step.undoes}",
        )
    if step.prepared:
        await _raise_unknown(step, ports)
    if next(each for each in with_states(steps) if each.id == step.id).undone:
        raise Refused(f"Change {step.id} was undone already.")
    if step.verb == "redo":
        by_id = {each.id: each for each in steps}
        step = _by_id(change_of(step, by_id), steps)
    if step.undoes is not None and not can_redo(step, steps):
        raise Refused(f"Change {step.id} cannot be redone: it took back no whole change.")
    return await _plan(step, "redo" if step.undoes is not None else "undo", steps, ports)


async def _raise_unknown(step: UndoStep, ports: Ports) -> NoReturn:
    """Say why recovery could not tell what became of a change. Raises Refused."""
    await unfinished.recover_step(await asyncio.to_thread(_whole, step.id, ports), ports)
    raise Refused(f"What became of change {step.id} is not known.", advice="Try again.")


async def _plan(step: UndoStep, verb: str, steps: Sequence[UndoStep], ports: Ports) -> Plan:
    """The edits of `step` turned round, the last first.

    Of a change that was cut short, those that were made; of an undo that was, those that were not.
    Raises Refused where a file, a unit or the lines of a table were changed since.
    """
    kept = await asyncio.to_thread(_stored, step, ports)
    cut = next((each for each in steps if each.prepared and each.undoes == step.id), None)
    made: tuple[Edit, ...] = ()
    if cut is not None:
        made, edits, notes = await resume_undo(await asyncio.to_thread(_stored, cut, ports), ports)
    else:
        try:
            edits, notes = await undo_edits(kept, ports)
        except ChangedSince as refusal:
            later = await asyncio.to_thread(_later, step, kept, steps, ports)
            first = f"Undo first what changed it since: {'; '.join(later)}." if later else ""
            advice = f"{first} {refusal.advice}".strip()
            raise Refused(refusal.message, refusal.untouched, advice) from refusal
    name = what_was_done(step) if verb == "undo" else _redone(step, steps)
    summary = undo_words(step) if verb == "undo" else f"Redo: {name}."
    before: tuple[Step, ...] = ()
    if not edits:
        summary += " Everything is already as it was before: only the step is marked."
        before = (Step("write", f"change {step.id} is marked as undone"),)
    elif cut is not None:
        summary += f" It was cut short: {len(edits)} of {len(made) + len(edits)} parts are left."
    elif not kept.finished:
        summary += f" It was cut short: {len(edits)} of {len(kept.edits)} parts had been made."
    summary = " ".join((summary, *notes))
    done = f"{'Undone' if verb == 'undo' else 'Redone'}: {name}."
    back = "ctrl+r applies it again" if verb == "undo" else "u"
    wording = Wording(
        *(verb, step.job_id, step.job_name, summary, done),
        undo=f"{back}, also after a restart",
        before=before,
        jobs=kept.jobs,
    )
    change = ChangeSet(edits, done, step.id, cut.id if cut else None, made)
    return await plan_edits(wording, edits, ports, change)


def _later(step: UndoStep, kept: StoredChange, steps: Sequence[UndoStep], ports: Ports) -> list[str]:
    """The commands that undo later changes in force of what `step` changed, the newest first. Blocking."""
    keys = frozenset[tuple[str, ...]]().union(*map(resource_keys, kept.edits))
    found: list[str] = []
    for each in with_states(steps):
        if each.id > step.id and each.undoes is None and not each.undone and ports.is_here(each.host):
            with suppress(Refused, LookupError, ValueError, TypeError):
                if any(keys & resource_keys(edit) for edit in _stored(each, ports).edits):
                    found.append(f"fedtui undo {each.id} ({what_was_done(each)})")
    return found


def step_diffs(step_id: int, ports: Ports) -> tuple[FileDiff, ...]:
    """What a change did to tables and files, secrets masked. Blocking. Raises Refused where unknown."""
    return edit_diffs(stored_change(_whole(step_id, ports)).edits, ports)


def _stored(step: UndoStep, ports: Ports) -> StoredChange:
    """The edits of a step that was listed, and so came without its payload. Blocking."""
    return stored_change(_whole(step.id, ports))


def _whole(step_id: int, ports: Ports) -> UndoStep:
    try:
        step = ports.history.undo(step_id)
    except HistoryError as error:
        raise Refused(f"{error}", advice=error.advice) from error
    if step is None:
        raise Refused(f"There is no change {step_id}.")
    return step


def _redone(undo: UndoStep, steps: Sequence[UndoStep]) -> str:
    return what_was_done(_by_id(undo.undoes, steps))


def _already(last: UndoStep) -> Plan:
    """The plan of a repeated command whose first run was killed after its work and before its answer."""
    done = f"{last.verb.capitalize()} of {last.job_name} was done already"
    return Plan(
        last.verb,
        last.job_id,
        last.job_name,
        f"{done}: the command was cut short before it said so.",
        (),
        (),
        ChangeSet((), f"{done}.", resumes=last.id),
    )
