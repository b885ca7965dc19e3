"""The live output of one run: the bytes of its updates, and the lines of a unit's journal, together.

A unit's output goes to the journal, so that is followed as well. It is opened before the unit starts, and
what it held then is not the run's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from textual.message import Message
from textual.timer import Timer

from fedtui.presentation.signs import Piece, Tone
from fedtui.sources.log_feed import LogFeed
from fedtui.widgets.lines import ROOMY_FROM
from fedtui.widgets.log_view import LogView
from fedtui.widgets.run_lines import LONGEST_OPEN_LINE, OutputLines, written_since

BATCH = 0.1
"""Seconds between two paintings of new output."""
KEPT_LINES = 2000
"""Lines of output that can be scrolled back here; the file has all."""
LOG_OPENS = 1.0
"""Seconds that a log gets to open before the job is started anyway."""
LOG_TRAILS = 2.0
"""Seconds after the end in which lines of the log are still taken as the run's."""

_LEAST_ROWS, _MOST_ROWS_TIGHT, _ROWS_AROUND = 6, 9, 26


class RunOutput(LogView):
    """A log view that is fed with bytes. It grows with its lines up to what there is room for."""

    class Grown(Message):
        """Lines were added, or the counts changed."""

    def __init__(self, clock: Callable[[], datetime], log: LogFeed | None, *, id: str) -> None:
        super().__init__(clock, most=KEPT_LINES, id=id)
        self.counts = OutputLines()
        self._log = log
        self._log_open = asyncio.Event()
        self._before: tuple[str, ...] = ()
        self._opened = clock()
        self._waiting = bytearray()
        self._open_line = ""
        self._trailing: Timer | None = None

    def on_mount(self) -> None:
        """Paint what came, now and then."""
        self.set_interval(BATCH, self.paint)
        self.fit()

    @property
    def log_title(self) -> str:
        """Where the job's own log is, or an empty string."""
        return self._log.title if self._log is not None else ""

    async def begin(self) -> None:
        """Be empty, and open the log: call it before the job is started."""
        self.counts = OutputLines()
        self._waiting.clear()
        self._before = ()
        self._open_line = ""
        self._opened = self._clock()
        if self._trailing is not None:
            self._trailing.stop()
        self.say((Piece("Nothing so far.", Tone.MUTED),))
        self._log_open.clear()
        if self._log is not None:
            self.run_worker(self._follow(self._log), group="log", exclusive=True)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._log_open.wait(), LOG_OPENS)

    def found(self, start: datetime) -> None:
        """The run had started before the log was opened: the last lines of the log since then are its own."""
        if start < self._opened.replace(microsecond=0):
            self.take_lines(written_since(self._before, start, self._opened))

    async def _follow(self, log: LogFeed) -> None:
        async for chunk in log.chunks():
            if self._log_open.is_set():
                self.take_lines(chunk.lines)
                self._open_line = chunk.open_line
            else:
                self._before = chunk.lines
                self._log_open.set()

    async def take(self, output: bytes) -> None:
        """Bytes that the run printed; they are painted together with what else comes in a moment."""
        self._waiting += output
        if len(self._waiting) > LONGEST_OPEN_LINE:
            self.paint()
            await asyncio.sleep(0)  # a run that prints without end does not hold the screen

    def take_lines(self, lines: Sequence[str]) -> None:
        """Lines of the job's log."""
        now = self._clock()
        for line in lines:
            self.counts.count(line, now)
        self._show(lines)

    def paint(self) -> None:
        """Show the lines that are whole."""
        if self._waiting:
            output = bytes(self._waiting)
            self._waiting.clear()
            self._show(self.counts.take(output, self._clock()))

    def finish(self) -> None:
        """The run has ended: show the last line too, and leave the log when its last words have come."""
        self.paint()
        self._show(self.counts.rest(self._clock()))
        if not self.counts.lines:
            self.say((Piece("It printed nothing.", Tone.MUTED),))
        self._trailing = self.set_timer(LOG_TRAILS, self._leave_log)

    def _leave_log(self) -> None:
        self.workers.cancel_group(self, "log")
        if self._open_line:  # it ends without a newline
            self.take_lines((self._open_line,))
            self._open_line = ""

    def _show(self, lines: Sequence[str]) -> None:
        if lines:
            self.append(lines)
            self.fit()
            self.post_message(self.Grown())

    def fit(self) -> None:
        """As many rows as it has lines, within bounds."""
        height = self.app.size.height
        most = height - _ROWS_AROUND if height >= ROOMY_FROM else _MOST_ROWS_TIGHT
        wanted = max(_LEAST_ROWS, min(self.counts.lines + 1, most))
        have = self.styles.height
        if have is None or not have.is_cells or have.value != wanted:
            self.styles.height = wanted
