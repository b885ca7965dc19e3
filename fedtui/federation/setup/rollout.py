"""The rollout guide: three weeks from runs by hand to everything by itself, and how far the operator is.

Pure: from what is set up and the runs on record. Week 1 by hand, week 2 scheduled without commits, week 3 in
full. It counts only what is known: a run whose end nobody saw speaks for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fedtui.model import Outcome, Run, Trigger
from fedtui.pack import Pack
from fedtui.schedule.patterns import counted

WEEK = 7
"""Days that each of the first two stages should last."""

TITLES = {
    1: "week 1: by hand",
    2: "week 2: scheduled, without commits",
    3: "week 3: in full, commits included",
}
_GOOD = (Outcome.OK, Outcome.WARNINGS, Outcome.SKIPPED)


@dataclass(frozen=True, slots=True)
class RolloutStage:
    """How far the operator is. `week` is 1, 2 or 3; `days` how long that has lasted.

    `good`, `failed` and `unknown` count runs of the last seven days, once there is a
    schedule those by it. `waits` says what is still to come
    before the next stage, nothing where it can begin; `then` is what comes next, `command` how.
    """

    week: int
    days: int
    good: int
    failed: int
    unknown: int
    waits: tuple[str, ...]
    then: str
    command: tuple[str, ...]

    @property
    def title(self) -> str:
        return TITLES[self.week]

    @property
    def ready(self) -> bool:
        """Whether what comes next can begin."""
        return not self.waits


def rollout_stage(pack: Pack | None, runs: Sequence[Run], now: datetime) -> RolloutStage:
    """How far the operator is at `now`; `runs` are those of the pack's jobs."""
    since = now - timedelta(days=WEEK)
    ended = [run for run in runs if run.result is not None and run.start >= since]
    if pack is None or not pack.scripts:
        days = max(0, (now - min((run.start for run in runs), default=now)).days)
        then = "Run each script by hand and look at what it does; then have them scheduled."
        command = ("fedtui", "setup", "--root", "DIR", "--profile", "conservative", "--dry-run")
        return RolloutStage(1, days, *_counts(ended), (), then, command)
    counts = _counts([run for run in ended if run.trigger is not Trigger.MANUAL])
    days = max(0, (now.date() - date.fromisoformat(pack.since)).days)
    if pack.git:
        return RolloutStage(3, days, *counts, (), "It runs by itself; merge its branch now and then.", ())
    then = "Turn on the commits, on a branch of their own."
    return RolloutStage(2, days, *counts, _waits(days, *counts), then, ("fedtui", "setup", "--git"))


def _counts(runs: Sequence[Run]) -> tuple[int, int, int]:
    """How many ended well, failed, or ended in a way that nobody knows."""
    outcomes = [run.result.outcome for run in runs if run.result is not None]
    good = sum(outcome in _GOOD for outcome in outcomes)
    failed = sum(outcome is Outcome.FAILED for outcome in outcomes)
    return good, failed, len(outcomes) - good - failed


def _waits(days: int, good: int, failed: int, unknown: int) -> tuple[str, ...]:
    waits = []
    if days < WEEK:
        waits.append(f"{counted(WEEK - days, 'more day')} of scheduled runs")
    if failed:
        waits.append(f"a week without a failed run; in the last one {failed} failed")
    if not good:
        waits.append("a run that is known to have ended well")
        if unknown:
            waits[-1] += f"; how {unknown} of them ended nobody saw (fedtui record --all records them)"
    return tuple(waits)
