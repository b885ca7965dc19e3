"""Runs that fedtui itself started, from its database: the one witness that knows every exit status.

Supervisors of detached runs write the database from their own processes; its files' mtimes tell when.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

from fedtui.history.database import History, HistoryError
from fedtui.model import Answer, Problem

LOOK_EVERY = 0.25
"""Seconds between two looks at the database files' mtimes (two stat calls)."""

RUNS_READ = 2000


class OwnRunsSource:
    """The source "own-runs"."""

    name = "own-runs"

    def __init__(self, history: History, database: Path, clock: Callable[[], datetime]) -> None:
        self._history = history
        self._files = (database, database.with_name(database.name + "-wal"))
        self._clock = clock

    async def read(self) -> Answer:
        """The latest runs of every job, oldest first."""
        try:
            runs = await asyncio.to_thread(self._history.runs, None, RUNS_READ)
        except HistoryError as error:
            problem = Problem(self.name, str(error), "Untouched: the jobs themselves.", "", self._clock())
            return Answer(self.name, self._clock(), (), problems=(problem,))
        return Answer(self.name, self._clock(), (), runs=tuple(runs))

    async def watch(self) -> AsyncIterator[None]:
        """Yield when a database file changed."""
        seen = self._stamp()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            stamp = self._stamp()
            if stamp != seen:
                seen = stamp
                yield

    def _stamp(self) -> tuple[int, ...]:
        return tuple(_mtime(path) for path in self._files)


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
