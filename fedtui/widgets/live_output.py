"""The live output of one run: the bytes of its updates as lines, painted a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from textual.message import Message

from fedtui.presentation.glyphs import Span, Tone
from fedtui.widgets.lines import ROOMY_FROM
from fedtui.widgets.log_view import LogView
from fedtui.widgets.run_lines import LONGEST_OPEN_LINE, OutputLines

BATCH = 0.1
"""Seconds between two paintings of new output."""
KEPT_LINES = 2000
"""Lines of output that can be scrolled back here; the file has all."""

_LEAST_ROWS, _MOST_ROWS_TIGHT, _ROWS_AROUND = 6, 9, 26


class RunOutput(LogView):
    """A log view that is fed with bytes. It grows with its lines up to what there is room for."""

    class Grown(Message):
        """Lines were added, or the counts changed."""

    def __init__(self, clock: Callable[[], datetime], *, id: str) -> None:
        super().__init__(clock, most=KEPT_LINES, id=id)
        self.counts = OutputLines()
        self._waiting = bytearray()

    def on_mount(self) -> None:
        """Paint what came, now and then."""
        self.set_interval(BATCH, self.paint)
        self.fit()

    def begin(self) -> None:
        """Be empty: a run is about to start."""
        self.counts = OutputLines()
        self._waiting.clear()
        self.say((Span("Nothing so far.", Tone.MUTED),))

    async def take(self, output: bytes) -> None:
        """Bytes that the run printed; they are painted together with what else comes in a moment."""
        self._waiting += output
        if len(self._waiting) > LONGEST_OPEN_LINE:
            self.paint()
            await asyncio.sleep(0)  # a run that prints without end does not hold the screen

    def paint(self) -> None:
        """Show the lines that are whole."""
        if self._waiting:
            output = bytes(self._waiting)
            self._waiting.clear()
            self._show(self.counts.take(output, self._clock()))

    def finish(self, nothing: str = "It printed nothing.") -> None:
        """The run has ended: show its last line, also without a newline; `nothing` where there is none."""
        self.paint()
        self._show(self.counts.rest(self._clock()))
        if not self.counts.lines:
            self.say((Span(nothing, Tone.MUTED),))

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
