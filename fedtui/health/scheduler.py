"""FT0xx: is the daemon that should start the jobs there at all?"""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.host import Host
from fedtui.model import Finding, Severity, Snapshot


def cron_down(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """FT001: there are cron jobs and no cron daemon runs."""
    jobs = [job for job in snapshot.jobs if job.cron is not None]
    for scheduler in snapshot.schedulers:
        if scheduler.name == "cron" and scheduler.up is False and jobs:
            yield Finding(
                "FT001",
                Severity.ERROR,
                "cron is not running",
                f"No cron daemon runs on this machine: none of its {len(jobs)} jobs will start.",
                tuple(part for part in (scheduler.detail,) if part),
                "sudo systemctl start cron",
            )


def systemd_unreachable(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """FT002: systemd does not answer, so nothing is known of the timers."""
    for scheduler in snapshot.schedulers:
        if scheduler.name == "systemd" and scheduler.up is False:
            yield Finding(
                "FT002",
                Severity.WARNING,
                "systemd does not answer",
                "systemd's bus cannot be reached: timers go on by themselves, but nothing is seen of them.",
                tuple(part for part in (scheduler.detail,) if part),
                "systemctl status dbus",
            )
