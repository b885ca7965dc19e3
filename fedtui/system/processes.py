"""The process table, read from /proc: who runs now, since when, and whether it is still the same one.

Facts: proc(5). Ticks are clock ticks (`SC_CLK_TCK`, 100 a second) since boot. A process is named by its
pid *and* its start, since pids are used again, and by the boot, since records of runs outlive it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
CRON_NAMES = frozenset({"cron", "crond"})


class ProcessIdentity(NamedTuple):
    """A process that cannot be taken for a later one of the same pid.

    `ticks` is its start since boot, `boot` which boot that was ("" where the kernel does not say).
    """

    pid: int
    ticks: int
    boot: str = ""


class ProcessStat(NamedTuple):
    """The facts of /proc/PID/stat that matter here. `state` is its letter: R, S, Z (a zombie), ..."""

    pid: int
    name: str
    state: str
    parent: int
    pgid: int
    ticks: int

    @property
    def ended(self) -> bool:
        """True for a zombie: it has ended, and only its parent has not asked how."""
        return self.state in "ZX"


class CronProcess(NamedTuple):
    """A job's shell that cron started and that still runs.

    `command` is the exact bytes the shell was given after `-c`, or the recorder after its key; None when the
    shell has turned itself into the command's program (bash does). `argv` is what the process is now.
    """

    uid: int
    command: bytes | None
    argv: tuple[bytes, ...]
    pid: int
    pgid: int
    started_at: datetime
    identity: ProcessIdentity


def _fact(pid: int, name: str, proc: Path) -> bytes:
    """The file of that name; empty for a process that is gone, or another user's and hidden (hidepid=)."""
    try:
        return (proc / str(pid) / name).read_bytes()
    except OSError:
        return b""


def read_stat(pid: int, proc: Path = PROC) -> ProcessStat | None:
    """The process `pid`, or None when there is none to be seen."""
    raw = _fact(pid, "stat", proc)
    # The name is in brackets and may itself hold brackets and blanks.
    head, _, rest = raw.rpartition(b")")
    fields = rest.split()
    if len(fields) < 20:
        return None
    return ProcessStat(
        pid=pid,
        name=head.partition(b"(")[2].decode("utf-8", "replace"),
        state=fields[0].decode("ascii", "replace"),
        parent=int(fields[1]),
        pgid=int(fields[2]),
        ticks=int(fields[19]),
    )


def reaped_faults(pid: int, proc: Path = PROC) -> int | None:
    """The page faults of all children that the process `pid` has waited for; None where it cannot be seen."""
    fields = _fact(pid, "stat", proc).rpartition(b")")[2].split()
    return int(fields[8]) if len(fields) > 8 else None


def process_identity(pid: int, proc: Path = PROC) -> ProcessIdentity | None:
    """What names the process `pid` for good, or None when there is no such process."""
    stat = read_stat(pid, proc)
    return None if stat is None else _identity(stat, proc)


def _identity(stat: ProcessStat, proc: Path) -> ProcessIdentity:
    return ProcessIdentity(stat.pid, stat.ticks, boot_id(proc))


@lru_cache(maxsize=4)
def boot_id(proc: Path = PROC) -> str:
    """Which boot this is; "" where the kernel does not say."""
    try:
        return (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def is_alive(identity: ProcessIdentity | None, proc: Path = PROC) -> bool:
    """True while that very process runs; false once it ended (also as a zombie) or its pid is another's."""
    stat = None if identity is None else read_stat(identity.pid, proc)
    return stat is not None and not stat.ended and _identity(stat, proc) == identity


def group_members(group: int, proc: Path = PROC) -> list[ProcessIdentity]:
    """Every live process of a process group."""
    stats = (read_stat(pid, proc) for pid in pids(proc))
    return [
        _identity(stat, proc) for stat in stats if stat is not None and stat.pgid == group and not stat.ended
    ]


def signal_name(number: int) -> str:
    """SIGTERM for 15; "signal 35" for a number without a name of its own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def started_at(ticks: int) -> datetime:
    """When a process with that start began, in UTC, to about a hundredth of a second."""
    ago = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / _TICKS
    return datetime.fromtimestamp(time.time() - ago, UTC)


def owner(pid: int, proc: Path = PROC) -> int | None:
    """The effective uid of a process, or None when it is gone or hidden."""
    try:
        return (proc / str(pid)).stat().st_uid
    except OSError:
        return None


def in_container(pid: int, proc: Path = PROC) -> bool:
    """True for a process of a pid namespace below ours, which is another machine to its users.

    It has a pid in each namespace, ours first: NSpid in /proc/PID/status, which anyone may read (proc(5)).
    """
    status = _fact(pid, "status", proc)
    return any(len(row.split()) > 2 for row in status.splitlines() if row.startswith(b"NSpid:"))


def arguments(pid: int, proc: Path = PROC) -> tuple[bytes, ...]:
    """The argument vector of a process; empty when it is gone or a kernel thread."""
    raw = _fact(pid, "cmdline", proc)
    return tuple(raw.removesuffix(b"\0").split(b"\0")) if raw else ()


def pids(proc: Path = PROC) -> Iterator[int]:
    """Every pid that can be seen."""
    with os.scandir(proc) as entries:
        yield from sorted(int(entry.name) for entry in entries if entry.name.isdigit())


def children(pid: int, proc: Path = PROC) -> tuple[int, ...]:
    """The pids of the children of a process, also where the kernel keeps no list of them."""
    try:
        raw = (proc / str(pid) / "task" / str(pid) / "children").read_bytes()
    except FileNotFoundError:
        if not (proc / str(pid)).exists():
            return ()
        stats = (read_stat(other, proc) for other in pids(proc))
        return tuple(stat.pid for stat in stats if stat is not None and stat.parent == pid)
    except OSError:
        return ()
    return tuple(int(word) for word in raw.split())


def running_cron_jobs(daemon: int, proc: Path = PROC) -> tuple[CronProcess, ...]:
    """The jobs that the cron daemon of pid `daemon` runs at this moment, oldest first.

    cron forks a copy of itself for each run; its child, in a session of its own, is the job's shell. A
    mailer that reports a job's output hangs there too: it is distinguished by not leading its session.
    """
    found = []
    for copy in children(daemon, proc):
        copied = read_stat(copy, proc)
        if copied is None or copied.name not in CRON_NAMES:
            continue
        for pid in children(copy, proc):
            job = _job_process(pid, proc)
            if job is not None:
                found.append(job)
    return tuple(sorted(found, key=lambda job: (job.identity.ticks, job.pid)))


def _command(argv: tuple[bytes, ...]) -> bytes | None:
    """The command of a job's shell, or the one that the recorder was given (see `crontab.recorded`)."""
    if len(argv) == 3 and argv[1] == b"-c":
        return argv[2]
    if len(argv) == 4 and argv[1].endswith(b"/recorder/record"):
        return argv[3]
    return None


def _job_process(pid: int, proc: Path) -> CronProcess | None:
    stat = read_stat(pid, proc)
    uid = owner(pid, proc)
    argv = arguments(pid, proc)
    if stat is None or uid is None or not argv or stat.ended or stat.pgid != pid:
        return None
    if stat.name in CRON_NAMES:
        return None  # forked, and about to become the shell
    return CronProcess(
        uid=uid,
        command=_command(argv),
        argv=argv,
        pid=pid,
        pgid=stat.pgid,
        started_at=started_at(stat.ticks),
        identity=_identity(stat, proc),
    )
