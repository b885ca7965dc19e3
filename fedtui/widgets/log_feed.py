"""What a log pane needs of a log, wherever it is kept: a title, and chunks of lines as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from fedtui.model import Job
from fedtui.presentation.signs import Line, Piece, Tone
from fedtui.safe_text import shown
from fedtui.widgets.log_view import LogView

BATCH = 0.05
"""Seconds between two writes to the view: lines that come faster are written together."""


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


OpenLog = Callable[[Job], LogFeed | None]
"""The feed of a job's log, None where its output goes nowhere."""

NOWHERE: Line = (
    Piece("This job writes its output nowhere; `E` edits it, `>> FILE 2>&1` keeps it.", Tone.MUTED),
)
WAITING: Line = (Piece("The log of the selected job appears here, live.", Tone.MUTED),)
EMPTY_LOG: Line = (Piece("The log is empty so far.", Tone.MUTED),)


def problem_line(text: str) -> Line:
    """Why there is no log."""
    return (Piece("▲ ", Tone.WARN), Piece(shown(text)))


async def pump(feed: LogFeed, view: LogView, report: Callable[[LogChunk], None]) -> None:
    """Write what comes out of `feed` into `view`, batched, until cancelled; `report` hears of each chunk."""
    waiting: list[str] = []
    flushed = asyncio.get_running_loop().time() - BATCH
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None

    def flush() -> None:
        nonlocal flushed, timer
        timer, flushed = None, loop.time()
        if waiting:
            view.append(tuple(waiting))
            waiting.clear()

    try:
        async for chunk in feed.chunks():
            report(chunk)
            if chunk.reset:
                waiting.clear()
                view.load(chunk.lines)
                if not chunk.lines:
                    view.say(problem_line(chunk.problem) if chunk.problem else EMPTY_LOG)
                continue
            if chunk.problem and not view.texts:
                view.say(problem_line(chunk.problem))
            waiting.extend(chunk.lines)
            if waiting and timer is None:
                timer = loop.call_later(max(0.0, BATCH - (loop.time() - flushed)), flush)
    finally:
        if timer is not None:
            timer.cancel()
