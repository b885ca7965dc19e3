"""Proof that cron started nothing in a minute, for the usual user, who may not read cron's log.

Not to have seen a job's process proves nothing: it may have been too short to be seen. But whatever cron
starts is a child that it waits for, and the kernel counts the page faults of all children that a process has
waited for (`cminflt` in /proc/PID/stat, proc(5), open to everybody). Where that count stood still from just
before a job was due until its grace was over, and no child of that time is still there, cron started nothing.
The proof holds as long as the count does not change: a cron that wakes up late may start what it missed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from fedtui.model import Answer, Job, NoStartProof, cron_jobs
from fedtui.system.cron_daemon import CronDaemon, CronProbe
from fedtui.system.processes import PROC, children, read_stat, reaped_faults, started_at

BEFORE = timedelta(seconds=0.5)
"""How long before a minute the count is taken."""

AFTER = timedelta(seconds=58)
"""How long after it the count is taken again: before the next minute's jobs begin."""

_IDLE = 15.0
_HOLDS = 5.0  # seconds between two looks whether a proof still holds
_NOTICE = 1.0
_SHORTEST = 0.05
_KEPT = 2_000


class DaemonSample(NamedTuple):
    """One look at the daemon: its pid, the count, and the start of its youngest child that is still there."""

    pid: int
    faults: int
    youngest: datetime | None = None


def look_at(daemon: CronDaemon) -> DaemonSample | None:
    """The daemon's count now; None where it cannot be seen."""
    if daemon.pid is None:
        return None
    faults = reaped_faults(daemon.pid, PROC)
    stats = [read_stat(pid) for pid in children(daemon.pid)]
    starts = [started_at(stat.ticks) for stat in stats if stat is not None]
    return None if faults is None else DaemonSample(daemon.pid, faults, max(starts, default=None))


def silent(before: DaemonSample | None, after: DaemonSample | None, since: datetime) -> bool:
    """True where cron certainly started nothing between the two looks."""
    if before is None or after is None or (before.pid, before.faults) != (after.pid, after.faults):
        return False
    return after.youngest is None or after.youngest < since - 2 * BEFORE


class NoStartSource:
    """Source "cron-silence". `jobs` gives the rows of the cron tables as last known."""

    name = "cron-silence"

    def __init__(
        self,
        jobs: Callable[[], Sequence[Job]],
        *,
        sample: Callable[[], DaemonSample | None] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        probe = CronProbe()
        self._jobs = jobs
        self._sample = sample or (lambda: look_at(probe()))
        self._clock = clock
        self._waiting: dict[datetime, tuple[DaemonSample, tuple[str, ...]]] = {}
        self._next: tuple[datetime, tuple[str, ...]] | None = None
        self._proved: deque[tuple[datetime, DaemonSample, NoStartProof]] = deque(maxlen=_KEPT)

    async def read(self) -> Answer:
        """The minutes of the last while in which cron started nothing."""
        return Answer(
            self.name, self._clock(), (), no_start_proofs=tuple(absence for _, _, absence in self._proved)
        )

    async def watch(self) -> AsyncIterator[None]:
        """Yield when it is certain that jobs that were due did not start."""
        import asyncio

        while True:
            jobs, rest = self._jobs(), self.pause()
            # Other jobs, one of which may be due sooner: a table was edited, or had not been read yet.
            while rest > 0 and self._jobs() is jobs:
                await asyncio.sleep(min(rest, _NOTICE))
                rest -= _NOTICE
            if await asyncio.to_thread(self.notice):
                yield None

    def pause(self) -> float:
        """Seconds until the next look is due."""
        now = self._clock()
        dues: dict[datetime, list[str]] = {}
        for job, _ in cron_jobs(self._jobs()):
            if job.next_run is not None and job.next_run > now:
                dues.setdefault(job.next_run.astimezone(UTC), []).append(job.id)
        first = min((due for due in dues if due not in self._waiting), default=None)
        self._next = None if first is None else (first, tuple(dues[first]))
        moments = [due + AFTER for due in self._waiting]
        if first is not None:
            moments.append(first - BEFORE)
        rest = min(((moment - now).total_seconds() for moment in moments), default=_IDLE)
        return min(_HOLDS if self._proved else _IDLE, max(_SHORTEST, rest))

    def notice(self) -> bool:
        """Look where a look is due; true when there is news."""
        now = self._clock()
        if self._next is not None and self._next[0] - 2 * BEFORE <= now < self._next[0]:
            before = self._sample()
            if before is not None and self._clock() < self._next[0]:
                self._waiting[self._next[0]] = (before, self._next[1])
        ended = [due for due in self._waiting if now >= due + AFTER]
        if not ended and not self._proved:
            return False
        after = self._sample()
        known = len(self._proved)
        self._proved = deque((one for one in self._proved if silent(one[1], after, one[0])), maxlen=_KEPT)
        news = len(self._proved) != known
        for due in ended:
            before, job_ids = self._waiting.pop(due)
            if silent(before, after, due):
                words = f"cron started nothing from {_clock(due, self._jobs())} on, by the kernel's count"
                self._proved += [(due, before, NoStartProof(job_id, due, words)) for job_id in job_ids]
                news = True
        return news


def _clock(due: datetime, jobs: Sequence[Job]) -> str:
    zone = next((job.next_run.tzinfo for job in jobs if job.next_run is not None), None)
    return f"{due.astimezone(zone):%H:%M:%S}"
