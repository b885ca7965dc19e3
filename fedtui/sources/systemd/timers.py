"""The source of systemd timers: one for the user's manager, one for the system's.

The first read takes everything; then only the units that signals named are read again. What takes long on
a machine with thousands of timers (the states of unit files, the later runs of calendar expressions) is
fetched beside it: an answer does not wait for it, and the watch speaks again when it is there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from datetime import datetime, tzinfo

from fedtui.bus.port import Bus, BusError, BusFactory
from fedtui.model import NO_ANSWER, Answer, Job, Problem, Scheduler
from fedtui.sources.systemd import timer_jobs
from fedtui.sources.systemd.elapses import ElapseCache
from fedtui.sources.systemd.link import ManagerLink
from fedtui.sources.systemd.outage import GONE, Outage
from fedtui.sources.systemd.row_cache import CachedRow, RowCache
from fedtui.sources.systemd.timer_catalog import TimerCatalog
from fedtui.system.zone import local_zone

COALESCE = 0.03
"""Seconds for which signals are gathered after the first: one start of a unit sends a handful."""

ROWS_AT_ONCE = 100
"""Rows that are made without giving way to the keyboard."""

CLOCK_CHECK = 30.0
"""Seconds between looks at the two clocks: suspend and a set clock move monotonic elapses."""


class TimerSource:
    """Timers of one manager as jobs; see `fedtui.sources.source.Source`.

    `paused` returns the names of units that fedtui itself holds back. `privileged`: the system's units
    may be changed (root). Times in messages are shown in `zone`, by default the machine's. With `later_runs`
    an answer waits for the runs after the next.
    """

    def __init__(
        self,
        bus_factory: BusFactory,
        user_manager: bool,
        user: str,
        clock: Callable[[], datetime],
        paused: Callable[[], Collection[str]] = tuple,
        privileged: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        zone: tzinfo | None = None,
    ) -> None:
        self.name = "user-timers" if user_manager else "system-timers"
        self._manager = timer_jobs.ManagerInfo(user_manager, user, privileged)
        self._clock = clock
        self._monotonic = monotonic
        self._paused = paused
        self._catalog = TimerCatalog(user if user_manager else None, cron=not user_manager, paused=paused)
        self._link = ManagerLink(bus_factory, user_manager, self._catalog.interesting)
        self._catalog.again = self._link.touch_all
        self._elapses = ElapseCache(self._link.changed.set)
        self._outage = Outage(self.name, user_manager, user, zone or local_zone()[1])
        self._bench = RowCache(self._manager)
        self._lock = asyncio.Lock()
        self._remembered: dict[str, Job] = {}
        self.later_runs = False
        self._last: Answer | None = None

    async def read(self) -> Answer:
        """All timers, loaded or only installed. Never raises for what the bus does."""
        async with self._lock:
            if self._link.busy and self._last is not None:
                return self._unchanged(True, "busy: it reloads")
            try:
                await self._refresh()
            except BusError as error:
                return await self._without(error, self._clock())
            self._link.succeeded()
            self._outage.over()
            return await self._from_facts()

    def waiting(self) -> Answer:
        """The answer while systemd gives none: the last rows, if there are any, as of then."""
        return self._unchanged(None, NO_ANSWER, self._outage.busy(self._clock(), rows=self._last is not None))

    def _unchanged(self, up: bool | None, detail: str, *problems: Problem) -> Answer:
        """What was last known, as old as it is: no proof that a job due since has not started."""
        last = self._last or Answer(self.name, self._clock())
        schedulers = (Scheduler("systemd", up, detail), *self._catalog.cron())
        return replace(last, problems=problems, schedulers=schedulers)

    async def _refresh(self) -> None:
        bus: Bus = await self._link.bus()
        changes = self._link.take()
        done = False
        try:
            await self._catalog.refresh(bus, changes, self._link.changed.set)
            done = True
        finally:
            if not done:  # failed or cancelled: what changed must still be read
                self._link.give_back(changes)

    async def _without(self, error: BusError, now: datetime) -> Answer:
        """The answer when systemd could not be asked: the last rows stay, and are called unreachable."""
        retry_in = self._link.failed()
        if error.name == BusError.TIMEOUT:
            return self.waiting()
        gone = error.name in GONE
        if gone:
            await self._link.drop()
            self._catalog.forget()
        reason = self._link.lost or error.message or error.name
        problem = self._outage.problem(now, reason, retry_in, gone=gone)
        if problem.absent:
            return Answer(self.name, now, (), problems=(problem,))
        known = self._last.jobs if self._last is not None else None
        rows = None if known is None else tuple(map(self._outage.unreachable, known))
        scheduler = (
            Scheduler("systemd", False, "bus down")
            if self._outage.was_up
            else Scheduler("systemd", None, "no bus")
        )
        return Answer(self.name, now, rows, (), (problem,), (scheduler,))

    async def _from_facts(self) -> Answer:
        timers = self._catalog.timers()
        await self._elapses.fetch(
            {text for timer in timers if timer.row.active_state == "active" for text in timer.calendar},
            self._clock(),
            wait=self.later_runs,
        )
        moment = timer_jobs.ClockReading(self._clock(), self._monotonic())
        paused = frozenset(self._paused())
        made: list[CachedRow] = []
        for count, timer in enumerate(timers, 1):
            made.append(self._bench.make(timer, moment, timer.row.name in paused, self._elapses.runs))
            if count % ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)  # thousands of rows must not hold the event loop
        self._bench.keep_only({timer.row.name for timer in timers})
        rows = tuple(self._keep_known(row.job) for row in made)
        runs = tuple(row.run for row in made if row.run is not None)
        schedulers = (Scheduler("systemd", True), *self._catalog.cron())
        late = self._catalog.late or self._elapses.missing
        self._last = Answer(self.name, moment.now, rows, runs, (), schedulers, late=late)
        return self._last

    def _keep_known(self, job: Job) -> Job:
        """Give a row the last finished run that was seen before systemd forgot it or began another."""
        kept = timer_jobs.with_memory(job, self._remembered.get(job.id))
        if timer_jobs.has_ended_run(kept):
            self._remembered[job.id] = kept
        return kept

    async def watch(self) -> AsyncIterator[None]:
        """Yield when signals say that a timer or its unit changed, and to try again after a loss."""
        self._link.watch()
        yield None
        while True:
            await self._wait()
            self._link.changed.clear()
            if not self._link.busy:
                yield None

    async def _wait(self) -> None:
        """Wait for a change, or for a step between the two clocks."""
        offset = self._offset()
        while abs(self._offset() - offset) < 1.0:
            try:
                async with asyncio.timeout(CLOCK_CHECK):
                    await self._link.changed.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(COALESCE)
            return

    def _offset(self) -> float:
        return self._clock().timestamp() - self._monotonic()

    async def close(self) -> None:
        await self._link.drop()
