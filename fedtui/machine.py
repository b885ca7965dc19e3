"""This machine as a workspace: its tables, its buses, its log."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fedtui.bus import bus_factory
from fedtui.history.database import History
from fedtui.ports import Ports
from fedtui.sources.user_crontab import UserCrontabSource, utc_now
from fedtui.system.crontab_program import SystemCrontab
from fedtui.system.zone import local_zone
from fedtui.workspace import CRON_ACTIVITY, CRON_MAIL, CRON_SILENCE, OWN_RUNS, RECORDER, Workspace, own_runs

if TYPE_CHECKING:
    from fedtui.config import Config
    from fedtui.sources.source import Source
    from fedtui.workspace import MakeSource


def host_workspace(config: Config) -> Workspace:
    """This machine, as the user who runs fedtui."""
    user = pwd.getpwuid(os.geteuid())
    root = user.pw_uid == 0
    if root:
        from fedtui.sources.all_crontabs import all_user_tables

        tables = all_user_tables()
    else:
        tables = (SystemCrontab(user.pw_name),)
    host = os.uname().nodename.partition(".")[0]
    ports = Ports(
        config=config,
        user=user.pw_name,
        crontabs={table.user: table for table in tables},
        bus=bus_factory(config.bus),
        history=History(config.database),
        clock=utc_now,
        dialect=_dialect,
        host=host,
        cron_up=_cron_up,
    )
    home = os.environ.get("HOME") or user.pw_dir
    return Workspace(ports, _host_sources, home=home, host=host, zone=local_zone()[1])


def _cron_up() -> bool | None:
    from fedtui.system.cron_daemon import find_cron

    return find_cron().up


def _dialect() -> str:
    from fedtui.system.cron_daemon import find_cron

    return find_cron().dialect


def _host_sources(workspace: Workspace) -> Mapping[str, MakeSource]:
    ports = workspace.ports
    user = pwd.getpwnam(ports.user)

    def crontab() -> Source:
        if user.pw_uid == 0:
            from fedtui.sources.all_crontabs import AllCrontabsSource

            return AllCrontabsSource(clock=ports.clock)
        return UserCrontabSource(ports.crontabs[ports.user], ports.user, user.pw_dir, clock=ports.clock)

    def system_tables() -> Source:
        from fedtui.sources.system_tables import SystemTablesSource

        return SystemTablesSource(clock=ports.clock)

    def timers(user_manager: bool) -> MakeSource:
        def make() -> Source:
            from fedtui.changes.paused_timers import PausedTimers
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

        return CronLogSource(ports.user, ports.clock)

    def timers_known() -> bool:
        timers, snapshot = {"user-timers", "system-timers"}, workspace.snapshot
        return snapshot.answered.keys() >= timers and not snapshot.late.keys() & timers

    def cron_activity() -> Source:
        from fedtui.sources.cron_activity import CronActivitySource

        return CronActivitySource(
            lambda: workspace.snapshot.jobs,
            clock=ports.clock,
            timers_known=timers_known,
        )

    def cron_mail() -> Source:
        from fedtui.sources.cron_mail import CronMailSource

        return CronMailSource(ports.user, lambda: workspace.snapshot.jobs, ports.clock)

    def recorder() -> Source:
        from fedtui.sources.recorder import RecorderSource

        return RecorderSource(
            ports.config.recorder / "runs", lambda: workspace.snapshot.jobs, clock=ports.clock
        )

    def cron_silence() -> Source:
        from fedtui.sources.no_start_proof import NoStartSource

        return NoStartSource(lambda: workspace.snapshot.jobs, clock=ports.clock)

    return {
        "crontab": crontab,
        "system-tables": system_tables,
        "user-timers": timers(True),
        "system-timers": timers(False),
        "cron-log": cron_log,
        CRON_ACTIVITY: cron_activity,
        CRON_MAIL: cron_mail,
        RECORDER: recorder,
        CRON_SILENCE: cron_silence,
        OWN_RUNS: lambda: own_runs(ports),
    }
