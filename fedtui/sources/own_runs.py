"""Runs that fedtui itself started, from its database: the one witness that knows every exit status.

Supervisors of detached runs write the database from their own processes; its files' mtimes tell when.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

from fedtui.history.database import History, HistoryError
from fedtui.model import Answer, Problem

LOOK_EVERY = 0.25
"""Seconds between two looks at the database files' mtimes (two stat calls) while a run goes on."""

LOOK_IDLE = 1.0
"""The same while none does: only a run that another process starts can be news."""

SETTLE_EVERY = 5.0
"""Seconds between two looks whether an open run still has somebody who will write its end."""

RUNS_READ = 2000


class OwnRunsSource:
    """The source "own-runs".

    `settle` (blocking) gives an end to runs whose supervisor was killed before it could write one.
    """

    name = "own-runs"

    def __init__(
        self,
        history: History,
        database: Path,
        clock: Callable[[], datetime],
        settle: Callable[[], object],
    ) -> None:
        self._history = history
        self._settle = settle
        self._open = False
        self._files = (database, database.with_name(database.name + "-wal"))
        self._clock = clock

    async def read(self) -> Answer:
        """The latest runs of every job, oldest first."""
        import asyncio  # as in `user_crontab`: a list does without

        return await asyncio.to_thread(self.look)

    def look(self) -> Answer:
        """`read`, in this thread."""
        try:
            self._settle()
            runs = self._history.runs(None, RUNS_READ)
        except HistoryError as error:
            problem = Problem(self.name, str(error), "Untouched: the jobs themselves.", "", self._clock())
            return Answer(self.name, self._clock(), (), problems=(problem,))
        self._open = any(run.end is None for run in runs)
        return Answer(self.name, self._clock(), (), runs=tuple(runs))

    async def watch(self) -> AsyncIterator[None]:
        """Yield when a database file changed, and now and then while a run goes on."""
        import asyncio

        seen, waited = self._stamp(), 0.0
        while True:
            pause = LOOK_EVERY if self._open else LOOK_IDLE
            await asyncio.sleep(pause)
            stamp, waited = self._stamp(), waited + pause
            if stamp != seen or (self._open and waited >= SETTLE_EVERY):
                seen, waited = stamp, 0.0
                yield

    def _stamp(self) -> tuple[int, ...]:
        return tuple(_mtime(path) for path in self._files)


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
