"""The table of the environment screen: a heading, variables under a cursor, then the programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from fedtui.presentation.environment_rows import EnvironmentRow
from fedtui.presentation.glyphs import StyledText
from fedtui.widgets.keys import MOVES
from fedtui.widgets.line_view import LineView

Build = Callable[[int], Sequence[EnvironmentRow]]
"""Makes the rows for a width in cells."""


class EnvironmentTable(LineView, inherit_bindings=False):
    """The cursor rests only on rows that are about a variable, and stays on it when the rows change."""

    BINDINGS: ClassVar[list[BindingType]] = MOVES

    class Moved(Message):
        """The cursor is on another row."""

    class Chosen(Message):
        """A row was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._build: Build = lambda _width: ()
        self._rows: Sequence[EnvironmentRow] = ()
        self._cursor = 0

    def show(self, build: Build) -> None:
        """Show other rows."""
        self._build = build
        self._rebuild()

    def on_resize(self, event: Resize) -> None:
        """Other widths have other columns."""
        self._rebuild()

    @property
    def name_under_cursor(self) -> str | None:
        """The variable that the row under the cursor is about."""
        return self._rows[self._cursor].name if self._cursor < len(self._rows) else None

    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def line(self, number: int) -> StyledText:
        """One row."""
        return self._rows[number].line

    def _rebuild(self) -> None:
        before = self.name_under_cursor
        self._rows = self._build((self.scrollable_content_region.width or self.app.size.width) - 1)
        chosen = [number for number, row in enumerate(self._rows) if row.name is not None]
        if self.name_under_cursor != before or before is None:
            same = [number for number in chosen if self._rows[number].name == before]
            self._cursor = next(iter(same or chosen), 0)
        self.virtual_size = Size(0, len(self._rows))
        self.refresh()
        self.call_after_refresh(self._show_cursor)
        if self.name_under_cursor != before:
            self.post_message(self.Moved())

    def render_line(self, y: int) -> Strip:
        """One row of the screen; the cursor's bar reaches the edge."""
        number = y + self.scroll_offset.y
        if number < len(self._rows) and self._rows[number].rule:
            return self.palette.strip(self.line(number), self.scrollable_content_region.width)
        if number != self._cursor or number >= len(self._rows) or self.name_under_cursor is None:
            return super().render_line(y)
        width = self.scrollable_content_region.width
        parts = [
            self.palette.strip((), 1, "cursor"),
            self.palette.strip(self.line(number), width - 1, "cursor"),
        ]
        return Strip.join(parts)

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows that it can be on."""
        chosen = [number for number, row in enumerate(self._rows) if row.name is not None]
        if chosen:
            at = chosen.index(self._cursor) if self._cursor in chosen else 0
            self._move_to(chosen[max(0, min(at + rows, len(chosen) - 1))])

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.action_move(direction * max(1, self.size.height - 2))

    def _move_to(self, number: int) -> None:
        if number != self._cursor:
            self._cursor = number
            self.refresh()
            self._show_cursor()
            self.post_message(self.Moved())

    def _show_cursor(self) -> None:
        """Scroll so far that the cursor's row is seen, with the heading while that fits."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self._cursor <= 1:
            self.scroll_to(y=0, animate=False, force=True)
        elif self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, force=True)

    def on_click(self, event: Click) -> None:
        """A row takes the cursor, and is opened when it had it."""
        number = event.y + self.scroll_offset.y
        if number < len(self._rows) and self._rows[number].name is not None:
            if number == self._cursor and event.chain >= 2:
                self.post_message(self.Chosen())
            self._move_to(number)
