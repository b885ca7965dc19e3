"""The cases on timers, and those on lines that real crontab(1) writes: as `fed` of the booted machine."""

from __future__ import annotations

import io
import os
import sys
import tarfile
import time
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.box.actor import ENVIRONMENT
from tests.box.machine import Box
from tests.killpoints.faults import SERVER, Fault, Met, Server, Shared, build_shim, spec
from tests.killpoints.trial import Case, MakeTrial, Trial

HOME = "/home/fed"
SHIM = f"{HOME}/killpoints.so"
CALLS = f"{HOME}/killpoints.calls"
SPOOL = "/var/spool/cron/crontabs/fed"
FOLDERS = (f"{HOME}/.config", f"{HOME}/.local", f"{HOME}/units")
ROOTS = (HOME, "/tmp")
TIMEOUT = 60.0
TABLE = b"""\
# the jobs of fed
# name: sync
0 *\t* * *   echo synced >> ~/sync.log

# name: export
5 2 * * 0 true
"""
TIMER = "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n"
UNITS = f"{HOME}/.config/systemd/user"
# Empty folders and temporary files are no part of a change: Trial finds those that stay.
LOOK = f"""
cd {UNITS} && find . ! -type d ! -name '.*' -printf '%P %l\\n' | sort
cat nightly.timer.d/* 2>/dev/null
systemctl --user list-units --all --plain --no-legend '*.timer' | sort
systemctl --user show nightly.timer -p TimersCalendar -p UnitFileState -p NeedDaemonReload \\
    | sed s/next_elapse.*//
"""
BEGIN = f"""
mkdir -p {UNITS} && cp ~/units/* {UNITS}
systemctl --user daemon-reload && systemctl --user -q enable --now nightly.timer
systemctl --user start each@one.timer
"""
ACTIVE = "systemctl --user list-units --plain --no-legend --state=active '*.timer' | cut -d' ' -f1"
AT_WORK = "while pgrep -x -u fed crontab >/dev/null; do sleep 0.02; done"

LINES = (
    Case("line: pause", ("pause", "sync", "--yes")),
    Case("line: reschedule", ("reschedule", "sync", "*/5 * * * *", "--reason", "less load", "--yes")),
    Case("line: delete", ("delete", "export", "--yes")),
    Case("line: record", ("record", "export", "--yes")),
    Case("line: record --off", ("record", "export", "--off", "--yes"), (("record", "export", "--yes"),)),
    Case("line: new", ("new", "--schedule", "1 1 * * *", "--command", "true", "--yes")),
    Case("line: the only one", ("delete", "export", "--yes"), (("delete", "sync", "--yes"),)),
)
TIMERS = (
    Case("timer: pause", ("pause", "nightly.timer", "--yes"), whole=False),
    Case(
        "timer: resume",
        ("resume", "nightly.timer", "--yes"),
        (("pause", "nightly.timer", "--yes"),),
        whole=False,
    ),
    Case("timer: reschedule", ("reschedule", "nightly.timer", "Mon 04:00", "--yes"), whole=False),
    Case("timer: pause an instance", ("pause", "each@one.timer", "--yes"), whole=False),
    Case("timer: convert to", ("convert", "export", "--to", "user", "--yes"), whole=False),
)
CASES = (*LINES, *TIMERS)


class Saved(NamedTuple):
    """The table as it lies in the spool, the folders as a tar file, and which timers are active."""

    table: bytes | None
    folders: bytes
    timers: tuple[str, ...]


class BoxWorld:
    """fed's part of a box. With `timers` these are looked at and restored, too, which takes longer."""

    def __init__(self, box: Box, server: Server, *, timers: bool) -> None:
        self._box, self._server, self._timers = box, server, timers
        self._shared = Shared(box.path(CALLS))
        self.listing = () if timers else ("--source", "crontab")

    def run(
        self, argv: Sequence[str], fault: Fault | None = None, at: int = 0, *, count: bool = False
    ) -> Met:
        """Run `fedtui ARGV`."""
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": HOME,
            "USER": "fed",
            "LOGNAME": "fed",
            "SHELL": "/bin/sh",
            "XDG_RUNTIME_DIR": "/run/user/1000",
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus",
        }
        if fault is None:
            return self._server.run(argv, environment, "", TIMEOUT)
        self._shared.reset()
        met = self._server.run(argv, environment, spec(fault, at, CALLS, ROOTS, count=count), TIMEOUT)
        self._settle()
        return self._shared.complete(met, HOME)

    def look(self) -> Hashable:
        """The table, and what of the timers can be seen."""
        self._settle()
        table = self._table()
        text = None if table is None else table.split(b"\n", 3)[3]
        return text, self._box.output(["sh", "-c", LOOK]) if self._timers else ""

    def save(self) -> Saved:
        """fed's table, folders and timers."""
        names = self._box.output(["sh", "-c", ACTIVE]).split() if self._timers else ()
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for folder in FOLDERS:
                tar.add(self._box.path(folder), folder)
        return Saved(self._table(), packed.getvalue(), tuple(names))

    def restore(self, saved: Saved) -> None:
        """Put all that back."""
        self._settle()
        if self._timers:
            self._box.run(["sh", "-c", "systemctl --user stop '*.timer'"])
        self._box.run(["rm", "-rf", *FOLDERS], check=True)
        left = ["find", "/tmp", "-xdev", "-mindepth", "1", "-user", "fed", "-delete"]
        self._box.run(left, user="root", check=True)
        with tarfile.open(fileobj=io.BytesIO(saved.folders)) as tar:
            tar.extractall(self._box.path("/"), numeric_owner=True, filter="fully_trusted")
        spool = self._box.path(SPOOL)
        spool.unlink(missing_ok=True)  # in a sticky folder root cannot open another's file to create it
        if saved.table is not None:
            spool.write_bytes(saved.table)
            spool.chmod(0o600)
            os.chown(spool, self._box.user("fed").uid, spool.parent.stat().st_gid)
        # crontab -l is asked only when the spool has changed, and the clock of files is coarse
        os.utime(spool.parent, ns=(time.time_ns(), time.time_ns()))
        if self._timers:
            # reset-failed: on a quick machine these are more starts than systemd would allow
            start = f"systemctl --user start {' '.join(saved.timers)}" if saved.timers else ":"
            commands = f"systemctl --user daemon-reload && systemctl --user reset-failed && {start}"
            self._box.run(["sh", "-c", commands], check=True)

    def files(self) -> frozenset[str]:
        """Below fed's home, and what is fed's in /tmp; SQLite's journals come and go with its connections."""
        places = [*FOLDERS, "/tmp", SPOOL.rpartition("/")[0]]
        but = ["history.db-*", "*/backup/*", "*/recorder/runs/*"]
        tests = [word for pattern in but for word in ("!", "-path", f"*{pattern}")]
        found = self._box.output(["find", *places, "-user", "fed", *tests], user="root")
        return frozenset(found.splitlines())

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """The backups of the table."""
        for path in sorted(self._box.path(f"{HOME}/.local/state/fedtui/backup").glob("crontab.*")):
            yield path.name, path.read_bytes()

    def _table(self) -> bytes | None:
        spool = self._box.path(SPOOL)
        return spool.read_bytes() if spool.exists() else None

    def _settle(self) -> None:
        """Wait until no crontab is at work that a killed fedtui left."""
        self._box.run(["sh", "-c", AT_WORK], check=True)


@contextmanager
def box_trials(box: Box, folder: Path) -> Iterator[MakeTrial]:
    """What makes trials in a box that was reset; `folder` is where the shim is compiled."""
    box.write(SHIM, build_shim(folder).read_bytes(), mode=0o755)
    box.write(f"{HOME}/units/nightly.timer", TIMER)
    box.write(f"{HOME}/units/each@.timer", TIMER)
    for name in ("nightly", "each@"):
        box.write(f"{HOME}/units/{name}.service", "[Service]\nExecStart=/bin/true\n")
    box.run(["crontab", "-"], input=TABLE, check=True)
    box.run(["mkdir", "-p", *FOLDERS], check=True)
    box.run(["sh", "-c", BEGIN], check=True)
    variables = {**ENVIRONMENT, "LD_PRELOAD": SHIM, "LC_ALL": "C.UTF-8"}
    server = Server(box.command([sys.executable, "-P", SERVER], env=variables), os.environ)
    whole = BoxWorld(box, server, timers=True)
    lines = BoxWorld(box, server, timers=False)
    pristine = whole.save()

    def make(case: Case, phase: str) -> Trial:
        whole.restore(pristine)
        return Trial(lines if case in LINES else whole, case, phase, pristine)

    try:
        yield make
        whole.restore(pristine)
        box.run(["crontab", "-r"])
    finally:
        server.close()
