"""FT0xx: is the daemon that should start the jobs there at all?"""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.host import Host
from fedtui.health.rules import CRON_TABLES, Check, Report, Rule, check
from fedtui.model import Severity, Snapshot

CRON_DOWN = Rule(
    "FT001",
    Severity.ERROR,
    "cron is not running",
    "Lines of cron tables are started by a daemon. While it does not run nothing starts them, and nothing "
    "says so.",
    "Start the daemon: cron on Debian, cronie or crond elsewhere.",
    needs=CRON_TABLES,
)
SYSTEMD_DOWN = Rule(
    "FT002",
    Severity.WARNING,
    "systemd does not answer",
    "Timers go on by themselves, but whether they ran and how their runs ended is not seen while systemd's "
    "bus is silent.",
    "Look at the bus: systemctl status dbus.",
)


@check(CRON_DOWN)
def cron_down(snapshot: Snapshot, host: Host) -> Iterator[Report]:
    """FT001: there are cron jobs and no cron daemon runs."""
    jobs = [job for job in snapshot.jobs if job.cron is not None]
    for scheduler in snapshot.schedulers:
        if scheduler.name == "cron" and scheduler.up is False and jobs:
            yield CRON_DOWN.found(
                f"No cron daemon runs on this machine: none of its {len(jobs)} jobs will start.",
                tuple(part for part in (scheduler.detail,) if part),
                command="sudo systemctl start cron",
            )
        elif scheduler.name == "cron" and scheduler.up is None and jobs:
            yield CRON_DOWN.unchecked("the cron daemon", scheduler.detail)


@check(SYSTEMD_DOWN)
def systemd_unreachable(snapshot: Snapshot, host: Host) -> Iterator[Report]:
    """FT002: systemd does not answer, so nothing is known of the timers."""
    for scheduler in snapshot.schedulers:
        if scheduler.name == "systemd" and scheduler.up is False:
            yield SYSTEMD_DOWN.found(
                "systemd's bus cannot be reached: timers go on by themselves, but nothing is seen of them.",
                tuple(part for part in (scheduler.detail,) if part),
                command="systemctl status dbus",
            )


CHECKS: tuple[Check, ...] = (cron_down, systemd_unreachable)
