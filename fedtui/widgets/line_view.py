"""A scrolling view of lines that are drawn only when they come on screen.

The base of the log view, the next-run list and the health list: what it holds may be long, what it costs
depends on its height alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fedtui.presentation.glyphs import StyledText, width_of
from fedtui.safe_text import sanitize_and_mask
from fedtui.widgets.keys import FAR, LETTERS, MOVES
from fedtui.widgets.palette import Palette

GRACE = 1.0
"""Seconds that a person needs to see that another row slid under the cursor."""

OWN = 3.0
"""Seconds in which rows go because of a change that was made here."""


class LineView(ScrollView, can_focus=True):
    """Lines, one blank cell from the left edge. Scrolls with the arrows, pages, home, end and letters."""

    DEFAULT_CSS = """
    LineView { height: 1fr; overflow-x: hidden; scrollbar-gutter: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*LETTERS]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[StyledText] = ()
        self._palette: Palette | None = None

    def on_mount(self) -> None:
        """Colours are looked up again when the theme changes."""
        self.app.theme_changed_signal.subscribe(self, self._recolour)

    def _recolour(self, _theme: object) -> None:
        self._palette = None
        self.refresh()

    @property
    def palette(self) -> Palette:
        """The colours of the current theme."""
        if self._palette is None:
            self._palette = Palette(self.app)
        return self._palette

    def set_lines(self, lines: Sequence[StyledText]) -> None:
        """Show other lines; nothing is drawn where they are the same."""
        if list(lines) == list(self._lines):
            return
        self._lines = lines
        self.resize()

    def count(self) -> int:
        return len(self._lines)

    def line(self, number: int) -> StyledText:
        """The line `number`, counted from 0."""
        return self._lines[number]

    def resize(self) -> None:
        """Tell the scrollbar how many lines there are, and draw again."""
        self.virtual_size = Size(self.content_width(), self.count())
        self.refresh()

    def content_width(self) -> int:
        """How wide the widest line is, in cells; 0 where there is no sideways scrolling."""
        return 0

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        number = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if number >= self.count():
            return self.palette.strip((), width)
        line = self.line(number)
        return Strip.join(
            [self.palette.strip((), 1), self.palette.strip(line, width - 1, offset=self.scroll_offset.x)]
        )

    def action_move(self, rows: int) -> None:
        self.scroll_relative(y=rows, animate=False)

    def action_end(self, direction: int) -> None:
        """To the first row, or to the last."""
        self.action_move(direction * FAR)

    def action_half(self, direction: int) -> None:
        """By half a page."""
        self.action_move(direction * max(1, self.size.height // 2))

    @property
    def text(self) -> str:
        return "\n".join("".join(piece.text for piece in self.line(number)) for number in range(self.count()))

    def widest(self) -> int:
        return max((width_of(self.line(number)) for number in range(self.count())), default=0)


class CursorView(LineView, inherit_bindings=False):
    """Rows under a heading, one with the cursor. It stays on what it is on while rows come and go.

    `EDGE` is what heading and rows begin with.
    """

    BINDINGS: ClassVar[list[BindingType]] = MOVES
    EDGE: StyledText = ()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor = 0
        self._lost = ("", 0.0)
        self._before_none: str | None = None
        self._placing = False

    def heading(self) -> StyledText:
        raise NotImplementedError

    def drawn(self, number: int) -> StyledText:
        """The row `number`, which is about to be drawn."""
        return self.line(number)

    def resize(self) -> None:
        """The same with a row for the heading."""
        self.virtual_size = Size(0, self.count() + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The heading, or a row; the cursor's is on its ground."""
        number, width = y - 1 + self.scroll_offset.y, self.scrollable_content_region.width
        if y == 0:
            return self.palette.strip((*self.EDGE, *self.heading()), width)
        if number >= self.count():
            return self.palette.strip((), width)
        ground = "cursor" if number == self._cursor else "ground"
        return self.palette.strip((*self.EDGE, *self.drawn(number)), width, ground)

    def highlighted(self) -> None:
        """The cursor is on another row: notify what shows the row under it."""
        raise NotImplementedError

    def chosen(self) -> None:
        """The row under the cursor was clicked twice."""
        raise NotImplementedError

    def heading_clicked(self, x: int) -> None:
        """The heading was clicked."""

    def keep_cursor(self, before: str | None, name: str, places: Mapping[str, int]) -> None:
        """After the rows changed: go to where `before` is now, or stay near its row where it is gone.

        `places` are the rows by what they are about, `name` is what `before` is called.
        """
        if before is not None and before not in places and places:
            self._lost = (name, monotonic())
        before = before or self._before_none
        self._before_none = None if places else before
        kept = places.get(before) if before is not None else None
        self._cursor = max(0, min(self._cursor, len(places) - 1)) if kept is None else kept
        self._placing = True
        self.call_after_refresh(self._show_cursor)

    def settle(self) -> None:
        """The user had the rows changed, and knows it."""
        self._lost = ("", 0.0)

    def to_best(self, ranks: Sequence[int], *, stay: bool) -> None:
        """Go to the first of the rows with the least rank; `stay` on a row that is as good."""
        self.settle()
        if ranks and not (stay and ranks[self._cursor] == min(ranks)):
            self._move_to(ranks.index(min(ranks)))

    def doubt(self, own: float = 0.0) -> str:
        """Why a key that comes now may be meant for another row; empty where it is meant for this one.

        `own` is when a change was made here: rows that go soon after it surprise nobody.
        """
        name, at = self._lost
        if name and monotonic() - at < GRACE and not at - OWN < own <= at:
            return f"{sanitize_and_mask(name)} is gone; the cursor is on another row."
        if (
            not self._placing
            and self.size.height > 1
            and not 0 <= self._cursor - self.scroll_offset.y < self._rows_shown
        ):
            self._show_cursor()
            return "The cursor was out of sight; here it is."
        return ""

    @property
    def _rows_shown(self) -> int:
        return max(1, self.size.height - 1)

    def action_move(self, rows: int) -> None:
        self._move_to(self._cursor + rows)

    def action_page(self, direction: int) -> None:
        self._move_to(self._cursor + direction * max(1, self.size.height - 2))

    def _move_to(self, row: int) -> None:
        self.settle()
        row = max(0, min(row, self.count() - 1))
        if row == self._cursor or not self.count():
            self._show_cursor()
            return
        before, self._cursor = self._cursor, row
        self._repaint(before, row)
        self._show_cursor()
        self.highlighted()

    def _repaint(self, *_rows: int) -> None:
        self.refresh()

    def _show_cursor(self) -> None:
        """Scroll so far that the cursor's row is on screen."""
        self._placing = False
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + self._rows_shown:
            self.scroll_to(y=self._cursor - self._rows_shown + 1, animate=False, force=True)

    def on_click(self, event: Click) -> None:
        """A row takes the cursor, and is opened when it had it."""
        row = event.y - 1 + self.scroll_offset.y
        if event.y == 0:
            self.heading_clicked(event.x)
        elif row < self.count():
            if row == self._cursor and event.chain >= 2:
                self.chosen()
            else:
                self._move_to(row)
