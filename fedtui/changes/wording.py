"""What is said of a change: by its plan before it is made, by its undo step afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fedtui.changes.plan import Step
from fedtui.history.database import UndoStep
from fedtui.schedule.patterns import listing
from fedtui.system.local_time import short_moment

UNDO_ALL = "u takes all of it back, also after a restart"
_NAMED = 3
_OF_SEVERAL = {
    "pause": "they do not run until you resume them",
    "resume": "they run by their schedules again",
    "delete": "their lines leave; scripts, logs and histories stay",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What a plan says of itself; `done` is said once it was applied.

    `subject` is what the check before the first edit compares, `undo` how the last step describes the undo,
    `before` are steps shown ahead of the edits' own. `moves` are pairs of ids of one job, before and after.
    `several` and `several_done` say `summary` and `done` of a plan for several jobs, `{jobs}` in place of
    their number and names.
    """

    verb: str
    job_id: str
    job_name: str
    summary: str
    done: str
    warnings: tuple[str, ...] = ()
    subject: str = ""
    undo: str = "u, also after a restart"
    before: tuple[Step, ...] = ()
    destructive: bool = False
    alternative: str = ""
    jobs: tuple[tuple[str, str], ...] = ()
    moves: tuple[tuple[str, str], ...] = ()
    several: str = ""
    several_done: str = ""


def of_several(wordings: Sequence[Wording]) -> Wording:
    """One wording for a change of several jobs; the only one's own for one."""
    if len(wordings) == 1:
        return wordings[0]
    first = wordings[0]
    names = [wording.job_name for wording in wordings]
    named = listing(names if len(names) <= _NAMED + 1 else [*names[:_NAMED], f"{len(names) - _NAMED} more"])
    what = _OF_SEVERAL.get(first.verb, "each as shown below")
    jobs = f"{len(names)} jobs"
    summary = first.several.replace("{jobs}", f"{jobs}, {named}")
    done = first.several_done.replace("{jobs}", jobs)
    warnings = (f"{each.job_name}: {text}" for each in wordings for text in each.warnings)
    return Wording(
        first.verb,
        "",
        named,
        summary or f"{first.verb.capitalize()} {jobs}, {named}: {what}.",
        done or " ".join(wording.done for wording in wordings),
        tuple(dict.fromkeys(warnings)),
        undo=f"u takes back all {len(names)}, also after a restart",
        before=tuple(dict.fromkeys(step for each in wordings for step in each.before)),
        destructive=any(wording.destructive for wording in wordings),
        jobs=tuple((wording.job_id, wording.job_name) for wording in wordings),
        moves=tuple(pair for wording in wordings for pair in wording.moves),
    )


def undo_words(step: UndoStep) -> str:
    """What an undo of `step` says of itself."""
    return f"Undo: {what_was_done(step)}, {short_moment(step.at)}."


def what_was_done(step: UndoStep) -> str:
    """A change that was made, as a noun or as its verb with the job."""
    named = {"undo": "the undo of", "environment": "the environment of"}
    return f"{named.get(step.verb, step.verb)} {step.job_name}"
