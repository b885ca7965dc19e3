"""The state `overdue`: a run that was promised on the screen has not begun within its grace.

A promise is a next run as it was shown before it was due, so that a schedule that was just changed is never
called overdue by what it would have meant earlier. A missing run makes a job overdue only where its start
would have been seen (`SchedulerDriver.did_not_start`), and only at a second look a few seconds later: what
was not seen because this very program was stopped gets the time to arrive.

What was due before this program began is looked back at once: where cron's log reaches back before it, and
cron went by the same table since before it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from fedtui.history.run_provenance import stamped_ahead
from fedtui.model import Job, Run, Severity, Snapshot, State, cron_jobs
from fedtui.schedule.upcoming import EARLY, runs_of
from fedtui.schedulers import driver_of
from fedtui.verdicts.evidence import LoadedAt

CONFIRM = 3.0
"""Seconds between the two looks, of time in which this program was not stopped."""

MOST_LOOKED_BACK = 1_000
"""With more jobs than this, looking back would hold up the first picture."""

_SPANS = (timedelta(minutes=3), timedelta(minutes=90), timedelta(hours=25))
_TOGETHER = timedelta(seconds=1)
_PROMISING = (State.ON, State.RUNNING)


@dataclass(slots=True)
class _Promise:
    schedule: str
    due: datetime
    until: datetime
    missed_at: float | None = None
    by_log: str = ""


class OverdueTracker:
    """Remembers what was promised. `revise` is called with every new snapshot, in one thread at a time.

    `in_force` tells since when cron goes by the table of a job. `confirm` is how long after the first look
    the second one comes, in seconds; 0 for who looks only once, at answers that are complete.
    """

    def __init__(
        self,
        in_force: LoadedAt = lambda _, __: None,
        *,
        confirm: float = CONFIRM,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._in_force = in_force
        self._confirm = confirm
        self._monotonic = monotonic
        self._promises: dict[str, _Promise] = {}
        self._looked_back = False
        self.next_look: datetime | None = None
        self.to_ask: frozenset[str] = frozenset()

    def revise(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with jobs marked overdue. Sets `next_look`, the moment at which to look again, and
        `to_ask`, the sources that must be asked again for it.
        """
        if not self._looked_back and not snapshot.loading:
            self._looked_back = True
            self._look_back(snapshot)
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
        # Sooner than promised: the clock was set back.
        if promise is None or promise.schedule != job.schedule or job.next_run < promise.due:
            promise = self._promise(job, job.next_run)
        if snapshot.at <= promise.until:
            return job
        began = _began(snapshot.runs.get(job.id, ()), promise.due)
        evidence = "" if began or job.running else driver_of(job).did_not_start(promise.due, snapshot)
        since = snapshot.starts_since if job.facts.in_table else None
        by_log = since is not None and since <= promise.due - EARLY
        if not (began or job.running or by_log):
            evidence = evidence or promise.by_log  # what the log said of a minute that has left it since
        if not evidence:
            self._promise(job, job.next_run)
            return job
        if promise.missed_at is None:
            promise.missed_at = self._monotonic()
        if self._monotonic() - promise.missed_at < self._confirm:
            return job
        promise.by_log = evidence if by_log else promise.by_log
        reason = f"due at {promise.due.astimezone(job.next_run.tzinfo):%H:%M:%S}, not started: {evidence}"
        standing = replace(job.standing, severity=Severity.ERROR)
        return replace(job, state=State.OVERDUE, state_reason=reason, next_run=promise.due, standing=standing)

    def _look_back(self, snapshot: Snapshot) -> None:
        """Take up the promises of the past that were not kept."""
        since = snapshot.starts_since
        jobs = [(job, cron) for job, cron in cron_jobs(snapshot.jobs) if job.state in _PROMISING]
        if since is None or len(jobs) > MOST_LOOKED_BACK:
            return
        for job, cron in jobs:
            in_force = self._in_force(job, cron)
            if job.next_run is None or in_force is None:
                continue
            due = last_promised(job, snapshot.at - driver_of(job).grace, max(since, in_force) + EARLY)
            runs = snapshot.runs.get(job.id, ())
            if due is not None and not _began(runs, due):
                self._promise(job, due)

    def _promise(self, job: Job, due: datetime) -> _Promise:
        due = due.astimezone(UTC)  # sums of times in a zone go by its wall clock
        made = self._promises[job.id] = _Promise(job.schedule, due, due + driver_of(job).grace)
        return made

    def _plan(self, jobs: tuple[Job, ...], now: datetime) -> None:
        looks: list[datetime] = []
        sources: list[tuple[datetime, str]] = []
        by_id = {job.id: job for job in jobs}
        for job_id, promise in self._promises.items():
            job = by_id[job_id]
            if promise.missed_at is not None:
                if job.state is not State.OVERDUE:
                    looks.append(now + timedelta(seconds=self._confirm))
            elif promise.until >= now:
                look = promise.until + timedelta(seconds=0.5)
                looks.append(look)
                if source := driver_of(job).asked_again:
                    sources.append((look, source))
        self.next_look = first = min(looks, default=None)
        self.to_ask = frozenset(
            name for look, name in sources if first is not None and look - first < _TOGETHER
        )


def _began(runs: Iterable[Run], due: datetime) -> bool:
    return any(run.start >= due - EARLY and not stamped_ahead(run) for run in runs)


def last_promised(job: Job, until: datetime, since: datetime) -> datetime | None:
    """The last run that the job's schedule has between `since` and `until`; None where there is none."""
    for span in _SPANS:
        begin = max(until - span, since)
        if begin >= until:
            return None
        last = deque(takewhile(lambda due: due <= until, runs_of(job, begin)), maxlen=1)
        if last or begin == since:
            return next(iter(last), None)
    return None
