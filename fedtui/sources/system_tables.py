"""The system's cron tables: /etc/crontab, /etc/cron.d/* and, where anacron is there, /etc/anacrontab.

Read for everybody, written by root alone. A file that the daemon ignores (its name, mode, owner) is shown
all the same, as not loaded, with the reason. Facts: database.c of Debian's cron 3.0pl1-162 and of cronie,
bcron-update.c of bcron 0.11, the generator of systemd-cron 1.15, crond.c of BusyBox 1.37.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fedtui.crontab import Document, Entry
from fedtui.model import Answer, Job, Problem, SourceName
from fedtui.sources import anacron
from fedtui.sources.cron_jobs import CronClock, LineStatus, TableFacts, TableJobs
from fedtui.sources.polling import poll_changes
from fedtui.sources.run_parts import parts_of
from fedtui.sources.source import LookingSource
from fedtui.sources.user_crontab import ClockFunction, DaemonProbe, ZoneFunction, utc_now
from fedtui.system.accounts import home_of, is_user, name_of
from fedtui.system.cron_daemon import CronDaemon, CronProbe
from fedtui.system.regular_file import read_regular
from fedtui.system.zone import local_zone

_DEBIAN_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LEFT_OUT = {
    "cronie": re.compile(r".*(~|\.rpm(save|orig|new))|#.*"),
    "systemd-cron": re.compile(r".*(~|\.dpkg-).*"),
    "systemd-cron-2": re.compile(r".*(~|\.dpkg-).*"),
    "bcron": re.compile(r"\..*"),
}
"""The names of files in /etc/cron.d that crons but Debian's leave out."""
_MOST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _File:
    """A table as it lies there. `text` is None where it cannot be read, `fault` why cron ignores it."""

    path: Path
    shown: str
    source: SourceName
    text: bytes | None
    fault: str
    editable: bool
    problem: str = ""


class SystemTablesSource(LookingSource):
    """Source "system-tables". `root` is where /etc lies, `owner` the uid that must own the files (tests)."""

    name = "system-tables"

    def __init__(
        self,
        *,
        root: Path = Path("/"),
        owner: int = 0,
        daemon: DaemonProbe | None = None,
        zone: ZoneFunction = local_zone,
        clock: ClockFunction = utc_now,
    ) -> None:
        self._root = root
        self._owner = owner
        self._daemon = daemon or CronProbe()
        self._zone = zone
        self._clock = clock
        self._tables: dict[_File, TableJobs] = {}
        self._read_at: object = None

    def watch(self) -> AsyncIterator[None]:
        """Yield within about a second of a change to a table or a script, and when a next run has come."""
        return poll_changes(self._token, known=lambda: self._read_at, due=self._next_due, clock=self._clock)

    def look(self) -> Answer:
        daemon, now = self._daemon(), self._clock()
        jobs: list[Job] = []
        problems: list[Problem] = []
        token = self._token()
        known = self._tables if token == self._read_at else {}
        self._read_at, self._tables = token, {}
        for file in self._files(daemon):
            if file.text is None:
                problems.append(
                    Problem(self.name, file.problem, "The other tables.", "Root may read it.", now)
                )
                continue
            self._tables[file] = known.get(file) or self._table(file, file.text, daemon)
            jobs += self._tables[file].at(now, CronClock(daemon, *self._zone()))
        jobs += self._anacron(problems, now)
        if daemon.absent and not problems:
            problems.append(Problem(self.name, "no cron is installed here", at=now, absent=True))
        commented = tuple(line for table in self._tables.values() for line in table.commented)
        return Answer(self.name, now, tuple(jobs), problems=tuple(problems), commented=commented)

    def _table(self, file: _File, text: bytes, daemon: CronDaemon) -> TableJobs:
        dialect = daemon.dialect
        document = Document.parse(text, system=True, table=file.shown, dialect=dialect, known_user=is_user)
        facts = TableFacts(
            file.source,
            file.shown,
            home_of,
            file.editable,
            file.fault,
            lambda entry: self._judge(entry, dialect),
            root=self._root,
        )
        return TableJobs(document, facts)

    def _judge(self, entry: Entry, dialect: str) -> LineStatus:
        """What a line does here: it runs the scripts of a folder."""
        found = parts_of(entry, self._root, dialect)
        run, ignored = (found.run, found.ignored) if found is not None else ((), ())
        return LineStatus(None, "", run, ignored)

    def _anacron(self, problems: list[Problem], now: datetime) -> tuple[Job, ...]:
        path = self._root / "etc/anacrontab"
        if not anacron.installed(self._root):
            return ()
        try:
            return anacron.anacron_jobs(read_regular(path), editable=os.access(path, os.W_OK))
        except FileNotFoundError:
            return ()
        except OSError as error:
            problems.append(
                Problem(self.name, f"/etc/anacrontab: {error.strerror}", "The other tables.", at=now)
            )
            return ()

    def _files(self, daemon: CronDaemon) -> Iterator[_File]:
        product = daemon.product
        unread = "" if product.reads_system else f"{product.title} reads the tables of users only"
        for path in self._paths():
            shown = f"/{path.relative_to(self._root)}"
            in_folder = path.parent.name == "cron.d"
            source = SourceName.CRON_D if in_folder else SourceName.SYSTEM_CRONTAB
            fault = unread or (_name_fault(path.name, daemon.dialect) if in_folder else "")
            try:
                text = _read(path)
                fault = fault or file_fault(path, self._owner)
            except OSError as error:
                if not isinstance(error, FileNotFoundError):
                    yield _File(path, shown, source, None, "", False, f"{shown}: {error.strerror}")
                continue
            yield _File(path, shown, source, text, fault, os.access(path, os.W_OK))

    def _paths(self) -> list[Path]:
        folder = self._root / "etc/cron.d"
        try:
            found = sorted(Path(entry.path) for entry in os.scandir(folder))
        except OSError:
            found = []
        tables = [path for path in found if not path.name.startswith(".") and not path.is_dir()]
        return [self._root / "etc/crontab", *tables]

    def _token(self) -> object:
        """The times and sizes of all that the rows are made from, and the daemon."""
        parts = [self._root / "etc" / f"cron.{name}" for name in ("hourly", "daily", "weekly", "monthly")]
        others = [self._root / "etc/cron.d", self._root / "etc/anacrontab", self._root / anacron.PROGRAM]
        scripts = [path for folder in parts for path in _listed(folder)]
        paths = [*self._paths(), *others, *parts, *scripts]
        return [_stamp(path) for path in paths], self._daemon(), self._zone()[0]

    def _next_due(self) -> datetime | None:
        moments = (table.next_due for table in self._tables.values())
        return min((moment for moment in moments if moment is not None), default=None)


def file_fault(path: Path, owner: int = 0) -> str:
    """Why the daemon ignores a system table for what its file is; empty where it does not."""
    link = path.lstat()
    if stat.S_ISLNK(link.st_mode) and link.st_uid != owner:
        return f"the link belongs to {name_of(link.st_uid)}, not to root"
    facts = path.stat()
    if facts.st_uid != owner:
        return f"the file belongs to {name_of(facts.st_uid)}, not to root"
    if not stat.S_ISREG(facts.st_mode):
        return "it is not a regular file"
    if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"its mode {stat.S_IMODE(facts.st_mode):04o} lets others than root write it"
    if facts.st_nlink != 1:
        return f"it has {facts.st_nlink} hard links"
    return ""


def _name_fault(name: str, dialect: str) -> str:
    left_out = _LEFT_OUT.get(dialect)
    if left_out is not None:
        return "cron leaves out names like this" if left_out.fullmatch(name) else ""
    if _DEBIAN_NAME.fullmatch(name):
        return ""
    return f"cron takes file names of letters, digits, _ and - only, and {name} has others"


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileNotFoundError  # a pipe or a device holds no table
        return file.read(_MOST)


def _listed(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder)]
    except OSError:
        return []


def _stamp(path: Path) -> tuple[str, int, int, int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return str(path), facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino
