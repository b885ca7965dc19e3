"""The latest snapshot of every source: asks each on its own, keeps the newest answer, says what is new.

One task a source reads and then waits for its `watch`; a source that is slow or down holds up nobody.
Answers that come in a burst are merged once. Subscribers are called in the event loop with each new
snapshot and must not block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, cast

from fedtui.merging import merge
from fedtui.model import Answer, Checkup, Snapshot, SourceName
from fedtui.run_persistence import RunRecorder
from fedtui.sources.source import AwaitedSource, Source, unanswered

if TYPE_CHECKING:
    from fedtui.sources.user_crontab import UserCrontabSource

COALESCE = 0.03
"""Seconds that a burst of answers is collected before it is merged."""

READ_DEADLINE = 30.0
"""Seconds after which a source that has not answered is reported as slow."""

SAY_AFTER = 1.5
"""Seconds after which a source that does not answer says whom it waits for."""

MANY = 50
"""New rows from which on they are shown before their checkup is done; the first ones always are."""

CHECKUP = "health"
"""What a snapshot is `loading` while its findings are those of an older one."""


class HealthCheck(Protocol):
    def __call__(self, snapshot: Snapshot, /) -> Checkup:
        """What they say of a snapshot. Called in a thread."""

    def forget(self) -> None:
        """Look at everything again the next time."""


class Revision(Protocol):
    """Amends merged snapshots by what was known before, and says when to merge again without news.

    `OverdueTracker` is one; the layer of `watching` lies above this one.
    """

    next_look: datetime | None
    to_ask: frozenset[str]

    def revise(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot amended; called in a thread, one call at a time."""
        ...


class Store:
    """Holds `snapshot`, the newest picture of the machine. `run` keeps it new until cancelled."""

    def __init__(
        self,
        sources: Sequence[Source],
        clock: Callable[[], datetime],
        check: HealthCheck | None = None,
        recorder: RunRecorder | None = None,
        revision: Revision | None = None,
    ) -> None:
        self._sources = tuple(sources)
        self._clock = clock
        self._check = check
        self._recorder = recorder
        self._revision = revision
        self._answers: dict[str, Answer] = {}
        self._asked: dict[str, int] = {}
        self._begun: set[str] = set()
        self._subscribers: list[Callable[[Snapshot], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stale = asyncio.Event()
        self._unread = asyncio.Event()
        self._merging = asyncio.Lock()
        self.snapshot = Snapshot(at=clock(), loading=frozenset(source.name for source in self._sources))

    def subscribe(self, callback: Callable[[Snapshot], None]) -> None:
        """Have `callback` called with every new snapshot."""
        self._subscribers.append(callback)

    def look_again(self) -> None:
        """Have the checks run again on what is known. May be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stale.set)

    async def run(self) -> None:
        """Read and watch every source until cancelled."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            for source in self._sources:
                tasks.create_task(self._keep_reading(source), name=f"source {source.name}")
            tasks.create_task(self._keep_merging(), name="merge")
            if self._recorder is not None:
                tasks.create_task(self._judge_runs(self._recorder), name="judge")

    async def refresh(self, only: Collection[SourceName] | None = None) -> Snapshot:
        """Ask every source, or those with the jobs of `only`, and check all again; returns the snapshot."""
        names = None if only is None else {one.read_by for one in only}
        asked = [source for source in self._sources if names is None or source.name in names]
        if self._check is not None:
            self._check.forget()
        await asyncio.gather(*(self._ask(source) for source in asked))
        await self._merge()
        return self.snapshot

    async def _keep_reading(self, source: Source) -> None:
        if hasattr(source, "first_rows"):
            await self._ask_for_first_rows(cast("UserCrontabSource", source))
        await self._ask(source)
        async for _ in source.watch():
            await self._ask(source)

    async def _ask_for_first_rows(self, source: UserCrontabSource) -> None:
        with suppress(TimeoutError):  # the whole answer tells of it
            async with asyncio.timeout(READ_DEADLINE):
                answer = await source.first_rows()
            if answer is not None and source.name not in self._answers:
                self._answers[source.name] = answer
                self._begun.add(source.name)
                self._stale.set()

    async def _ask(self, source: Source) -> None:
        """Read one source; a late answer to an old question is dropped."""
        number = self._asked[source.name] = self._asked.get(source.name, 0) + 1
        said = asyncio.get_running_loop().call_later(SAY_AFTER, self._say_waiting, source)
        try:
            async with asyncio.timeout(READ_DEADLINE):
                answer = await source.read()
        except TimeoutError:
            answer = unanswered(source.name, READ_DEADLINE, self._clock())
        finally:
            said.cancel()
        if number == self._asked[source.name]:
            self._answers[source.name] = answer
            self._begun.discard(source.name)
            self._stale.set()

    def _say_waiting(self, source: Source) -> None:
        if isinstance(source, AwaitedSource):
            if source.name not in self._answers:
                self._begun.add(source.name)
            self._answers[source.name] = source.waiting()
            self._stale.set()

    async def _keep_merging(self) -> None:
        while True:
            await self._news()
            if self.snapshot.jobs or not any(answer.jobs for answer in self._answers.values()):
                await asyncio.sleep(COALESCE)  # but the first rows are shown at once
            await self._merge()

    async def _news(self) -> None:
        """Wait for an answer, or until the revision wants another look at what is known."""
        moment = self._revision.next_look if self._revision is not None else None
        rest = None if moment is None else max(0.0, (moment - self._clock()).total_seconds())
        try:
            async with asyncio.timeout(rest):
                await self._stale.wait()
        except TimeoutError:
            asked = self._revision.to_ask if self._revision is not None else frozenset()
            await asyncio.gather(*(self._ask(source) for source in self._sources if source.name in asked))

    async def _judge_runs(self, recorder: RunRecorder) -> None:
        """Have the output of runs read while any waits for it; a merge then shows what came of it."""
        while True:
            await self._unread.wait()
            self._unread.clear()
            await asyncio.to_thread(recorder.judge)
            await self._merge()

    async def _merge(self) -> None:
        async with self._merging:  # one at a time: an older picture must not be published over a newer one
            self._stale.clear()
            ordered = {s.name: self._answers[s.name] for s in self._sources if s.name in self._answers}
            loading = [s.name for s in self._sources if s.name not in self._answers or s.name in self._begun]
            snapshot = await asyncio.to_thread(self._merged, ordered, loading)
            if self._check is not None:
                new = len(snapshot.jobs) - len(self.snapshot.jobs)
                if new > MANY or (new and not self.snapshot.jobs):  # they need not wait for their checkup
                    self._publish(replace(snapshot, loading=snapshot.loading | {CHECKUP}))
                snapshot = with_checkup(snapshot, await asyncio.to_thread(self._check, snapshot))
            self._publish(snapshot)
            if self._recorder is not None and self._recorder.waiting:
                self._unread.set()

    def _merged(self, answers: dict[str, Answer], loading: list[str]) -> Snapshot:
        recorder = self._recorder
        settle = recorder.settle if recorder is not None else None
        snapshot = merge(answers, self.snapshot, self._clock(), loading, settle)
        if self._revision is not None:
            snapshot = self._revision.revise(snapshot)
        if recorder is not None:
            if not loading:
                recorder.close_unseen(snapshot)
            if recorder.problem is not None:
                snapshot = replace(snapshot, problems=(*snapshot.problems, recorder.problem))
        return snapshot

    def _publish(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        for callback in self._subscribers:
            callback(snapshot)


def with_checkup(snapshot: Snapshot, checked: Checkup) -> Snapshot:
    """The snapshot with what the checks said, whose fields it has by the same names."""
    return replace(snapshot, **{one.name: getattr(checked, one.name) for one in fields(checked)})
