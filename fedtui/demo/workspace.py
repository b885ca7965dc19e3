"""The demo workspace put together: the same sources and actions, over a folder of its own."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fedtui.bus import bus_factory
from fedtui.demo.files import crontab_file, lay
from fedtui.demo.scheduler import DemoScheduler, scheduler_state
from fedtui.history.database import History
from fedtui.model import Job, Trigger
from fedtui.ports import Ports
from fedtui.sources.user_crontab import UserCrontabSource
from fedtui.system.cron_daemon import CronDaemon
from fedtui.system.crontab_file import CrontabFile
from fedtui.system.zone import local_zone
from fedtui.workspace import OWN_RUNS, Workspace, own_runs

if TYPE_CHECKING:
    from fedtui.config import Config
    from fedtui.workspace import MakeSource


def demo_workspace(
    config: Config,
    folder: Path,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    zone: tuple[str, ZoneInfo] | None = None,
) -> Workspace:
    """The workspace at `folder`, laid if it is not there. Raises OSError where it cannot be written."""
    lay(folder)
    config = replace(config, state=folder / "state", notes=(), faults=())
    user = pwd.getpwuid(os.geteuid()).pw_name
    table = CrontabFile(crontab_file(folder), user)
    zone = zone or local_zone()
    ports = Ports(
        config=config,
        user=user,
        crontabs={user: table},
        bus=bus_factory(config.bus),
        history=History(config.database),
        clock=clock,
        demo=True,
        host="demo",
    )

    def daemon() -> CronDaemon:
        state = scheduler_state(folder)
        return CronDaemon(state.up, "debian", state.detail)

    def makers(_: Workspace) -> Mapping[str, MakeSource]:
        def crontab() -> UserCrontabSource:
            return UserCrontabSource(
                table,
                user,
                str(folder),
                daemon=daemon,
                zone=lambda: zone,
                clock=clock,
                all_on_record=True,  # its scheduler runs nothing that it does not write down
            )

        return {"crontab": crontab, OWN_RUNS: lambda: own_runs(ports)}

    async def schedule(workspace: Workspace) -> None:
        async def start(job: Job) -> None:
            from fedtui.runs import control  # a list does not wait for it

            await control.start(job, ports, Trigger.SCHEDULE)

        scheduler = DemoScheduler(folder, lambda: workspace.snapshot, start, clock)
        if scheduler.take():
            try:
                await scheduler.run()
            finally:
                scheduler.release()

    words = ("demo", "--folder", str(folder))
    return Workspace(
        ports, makers, home=str(folder), host="demo", zone=zone[1], background=schedule, words=words
    )
