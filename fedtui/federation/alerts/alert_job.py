"""The alert check as the set-up schedules it: its job, and on which scheduler.

It runs on the other one where there is one, since a daemon that died cannot announce itself: a pack on cron
is watched by a timer, a pack on timers by a line of a crontab.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.alert_addresses import MAIL, addresses
from fedtui.bus.systemd_manager import open_systemd
from fedtui.bus.systemd_names import MANAGER, MANAGER_PATH
from fedtui.changes.open_table import Tables
from fedtui.config import ConfigError, load
from fedtui.federation.alerts.channels import NO_MAILER, mailer
from fedtui.federation.alerts.collect import KEY
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.scheduled_environment import scheduled_environment
from fedtui.federation.setup_issue import SetupIssue, error_issue, note_issue, warning_issue
from fedtui.pack import Pack
from fedtui.ports import Ports
from fedtui.system.cron_daemon import find_cron
from fedtui.system.self_command import installed_command

SCHEDULE = "*/10 * * * *"
LOG = "federated-alert.log"


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What the set-up adds for alerts: the job (None: no recipient), its backend, what was found.

    The job reads the pack's file and a memory of its own, so it runs as the user who sets up: never with
    User= or in the crontab of another.
    """

    job: ManagedJob | None = None
    backend: str = ""
    issues: tuple[SetupIssue, ...] = ()


async def alert_changes(pack: Pack, ports: Ports) -> AlertChanges:
    """The alert check of a pack as it is to be. Raises nothing: what cannot be done is an issue."""
    try:
        recipients = addresses(pack, await asyncio.to_thread(load))
    except ConfigError as error:
        return AlertChanges(issues=(error_issue(f"{error}.", KEY),))
    if not recipients:
        return AlertChanges()
    backend = await _backend(pack, ports)
    job = alert_job(await asyncio.to_thread(_log, pack, ports) if backend == "cron" else "")
    issues = [note_issue("Prove the alert channels once.", KEY, "fedtui check --alert --test")]
    if any(one.kind == MAIL for one in recipients) and await asyncio.to_thread(mailer) is None:
        text = f"No mail can be sent: {NO_MAILER}."
        issues.insert(0, warning_issue(text, KEY, "--alert takes mailto:// URLs, which need none."))
    if (backend == "cron") == (pack.backend == "cron"):
        other = "systemd" if backend == "cron" else "cron"
        text = f"The alert check runs on {backend} itself, since {other} is not to be had: it cannot tell "
        text += "that its own scheduler died."
        issues.insert(0, warning_issue(text, KEY, "A watcher outside can: --heartbeat URL."))
    return AlertChanges(job, backend, tuple(issues))


def _log(pack: Pack, ports: Ports) -> str:
    """The log beside those of the pack where we may make it, else among our own files."""
    folder = Path(pack.log_dir)
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if pack.log_dir and os.access(there, os.W_OK | os.X_OK):
        return str(folder / LOG)
    return str(ports.config.state / LOG)


def alert_job(log: str) -> ManagedJob:
    """The job; `log` is empty for a timer's journal. Its output is kept, not mailed: it mails by itself."""
    return ManagedJob(
        key=KEY,
        name="federated-alert",
        description="Alerts on the federation's jobs",
        argv=(*installed_command(), "check", "--alert"),
        schedule=SCHEDULE,
        log=log,
        environment=scheduled_environment(),
    )


async def _backend(pack: Pack, ports: Ports) -> str:
    """The other scheduler, where it is there; else the pack's own."""
    if pack.backend != "cron":
        return "cron" if await asyncio.to_thread(_cron_there, ports) else pack.backend
    timers = "system" if os.geteuid() == 0 else "user"
    return timers if await _systemd_there(ports, user_manager=timers == "user") else "cron"


def _cron_there(ports: Ports) -> bool:
    with suppress(Refused):  # this user may have no crontab, say
        if find_cron().up:
            Tables(ports).of_user(ports.user)
            return True
    return False


async def _systemd_there(ports: Ports, *, user_manager: bool) -> bool:
    with suppress(Refused):
        async with open_systemd(ports.bus, ports.user, user_manager=user_manager) as systemd:
            await systemd.properties(MANAGER_PATH, MANAGER)
        return True
    return False
