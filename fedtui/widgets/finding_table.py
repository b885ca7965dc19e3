"""The doctor's list: a row a finding under a heading, with a cursor that stays on its finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from fedtui.model import Job
from fedtui.presentation.doctor import Row, first_row, heading, row_line
from fedtui.presentation.signs import Line
from fedtui.widgets.line_view import LineView


class FindingTable(LineView, inherit_bindings=False):
    """Posts `Moved` when another row has the cursor, `Chosen` when a row is clicked twice."""

    class Moved(Message):
        """The cursor is on another row, or its row says something else."""

    class Chosen(Message):
        """The row under the cursor was asked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("home", "move(-100000)", "first", show=False),
        Binding("end", "move(100000)", "last", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._jobs: Mapping[str, Job] = {}
        self._cursor = 0

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    def set_rows(self, rows: Sequence[Row], jobs: Mapping[str, Job]) -> None:
        """Show other rows; the cursor stays on its row, or near it."""
        before = self.row
        kept = before is not None and any(row.key == before.key for row in rows)
        self._rows, self._jobs = rows, jobs
        if before is not None and kept:
            self._cursor = first_row(rows, before.key)
        self._cursor = max(0, min(self._cursor, len(rows) - 1))
        self.virtual_size = Size(0, len(rows) + 1)
        self.refresh()
        self.call_after_refresh(self._show_cursor)
        if self.row != before:
            self.post_message(self.Moved())

    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def line(self, number: int) -> Line:
        """One row."""
        return row_line(self._rows[number], self._jobs, self.scrollable_content_region.width)

    def render_line(self, y: int) -> Strip:
        """The heading, or a row."""
        width = self.scrollable_content_region.width
        if y == 0:
            return self.palette.strip(heading(width), width)
        number = y - 1 + self.scroll_offset.y
        if number >= len(self._rows):
            return self.palette.strip((), width)
        return self.palette.strip(self.line(number), width, "cursor" if number == self._cursor else "ground")

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self._move_to(self._cursor + rows)

    def _move_to(self, row: int) -> None:
        row = max(0, min(row, len(self._rows) - 1))
        if row != self._cursor and self._rows:
            self._cursor = row
            self.refresh()
            self._show_cursor()
            self.post_message(self.Moved())

    def _show_cursor(self) -> None:
        visible = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + visible:
            self.scroll_to(y=self._cursor - visible + 1, animate=False, force=True)

    def on_click(self, event: Click) -> None:
        """A row takes the cursor, and is opened when it had it."""
        row = event.y - 1 + self.scroll_offset.y
        if event.y == 0 or row >= len(self._rows):
            return
        if row == self._cursor and event.chain >= 2:
            self.post_message(self.Chosen())
        else:
            self._move_to(row)
