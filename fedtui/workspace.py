"""What fedtui works on: a real machine, or the demo workspace. Puts the sources and ports of one together.

The app and the command line are given a workspace and never ask which of the two it is.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fedtui.actions.ports import Ports
from fedtui.bus import bus_factory
from fedtui.config import Config
from fedtui.history.database import History
from fedtui.merging import merge
from fedtui.model import Job, Run, Snapshot, SourceName
from fedtui.sources.cron_daemon import CronDaemon
from fedtui.sources.crontab_file import CrontabFile
from fedtui.sources.own_runs import OwnRunsSource
from fedtui.sources.source import Source
from fedtui.sources.user_crontab import AllCrontabsSource, SystemCrontab, UserCrontabSource, all_user_tables
from fedtui.sources.zone import local_zone

if TYPE_CHECKING:
    from fedtui.sources.log_feed import LogFeed
    from fedtui.store import Store

SOURCES_OF: Mapping[str, tuple[str, ...]] = {
    SourceName.CRONTAB: ("crontab", "cron-log", "cron-activity"),
    SourceName.SYSTEM_CRONTAB: ("system-tables", "cron-log"),
    SourceName.CRON_D: ("system-tables", "cron-log"),
    SourceName.USER_TIMER: ("user-timers",),
    SourceName.SYSTEM_TIMER: ("system-timers",),
}
"""Which sources tell of the jobs of one `SourceName`."""

OWN_RUNS = "own-runs"

MakeSource = Callable[[], Source]


@dataclass(slots=True)
class _Made:
    """Sources made so far, by name."""

    sources: dict[str, Source]


class Workspace:
    """Sources (made when first asked for), ports and names of one machine or demo folder."""

    def __init__(
        self,
        ports: Ports,
        makers: Callable[[Workspace], Mapping[str, MakeSource]],
        *,
        home: str,
        host: str,
        clock_zone: tuple[str, tzinfo] | None = None,
        schedules: Path | None = None,
    ) -> None:
        self.ports = ports
        self.home = home
        self.host = host
        self.zone_name, self.zone = clock_zone or local_zone()
        self.snapshot: Callable[[], Snapshot] = lambda: Snapshot(ports.clock())
        self._schedules = schedules
        self._makers = makers(self)
        self._sources: dict[str, Source] = {}

    @property
    def config(self) -> Config:
        """The user's settings."""
        return self.ports.config

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
        store = Store(
            [self.source(name) for name in self._makers],
            self.ports.clock,
            lambda snapshot: checkup(snapshot, host),
        )
        self.snapshot = lambda: store.snapshot
        return store

    async def read(self, sources: Sequence[str] = ()) -> Snapshot:
        """Ask the sources behind these `SourceName` values once (none given: all), for a verb."""
        wanted = {name for source in sources or SOURCES_OF for name in SOURCES_OF[source]} | {OWN_RUNS}
        names = [name for name in self._makers if name in wanted]
        answers = await asyncio.gather(*(self.source(name).read() for name in names))
        now = self.ports.clock()
        first = merge(dict(zip(names, answers, strict=True)), Snapshot(now), now)
        self.snapshot = lambda: first
        return first

    def runs_of(self, job: Job) -> tuple[Run, ...]:
        """The latest runs of a job in the newest snapshot, oldest first."""
        return self.snapshot().runs.get(job.id, ())

    def log_of(self, job: Job) -> LogFeed | None:
        """Where a job's output goes: its file, its unit's journal, or what its last run by hand printed."""
        from fedtui.sources.log_feed import FileFeed, JournalFeed

        if job.log_path is not None:
            return FileFeed(job.log_path)
        if job.timer is not None:
            return JournalFeed(job.timer.activates, job.timer.user_manager) if job.timer.activates else None
        outputs = [run.output for run in self.runs_of(job) if run.output]
        return FileFeed(outputs[-1]) if outputs else None

    async def close(self) -> None:
        """Let go of buses and files."""
        for source in self._sources.values():
            close = getattr(source, "close", None)
            if close is not None:
                await close()


def _clock() -> datetime:
    return datetime.now(UTC)


def host_workspace(config: Config) -> Workspace:
    """This machine, as the user who runs fedtui."""
    user = pwd.getpwuid(os.geteuid())
    root = user.pw_uid == 0
    tables = all_user_tables() if root else (SystemCrontab(user.pw_name),)
    ports = Ports(
        config=config,
        user=user.pw_name,
        crontabs={table.user: table for table in tables},
        bus=bus_factory(config.bus),
        history=History(config.database),
        clock=_clock,
    )
    home = os.environ.get("HOME") or user.pw_dir
    return Workspace(ports, _host_sources, home=home, host=socket.gethostname().partition(".")[0])


def _host_sources(workspace: Workspace) -> Mapping[str, MakeSource]:
    ports = workspace.ports
    user = pwd.getpwnam(ports.user)

    def crontab() -> Source:
        if user.pw_uid == 0:
            return AllCrontabsSource(clock=ports.clock)
        return UserCrontabSource(ports.crontabs[ports.user], ports.user, user.pw_dir, clock=ports.clock)

    def system_tables() -> Source:
        from fedtui.sources.system_tables import SystemTablesSource

        return SystemTablesSource(clock=ports.clock)

    def timers(user_manager: bool) -> MakeSource:
        def make() -> Source:
            from fedtui.actions.paused_timers import PausedTimers
            from fedtui.sources.systemd import TimerSource

            return TimerSource(
                ports.bus,
                user_manager,
                ports.user,
                ports.clock,
                PausedTimers(ports.config).reader(user_manager=user_manager),
                privileged=user.pw_uid == 0,
            )

        return make

    def cron_log() -> Source:
        from fedtui.sources.cron_log import CronLogSource

        return CronLogSource(ports.user, ports.clock, jobs=lambda: workspace.snapshot().jobs)

    def cron_activity() -> Source:
        from fedtui.sources.cron_activity import CronActivitySource

        return CronActivitySource(lambda: workspace.snapshot().jobs, clock=ports.clock)

    return {
        "crontab": crontab,
        "system-tables": system_tables,
        "user-timers": timers(True),
        "system-timers": timers(False),
        "cron-log": cron_log,
        "cron-activity": cron_activity,
        OWN_RUNS: lambda: _own_runs(ports),
    }


def _own_runs(ports: Ports) -> Source:
    from fedtui import actions

    return OwnRunsSource(
        ports.history, ports.config.database, ports.clock, lambda: actions.settle_runs(ports)
    )


def demo_workspace(
    config: Config,
    folder: Path,
    *,
    schedules: bool = False,
    clock: Callable[[], datetime] = _clock,
    clock_zone: tuple[str, tzinfo] | None = None,
) -> Workspace:
    """The demo workspace at `folder`, laid if it is not there; `schedules`: play its daemon as well."""
    from dataclasses import replace

    from fedtui.demo.files import crontab_file, lay

    lay(folder)
    config = replace(config, state=folder / "state")
    user = pwd.getpwuid(os.geteuid()).pw_name
    table = CrontabFile(crontab_file(folder), user)
    ports = Ports(
        config=config,
        user=user,
        crontabs={user: table},
        bus=bus_factory(config.bus),
        history=History(config.database),
        clock=clock,
        demo=True,
    )
    zone = clock_zone or local_zone()

    def sources(_: Workspace) -> Mapping[str, MakeSource]:
        def daemon() -> CronDaemon:
            from fedtui.demo.scheduler import scheduler_state

            state = scheduler_state(folder)
            return CronDaemon(state.up, "debian", state.detail)

        return {
            "crontab": lambda: UserCrontabSource(
                table,
                user,
                str(folder),
                daemon=daemon,
                zone=lambda: zone,
                clock=clock,  # type: ignore[arg-type]
            ),
            OWN_RUNS: lambda: _own_runs(ports),
        }

    return Workspace(
        ports,
        sources,
        home=str(folder),
        host="demo",
        clock_zone=zone,
        schedules=folder if schedules else None,
    )
