"""The log of a watched job: its lines between marks that say where each cycle began and how it ended."""

from __future__ import annotations

from collections.abc import Sequence

from fedtui.model import Run
from fedtui.presentation.glyphs import StyledText
from fedtui.presentation.watch_text import log_marks
from fedtui.watching.expected_run import Watch
from fedtui.widgets.log_view import LogView


class CycleLog(LogView):
    """A log view whose rules are those of a watch."""

    _watch: Watch | None = None
    _places: dict[int, int]

    def show_watch(self, watch: Watch | None) -> None:
        """Mark the cycles of another watch, or of the same as it is now."""
        if watch == self._watch:
            return
        if self._watch is None or watch is None or watch.began != self._watch.began:
            self._places = {}
        elif self.following:
            # A log without times: what comes from now on is the cycle's that has just begun.
            for number, (old, new) in enumerate(zip(self._watch.cycles, watch.cycles, strict=False), 1):
                if old.start is None and new.start is not None:
                    self._places[number] = len(self.texts)
        self._watch = watch
        self._arrange()

    def rules(self) -> Sequence[tuple[int, Run | StyledText]]:
        """The marks of the watch."""
        if self._watch is None:
            return ()
        return log_marks(self._watch, self.moments, self._clock(), self._places)
