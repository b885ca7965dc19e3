"""What an action would do, as a value that a dialog can show and `apply` can carry out.

key -> plan -> confirm -> apply -> read back -> undo. A `Plan` holds the diff and the steps in the words
of the confirm dialog; its `change` holds the edits, which only `changes/` reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fedtui.action_result import Refused
from fedtui.changes.edits import ChangeSet


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a shown diff. `sign` is "+", "-" or " "; `number` the line's number on its own side."""

    number: int
    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The diff of one table or file. `title` reads "crontab of fed" or a path; `untouched` counts lines."""

    title: str
    lines: tuple[DiffLine, ...]
    changed: int
    added: int
    removed: int
    untouched: int


@dataclass(frozen=True, slots=True)
class Step:
    """One line of "what will be done": verb is keep, check, write, run, verify or undo.

    `command` is the exact argument vector where a command is run (shown in bold, secrets masked), `text` the
    rest.
    """

    verb: str
    text: str = ""
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that was worked out and not yet made.

    `verb` is "reschedule", "pause", ...; `jobs` are the ids and names of all jobs that it changes, `job_id`
    and `job_name` those of the only one, or "" and all names; `summary` is one sentence, `warnings` what the
    user must know before `y`. `alternative` names a gentler action ("pause" or "hold") where there is one;
    `destructive` marks a plan that takes something away. `moves` are pairs of ids that a job has before and
    after the change: its runs stay its own.
    """

    verb: str
    job_id: str
    job_name: str
    summary: str
    diffs: tuple[FileDiff, ...]
    steps: tuple[Step, ...]
    change: ChangeSet
    warnings: tuple[str, ...] = ()
    destructive: bool = False
    alternative: str = ""
    jobs: tuple[tuple[str, str], ...] = ()
    moves: tuple[tuple[str, str], ...] = ()


class EditState(Enum):
    """How the world is to a change, or an edit of one: as before it, as after it, or neither."""

    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"

    @classmethod
    def of(cls, now: object, before: object, after: object) -> EditState:
        """Which of the two states `now` is; AFTER where they are the same."""
        return cls.AFTER if now == after else cls.BEFORE if now == before else cls.OTHER


class Conflict(Refused):
    """The world changed after the plan was shown. Nothing was written; make the plan again and show it.

    `their_diff` is what others changed meanwhile, where that can be told.
    """

    def __init__(
        self,
        message: str,
        untouched: str = "Nothing was written.",
        advice: str = "",
        their_diff: tuple[FileDiff, ...] = (),
    ) -> None:
        super().__init__(message, untouched, advice)
        self.their_diff = their_diff
