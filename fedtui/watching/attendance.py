"""The state `overdue`: a run that was promised on the screen has not begun within its grace.

A promise is a next run as it was shown before it was due, so that a schedule that was just changed is never
called overdue by what it would have meant earlier. A missing run makes a job overdue only where its start
would have been seen (`grace.did_not_start`), and only at a second look a few seconds later: what was not told
to us because this very program stood still gets the time to arrive.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fedtui.merging import source_of
from fedtui.model import Job, Snapshot, State
from fedtui.watching.grace import EARLY, did_not_start, grace

CONFIRM = 3.0
"""Seconds between the two looks, of time in which this program was not stopped."""

_TOGETHER = timedelta(seconds=1)
_PROMISING = (State.ON, State.RUNNING)


@dataclass(slots=True)
class _Promise:
    schedule: str
    due: datetime
    until: datetime
    missed_at: float | None = None


class Attendance:
    """Remembers what was promised. `revise` is called with every new snapshot, in one thread at a time."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._promises: dict[str, _Promise] = {}
        self.next_look: datetime | None = None
        self.to_ask: frozenset[str] = frozenset()

    def revise(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with jobs marked overdue. Sets `next_look`, the moment at which to look again, and
        `to_ask`, the sources that must be asked anew for it.
        """
        jobs = tuple(self._attend(job, snapshot) for job in snapshot.jobs)
        ids = {job.id for job in jobs}
        self._promises = {job_id: kept for job_id, kept in self._promises.items() if job_id in ids}
        self._plan(jobs, snapshot.at)
        changed = any(new is not old for new, old in zip(jobs, snapshot.jobs, strict=True))
        return replace(snapshot, jobs=jobs) if changed else snapshot

    def _attend(self, job: Job, snapshot: Snapshot) -> Job:
        if job.next_run is None or job.state not in _PROMISING:
            self._promises.pop(job.id, None)
            return job
        promise = self._promises.get(job.id)
        if promise is None or promise.schedule != job.schedule:
            promise = self._promise(job, job.next_run)
        if snapshot.at <= promise.until:
            return job
        began = any(run.start >= promise.due - EARLY for run in snapshot.runs.get(job.id, ()))
        evidence = "" if began or job.running else did_not_start(job, promise.due, snapshot)
        if not evidence:
            self._promise(job, job.next_run)
            return job
        if promise.missed_at is None:
            promise.missed_at = self._monotonic()
        if self._monotonic() - promise.missed_at < CONFIRM:
            return job
        reason = f"due at {promise.due.astimezone(job.next_run.tzinfo):%H:%M:%S}, not started: {evidence}"
        return replace(job, state=State.OVERDUE, state_reason=reason, next_run=promise.due)

    def _promise(self, job: Job, due: datetime) -> _Promise:
        due = due.astimezone(UTC)  # sums of times in a zone go by its wall clock
        made = self._promises[job.id] = _Promise(job.schedule, due, due + grace(job))
        return made

    def _plan(self, jobs: tuple[Job, ...], now: datetime) -> None:
        looks: list[datetime] = []
        timers: list[tuple[datetime, str]] = []
        by_id = {job.id: job for job in jobs}
        for job_id, promise in self._promises.items():
            job = by_id[job_id]
            if promise.missed_at is not None:
                if job.state is not State.OVERDUE:
                    looks.append(now + timedelta(seconds=CONFIRM))
            elif promise.until >= now:
                look = promise.until + timedelta(seconds=0.5)
                looks.append(look)
                if job.timer is not None:
                    timers.append((look, source_of(job)))
        self.next_look = first = min(looks, default=None)
        self.to_ask = frozenset(
            name for look, name in timers if first is not None and look - first < _TOGETHER
        )
