"""Which of two accounts of one run knows more: the rule by which accounts are folded and rows replaced.

An account is a `Run` as one witness tells it. That a run has ended outranks that it is running only in the
database: what is seen running at this moment is newer than any guess about its end (see `merging`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from fedtui.model import Mark, Outcome, Result, Run, Trigger

ROUNDING = timedelta(milliseconds=10)
"""How far two accounts of one moment may lie apart: systemd's clock and the database's."""

STEP = timedelta(seconds=5)
"""How far a clock may seem to go back by itself: the clocks of the sources differ, and NTP corrects them."""

SIGHTING = "cron-"
"""What the ids of sightings begin with: somebody saw a run begin, without a name that others know."""

LOG_SIGHTING = "cron-log-"
"""The same of a run of which only its log tells."""

OPEN, ENDED, KNOWN, JUDGED = range(4)
_TRIGGERS = (Trigger.MANUAL, Trigger.SCHEDULE, Trigger.OTHER, Trigger.UNKNOWN)


def knowledge(result: Result | None) -> int:
    """How much is known of an end: nothing, that it came, with what exit status, and what was printed."""
    if result is None:
        return OPEN
    if result.outcome is Outcome.UNKNOWN and result.exit_code is None:
        return ENDED
    return JUDGED if result.judged else KNOWN


def stamped_ahead(run: Run) -> bool:
    """Whether the clock was set back after the run, as far as that was noticed."""
    return run.result is not None and Mark.SET_BACK in run.result.marks


def as_stamped_ahead(run: Run) -> Run:
    """The run with the mark that the clock was set back after it. One in progress has none yet."""
    return run if run.result is None else replace(run, result=run.result.marked(Mark.SET_BACK))


def in_order(runs: Iterable[Run], now: datetime, *, newest_first: bool = False) -> list[Run]:
    """Runs of several jobs by their starts; `runs` has those of each in their true order, oldest first.

    One that is stamped ahead has its place before what its job went through next.
    """
    found = list(runs)
    following: dict[str, float] = {}
    keys: list[tuple[float, int]] = []
    for place in range(len(found) - 1, -1, -1):
        run = found[place]
        ahead = stamped_ahead(run) or run.start > now + STEP
        at = run.start.timestamp()
        bound = min(at, following.get(run.job_id, at))
        if not ahead:
            following[run.job_id] = bound
        keys.append((bound, place - len(found)) if ahead else (at, 0))
    placed = sorted(zip(keys[::-1], found, strict=True), key=lambda pair: pair[0], reverse=newest_first)
    return [run for _, run in placed]


def better_trigger(one: Trigger, other: Trigger) -> Trigger:
    """The starter of a run knows it; failing that, a schedule that was due explains it."""
    return min(one, other, key=_TRIGGERS.index)


def says_more(new: Run, old: Run) -> bool:
    """Whether the row of `old` should become `new`. Never true both ways, so that two writers agree."""
    ranks = knowledge(new.result), knowledge(old.result)
    if ranks[0] != ranks[1]:
        return ranks[0] > ranks[1]
    return _details(new) > _details(old)


def _details(run: Run) -> tuple[int, ...]:
    """How much an account holds beside its rank, the more telling facts first."""
    result = run.result
    return (
        run.end is not None,
        result is not None and result.duration is not None,
        result is not None and result.judged,
        run.output is not None,
        run.log is not None,
        -_TRIGGERS.index(run.trigger),
        len(result.known_from) if result is not None else 0,
        len(run.also),
    )
