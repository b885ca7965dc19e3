"""The log of a watched job: its lines between marks that say where each cycle began and how it ended."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from fedtui.model import Run
from fedtui.presentation.glyphs import StyledText
from fedtui.presentation.watch_text import log_marks
from fedtui.watching.expected_run import Watch
from fedtui.widgets.log_view import LogView


class CycleLog(LogView):
    """A log view whose rules are those of a watch."""

    _watch: Watch | None = None
    _log_size: int | None = None

    def show_watch(self, watch: Watch) -> None:
        """Mark the cycles of another watch, or of the same as it is now."""
        if watch != self._watch:
            self._watch = watch
            self._arrange()

    def show_size(self, size: int | None) -> None:
        """How many bytes the log has with the newest lines, None where it is no file."""
        first = self._log_size is None
        self._log_size = size
        if first:  # else the lines of this chunk are to come, and with them the marks move
            self._arrange()

    def rules(self) -> Sequence[tuple[int, Run | StyledText]]:
        """The marks of the watch."""
        if self._watch is None:
            return ()
        return log_marks(self._watch, self.moments, self._clock(), self._places(self._watch))

    def _places(self, watch: Watch) -> dict[int, int]:
        """The first line behind the size that the log had before each cycle, by the cycle's number."""
        marks = [(n, cycle.mark.size) for n, cycle in enumerate(watch.cycles, 1) if cycle.mark is not None]
        if self._log_size is None or not marks:
            return {}
        at, begins = self._log_size + self._open, []  # an open line has no newline yet
        for text in reversed(self.texts):
            at -= len(text.encode("utf-8", "surrogateescape")) + 1
            begins.append(at)
        begins.reverse()
        return {number: bisect_left(begins, size) for number, size in marks if size <= self._log_size}
