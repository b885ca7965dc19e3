"""Which changes are in force, by the log of undo steps: what `u` takes back next, and what `ctrl+r` restores.

Undo and redo are entries of the same log as the changes that they take back: an undo names the change, a redo
names the undo. So walking back counts them off, and nothing but the log has to survive a restart. Every
function takes the steps newest first, as the history has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fedtui.history.database import UndoStep

CUT_SHORT = "Cut short: "
"""How the summary of a change begins that was made in part."""
MARK = "mark"
"""The kind of an undo that found nothing to take back, so that there is nothing to redo either."""


def undone_ids(steps: Sequence[UndoStep]) -> frozenset[int]:
    """The steps that were taken back; a change that was redone since was not."""
    undone: set[int] = set()
    taken_back_by: dict[int, int] = {}
    for step in steps:
        by = taken_back_by.get(step.id)
        if step.undone if by is None else by not in undone:
            undone.add(step.id)
        if step.undoes is not None and not step.prepared:
            taken_back_by.setdefault(step.undoes, step.id)
    return frozenset(undone)


def with_states(steps: Sequence[UndoStep]) -> Iterator[UndoStep]:
    """The steps with `undone` as a reader of the list takes it.

    Of the undos and redos of one change only the latest is in force.
    """
    undone = undone_ids(steps)
    by_id = {step.id: step for step in steps}
    latest: dict[int, int] = {}
    for step in steps:
        if step.undoes is not None and not step.prepared:
            latest.setdefault(change_of(step, by_id), step.id)
    for step in steps:
        passed = step.undoes is not None and not step.prepared and latest[change_of(step, by_id)] != step.id
        yield step._replace(undone=passed or step.id in undone)


def change_of(step: UndoStep, by_id: Mapping[int, UndoStep]) -> int:
    """The id of the change that an undo or a redo is about in the end."""
    while step.undoes is not None and step.undoes in by_id:
        step = by_id[step.undoes]
    return step.id if step.undoes is None else step.undoes


def next_undo(steps: Sequence[UndoStep]) -> UndoStep | None:
    """The newest change in force. Undos are not taken back by an undo but by a redo.

    Of an undo or a redo that was cut short: that one, which has to be finished first.
    """
    undone = undone_ids(steps)
    return next(
        (step for step in steps if step.prepared or (step.undoes is None and step.id not in undone)), None
    )


def next_redo(steps: Sequence[UndoStep]) -> UndoStep | None:
    """The newest undo in force. None once another change was made after it, as in an editor.

    The undo of a change that was cut short is not redone: that would make a part of a change.
    """
    undone = undone_ids(steps)
    for step in steps:
        if step.undoes is None:
            return None
        is_undo = any(one.id == step.undoes and one.undoes is None for one in steps)
        if is_undo and not step.prepared and step.id not in undone and can_redo(step, steps):
            return step
    return None


def can_redo(step: UndoStep, steps: Sequence[UndoStep]) -> bool:
    """Whether an undo took back a whole change, so that there is one to apply again."""
    change = change_of(step, {one.id: one for one in steps})
    cut_short = any(one.id == change and one.summary.startswith(CUT_SHORT) for one in steps)
    return step.kind != MARK and not cut_short
