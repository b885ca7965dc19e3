"""A log file of any size: its end, a page of it anywhere, and a search through it.

Nothing is indexed and nothing is kept: every question opens the file, reads what it needs with pread(2)
and closes it, so 10 GB cost what 10 KB cost. Blocking: call it in a thread. What goes wrong with a log
is a `LogError`, whose text is fit to show. Following a log as it grows is in `log_follower`.
"""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# A line is shown up to here; what is longer is cut and marked. In bytes, like every size below.
LINE_LIMIT = 4096
# How far a line's beginning is looked for; a longer line comes in pieces of this size.
WINDOW = 64 * 1024
_CHUNK = 1024 * 1024
_SAMPLE = 8192
_TEXT_CONTROLS = frozenset(b"\t\n\v\f\r\b\x1b\x07")


class LogError(Exception):
    """The log cannot be shown; the message says why and `advice` what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class LogMissing(LogError):
    """There is no such file."""


class LogUnreadable(LogError):
    """It is there and may not, or cannot, be read."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some lines in a row, without their newlines, cut at LINE_LIMIT.

    `starts` has the offset of each line; the page reaches from `start` to `end` of a file of `size` bytes.
    """

    lines: tuple[bytes, ...]
    starts: tuple[int, ...]
    start: int
    end: int
    size: int


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a search found its text: the offset of the text, and of the line that holds it."""

    offset: int
    line_start: int


class LogFile:
    """One log, named by its path; whether it exists is asked again each time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def size(self) -> int:
        with open_log(self.path) as descriptor:
            return os.fstat(descriptor).st_size

    def tail(self, lines: int = 500, max_bytes: int = 256 * 1024) -> list[bytes]:
        """The last lines, oldest first, from at most `max_bytes` at the end of the file."""
        with open_log(self.path) as descriptor:
            return list(tail_of(self.path, descriptor, os.fstat(descriptor).st_size, lines, max_bytes).lines)

    def page_from(self, offset: int, lines: int = 200) -> LogPage:
        """The lines from the one that holds `offset` on."""
        with open_log(self.path) as descriptor:
            size = os.fstat(descriptor).st_size
            start = line_start(descriptor, min(max(offset, 0), size))
            return check_text(self.path, _from(descriptor, start, size, lines))

    def page_before(self, offset: int, lines: int = 200) -> LogPage:
        """The lines that end at or before `offset`, which is a line's start or the end of the file."""
        with open_log(self.path) as descriptor:
            size = os.fstat(descriptor).st_size
            return check_text(self.path, _before(descriptor, min(offset, size), size, lines, WINDOW * 4))

    def search(
        self, text: str, offset: int, *, backwards: bool = False, stop: threading.Event | None = None
    ) -> Hit | None:
        """The next place at or after `offset` that holds `text`, or the last one before it; None for none.

        Plain text, not a pattern: a bad pattern could hold the interpreter for ever. Small letters find
        capitals too (ASCII); a capital in `text` makes the search exact. Ends early, with None, once
        `stop` is set.
        """
        needle = text.encode("utf-8", "surrogateescape")
        if not needle:
            return None
        fold = text == text.lower()
        with open_log(self.path) as descriptor:
            size = os.fstat(descriptor).st_size
            spans = _spans(min(max(offset, 0), size), size, backwards)
            for start, end in spans:
                if stop is not None and stop.is_set():
                    return None
                # A hit belongs to the span it begins in; it may reach over the end.
                data = os.pread(descriptor, end - start + len(needle) - 1, start)
                if fold:
                    data = data.lower()
                at = data.rfind(needle) if backwards else data.find(needle)
                if at >= 0:
                    return Hit(start + at, line_start(descriptor, start + at))
        return None

    async def find(self, text: str, offset: int, *, backwards: bool = False) -> Hit | None:
        """`search` in a thread; cancelling it ends the search."""
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self.search, text, offset, backwards=backwards, stop=stop)
        finally:
            stop.set()


@contextmanager
def open_log(path: Path) -> Iterator[int]:
    """A descriptor to read the regular file `path`. Raises LogError for all that is none."""
    descriptor = open_for_following(path)
    try:
        yield descriptor
    except OSError as error:
        raise LogUnreadable(f"{path}: {error.strerror or error}") from error
    finally:
        os.close(descriptor)


def open_for_following(path: Path) -> int:
    """The same, for the caller to close."""
    try:
        # O_NONBLOCK: a named pipe must not hold us until someone writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except FileNotFoundError as error:
        if not os.access(path.parent, os.F_OK):
            missing = f"{path} does not exist, and neither does its folder."
            raise LogMissing(missing, f"mkdir -p {path.parent}") from error
        raise LogMissing(f"{path} does not exist yet.", "The job's first output creates it.") from error
    except PermissionError as error:
        message = f"{path} may not be read: {error.strerror}."
        raise LogUnreadable(message, "See ls -l, or become its owner.") from error
    except OSError as error:
        raise LogUnreadable(f"{path}: {error.strerror or error}") from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise LogError(f"{path} is a directory, not a log.", "The job's redirection needs a file's name.")
    raise LogError(f"{path} is a device, a pipe or a socket: there is nothing to show.")


def check_text(path: Path, page: LogPage) -> LogPage:
    """The page itself, unless it is no text: then LogError."""
    sample = b"\n".join(page.lines)[-_SAMPLE:]
    odd = sum(1 for byte in sample if byte < 32 and byte not in _TEXT_CONTROLS)
    if odd * 20 > len(sample):
        raise LogError(f"{path} holds binary data, not text.", "less or xxd can show what is in it.")
    return page


def tail_of(path: Path, descriptor: int, size: int, lines: int, max_bytes: int = 256 * 1024) -> LogPage:
    """The last lines of an open log as it was when it had `size` bytes. Raises LogError for no text."""
    return check_text(path, _before(descriptor, size, size, lines, max_bytes))


def line_start(descriptor: int, offset: int) -> int:
    """Where the line that holds `offset` begins; for a line longer than WINDOW, a piece's beginning."""
    reach = max(0, offset - WINDOW)
    data = os.pread(descriptor, offset - reach, reach)
    newline = data.rfind(b"\n")
    return reach + newline + 1 if newline >= 0 or reach == 0 else offset


def cut_line(line: bytes, size: int | None = None, *, piece: bool = False) -> bytes:
    """A line fit to be kept: at most LINE_LIMIT of its `size` bytes, with a mark that says what is missing.

    `piece`: there is more of the line than was read.

    The zero bytes that a truncated file begins with, where its writer keeps its place, are left out.
    """
    size = len(line) if size is None else size
    if size <= LINE_LIMIT:
        return line.lstrip(b"\0")
    mark = f" … cut, {'more than ' if piece else ''}{size:,} bytes in all"
    return line[:LINE_LIMIT].lstrip(b"\0") + mark.encode()


def _from(descriptor: int, start: int, size: int, lines: int) -> LogPage:
    """Up to `lines` lines from `start`, which is a line's beginning."""
    data = os.pread(descriptor, WINDOW, start)
    pieces = data.split(b"\n")
    rest = pieces.pop()
    if len(pieces) >= lines:
        pieces, rest = pieces[:lines], b""
    end = start + sum(map(len, pieces)) + len(pieces)
    reached = start + len(data) >= size
    if not rest or (pieces and not reached):
        return _page(pieces, start, end, size)
    # The last line, without its newline, or a piece of a very long one.
    return _page([*pieces, rest], start, end + len(rest), size, -1 if reached else len(pieces))


def _before(descriptor: int, end: int, size: int, lines: int, max_bytes: int) -> LogPage:
    """Up to `lines` lines that end at `end`, from at most `max_bytes` before it."""
    reach = max(0, end - max_bytes)
    data = os.pread(descriptor, end - reach, reach)
    pieces = data.removesuffix(b"\n").split(b"\n") if data else []
    unknown = 0 if reach > 0 else -1
    if reach > 0 and len(pieces) > 1 and len(pieces[0]) < WINDOW:
        pieces, unknown = pieces[1:], -1  # only the end of a line, which the page before this shows
    if len(pieces) > lines:
        pieces, unknown = pieces[len(pieces) - lines :], -1
    length = sum(map(len, pieces)) + max(0, len(pieces) - 1) + data.endswith(b"\n")
    return _page(pieces, end - length if pieces else end, end, size, unknown)


def _page(pieces: list[bytes], start: int, end: int, size: int, unknown: int = -1) -> LogPage:
    """The page of these lines; of the one whose index is `unknown` there is more than was read."""
    starts = []
    at = start
    for raw in pieces:
        starts.append(at)
        at += len(raw) + 1
    lines = tuple(cut_line(raw, piece=index == unknown) for index, raw in enumerate(pieces))
    return LogPage(lines, tuple(starts), start, end, size)


def _spans(offset: int, size: int, backwards: bool) -> Iterator[tuple[int, int]]:
    """The parts of the file to search, in order, each at most a chunk long."""
    if backwards:
        for end in range(offset, 0, -_CHUNK):
            yield max(0, end - _CHUNK), end
    else:
        for start in range(offset, size, _CHUNK):
            yield start, min(size, start + _CHUNK)
