"""Learns from the log which jobs cron started: from the journal, or a syslog file where there is none.

A usual user may read neither, for cron logs as root: that is the normal case, and is said with the group
that would help. The source gives no jobs of its own; the starts in its answers are matched with jobs where
answers are merged.
"""

from __future__ import annotations

import stat
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path

from fedtui.logs.journal_query import JournalError, Query, run_query
from fedtui.logs.journal_records import JournalEntry
from fedtui.model import Answer, CronStart, Problem
from fedtui.safe_text import decode
from fedtui.sources.cron_lines import (
    IDENTIFIERS,
    CronNotice,
    read_entries,
    syslog_entry,
)
from fedtui.sources.source import LookingSource
from fedtui.system.cron_product import CronProduct, installed_product
from fedtui.system.crontab_program import crontab_path
from fedtui.system.zone import local_zone

SYSLOG_FILES = (
    Path("/var/log/syslog"),
    Path("/var/log/cron.log"),
    Path("/var/log/cron"),
    Path("/var/log/messages"),
)
KEPT = 10_000
"""Starts that are kept: 24 hours of seven jobs a minute."""

WINDOW = timedelta(hours=24)
_TAIL_BYTES = 8 * 1024 * 1024
_AGAIN = 60.0
_AGAIN_CLOSED = 3600.0

# _UID=0: anyone may write a line under cron's name, but only cron writes it as root.
QUERY = Query(("_UID=0", *(f"--identifier={name}" for name in IDENTIFIERS)), of_system=True)


class CronLogSource(LookingSource):
    """Cron's own lines; see `fedtui.sources.source.Source`."""

    name = "cron-log"

    def __init__(
        self,
        user: str,
        clock: Callable[[], datetime],
        files: tuple[Path, ...] = SYSLOG_FILES,
        product: Callable[[], CronProduct | None] = installed_product,
    ) -> None:
        self._product = product
        self._user = user
        self._clock = clock
        self._files = files
        self._starts: deque[CronStart] = deque(maxlen=KEPT)
        self._notices: deque[CronNotice] = deque(maxlen=200)
        self._problem: Problem | None = None
        self._following = False
        self._complete_since: datetime | None = None

    def starts(self) -> tuple[CronStart, ...]:
        """The starts of the last 24 hours that are known, oldest first."""
        since = self._clock() - WINDOW
        return tuple(start for start in self._starts if start.at >= since)

    def notices(self) -> tuple[CronNotice, ...]:
        """The daemon's complaints of the last 24 hours, oldest first."""
        since = self._clock() - WINDOW
        return tuple(notice for notice in self._notices if notice.at >= since)

    @property
    def readable(self) -> bool:
        """True where cron's lines can be read, so that "no start seen" means something."""
        return self._problem is None

    async def read(self) -> Answer:
        """Look at the log; while it is followed, what is known is up to date already."""
        return self._answer() if self._following else await super().read()

    def look(self) -> Answer:
        """`read`, in this thread."""
        if self._is_silent:
            return self._answer()
        try:
            self._take_all(run_query(QUERY, KEPT, self._since()))
        except JournalError as error:
            self._read_file(error)
        return self._answer()

    def _answer(self) -> Answer:
        problems = (self._problem,) if self._problem else ()
        starts = self.starts()
        since = self._complete_since if self._problem is None and not self._is_silent else None
        if since is not None:
            # Later than now: the clock was set back since, and what follows is still read without a gap.
            since = self._complete_since = min(since, self._clock())
            full = self._starts[0].at if len(self._starts) == KEPT else since
            since = max(since, full, self._clock() - WINDOW)
        return Answer(self.name, self._clock(), (), problems=problems, starts=starts, starts_since=since)

    @property
    def _is_silent(self) -> bool:
        """Whether the cron of this host writes no starts to a log: then there is nothing to read."""
        product = self._product()
        return product is not None and not product.logs_starts

    def _readable(self, first: JournalEntry | None) -> None:
        """The log was read: from `first` on, the oldest line of cron that it holds, all starts are known;
        where it holds none, from now on.
        """
        self._problem = None
        if first is not None:
            self._complete_since = first.at
        elif self._complete_since is None:
            self._complete_since = self._clock()

    async def watch(self) -> AsyncGenerator[None, None]:
        """Yield when cron wrote something."""
        import asyncio

        from fedtui.logs.journal import follow_journal

        while True:
            if self._is_silent:
                await asyncio.sleep(_AGAIN)
                continue
            try:
                async with aclosing(follow_journal(QUERY, KEPT, self._since())) as batches:
                    async for batch in batches:
                        if self._take_followed(batch):
                            yield None
            except JournalError as error:
                self._following = False
                path = self._file()
                if path is None:
                    self._explain(error)
                    yield None
                    # A process never joins a group later, so there is little to hope for.
                    await asyncio.sleep(_AGAIN_CLOSED if error.closed else _AGAIN)
                    continue
                async with aclosing(self._watch_file(path)) as wakes:
                    async for _ in wakes:
                        yield None
                await asyncio.sleep(_AGAIN)

    def _since(self) -> tuple[str, ...]:
        return (f"--since=@{(self._clock() - WINDOW).timestamp():.0f}",)

    def _take(self, entries: Iterable[JournalEntry]) -> bool:
        starts, notices = read_entries(entries)
        self._starts += starts
        self._notices += notices
        return bool(starts or notices)

    def _take_followed(self, entries: Sequence[JournalEntry]) -> bool:
        """What the follower gave; its first batch holds all that is there."""
        if self._following:
            return self._take(entries)
        self._following = True
        return self._take_all(entries)

    def _take_all(self, entries: Sequence[JournalEntry]) -> bool:
        self._forget()
        news = self._take(entries)
        self._readable(entries[0] if entries else None)
        return news

    def _forget(self) -> None:
        self._starts.clear()
        self._notices.clear()

    def _file(self) -> Path | None:
        return next((path for path in self._files if path.exists()), None)

    def _read_file(self, error: JournalError) -> None:
        path = self._file()
        if path is None:
            self._explain(error)
            return
        from fedtui.logs.log_file import LogError, LogFile, LogUnreadable

        try:
            lines = LogFile(path).tail(KEPT * 4, _TAIL_BYTES)
        except LogUnreadable:
            self._explain(error, path)
        except LogError as other:
            self._explain(JournalError(str(other), other.advice))
        else:
            self._take_all(self._parsed(lines))

    def _parsed(self, lines: Iterable[bytes]) -> list[JournalEntry]:
        now, zone = self._clock(), local_zone()[1]
        entries = (syslog_entry(decode(line), now, zone) for line in lines)
        return [entry for entry in entries if entry is not None]

    async def _watch_file(self, path: Path) -> AsyncGenerator[None, None]:
        """Follow a syslog file until it cannot be read."""
        from fedtui.logs.log_follower import LogChange, LogFollower

        async with aclosing(LogFollower(path, KEPT).follow()) as events:
            async for event in events:
                if event.change is LogChange.PROBLEM:
                    self._following = False
                    yield None
                    return
                if self._take_followed(self._parsed(event.lines)):
                    yield None

    def _explain(self, error: JournalError, file: Path | None = None) -> None:
        """Say why cron's lines are not seen, and what would help; `file` is a log that may not be read."""
        self._complete_since = None
        untouched = "jobs keep running; only their starts are not seen here"
        if error.closed:
            message = f"cron's lines in the journal cannot be read: {self._user} is not in the group adm"
            advice = f"sudo usermod -aG adm {self._user}, then log in again"
        elif error.absent and file is not None:
            message, advice = f"cron's log cannot be read: {file}", _opened_by(file, self._user)
        elif error.absent:
            message, advice = f"cron's starts are not logged here: {error.message}", ""
        else:
            message, untouched, advice = (
                f"cron's log cannot be read: {error.message}",
                "jobs keep running",
                error.advice,
            )
        without_cron = self._product() is None and crontab_path() is None
        absent = without_cron or (error.absent and file is None)
        note = not absent and (error.closed or file is not None)
        self._problem = Problem(
            self.name, message, untouched, advice, self._clock(), note=note, absent=absent
        )


def _opened_by(file: Path, user: str) -> str:
    """What lets the user read a log: its group, where that may."""
    import grp  # on few hosts

    from fedtui.system.self_command import sudo_command

    status = file.stat()
    if not (status.st_gid and status.st_mode & stat.S_IRGRP):
        return sudo_command("list")
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = str(status.st_gid)
    return f"sudo usermod -aG {group} {user}, then log in again"
