"""Keeps watching when nobody looks: one process a user, for all watches, until the last one is finished.

It has sources of its own, so that a closed terminal or dashboard takes nothing from a watch. A watch that is
begun or extended while it runs is taken up at its next look.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import datetime

from fedtui.schedule.upcoming import RunsOf
from fedtui.store import Store
from fedtui.watching.artifacts import FileArtifacts
from fedtui.watching.expected_run import Watch
from fedtui.watching.progress import WatchContext, advance_watch
from fedtui.watching.watch_store import WatchStore, WatchStoreError

EVERY = 1.0
"""Seconds between two looks; news is looked at at once."""

STALL = 10.0
"""Seconds without a look after which this process must have stood still."""

CATCH_UP = 3.0
"""Seconds that what happened meanwhile is given to arrive, after a start or a stall."""


class WatchDaemon:
    """Keeps the watches of `book` going by what `store` tells."""

    def __init__(
        self,
        book: WatchStore,
        store: Store,
        clock: Callable[[], datetime],
        traces: FileArtifacts,
        runs_of: RunsOf,
    ) -> None:
        self._book = book
        self._store = store
        self._clock = clock
        self._traces = traces
        self._runs_of = runs_of
        self._since = clock()
        self._ready = time.monotonic() + CATCH_UP
        self._looked = time.monotonic()
        self._complaint = ""

    async def run(self) -> None:
        """Keep every open watch going until none is left. Returns at once where another process does."""
        while await asyncio.to_thread(self._book.open):
            with self._book.keeping() as mine:
                if not mine:
                    return
                await self._keep()
            # A watch that was begun just before the lock went is seen by the loop.

    async def _keep(self) -> None:
        news = asyncio.Event()
        self._store.subscribe(lambda _: news.set())
        reading = asyncio.create_task(self._store.run())
        try:
            while await asyncio.to_thread(self._look):
                if reading.done():
                    break
                try:
                    async with asyncio.timeout(EVERY):
                        await news.wait()
                except TimeoutError:
                    pass
                news.clear()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=not reading.done())

    def _look(self) -> bool:
        """Bring every open watch up to date; False when there is none left."""
        self._notice_stall()
        self._since = min(self._since, self._clock())  # the clock may be set back
        try:
            watches = self._book.open()
            if time.monotonic() >= self._ready:
                look = WatchContext(
                    self._store.snapshot, self._clock(), self._since, self._traces, self._runs_of
                )
                for watch in watches:
                    self._book.update(watch.job_id, lambda known: _advanced(known, look))
        except WatchStoreError as error:  # a full disk, say: it may have room again
            if str(error) != self._complaint:
                self._complaint = str(error)
                print(error, file=sys.stderr, flush=True)
            return True
        return bool(watches)

    def _notice_stall(self) -> None:
        now = time.monotonic()
        if now - self._looked > STALL:
            self._since, self._ready = self._clock(), now + CATCH_UP
        self._looked = now


def _advanced(watch: Watch | None, look: WatchContext) -> Watch | None:
    return None if watch is None or watch.finished else advance_watch(watch, look)
