"""Makes rows, and keeps each until something it rests on changes.

Two thousand timers are not worked out again because one of them ran; and a row that rests on a monotonic
elapse must not change by microseconds at every look.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedtui.model import Job, Run
from fedtui.sources.systemd import timer_jobs
from fedtui.sources.systemd.facts import TimerProperties
from fedtui.sources.systemd.last_run import last_run

SETTLED = timedelta(seconds=5)
"""So long after a trigger a verdict may still change by the passing of time alone."""

DRIFT = 0.5
"""Seconds that the two clocks may move apart before monotonic elapses are worked out again."""


@dataclass(frozen=True, slots=True)
class CachedRow:
    """A row and the run it tells of, with what they rest on."""

    job: Job
    run: Run | None
    timer: TimerProperties
    paused: bool
    runs: tuple[Sequence[datetime], ...]
    offset: float
    settled: bool


class RowCache:
    def __init__(self, manager: timer_jobs.ManagerInfo) -> None:
        self._manager = manager
        self._made: dict[str, CachedRow] = {}

    def keep_only(self, names: Collection[str]) -> None:
        """Forget the rows of timers that are gone."""
        for name in set(self._made) - set(names):
            del self._made[name]

    def make(
        self,
        timer: TimerProperties,
        moment: timer_jobs.ClockReading,
        paused: bool,
        calendar_runs: Callable[[str], Sequence[datetime]],
    ) -> CachedRow:
        """The row of one timer, the one made before where nothing changed."""
        runs = tuple(calendar_runs(expression) for expression in timer.calendar)
        offset = moment.now.timestamp() - moment.monotonic
        before = self._made.get(timer.row.name)
        if before is not None and self._stands(before, timer, paused, runs, offset):
            return before
        stamped = timer.persistent and bool(timer.calendar) and timer.row.active_state == "active"
        known = (
            last_run(timer.activated, timer.last_trigger, moment.now, stamped=stamped)
            if timer.activated
            else None
        )
        job = timer_jobs.make_job(timer, self._manager, moment, paused, calendar_runs, known)
        run = timer_jobs.make_run(timer, self._manager, known) if known else None
        quiet = timer.last_trigger is None or moment.now - timer.last_trigger > SETTLED
        made = CachedRow(job, run, timer, paused, runs, offset, quiet and not job.running)
        self._made[timer.row.name] = made
        return made

    @staticmethod
    def _stands(
        before: CachedRow,
        timer: TimerProperties,
        paused: bool,
        runs: tuple[Sequence[datetime], ...],
        offset: float,
    ) -> bool:
        return (
            before.settled
            and before.timer is timer
            and before.paused == paused
            and len(before.runs) == len(runs)
            and all(old is new for old, new in zip(before.runs, runs, strict=True))
            and abs(before.offset - offset) < DRIFT
        )
