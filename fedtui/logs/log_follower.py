"""A log while it grows: what is appended, and what becomes of the file, as a stream of events.

The folder is watched (watchfiles), so that a rotation or a re-creation is seen like a write; every two
seconds the file is looked at anyway, for file systems that report nothing. What is read stays in the file
until someone takes the event: a slow reader costs no memory.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from fedtui.logs.log_file import LINE_LIMIT, LogError, LogMissing, cut_line, open_for_following, tail_of

_BATCH = 256 * 1024
_TICK = 2.0
_POLL = 0.25
# So many bytes before the place that was read are compared: a file that was cut and grew again differs.
_PRINT = 64
# A job that runs over a rotation still writes to the file that was moved away; how long we look at it.
_OLD_FOR = 60.0


class LogChange(StrEnum):
    LINES = "lines"
    TRUNCATED = "truncated"
    ROTATED = "rotated"
    DELETED = "deleted"
    APPEARED = "appeared"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One thing that happened. `lines` are whole new lines (only LINES), without newlines and cut.

    `open_line` is what follows the last newline so far; it is given again, longer or as a line,
    later. `text` says in words what happened, for all but LINES; `advice` what to do about a PROBLEM.
    """

    change: LogChange
    lines: tuple[bytes, ...] = ()
    open_line: bytes = b""
    text: str = ""
    advice: str = ""


@dataclass(slots=True)
class _Open:
    """A file being read: how far, what of its last line is there, and what stood before that place."""

    descriptor: int
    offset: int
    start: bytes = b""  # of the open line, at most LINE_LIMIT
    length: int = 0  # of the open line
    last: bytes = b""
    grown_at: float = field(default_factory=time.monotonic)

    @classmethod
    def at(cls, path: Path, descriptor: int, size: int, lines: int) -> tuple[_Open, tuple[bytes, ...]]:
        """The file as it is at `size` bytes, and its last lines. Raises LogError for what is no text."""
        page = tail_of(path, descriptor, size, lines)
        last = os.pread(descriptor, min(size, _PRINT), max(0, size - _PRINT))
        log = cls(descriptor, size, last=last)
        if not last or last.endswith(b"\n"):
            return log, page.lines
        log.start, log.length = page.lines[-1][:LINE_LIMIT], size - page.starts[-1]
        return log, page.lines[:-1]

    def close(self) -> None:
        os.close(self.descriptor)

    def truncated(self) -> bool:
        """True when what we read is no longer there."""
        if os.fstat(self.descriptor).st_size < self.offset:
            return True
        return os.pread(self.descriptor, len(self.last), self.offset - len(self.last)) != self.last

    def rewind(self) -> None:
        self.offset, self.start, self.length, self.last = 0, b"", 0, b""

    def read(self) -> LogEvent | None:
        """The next batch of lines, or None when nothing was added."""
        data = os.pread(self.descriptor, _BATCH, self.offset)
        if not data:
            return None
        self.offset += len(data)
        self.last = (self.last + data[-_PRINT:])[-_PRINT:]
        self.grown_at = time.monotonic()
        pieces = data.split(b"\n")
        if len(pieces) > 1:
            size = self.length + len(pieces[0])
            pieces[0] = self.start + pieces[0][: LINE_LIMIT - len(self.start)]
            done = [cut_line(pieces[0], size), *map(cut_line, pieces[1:-1])]
            self.start, self.length = b"", 0
        else:
            done = []
        self.start += pieces[-1][: LINE_LIMIT - len(self.start)]
        self.length += len(pieces[-1])
        return LogEvent(LogChange.LINES, tuple(done), cut_line(self.start, self.length))


class LogFollower:
    """Follows one path. Use `follow`; the methods without `async` block and run in a thread."""

    def __init__(self, path: Path | str, lines: int = 500) -> None:
        self.path = Path(path)
        self._first_lines = lines
        self._log: _Open | None = None
        self._old: _Open | None = None
        self._said: LogEvent | None = None
        self._gone = False  # what comes next is a new file, to be read from its beginning

    async def follow(self) -> AsyncGenerator[LogEvent]:
        """Yield the last lines of the log, then what happens to it, until closed."""
        try:
            async with aclosing(self._wakes()) as wakes:
                async for _ in wakes:
                    while events := await asyncio.to_thread(self._look):
                        for event in events:
                            yield event
        finally:
            for log in (self._log, self._old):
                if log is not None:
                    log.close()
            self._log = self._old = None

    def _look(self) -> list[LogEvent]:
        """What happened since the last look, oldest first; empty when nothing did."""
        events: list[LogEvent] = []
        try:
            if self._old is not None:
                self._read_old(self._old, events)
            if self._log is None:
                self._begin(events)
            else:
                self._go_on(self._log, events)
        except LogError as error:
            self._stumble(error, events)
        except OSError as error:
            self._stumble(LogError(f"{self.path}: {error.strerror}"), events)
        return events

    def _begin(self, events: list[LogEvent]) -> None:
        """Open the log: at its end the first time, from its beginning when it came to be while we looked."""
        descriptor = open_for_following(self.path)
        size = 0 if self._gone else os.fstat(descriptor).st_size
        try:
            log, lines = _Open.at(self.path, descriptor, size, self._first_lines)
        except LogError:
            os.close(descriptor)
            raise
        if self._gone:
            events.append(LogEvent(LogChange.APPEARED, text=f"{self.path} is there now."))
        else:
            events.append(LogEvent(LogChange.LINES, lines, cut_line(log.start, log.length)))
        self._log, self._said, self._gone = log, None, False

    def _go_on(self, log: _Open, events: list[LogEvent]) -> None:
        if log.truncated():
            log.rewind()
            events.append(LogEvent(LogChange.TRUNCATED, text=f"{self.path} was emptied."))
        batch = log.read()
        if batch is not None:
            events.append(batch)
            return  # there may be more: the caller looks again at once
        there = self._identity()
        ours = os.fstat(log.descriptor)
        if there == (ours.st_dev, ours.st_ino):
            return
        if self._old is not None:
            self._old.close()
        self._old, self._log, self._gone = log, None, True
        if there is None and not ours.st_nlink:
            events.append(LogEvent(LogChange.DELETED, text=f"{self.path} was deleted."))
        else:
            events.append(
                LogEvent(LogChange.ROTATED, text=f"{self.path} was rotated: its file was moved away.")
            )

    def _read_old(self, old: _Open, events: list[LogEvent]) -> None:
        batch = None if old.truncated() else old.read()
        if batch is not None:
            events.append(batch)
        elif time.monotonic() - old.grown_at > _OLD_FOR or not os.fstat(old.descriptor).st_nlink:
            old.close()
            self._old = None

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _stumble(self, error: LogError, events: list[LogEvent]) -> None:
        """Say once what is wrong; a log that went away has been reported already."""
        event = LogEvent(LogChange.PROBLEM, text=str(error), advice=error.advice)
        missing = isinstance(error, LogMissing)
        if event != self._said and not (missing and self._gone):
            events.append(event)
        self._said = event
        self._gone = self._gone or missing

    async def _wakes(self) -> AsyncGenerator[None]:
        """Yield at once, and whenever the log may have changed."""
        yield None
        while True:
            folders = await asyncio.to_thread(self._folders)
            try:
                if folders:
                    async with aclosing(self._watched(folders)) as changes:
                        async for _ in changes:
                            yield None
                    continue
            except (OSError, RuntimeError):
                pass  # no inotify watch to be had (their number is limited), or none allowed: look instead
            for _ in range(round(_TICK * 30 / _POLL)):
                await asyncio.sleep(_POLL)
                yield None
                if not folders and await asyncio.to_thread(self._folders) != {}:
                    break

    async def _watched(self, folders: dict[Path, tuple[int, int]]) -> AsyncGenerator[None]:
        """Yield at changes of the log's folders, and each tick; ends when a folder is no longer the same."""
        from watchfiles import awatch  # slow to import, and only wanted here

        # A folder such as /var/log is busy with other files.
        names = {self.path.name, Path(os.path.realpath(self.path)).name}
        async for _ in awatch(
            *folders,
            watch_filter=lambda _, changed: Path(changed).name in names,
            debounce=100,
            step=100,
            rust_timeout=round(_TICK * 1000),
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=False,
        ):
            yield None
            if await asyncio.to_thread(self._folders) != folders:
                return

    def _folders(self) -> dict[Path, tuple[int, int]]:
        """The folders whose changes tell of the log: that of its name, and that of the file it links to."""
        found = {}
        for folder in {self.path.parent, Path(os.path.realpath(self.path)).parent}:
            try:
                facts = folder.stat()
            except OSError:
                continue
            found[folder] = (facts.st_dev, facts.st_ino)
        return found
