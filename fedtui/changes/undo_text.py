"""What undo steps are called: the change they take back, and when it was made."""

from __future__ import annotations

from fedtui.history.database import UndoStep
from fedtui.system.local_time import short_moment


def undo_words(step: UndoStep) -> str:
    """What an undo of `step` says of itself."""
    return f"Undo: {what_was_done(step)}, {short_moment(step.at)}."


def what_was_done(step: UndoStep) -> str:
    """A change that was made, as a noun or as its verb with the job."""
    named = {"undo": "the undo of", "environment": "the environment of"}
    return f"{named.get(step.verb, step.verb)} {step.job_name}"
