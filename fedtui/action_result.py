"""How an action ended: applied and read back, or refused with what was left untouched."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Applied:
    """The change was made and read back. `undo_id` names the undo step, None where there is none."""

    message: str
    undo_id: int | None = None


RUN_CONTINUES = "The run continues."
"""What a refusal says is untouched where a job was started, and only cannot be followed."""


class Refused(Exception):
    """The action cannot be done: what happened, what was left untouched, what to do next."""

    def __init__(self, message: str, untouched: str = "Nothing was changed.", advice: str = "") -> None:
        super().__init__(" ".join(part for part in (message, untouched, advice) if part))
        self.message = message
        self.untouched = untouched
        self.advice = advice


class OutcomeUnknown(Refused):
    """The change was asked for and no answer came: it may be made, now or later. `advice` says how to check.

    The undo step stays prepared, as after a kill, and what became of the change is found out with it.
    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"Outcome unknown: {message}", "", advice)
        self.cause = message


class PartlyDone(Refused):
    """A part of the action was done and is in force; `untouched` says which part."""
