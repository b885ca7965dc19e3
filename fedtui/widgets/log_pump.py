"""Pumps a log into a view: lines that come faster than the eye are written together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from fedtui.logs.log_feed import LogChunk, LogFeed
from fedtui.model import Job
from fedtui.presentation.glyphs import Span, StyledText, Tone
from fedtui.safe_text import sanitize_and_mask
from fedtui.widgets.log_view import LogView

BATCH = 0.05
"""Seconds between two writes to the view: lines that come faster are written together."""


OpenLog = Callable[[Job], LogFeed | None]
"""The feed of a job's log, None where its output goes nowhere."""

NOWHERE: StyledText = (
    Span("This job writes its output nowhere; >> FILE 2>&1 behind its command keeps it.", Tone.MUTED),
)
FIXES: StyledText = (Span("e fixes the line; the plan is shown first.", Tone.MUTED),)
WAITING: StyledText = (Span("The log of the selected job appears here, live.", Tone.MUTED),)
EMPTY_LOG: StyledText = (Span("The log is empty so far.", Tone.MUTED),)


def problem_line(text: str) -> StyledText:
    """Why there is no log; the view folds it."""
    return (Span("▲ ", Tone.WARN), Span(sanitize_and_mask(text)))


async def pump(feed: LogFeed, view: LogView, report: Callable[[LogChunk], None]) -> None:
    """Write what comes out of `feed` into `view`, batched, until cancelled; `report` hears of each chunk."""
    loop = asyncio.get_running_loop()
    waiting: list[str] = []
    open_line = ""
    timer: asyncio.TimerHandle | None = None

    def flush() -> None:
        nonlocal timer
        timer = None
        view.append(tuple(waiting), open_line)
        waiting.clear()

    try:
        async with aclosing(feed.chunks()) as chunks:
            async for chunk in chunks:
                open_line = chunk.open_line
                if chunk.reset:
                    view.load(chunk.lines, open_line)
                if not view.texts and not chunk.lines and not open_line and not waiting:
                    view.say(problem_line(chunk.problem) if chunk.problem else EMPTY_LOG)
                elif not chunk.reset:
                    waiting.extend(chunk.lines)
                    if timer is None:
                        timer = loop.call_later(BATCH, flush)
                report(chunk)
    finally:
        if timer is not None:
            timer.cancel()
