"""The jobs of one user's crontab as a source; as root, of every user's.

The bytes come through a `CrontabPort`: crontab(1) on a machine (`SystemCrontab`), a plain file in the
demo workspace. Nothing is polled but the port's stamp, which costs no line in cron's log.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import stat
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fedtui.crontab import Document
from fedtui.model import Answer, Job, Problem, SourceName
from fedtui.safe_text import visible
from fedtui.sources.cron_daemon import CronDaemon, CronProbe
from fedtui.sources.cron_jobs import Clockwork, TableFacts, TableJobs
from fedtui.sources.crontab_port import CrontabError, CrontabPort
from fedtui.sources.crontab_program import SPOOL_FOLDERS, SystemCrontab
from fedtui.sources.polling import changes
from fedtui.sources.zone import local_zone

__all__ = ["AllCrontabsSource", "SystemCrontab", "UserCrontabSource", "all_user_tables"]

Daemon = Callable[[], CronDaemon]
Zone = Callable[[], tuple[str, ZoneInfo]]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of a real machine."""
    return datetime.now(UTC)


class UserCrontabSource:
    """Source "crontab": one user's table behind a port.

    `home` is the user's home folder. `fault` says why cron ignores the file as it lies in the spool, where
    we can see it there (as root); empty for no fault.
    """

    name = "crontab"

    def __init__(
        self,
        port: CrontabPort,
        user: str,
        home: str,
        *,
        daemon: Daemon | None = None,
        zone: Zone = local_zone,
        clock: Clock = utc_now,
        fault: Callable[[], str] = lambda: "",
    ) -> None:
        self._port = port
        self._user = user
        self._home = home
        self._daemon = daemon or CronProbe()
        self._zone = zone
        self._clock = clock
        self._fault = fault
        self._read_at: object = None
        self._known: tuple[bytes, str, str] | None = None
        self._table: TableJobs | None = None

    async def read(self) -> Answer:
        """The rows of the table, and whether cron is up."""
        return await asyncio.to_thread(self.look)

    def watch(self) -> AsyncIterator[None]:
        """Yield within about a second of a change, and when a next run has come."""
        return changes(self.token, known=lambda: self._read_at, due=lambda: self.next_due, clock=self._clock)

    def look(self) -> Answer:
        """`read`, in this thread."""
        self._read_at = self.token()
        daemon, now = self._daemon(), self._clock()
        schedulers = (daemon.scheduler,)
        try:
            table = self._port.read()
        except CrontabError as error:
            problem = Problem(
                self.name, visible(" ".join(str(error).split())), "The table itself.", error.advice, now
            )
            return Answer(self.name, now, None, problems=(problem,), schedulers=schedulers)
        return Answer(self.name, now, self._rows(table, daemon, now), schedulers=schedulers)

    def token(self) -> object:
        """What differs when the answer may: cheap, and without a line in the log."""
        return self._port.stamp(), self._daemon(), self._zone()[0], self._fault()

    @property
    def next_due(self) -> datetime | None:
        """When the rows change by themselves: at the earliest next run."""
        return None if self._table is None else self._table.next_due

    def _rows(self, table: bytes | None, daemon: CronDaemon, now: datetime) -> tuple[Job, ...]:
        if table is None:
            self._known = self._table = None
            return ()
        known = (table, daemon.dialect, self._fault())
        if self._table is None or known != self._known:
            facts = TableFacts(
                SourceName.CRONTAB, "crontab", lambda _: self._home, editable=True, fault=known[2]
            )
            dialect = "cronie" if daemon.dialect == "cronie" else "debian"
            document = Document.parse(table, user=self._user, dialect=dialect)
            self._known, self._table = known, TableJobs(document, facts)
        return self._table.at(now, Clockwork(daemon, *self._zone()))


class AllCrontabsSource:
    """Source "crontab" for root: every user's table, one's own first."""

    name = "crontab"

    def __init__(
        self,
        *,
        daemon: Daemon | None = None,
        zone: Zone = local_zone,
        clock: Clock = utc_now,
        spools: tuple[Path, ...] = SPOOL_FOLDERS,
    ) -> None:
        self._daemon = daemon or CronProbe()
        self._zone = zone
        self._clock = clock
        self._spools = spools
        self._read_at: object = None
        self._sources: dict[str, UserCrontabSource] = {}

    async def read(self) -> Answer:
        """The rows of all tables."""
        return await asyncio.to_thread(self.look)

    def watch(self) -> AsyncIterator[None]:
        """Yield within about a second of a change to any table, and when a next run has come."""
        return changes(self._token, known=lambda: self._read_at, due=self._next_due, clock=self._clock)

    def look(self) -> Answer:
        """`read`, in this thread."""
        self._read_at = self._token()
        now = self._clock()
        jobs: list[Job] = []
        problems: list[Problem] = []
        for source in self._tables():
            answer = source.look()
            jobs += answer.jobs or ()
            problems += answer.problems
        schedulers = (self._daemon().scheduler,)
        return Answer(self.name, now, tuple(jobs), problems=tuple(problems), schedulers=schedulers)

    def _tables(self) -> list[UserCrontabSource]:
        ports = all_user_tables(self._spools)
        self._sources = {port.user: self._sources.get(port.user) or self._source(port) for port in ports}
        return list(self._sources.values())

    def _source(self, port: SystemCrontab) -> UserCrontabSource:
        return UserCrontabSource(
            port,
            port.user,
            pwd.getpwnam(port.user).pw_dir,
            daemon=self._daemon,
            zone=self._zone,
            clock=self._clock,
            fault=lambda: spool_fault(port.user, self._spools),
        )

    def _token(self) -> object:
        return [source.token() for source in self._tables()]

    def _next_due(self) -> datetime | None:
        moments = (source.next_due for source in self._sources.values())
        return min((moment for moment in moments if moment is not None), default=None)


def all_user_tables(spools: tuple[Path, ...] = SPOOL_FOLDERS) -> tuple[SystemCrontab, ...]:
    """As root: the table of every user who has one, and one's own, which comes first."""
    own = pwd.getpwuid(os.geteuid()).pw_name
    names = [own]
    folder = next((folder for folder in spools if folder.is_dir()), None)
    found = sorted(entry.name for entry in os.scandir(folder)) if folder is not None else []
    names += [name for name in found if name != own and not name.startswith(".") and _is_user(name)]
    return tuple(SystemCrontab(name, spools=spools) for name in names)


def spool_fault(user: str, spools: tuple[Path, ...] = SPOOL_FOLDERS) -> str:
    """Why the daemon ignores a user's table as it lies in the spool (database.c); empty where it does not."""
    folder = next((folder for folder in spools if folder.is_dir()), None)
    if folder is None:
        return ""
    path = folder / user
    try:
        facts = path.lstat()
    except OSError:
        return ""
    mode = stat.S_IMODE(facts.st_mode)
    if not stat.S_ISREG(facts.st_mode):
        return f"{path} is not a regular file"
    if facts.st_uid not in (0, pwd.getpwnam(user).pw_uid):
        return f"{path} belongs to uid {facts.st_uid}, neither {user} nor root"
    if mode != 0o600:
        return f"{path} has mode {mode:04o}; cron wants 0600"
    if facts.st_nlink != 1:
        return f"{path} has {facts.st_nlink} hard links"
    return ""


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
