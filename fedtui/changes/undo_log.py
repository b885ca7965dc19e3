"""Which changes are in force, by the log of undo steps: what `u` takes back next, and what `ctrl+r` restores.

Undo and redo are entries of the same log as the changes that they take back: an undo names the change, a redo
names the undo. So walking back counts them off, and nothing but the log has to survive a restart. Every
function takes the steps newest first, as the history has them.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedtui.history.database import UndoStep


def is_undone(step: UndoStep, steps: Sequence[UndoStep]) -> bool:
    """Whether the step's change was taken back; one that was redone since was not."""
    newest = next((each for each in steps if each.undoes == step.id and not each.prepared), None)
    return step.undone if newest is None else not is_undone(newest, steps)


def next_undo(steps: Sequence[UndoStep]) -> UndoStep | None:
    """The newest change in force. Undos are not taken back by an undo but by a redo.

    Of an undo that was cut short: that undo, which has to be finished first.
    """
    return next(
        (step for step in steps if step.prepared or (step.undoes is None and not is_undone(step, steps))),
        None,
    )


def next_redo(steps: Sequence[UndoStep]) -> UndoStep | None:
    """The newest undo in force. None once another change was made after it, as in an editor."""
    changes = {step.id: step for step in steps if step.undoes is None}
    for step in steps:
        if step.undoes is None:
            return None
        if step.undoes in changes and not step.prepared and not is_undone(step, steps):
            return step
    return None
