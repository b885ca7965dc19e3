"""The demo workspace's scheduler: starts the jobs that are due, in this process, while it is open.

A lock in the workspace lets only one dashboard at a time play the daemon; `is_running` tells whether one
does, so that a list made elsewhere never promises runs that nobody will start.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.model import Job, Scheduler, Snapshot, State, cron_jobs
from fedtui.schedule.upcoming import runs_of
from fedtui.system import lock_file

_DUE = (State.ON, State.RUNNING, State.OVERDUE)

DOWN = "the demo's scheduler runs while its dashboard is open"


class DemoScheduler:
    """Starts jobs of `snapshot()` through `start` at their minute, as long as `run` is not cancelled."""

    def __init__(
        self,
        folder: Path,
        snapshot: Callable[[], Snapshot],
        start: Callable[[Job], Awaitable[object]],
        clock: Callable[[], datetime],
    ) -> None:
        self._lock = folder / "scheduler.lock"
        self._snapshot = snapshot
        self._start = start
        self._clock = clock
        self._held: int | None = None

    def take(self) -> bool:
        """Become the workspace's scheduler; False when another process is it already."""
        try:
            self._held = lock_file.take(self._lock)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Stop being the scheduler."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    async def run(self) -> None:
        """Start due jobs until cancelled. Like cron, a minute is looked at once, when it begins."""
        import asyncio  # here and not above: a list only asks whether somebody plays the daemon

        looked_at = self._clock()
        while True:
            now = self._clock()
            await asyncio.sleep(60.05 - (now.second + now.microsecond / 1e6))
            now = self._clock()
            for job in await asyncio.to_thread(due, self._snapshot(), looked_at, now):
                with suppress(Refused):  # it still runs: cron would start it twice, the demo does not
                    await self._start(job)
            looked_at = now


def due(snapshot: Snapshot, after: datetime, until: datetime) -> list[Job]:
    """The jobs with a run later than `after` and not later than `until` (at most the last minute counts)."""
    after = max(after, until - timedelta(minutes=1))
    jobs = [job for job, _ in cron_jobs(snapshot.jobs) if job.state in _DUE]
    return [job for job in jobs if (moment := next(iter(runs_of(job, after)), None)) and moment <= until]


def scheduler_state(folder: Path) -> Scheduler:
    """Whether some process plays the daemon for the workspace at `folder`."""
    try:
        os.close(lock_file.take(folder / "scheduler.lock"))
    except BlockingIOError:
        return Scheduler("cron", True, "demo scheduler")
    except OSError as error:
        return Scheduler("cron", None, str(error))
    return Scheduler("cron", False, DOWN)
