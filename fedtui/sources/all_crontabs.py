"""Every user's crontab as one source, for root: one's own first.

The daemon ignores a table that does not lie in the spool as it should (database.c); root can see that.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from fedtui.model import Answer, CommentedOut, Job, Problem
from fedtui.sources.polling import poll_changes
from fedtui.sources.source import LookingSource
from fedtui.sources.user_crontab import ClockFunction, DaemonProbe, UserCrontabSource, ZoneFunction, utc_now
from fedtui.system.accounts import is_user
from fedtui.system.cron_daemon import CronProbe
from fedtui.system.cron_product import BCRON, installed_product
from fedtui.system.crontab_program import SPOOL_FOLDERS, SystemCrontab
from fedtui.system.zone import local_zone


class AllCrontabsSource(LookingSource):
    """Source "crontab" for root: every user's table, one's own first."""

    name = "crontab"

    def __init__(
        self,
        *,
        daemon: DaemonProbe | None = None,
        zone: ZoneFunction = local_zone,
        clock: ClockFunction = utc_now,
        spools: tuple[Path, ...] = SPOOL_FOLDERS,
    ) -> None:
        self._daemon = daemon or CronProbe()
        self._zone = zone
        self._clock = clock
        self._spools = spools
        self._read_at: object = None
        self._sources: dict[str, UserCrontabSource] = {}

    def watch(self) -> AsyncIterator[None]:
        """Yield within about a second of a change to any table, and when a next run has come."""
        return poll_changes(self._token, known=lambda: self._read_at, due=self._next_due, clock=self._clock)

    @property
    def own_table(self) -> bytes | None:
        """As in UserCrontabSource: root's own."""
        return next((source.own_table for source in self._sources.values()), None)

    def look(self) -> Answer:
        """The rows of all tables."""
        self._read_at = self._token()
        now = self._clock()
        jobs: list[Job] = []
        problems: list[Problem] = []
        commented: list[CommentedOut] = []
        for source in self._tables():
            answer = source.look()
            jobs += answer.jobs or ()
            problems += (one for one in answer.problems if one.message not in {p.message for p in problems})
            commented += answer.commented
        return Answer(
            self.name,
            now,
            tuple(jobs),
            problems=tuple(problems),
            schedulers=() if any(one.absent for one in problems) else (self._daemon().scheduler,),
            commented=tuple(commented),
        )

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
    names += [name for name in found if name != own and not name.startswith(".") and is_user(name)]
    return tuple(SystemCrontab(name, spools=spools) for name in names)


def spool_fault(user: str, spools: tuple[Path, ...] = SPOOL_FOLDERS) -> str:
    """Why the daemon ignores a user's table as it lies in the spool (database.c); empty where it does not."""
    folder = next((folder for folder in spools if folder.is_dir()), None)
    if folder is None or installed_product() is BCRON:  # whose tables belong to an account of its own
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
