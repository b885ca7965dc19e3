"""Runs that cron starts, seen without reading its log: in the process table, and by a log that grows.

The usual user may not read cron's lines in the journal. But when a job is due, its shell can be seen for as
long as it runs, and its log file changes. Neither tells how a run ended, so the result is UNKNOWN and says
what was seen; a run too short to be seen and without a log stays unseen. A log tells of a run only where it
was written within a minute after the job was due, and where no other job is known to write it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fedtui.history.run_provenance import LOG_SIGHTING, STEP
from fedtui.logs.log_ownership import LogWriters, Ownership
from fedtui.model import Answer, Job, LogSlice, Mark, Outcome, Result, Run, Trigger, cron_jobs
from fedtui.schedule.upcoming import DUE_WITHIN, EARLY, last_due, runs_of
from fedtui.sources.cron_match import match
from fedtui.sources.recorder import log_start, overwrites
from fedtui.sources.source import LookingSource
from fedtui.system.cron_daemon import CronDaemon, CronProbe
from fedtui.system.file_stamp import file_stamp
from fedtui.system.processes import CronProcess, ProcessIdentity, is_alive, running_cron_jobs

_LOOK = 0.1
# cron wakes at the minute, or up to a second and a half later; jobs that share a minute are started in a row.
_WINDOW = timedelta(seconds=3)
_IDLE = 15.0
_NOTICE = 1.0
_KEPT = 500

SEEN = Result(Outcome.UNKNOWN, evidence=("start seen in the process table",)).marked(Mark.NO_STATUS)


@dataclass(slots=True, eq=False)
class _Due:
    """A job whose minute has come: what its log was like before, and whether a run was seen."""

    job: Job
    at: datetime
    log: tuple[int, int]
    seen: bool = False


class CronActivitySource(LookingSource):
    """Source "cron-activity". `jobs` gives the rows of the cron tables as last known, and those of timers.

    `timers_known` says whether the latter are all there, so that a log is known to have no other writer.
    """

    name = "cron-activity"

    def __init__(
        self,
        jobs: Callable[[], Sequence[Job]],
        *,
        daemon: Callable[[], CronDaemon] | None = None,
        running: Callable[[int], Sequence[CronProcess]] = running_cron_jobs,
        alive: Callable[[ProcessIdentity], bool] = is_alive,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        timers_known: Callable[[], bool] = lambda: True,
    ) -> None:
        self._jobs = jobs
        self._daemon = daemon or CronProbe()
        self._running = running
        self._alive = alive
        self._clock = clock
        self._timers_known = timers_known
        self._runs: deque[Run] = deque(maxlen=_KEPT)
        self._open: dict[ProcessIdentity, Run] = {}
        self._due: list[_Due] = []
        self._next: list[_Due] = []
        self._traced: frozenset[str] = frozenset()
        self._writers: tuple[Sequence[Job], LogWriters] = ((), LogWriters(()))
        self._looked = clock()
        self._lock = threading.Lock()

    def look(self) -> Answer:
        """The runs seen so far in the order of their ends; the first time also what runs already."""
        self.notice()
        traces = self._traces()
        return Answer(self.name, self._clock(), (), (*self._runs, *self._open.values(), *traces))

    def _traces(self) -> list[Run]:
        """What the logs tell of runs while we did not look: only the newest of a job has left its time."""
        jobs, now = self._logging(), self._clock()
        self._traced = frozenset(job.id for job in jobs)
        traces = [run for job in jobs if (run := _run_by_old_log(job, now)) is not None]
        seen: dict[str, list[datetime]] = {}
        for run in (*self._runs, *self._open.values()):
            seen.setdefault(run.job_id, []).append(run.start)
        if not self._timers_known():
            # A timer's service may have written it: a trace is shown, but not kept for a run of cron's.
            traces = [replace(trace, trigger=Trigger.UNKNOWN, log=None) for trace in traces]
        return [
            trace
            for trace in traces
            if not any(trace.start - EARLY <= at <= now for at in seen.get(trace.job_id, ()))
        ]

    def _surely_alone(self, job: Job) -> bool:
        return self._timers_known() and self._alone(job)

    def _alone(self, job: Job) -> bool:
        """True where no other job, a timer's either, is known to write to this one's log."""
        jobs = self._jobs()
        if jobs is not self._writers[0]:
            self._writers = jobs, LogWriters(jobs)
        return self._writers[1].of_growth(job) is Ownership.OWN

    def _logging(self) -> list[Job]:
        """The cron jobs with a log of their own. That of a paused line grows by what others do."""
        jobs = [job for job, _ in cron_jobs(self._jobs()) if job.log_path is not None and not job.paused]
        return [job for job in jobs if self._alone(job)]

    async def watch(self) -> AsyncIterator[None]:
        """Yield when a run was seen to start or to end. Looks often only while a job is due or runs."""
        import asyncio

        while True:
            jobs = self._jobs()
            rest = await asyncio.to_thread(self.pause)
            # Other jobs, one of which may be due sooner: the table was edited, or had not been read yet.
            while rest > 0 and self._jobs() is jobs:
                await asyncio.sleep(min(rest, _NOTICE))
                rest -= _NOTICE
            if await asyncio.to_thread(self._has_news):
                yield None

    def _has_news(self) -> bool:
        return self.notice() or self._traced != {job.id for job in self._logging()}

    def pause(self) -> float:
        """Seconds till the next look: 0.1 just after a job's minute, else as long as can be."""
        with self._lock:
            now = self._now()
            if any(now < due.at + _WINDOW for due in self._due):
                return _LOOK
            longest = 1.0 if self._open or self._due else _IDLE
            self._next = self._soon(now, timedelta(seconds=longest + 1))
            first = min((due.at for due in self._next), default=now + timedelta(seconds=longest))
            return min(longest, max(_LOOK, (first - now).total_seconds()))

    def _soon(self, now: datetime, within: timedelta) -> list[_Due]:
        """The jobs that are due next, with the state of their logs before."""
        return [
            _Due(job, job.next_run, file_stamp(job.log_path))
            for job, _ in cron_jobs(self._jobs())
            if job.next_run is not None and now < job.next_run <= now + within
        ]

    def notice(self) -> bool:
        """Look once; true when a run began or ended since the last look."""
        with self._lock:
            now = self._now()
            self._due += [due for due in self._next if due.at <= now < due.at + DUE_WITHIN]
            self._next = [due for due in self._next if due.at > now]
            daemon = self._daemon()
            processes = self._running(daemon.pid) if daemon.pid is not None else ()
            fresh = [process for process in processes if process.identity not in self._open]
            jobs = [job for job, _ in cron_jobs(self._jobs())] if fresh else []
            began = [self._begin(process, jobs) for process in fresh]
            ended = self._close(now)
            return any(began) or ended or self._logs(now)

    def _now(self) -> datetime:
        """The time. Once the clock was set back no earlier promise counts, and open runs keep their age."""
        now = self._clock()
        back = self._looked - now
        if back > STEP:
            self._due, self._next = [], []
            self._open = {who: replace(run, start=run.start - back) for who, run in self._open.items()}
        self._looked = now
        return now

    def _begin(self, process: CronProcess, jobs: Sequence[Job]) -> bool:
        taken = {run.job_id for run in self._open.values()}
        job = match(process, jobs, {due.job.id for due in self._due if not due.seen}, taken)
        if job is None:
            return False
        started, pid = process.started_at, process.pid
        run_id = f"cron-{int(started.timestamp())}-{pid}"
        run = Run(run_id, job.id, started, trigger=Trigger.SCHEDULE, pid=pid, pgid=process.pgid)
        for due in self._due:
            if due.job.id == job.id:
                due.seen = True
                if job.log_path is not None and self._surely_alone(job):
                    run = replace(run, log=LogSlice(job.log_path, log_start(job, due.log[1])))
        self._open[process.identity] = run
        return True

    def _close(self, now: datetime) -> bool:
        """Put an end to the runs whose process has gone."""
        gone = [identity for identity in self._open if not self._alive(identity)]
        for identity in gone:
            run = self._open.pop(identity)
            duration = max(0.0, (now - run.start).total_seconds())
            result = replace(SEEN, duration=duration)
            log = run.log and replace(run.log, end=file_stamp(run.log.path)[1])
            self._runs.append(replace(run, end=now, result=result, log=log))
        return bool(gone)

    def _logs(self, now: datetime) -> bool:
        """Runs that only their log tells of: it was written within a minute after the job was due."""
        # Give the process table its time first: what it tells is more.
        ripe = {due for due in self._due if now >= due.at + _WINDOW}
        found = []
        for due in ripe:
            if not due.seen and due.job.log_path is not None and self._surely_alone(due.job):
                run = _run_by_log(due)
                if run is not None:
                    found.append(run)
                    due.seen = True
        self._due = [
            due
            for due in self._due
            if due not in ripe or (not due.seen and due.job.log_path and now < due.at + DUE_WITHIN)
        ]
        self._runs += found
        return bool(found)


def _run_by_log(due: _Due) -> Run | None:
    """The run that the log of a due job tells of, if it was written within the minute."""
    mtime, size = file_stamp(due.job.log_path)
    written = datetime.fromtimestamp(mtime / 1e9, UTC)
    if (mtime, size) == due.log or not due.at <= written < due.at + DUE_WITHIN:
        return None  # a later write may be of the next minute's run
    if not _has_lines(due.job, size, due.log[1]):
        return None
    run = _by_log(due.job, due.at, mtime, "grew" if size > due.log[1] else "was written")
    return replace(run, log=LogSlice(due.job.log_path or "", log_start(due.job, due.log[1]), size))


def _has_lines(job: Job, size: int, before: int) -> bool:
    """Whether somebody printed into a log of `size` bytes that had `before`: a rotation leaves it empty."""
    return overwrites(job) or size > before or 0 < size < before


def _run_by_old_log(job: Job, now: datetime) -> Run | None:
    """The run that wrote a log before anybody looked: the job was due then, or is known to have begun."""
    mtime, size = file_stamp(job.log_path)
    written = datetime.fromtimestamp(mtime / 1e9, UTC)
    if not size or written > now + STEP:
        return None
    due = last_due(job, written, DUE_WITHIN) or _began(job, written)
    if due is None:
        return None
    start = 0 if overwrites(job) else None  # `run_persistence` may know it
    run = _by_log(job, due, mtime, "was written")
    return replace(run, log=LogSlice(job.log_path or "", start, size))


def _began(job: Job, written: datetime) -> datetime | None:
    """When the last run began that is known by its start alone, if no later one was due before `written`."""
    last = None if job.running or Mark.NO_STATUS not in job.last_result.marks else job.last_run
    if last is None or last > written:
        return None
    later = next(runs_of(job, last), None)
    return last if later is not None and later > written else None


def _by_log(job: Job, due: datetime, mtime: int, what: str) -> Run:
    """A run that only its log tells of. A clock that is set back does not come to the same ns twice."""
    written = datetime.fromtimestamp(mtime / 1e9, UTC)
    evidence = (f"log {what} at {written.astimezone(due.tzinfo):%H:%M:%S}",)
    run_id = f"{LOG_SIGHTING}{mtime}-{job.id.partition(':')[2]}"
    result = replace(SEEN, evidence=evidence)
    return Run(run_id, job.id, due, max(written, due), result, Trigger.SCHEDULE)
