"""Is cron running, and which one: its rules of time differ. Found without privilege, from /proc and /run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fedtui.model import Scheduler
from fedtui.system import processes
from fedtui.system.cron_product import (
    BCRON,
    CRONIE,
    DAEMONS,
    DEBIAN,
    CronProduct,
    installed_product,
    product_of,
)
from fedtui.system.program import ProgramError, run_program
from fedtui.system.regular_file import read_regular

# The pid files of Debian's cron, cronie and BusyBox's crond, below /run.
_PID_FILES = ("crond.pid", "cron.pid", "crond/crond.pid")
_ASK_DEADLINE = 2.0


@dataclass(frozen=True, slots=True)
class CronDaemon:
    """What was found out. `up` is None when the process table does not let us see.

    `dialect` is that of a `CronProduct`, Debian's where none is installed. `absent`: there is none, neither
    installed nor running.
    """

    up: bool | None
    dialect: str
    detail: str
    pid: int | None = None
    since: datetime | None = field(default=None, compare=False)
    absent: bool = False

    @property
    def product(self) -> CronProduct:
        """Which cron that is."""
        return product_of(self.dialect) or DEBIAN

    @property
    def scheduler(self) -> Scheduler:
        """The same for the head line and the health pane."""
        return Scheduler("cron", self.up, self.detail)


def find_cron(proc: Path = processes.PROC, run: Path = Path("/run")) -> CronDaemon:
    """Look for the cron daemon: by its pid file, else through the process table."""
    installed = installed_product()
    if installed is not None and installed.by_timers:
        return _behind_systemd(installed)
    pid = _written_pid(run)
    stat = _daemon(pid, proc) if pid is not None else None
    if stat is None:
        candidates = (_daemon(other, proc) for other in processes.pids(proc))
        stat = next((candidate for candidate in candidates if candidate is not None), None)
    if stat is not None:
        detail = f"{stat.name}, pid {stat.pid}"
        dialect = _running(stat.name, installed).dialect
        return CronDaemon(True, dialect, detail, stat.pid, processes.started_at(stat.ticks))
    dialect = (installed or DEBIAN).dialect
    if processes.read_stat(1, proc) is None:
        return _behind_hidden_processes(pid, dialect)
    if installed is None:
        return CronDaemon(False, dialect, "no cron is installed", absent=True)
    return CronDaemon(False, dialect, f"no process named {installed.daemon} runs as root")


def _running(name: str, installed: CronProduct | None) -> CronProduct:
    """The product whose daemon has that name: of several, the one that is installed."""
    if installed is not None and installed.daemon == name:
        return installed
    return {"cron": DEBIAN, BCRON.daemon: BCRON}.get(name, CRONIE)


def _behind_systemd(product: CronProduct) -> CronDaemon:
    """systemd-cron has no process: its timers run while its target is active."""
    [unit] = product.units
    try:
        ended = run_program(["systemctl", "is-active", unit], deadline=_ASK_DEADLINE)
    except ProgramError as error:
        return CronDaemon(None, product.dialect, str(error))
    state = ended.out.decode("ascii", "replace").strip()
    if not state:
        return CronDaemon(None, product.dialect, "systemd does not say whether its target is active")
    return CronDaemon(state in ("active", "activating"), product.dialect, f"{unit} is {state}")


def _written_pid(run: Path) -> int | None:
    for name in _PID_FILES:
        try:
            return int(read_regular(run / name).strip())
        except (OSError, ValueError):
            continue
    return None


def _daemon(pid: int, proc: Path) -> processes.ProcessStat | None:
    """The process, if it is this machine's cron daemon and not one of the copies it forks for each job."""
    stat = processes.read_stat(pid, proc)
    if stat is None or stat.name not in DAEMONS or stat.ended or processes.owner(pid, proc) != 0:
        return None
    if processes.in_container(pid, proc):
        return None  # its tables are the container's
    parent = processes.read_stat(stat.parent, proc)
    return None if parent is not None and parent.name in DAEMONS else stat


def _behind_hidden_processes(pid: int | None, dialect: str) -> CronDaemon:
    """/proc shows only our own (hidepid=): what the pid file and a signal that is not sent can tell."""
    hidden = "/proc shows only your own processes here"
    if pid is None:
        return CronDaemon(None, dialect, f"{hidden}, and there is no pid file")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return CronDaemon(False, dialect, f"the pid file names {pid}, which does not run")
    except PermissionError:
        pass  # it runs, and is not ours
    return CronDaemon(True, dialect, f"pid {pid}, by its pid file; {hidden}", pid)


class CronProbe:
    """`find_cron` for callers that ask every second: it goes through the process table only now and then."""

    def __init__(self, find: Callable[[], CronDaemon] = find_cron, every: float = 3.0) -> None:
        self._find = find
        self._every = every
        self._found: CronDaemon | None = None
        self._identity: processes.ProcessIdentity | None = None
        self._looked = 0.0

    def __call__(self) -> CronDaemon:
        """The daemon as it is now (found running) or was `every` seconds ago (not found)."""
        if self._found is not None:
            if self._identity is not None and processes.is_alive(self._identity):
                return self._found
            if self._identity is None and time.monotonic() - self._looked < self._every:
                return self._found
        self._found, self._looked = self._find(), time.monotonic()
        pid = self._found.pid
        self._identity = processes.process_identity(pid) if pid is not None else None
        return self._found
