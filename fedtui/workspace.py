"""What fedtui works on: a real machine (`machine.py`) or the demo workspace (`demo/`).

Holds the sources, made when first asked for, and the ports of one of them. The app and the command line are
given a workspace and never ask which of the two it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, cast

from fedtui.merging import merge
from fedtui.model import Answer, Job, Run, Snapshot, SourceName
from fedtui.sources.own_runs import OwnRunsSource

if TYPE_CHECKING:
    from fedtui.actions.ports import Ports
    from fedtui.config import Config
    from fedtui.sources.log_feed import LogFeed
    from fedtui.sources.source import LookingSource, Source
    from fedtui.store import Store

OWN_RUNS = "own-runs"
CRON_ACTIVITY = "cron-activity"

SOURCES_OF: Mapping[str, tuple[str, ...]] = {
    SourceName.CRONTAB: ("crontab", "cron-log", CRON_ACTIVITY),
    SourceName.SYSTEM_CRONTAB: ("system-tables", "cron-log"),
    SourceName.CRON_D: ("system-tables", "cron-log"),
    SourceName.USER_TIMER: ("user-timers",),
    SourceName.SYSTEM_TIMER: ("system-timers",),
}
"""Which sources tell of the jobs of one `SourceName`."""

LOOKED_AT = frozenset((SourceName.CRONTAB, SourceName.SYSTEM_CRONTAB, SourceName.CRON_D))
"""The `SourceName` values whose sources can be read without an event loop: they have a blocking `look`."""

MakeSource = Callable[[], "Source"]


class Workspace:
    """Sources, ports and names of one machine or demo folder.

    `makers` gives, in display order, how each source is made; `zone` is the zone its schedules are read in.
    `background` is what has to go on while the dashboard is open, beside the store.
    """

    def __init__(
        self,
        ports: Ports,
        makers: Callable[[Workspace], Mapping[str, MakeSource]],
        *,
        home: str,
        host: str,
        zone: tzinfo,
        background: Callable[[Workspace], Awaitable[None]] | None = None,
    ) -> None:
        self.ports = ports
        self.home = home
        self.host = host
        self.zone = zone
        self._makers = makers(self)
        self._sources: dict[str, Source] = {}
        self._background = background
        self._snapshot: Callable[[], Snapshot] = lambda: Snapshot(ports.clock())

    @property
    def config(self) -> Config:
        """The user's settings."""
        return self.ports.config

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture there is."""
        return self._snapshot()

    def now(self) -> datetime:
        """The time in the machine's zone."""
        return self.ports.clock().astimezone(self.zone)

    def source(self, name: str) -> Source:
        """The source of that name."""
        if name not in self._sources:
            self._sources[name] = self._makers[name]()
        return self._sources[name]

    @cached_property
    def store(self) -> Store:
        """The store over every source, for the dashboard."""
        from fedtui.health import checkup
        from fedtui.health.host import Host
        from fedtui.store import Store

        host = Host(self.config.log_size_warning)
        sources = [self.source(name) for name in self._makers]
        store = Store(sources, self.ports.clock, lambda snapshot: checkup(snapshot, host, self.config.ignore))
        self._snapshot = lambda: store.snapshot
        return store

    async def background(self) -> None:
        """What has to go on while the dashboard is open; returns at once where there is nothing."""
        if self._background is not None:
            await self._background(self)

    async def read(self, sources: Sequence[str] = ()) -> Snapshot:
        """Ask the sources behind these `SourceName` values once (none given: all), for a verb."""
        import asyncio  # here and not above: `look` does without, and a list is done before it is loaded

        answers: dict[str, Answer] = {}
        for group in self._asked(sources):
            found = await asyncio.gather(*(self.source(name).read() for name in group))
            answers |= zip(group, found, strict=True)
            self._take(answers)
        return self.snapshot

    def look(self, sources: Sequence[str]) -> Snapshot:
        """The same as `read` without an event loop, for sources of `LOOKED_AT`, one after the other."""
        answers: dict[str, Answer] = {}
        for group in self._asked(sources):
            answers |= {name: cast("LookingSource", self.source(name)).look() for name in group}
            self._take(answers)
        return self.snapshot

    def _asked(self, sources: Sequence[str]) -> Iterator[list[str]]:
        """The names of the sources behind these `SourceName` values.

        Activity is looked up for the jobs that are known, so it comes when the others have answered.
        """
        wanted = {name for source in sources or SOURCES_OF for name in SOURCES_OF[source]} | {OWN_RUNS}
        names = [name for name in self._makers if name in wanted]
        yield [name for name in names if name != CRON_ACTIVITY]
        yield [name for name in names if name == CRON_ACTIVITY]

    def _take(self, answers: Mapping[str, Answer]) -> None:
        now = self.ports.clock()
        snapshot = merge(answers, Snapshot(now), now)
        self._snapshot = lambda: snapshot

    def runs_of(self, job: Job) -> tuple[Run, ...]:
        """The latest runs of a job in the newest snapshot, oldest first."""
        return self.snapshot.runs.get(job.id, ())

    def log_of(self, job: Job, lines: int = 500) -> LogFeed | None:
        """Where a job's output goes: its file, its unit's journal, or what its last run by hand printed.

        The feed begins with the last `lines` lines.
        """
        from fedtui.sources.log_feed import FileFeed
        from fedtui.sources.unit_feed import UnitFeed

        if job.log_path is not None:
            return FileFeed(job.log_path, lines)
        if job.timer is not None:
            unit = job.timer.activates
            return UnitFeed(unit, job.timer.user_manager, self.zone, lines) if unit else None
        outputs = [run.output for run in self.runs_of(job) if run.output]
        return FileFeed(outputs[-1], lines) if outputs else None

    async def close(self) -> None:
        """Let go of buses and files."""
        for source in self._sources.values():
            close = getattr(source, "close", None)
            if close is not None:
                await close()


def own_runs(ports: Ports) -> OwnRunsSource:
    """The source of runs that fedtui started."""

    def settle() -> None:
        with suppress(OSError):
            if not ports.config.database.exists() and not ports.config.outputs.exists():
                return  # no run was ever started from here
        from fedtui.actions.run_store import settle

        settle(ports.config, ports.history)

    return OwnRunsSource(ports.history, ports.config.database, ports.clock, settle)
