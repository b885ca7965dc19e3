"""The log of one job, wherever it is kept: a file, the journal of a unit, or the outputs of runs by hand.

One shape for whoever shows it: chunks of lines as they come. What a log does (it is rotated, deleted, a
directory, not readable) is data in a chunk, never an exception.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from fedtui.safe_text import decode
from fedtui.sources.log_follow import LogChange, LogFollower


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Lines as they came. `reset` means that they replace what was shown (the first chunk, a rotation).

    `problem` says why there is no log; `note` is a passing fact ("rotated 14:00"); `size` the log's
    size in bytes where it has one.
    """

    lines: tuple[str, ...] = ()
    reset: bool = False
    problem: str = ""
    note: str = ""
    size: int | None = None


class LogFeed(Protocol):
    """The log of one job. `title` is a path or a unit."""

    title: str

    def chunks(self) -> AsyncIterator[LogChunk]:
        """First the tail, then what is added, until closed. Never raises for what the log does."""
        ...
