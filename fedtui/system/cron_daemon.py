"""Is cron running, and which one: its rules of time differ. Found without privilege, from /proc and /run."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fedtui.model import Scheduler
from fedtui.system import processes
from fedtui.system.regular_file import read_regular

# The pid files of Debian's cron, cronie and BusyBox's crond, below /run.
_PID_FILES = ("crond.pid", "cron.pid", "crond/crond.pid")


@dataclass(frozen=True, slots=True)
class CronDaemon:
    """What was found out. `up` is None when the process table does not let us see.

    `dialect` is "debian" (cron 3.0pl1), "cronie" or "other" (BusyBox's crond).
    """

    up: bool | None
    dialect: str
    detail: str
    pid: int | None = None
    since: datetime | None = field(default=None, compare=False)

    @property
    def scheduler(self) -> Scheduler:
        """The same for the head line and the health pane."""
        return Scheduler("cron", self.up, self.detail)


def find_cron(proc: Path = processes.PROC, run: Path = Path("/run")) -> CronDaemon:
    """Look for the cron daemon: by its pid file, else through the process table."""
    pid = _written_pid(run)
    stat = _daemon(pid, proc) if pid is not None else None
    if stat is None:
        candidates = (_daemon(other, proc) for other in processes.pids(proc))
        stat = next((candidate for candidate in candidates if candidate is not None), None)
    if stat is not None:
        detail = f"{stat.name}, pid {stat.pid}"
        return CronDaemon(True, _dialect(stat.name), detail, stat.pid, processes.started_at(stat.ticks))
    if processes.read_stat(1, proc) is None:
        return _behind_hidden_processes(pid)
    return CronDaemon(False, installed_dialect(), "no process named cron or crond runs as root")


def installed_dialect() -> str:
    """The dialect of the cron that is installed, for a machine on which none runs."""
    path = "/usr/sbin:/sbin:/usr/bin:/bin"
    if shutil.which("cron", path=path):
        return "debian"
    return _dialect("crond") if shutil.which("crond", path=path) else "debian"


def _dialect(name: str) -> str:
    if name == "cron":
        return "debian"
    program = shutil.which("crond", path="/usr/sbin:/sbin:/usr/bin:/bin")
    return "other" if program and Path(program).resolve().name == "busybox" else "cronie"


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
    if stat is None or stat.name not in processes.CRON_NAMES or stat.ended or processes.owner(pid, proc) != 0:
        return None
    if processes.in_container(pid, proc):
        return None  # its tables are the container's
    parent = processes.read_stat(stat.parent, proc)
    return None if parent is not None and parent.name in processes.CRON_NAMES else stat


def _behind_hidden_processes(pid: int | None) -> CronDaemon:
    """/proc shows only our own (hidepid=): what the pid file and a signal that is not sent can tell."""
    hidden = "/proc shows only your own processes here"
    dialect = installed_dialect()
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
