"""The log of one job, wherever it is kept: a file, the journal of a unit, or the outputs of runs by hand.

One shape for whoever shows it: chunks of lines as they come. What a log does (it is rotated, deleted, a
directory, not readable) is data in a chunk, never an exception.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fedtui.safe_text import decode
from fedtui.sources.log_follow import LogChange, LogFollower


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Lines as they came. `reset` means that they replace what was shown (the first chunk, a rotation).

    `open_line` is what stands behind the last newline so far: a line that is not ended yet. `problem` says
    why there is no log; `note` is a passing fact ("rotated 14:00"); `size` the log's size in bytes where
    it has one.
    """

    lines: tuple[str, ...] = ()
    reset: bool = False
    open_line: str = ""
    problem: str = ""
    note: str = ""
    size: int | None = None


class LogFeed(Protocol):
    """The log of one job. `title` is a path or a unit."""

    title: str

    def chunks(self) -> AsyncIterator[LogChunk]:
        """First the tail, then what is added, until closed. Never raises for what the log does."""
        ...


class FileLog:
    """A log file: followed across truncation, rotation, deletion and re-creation."""

    def __init__(self, path: str, title: str = "", lines: int = 500) -> None:
        self.path = path
        self.title = title or path
        self._lines = lines

    async def chunks(self) -> AsyncIterator[LogChunk]:
        """The tail, then what happens to the file."""
        fresh = True
        async with aclosing(LogFollower(self.path, self._lines).follow()) as events:
            async for event in events:
                match event.change:
                    case LogChange.LINES:
                        lines = tuple(decode(line) for line in event.lines)
                        yield LogChunk(
                            lines, reset=fresh, open_line=decode(event.open_line), size=self._size()
                        )
                        fresh = False
                    case LogChange.PROBLEM:
                        text = " ".join(part for part in (event.text, event.advice) if part)
                        yield LogChunk(reset=fresh, problem=text)
                    case LogChange.TRUNCATED:
                        yield LogChunk(reset=True, note=event.text)
                        fresh = False
                    case _:
                        yield LogChunk(reset=fresh, note=event.text)
                        fresh = False

    def _size(self) -> int | None:
        try:
            return Path(self.path).stat().st_size
        except OSError:
            return None
