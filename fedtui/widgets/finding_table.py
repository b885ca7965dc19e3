"""The doctor's list: a row a finding under a heading, with a cursor that stays on its finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from fedtui.model import Job
from fedtui.presentation.doctor_rows import DoctorRow, heading, row_line
from fedtui.presentation.glyphs import StyledText
from fedtui.widgets.line_view import CursorView


class FindingTable(CursorView):
    """Posts `Moved` when another row has the cursor, `Chosen` when a row is clicked twice."""

    class Moved(Message):
        """The cursor is on another row, or its row says something else."""

    class Chosen(Message):
        """The row under the cursor was asked for."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[DoctorRow] = ()
        self._jobs: Mapping[str, Job] = {}
        self._keys: list[str] = []

    @property
    def row(self) -> DoctorRow | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    def set_rows(self, rows: Sequence[DoctorRow], jobs: Mapping[str, Job]) -> None:
        """Show other rows; the cursor stays on its row, or near it."""
        before, key = self.row, self._keys[self._cursor] if self.row is not None else None
        self._rows, self._jobs = rows, jobs
        twins = Counter[str]()
        self._keys = []
        for row in rows:  # two rows may look the same, and one of them has the cursor
            self._keys.append(f"{row.key} {twins[row.key]}")
            twins[row.key] += 1
        self.virtual_size = Size(0, len(rows) + 1)
        self.refresh()
        places = {one: number for number, one in enumerate(self._keys)}
        self.keep_cursor(key, "The finding", places)
        if self.row != before:
            self.highlighted()

    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def line(self, number: int) -> StyledText:
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

    def highlighted(self) -> None:
        """Another row."""
        self.post_message(self.Moved())

    def chosen(self) -> None:
        """Open it."""
        self.post_message(self.Chosen())
