"""The log of a job as chunks of text, wherever it is kept: the tail first, then what is added.

What a log pane is given. Bytes become text here; making text safe for the screen is the view's part.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple, Protocol

from fedtui.safe_text import decode
from fedtui.system.file_stamp import file_size

if TYPE_CHECKING:
    from fedtui.logs.log_follower import LogEvent


class LogChunk(NamedTuple):
    """Lines as they came. `reset` means that they replace what was shown (the first chunk).

    `open_line` is what follows the last newline; the next chunk gives it again. `problem` says why
    there is no log, `note` what happened to it ("rotated at 14:00"); `size` is in bytes, where it is known.
    """

    lines: tuple[str, ...] = ()
    open_line: str = ""
    reset: bool = False
    problem: str = ""
    note: str = ""
    size: int | None = None


class LogFeed(Protocol):
    """The log of one job. `title` is a path or a unit."""

    title: str

    def chunks(self) -> AsyncGenerator[LogChunk]:
        """First the tail, then what is added, until closed. Never raises for what the log does."""
        ...


class FileFeed:
    """A log file, across truncation, rotation, deletion and re-creation. `lines` of the tail come first."""

    def __init__(self, path: str, lines: int = 500) -> None:
        self.title = path
        self.path = path
        self._lines = lines

    async def chunks(self) -> AsyncGenerator[LogChunk]:
        """The tail, then what happens."""
        from fedtui.logs.log_follower import LogFollower  # the first paint does not wait for it

        first = True
        async with aclosing(LogFollower(self.title, self._lines).follow()) as events:
            async for event in events:
                size = await asyncio.to_thread(file_size, self.path)
                yield _chunk(event, size, first=first)
                first = False


def _chunk(event: LogEvent, size: int | None, *, first: bool) -> LogChunk:
    from fedtui.logs.log_follower import LogChange

    if event.change is LogChange.PROBLEM:
        return LogChunk(problem=f"{event.text} {event.advice}".strip(), reset=first)
    lines, open_line = tuple(decode(line) for line in event.lines), decode(event.open_line)
    return LogChunk(lines, open_line, reset=first, note=event.text, size=size)
