"""The table of runs in the history: rows are made when they come on screen, so thousands cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from fedtui.model import Job, Run
from fedtui.presentation.history import Jobs, run_row, runs_heading
from fedtui.presentation.signs import Line
from fedtui.widgets.line_view import LineView


class RunHighlighted(Message):
    """The cursor stands on another run."""


class RunChosen(Message):
    """A click on the row under the cursor."""


class RunTable(LineView, inherit_bindings=False):
    """Runs under a heading row, the newest first. The cursor stays on its run while others come."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home", "end(-1)", "first", show=False),
        Binding("end", "end(1)", "last", show=False),
    ]

    def __init__(self, clock: Callable[[], datetime], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._runs: Sequence[Run] = ()
        self._jobs = Jobs({})
        self._cursor = 0

    def set_runs(self, runs: Sequence[Run], jobs: Mapping[str, Job]) -> None:
        """Show these runs, the newest first."""
        before = self.run
        self._runs, self._jobs = runs, Jobs(jobs)
        self._cursor = min(self._cursor, max(0, len(runs) - 1))
        if before is not None and self._cursor:
            place = next((at for at, run in enumerate(runs) if run.id == before.id), self._cursor)
            self._cursor = place
        self.virtual_size = Size(0, len(runs) + 1)
        self.refresh()
        self.call_after_refresh(self._show_cursor)
        if (self.run and self.run.job_id) != (before and before.job_id):
            self.post_message(RunHighlighted())

    @property
    def run(self) -> Run | None:
        """The run under the cursor."""
        return self._runs[self._cursor] if self._cursor < len(self._runs) else None

    def count(self) -> int:
        """How many runs are shown."""
        return len(self._runs)

    def line(self, number: int) -> Line:
        """A run's row."""
        return run_row(self._runs[number], self._jobs, self._clock(), self.size.width)

    def render_line(self, y: int) -> Strip:
        """The heading, or a run's row, one blank cell from the left edge."""
        width = self.scrollable_content_region.width
        number = y - 1 + self.scroll_offset.y
        if y == 0:
            line, ground = runs_heading(self.size.width), "ground"
        elif number >= len(self._runs):
            return self.palette.strip((), width)
        else:
            line, ground = self.line(number), "cursor" if number == self._cursor else "ground"
        edge = self.palette.strip((), 1, ground)
        return Strip.join([edge, self.palette.strip(line, width - 1, ground)])

    def tick(self) -> None:
        """A second has passed: runs that go on have taken longer."""
        top = self.scroll_offset.y
        if any(run.goes_on for run in self._runs[top : top + self.size.height]):
            self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Keep the cursor on screen."""
        self.refresh()
        self.call_after_refresh(self._show_cursor)

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self._move_to(self._cursor + rows)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self._move_to(self._cursor + direction * max(1, self.size.height - 2))

    def action_end(self, direction: int) -> None:
        """Move the cursor to the first or the last run."""
        self._move_to(0 if direction < 0 else len(self._runs) - 1)

    def _move_to(self, row: int) -> None:
        row = max(0, min(row, len(self._runs) - 1))
        if row != self._cursor and self._runs:
            self._cursor = row
            self.refresh()
            self._show_cursor()
            self.post_message(RunHighlighted())

    def _show_cursor(self) -> None:
        """Scroll so far that the cursor's row is on screen."""
        visible, top = max(1, self.size.height - 1), self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + visible:
            self.scroll_to(y=self._cursor - visible + 1, animate=False, force=True)

    def on_click(self, event: Click) -> None:
        """A row takes the cursor, and is opened when it had it."""
        row = event.y - 1 + self.scroll_offset.y
        if event.y == 0 or row >= len(self._runs):
            return
        if row == self._cursor and event.chain >= 2:
            self.post_message(RunChosen())
        else:
            self._move_to(row)
