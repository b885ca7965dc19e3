"""A list with a heading and a cursor that stays on its row: the doctor's findings, the undo list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from textual.message import Message

from fedtui.presentation.glyphs import StyledText
from fedtui.widgets.line_view import CursorView

Row = TypeVar("Row")


class RowTable(CursorView, Generic[Row]):
    """`heading` and `draw` make a line in exactly so many cells; `name` is what a row is called."""

    class Moved(Message):
        """The cursor is on another row, or its row says something else."""

    class Chosen(Message):
        """The row under the cursor was clicked twice."""

    def __init__(
        self,
        heading: Callable[[int], StyledText],
        draw: Callable[[Row, int], StyledText],
        name: str,
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._heading, self._draw, self._called = heading, draw, name
        self._rows: Sequence[Row] = ()
        self._keys: Sequence[str] = ()

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    def set_rows(self, rows: Sequence[Row], keys: Sequence[str]) -> None:
        """Show other rows, each under a key of its own; the cursor stays on its row, or near it."""
        before, key = self.row, self._keys[self._cursor] if self.row is not None else None
        self._rows, self._keys = rows, keys
        self.resize()
        self.keep_cursor(key, self._called, {one: number for number, one in enumerate(keys)})
        if self.row != before:
            self.highlighted()

    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def line(self, number: int) -> StyledText:
        """One row."""
        return self._draw(self._rows[number], self.scrollable_content_region.width)

    def heading(self) -> StyledText:
        return self._heading(self.scrollable_content_region.width)

    def highlighted(self) -> None:
        """Another row."""
        self.post_message(self.Moved())

    def chosen(self) -> None:
        """Open it."""
        self.post_message(self.Chosen())
