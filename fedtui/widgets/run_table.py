"""The table of runs in the history: rows are made when they come on screen, so thousands cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from textual.events import Resize
from textual.message import Message

from fedtui.model import Run
from fedtui.presentation.glyphs import Span, StyledText
from fedtui.presentation.history_text import JobNames, run_row, runs_heading
from fedtui.presentation.notes import closeness
from fedtui.widgets.line_view import CursorView


class RunHighlighted(Message):
    """The cursor is on another run."""


class RunChosen(Message):
    """A click on the row under the cursor."""


class RunTable(CursorView):
    """Runs under a heading row, the newest first. The cursor stays on its run while others come."""

    EDGE = (Span(" "),)

    def __init__(self, clock: Callable[[], datetime], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._runs: Sequence[Run] = ()
        self._jobs = JobNames({})

    def set_runs(self, runs: Sequence[Run], jobs: JobNames) -> None:
        """Show these runs, the newest first."""
        before = self.run
        self._runs, self._jobs = runs, jobs
        self.resize()
        places = {run.id: number for number, run in enumerate(runs)}
        self.keep_cursor(before.id if before else None, "The run", places)
        if (self.run and self.run.job_id) != (before and before.job_id):
            self.highlighted()

    @property
    def run(self) -> Run | None:
        """The run under the cursor."""
        return self._runs[self._cursor] if self._cursor < len(self._runs) else None

    def count(self) -> int:
        """How many runs are shown."""
        return len(self._runs)

    def line(self, number: int) -> StyledText:
        """A run's row."""
        return run_row(self._runs[number], self._jobs, self._clock(), self.size.width)

    def heading(self) -> StyledText:
        return runs_heading(self.size.width)

    def tick(self) -> None:
        """A second has passed: runs in progress have taken longer."""
        top = self.scroll_offset.y
        if any(run.is_running for run in self._runs[top : top + self.size.height]):
            self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Keep the cursor on screen."""
        self.refresh()
        self.call_after_refresh(self._show_cursor)

    def highlighted(self) -> None:
        self.post_message(RunHighlighted())

    def chosen(self) -> None:
        """Open its log."""
        self.post_message(RunChosen())

    def to_best_match(self, words: str, *, stay: bool) -> None:
        """Go to the newest run of the job whose name comes nearest to `words`."""
        self.to_best([closeness(self._jobs.name(run), words) for run in self._runs], stay=stay)
