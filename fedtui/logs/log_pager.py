"""Walks through a log file of any size a window at a time: what `g`, reading further up, and search need.

A window is some thousand lines in a row with their offsets; moving it reads a page and lets go of the
other end, so a log of ten gigabytes costs what a small one does.
"""

from __future__ import annotations

import asyncio

from fedtui.logs.log_file import LogFile, LogPage
from fedtui.safe_text import decode

PAGE = 1000
KEPT = 5000


class LogPager:
    """The window on one file. `lines` are its texts; `at_start` and `at_end` tell whether it touches an end.

    Every method that moves it reads in a thread, and raises LogError where the file cannot be read.
    """

    def __init__(self, path: str) -> None:
        self._file = LogFile(path)
        self.lines: list[str] = []
        self._starts: list[int] = []
        self._end = 0
        self._size = 0

    @property
    def at_start(self) -> bool:
        """True where there is nothing above the window."""
        return not self._starts or self._starts[0] == 0

    @property
    def at_end(self) -> bool:
        """True where there was nothing below the window when it was read."""
        return self._end >= self._size

    def percent(self, line: int) -> float:
        """How far into the file a line of the window lies."""
        if not self._starts or not self._size:
            return 100.0
        return 100.0 * self._starts[min(line, len(self._starts) - 1)] / self._size

    async def to_start(self) -> None:
        """The first lines of the file."""
        self._take(await asyncio.to_thread(self._file.page_from, 0, PAGE))

    async def to_end(self, lines: int) -> None:
        """The last `lines` lines, at least a page of them."""
        size = await asyncio.to_thread(self._file.size)
        self._take(await asyncio.to_thread(self._file.page_before, size, max(lines, PAGE)))

    async def older(self) -> int:
        """Take in a page above; returns how many lines came."""
        if self.at_start:
            return 0
        page = await asyncio.to_thread(self._file.page_before, self._starts[0], PAGE)
        self.lines[:0] = map(decode, page.lines)
        self._starts[:0] = page.starts
        self._size = page.size
        if len(self.lines) > KEPT:
            self._end = self._starts[KEPT]
            del self.lines[KEPT:], self._starts[KEPT:]
        return len(page.lines)

    async def newer(self) -> int:
        """Take in a page below; returns how many lines went at the top."""
        page = await asyncio.to_thread(self._file.page_from, self._end, PAGE)
        self.lines += map(decode, page.lines)
        self._starts += page.starts
        self._end, self._size = page.end, page.size
        gone = max(0, len(self.lines) - KEPT)
        del self.lines[:gone], self._starts[:gone]
        return gone

    async def find(self, text: str, *, backwards: bool) -> int | None:
        """Look for `text` beyond the window, and go there; returns its line, None where it is not."""
        offset = self._starts[0] if backwards and self._starts else self._end
        hit = await self._file.find(text, offset, backwards=backwards)
        if hit is None:
            return None
        below = await asyncio.to_thread(self._file.page_from, hit.line_start, PAGE)
        above = await asyncio.to_thread(self._file.page_before, hit.line_start, PAGE)
        self._take(above)
        self.lines += map(decode, below.lines)
        self._starts += below.starts
        self._end, self._size = below.end, below.size
        return len(above.lines)

    def _take(self, page: LogPage) -> None:
        self.lines = [decode(line) for line in page.lines]
        self._starts = list(page.starts)
        self._end, self._size = page.end, page.size
