"""A scrolling view of lines that are drawn only when they come on screen.

The base of the log view, the next-run list and the health list: what it holds may be long, what it costs
depends on its height alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fedtui.presentation.signs import Line, width_of
from fedtui.widgets.palette import Palette


class LineView(ScrollView, can_focus=True):
    """Lines, one blank cell from the left edge. Scrolls with the arrows, pages, home and end."""

    DEFAULT_CSS = """
    LineView { height: 1fr; overflow-x: hidden; scrollbar-gutter: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", show=False),
        Binding("j", "scroll_down", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._palette: Palette | None = None

    def on_mount(self) -> None:
        """Colours are looked up anew when the theme changes."""
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

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show other lines; nothing is drawn where they are the same."""
        if list(lines) == list(self._lines):
            return
        self._lines = lines
        self.resize()

    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def line(self, number: int) -> Line:
        """The line `number`, counted from 0."""
        return self._lines[number]

    def resize(self) -> None:
        """Tell the scrollbar how many lines there are, and draw anew."""
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

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join("".join(piece.text for piece in self.line(number)) for number in range(self.count()))

    def widest(self) -> int:
        """The width of the widest line."""
        return max((width_of(self.line(number)) for number in range(self.count())), default=0)
