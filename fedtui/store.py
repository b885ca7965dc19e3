"""The latest snapshot of every source: asks each on its own, keeps the newest answer, says what is new.

One task a source reads and then waits for its `watch`; a source that is slow or down holds up nobody.
Answers that come in a burst are merged once. Subscribers are called in the event loop with each new
snapshot and must not block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from fedtui.merging import merge
from fedtui.model import Answer, Finding, Problem, Snapshot
from fedtui.sources.source import Source

COALESCE = 0.03
"""Seconds that a burst of answers is collected before it is merged."""

READ_DEADLINE = 30.0
"""Seconds after which a source that has not answered is reported as slow."""

Check = Callable[[Snapshot], tuple[Finding, ...]]


class Store:
    """Holds `snapshot`, the newest picture of the machine. `run` keeps it new until cancelled."""

    def __init__(
        self,
        sources: Sequence[Source],
        clock: Callable[[], datetime],
        check: Check | None = None,
    ) -> None:
        self._sources = tuple(sources)
        self._clock = clock
        self._check = check
        self._answers: dict[str, Answer] = {}
        self._asked: dict[str, int] = {}
        self._subscribers: list[Callable[[Snapshot], None]] = []
        self._stale = asyncio.Event()
        self._merging = asyncio.Lock()
        self.snapshot = Snapshot(at=clock(), loading=frozenset(source.name for source in self._sources))

    def subscribe(self, callback: Callable[[Snapshot], None]) -> None:
        """Have `callback` called with every new snapshot."""
        self._subscribers.append(callback)

    async def run(self) -> None:
        """Read and watch every source until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for source in self._sources:
                tasks.create_task(self._keep_reading(source), name=f"source {source.name}")
            tasks.create_task(self._keep_merging(), name="merge")

    async def refresh(self, name: str | None = None) -> Snapshot:
        """Ask every source (or the one called `name`) again now; returns the snapshot that results."""
        asked = [source for source in self._sources if name in (None, source.name)]
        await asyncio.gather(*(self._ask(source) for source in asked))
        await self._merge()
        return self.snapshot

    async def _keep_reading(self, source: Source) -> None:
        await self._ask(source)
        async for _ in source.watch():
            await self._ask(source)

    async def _ask(self, source: Source) -> None:
        """Read one source; a late answer to an old question is dropped."""
        number = self._asked[source.name] = self._asked.get(source.name, 0) + 1
        try:
            async with asyncio.timeout(READ_DEADLINE):
                answer = await source.read()
        except TimeoutError:
            problem = Problem(
                source.name,
                f"{source.name} has not answered for {READ_DEADLINE:.0f} s.",
                "Untouched: everything; only this view is old.",
                "It is asked again when something changes; R asks now.",
                self._clock(),
            )
            answer = Answer(source.name, self._clock(), problems=(problem,))
        if number == self._asked[source.name]:
            self._answers[source.name] = answer
            self._stale.set()

    async def _keep_merging(self) -> None:
        while True:
            await self._stale.wait()
            if self.snapshot.jobs or not any(answer.jobs for answer in self._answers.values()):
                await asyncio.sleep(COALESCE)  # but the first rows are shown at once
            await self._merge()

    async def _merge(self) -> None:
        async with self._merging:  # one at a time: an older picture must not be published over a newer one
            self._stale.clear()
            ordered = {s.name: self._answers[s.name] for s in self._sources if s.name in self._answers}
            loading = [source.name for source in self._sources if source.name not in self._answers]
            self._publish(await asyncio.to_thread(self._merged, ordered, loading))

    def _merged(self, answers: dict[str, Answer], loading: list[str]) -> Snapshot:
        snapshot = merge(answers, self.snapshot, self._clock(), loading)
        return replace(snapshot, findings=self._check(snapshot)) if self._check else snapshot

    def _publish(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        for callback in self._subscribers:
            callback(snapshot)
