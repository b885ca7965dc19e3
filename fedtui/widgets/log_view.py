"""The log view: the last lines of a log, with a rule for each run, following the end.

Lines are kept as they came and taken apart only when they are drawn, so that a log that is written fast
costs little. Search marks what it finds in the lines that are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.strip import Strip

from fedtui.model import Run
from fedtui.presentation.glyphs import StyledText, plain, width_of
from fedtui.presentation.log_lines import read_line, rule_places, run_rule, stamps
from fedtui.presentation.notes import folded
from fedtui.widgets.line_view import LineView
from fedtui.widgets.marks import mark
from fedtui.widgets.messages import EdgeReached, FollowChanged


class LogView(LineView):
    """Up to `most` lines of a log. `rule_to_edge` draws a run's rule out to the right edge.

    While `live`, the last line is the end of the log; else the view shows a part of a longer file, and
    tells (EdgeReached) when its reader comes to an edge.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "sideways(-20)", show=False),
        Binding("right", "sideways(20)", show=False),
    ]

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        most: int = 2000,
        rule_to_edge: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._most = most
        self._to_edge = rule_to_edge
        self._texts: list[str] = []
        self._moments: list[datetime | None] = []
        self._open = False
        self._runs: Sequence[Run] = ()
        self._items: list[int | Run | StyledText] = []
        self._rows: list[tuple[int, int]] | None = None
        self._said: Sequence[StyledText] = ()
        self._message: Sequence[StyledText] = ()
        self._sideways = 0
        self.pattern: re.Pattern[str] | None = None
        self.current: int | None = None
        self.following = True
        self.live = True

    def say(self, *lines: StyledText) -> None:
        """Show a message in place of a log; long lines of it are folded."""
        self._texts, self._moments, self._open = [], [], False
        self._said, self._sideways = lines, 0
        self._arrange()

    def load(self, texts: Sequence[str], open_line: str = "") -> None:
        """Show these lines and no others."""
        self._texts, self._moments, self._open = [], [], False
        self._said, self.current, self._sideways = (), None, 0
        self.append(texts, open_line)

    def append(self, texts: Sequence[str], open_line: str = "") -> None:
        """Add lines at the end; the oldest go where there are more than `most`.

        `open_line` is a last line that is still being written; the next call replaces it.
        """
        if self._open:
            self._texts.pop()
            self._moments.pop()
        self._open = bool(open_line)
        texts = [*texts[-self._most :], *([open_line] if open_line else [])]
        self._said = ()
        self._texts.extend(texts)
        self._moments.extend(stamps(texts, self._clock()))
        dropped = len(self._texts) - self._most
        if dropped > 0:
            del self._texts[:dropped], self._moments[:dropped]
            self.current = None
        self._arrange(max(0, dropped))

    def set_runs(self, runs: Sequence[Run]) -> None:
        """The runs whose rules are among the lines."""
        if tuple(runs) != tuple(self._runs):
            self._runs = tuple(runs)
            self._arrange()

    @property
    def moments(self) -> Sequence[datetime | None]:
        """The moment that each line names, as far as it names one."""
        return self._moments

    @property
    def texts(self) -> Sequence[str]:
        """The lines as they came."""
        return self._texts

    @property
    def wrapped(self) -> bool:
        """True while long lines take several rows."""
        return self._rows is not None

    def wrap(self, wrapped: bool) -> None:
        """Break long lines into rows, or cut them at the edge."""
        self._rows = [] if wrapped else None
        self._sideways = 0
        self._arrange()

    def _arrange(self, dropped: int = 0) -> None:
        """Put rules among the lines, then tell the scrollbar; keep the place of one who reads further up."""
        room = max(20, self.scrollable_content_region.width - 1)
        self._message = [row for line in self._said for row in folded(line, room)]
        self._items = []
        start = 0
        for number, rule in self.rules():
            self._items.extend(range(start, number))
            self._items.append(rule)
            start = number
        self._items.extend(range(start, len(self._texts)))
        if self._rows is not None:
            self._rows = self._broken(max(10, self.scrollable_content_region.width - 2))
        self.virtual_size = Size(0, self.count())
        if self.following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        elif dropped:
            self.scroll_to(y=max(0, self.scroll_offset.y - dropped), animate=False, force=True)
        self.refresh()

    def rules(self) -> Sequence[tuple[int, Run | StyledText]]:
        """What is inserted between the lines: each before the line of its number, in order."""
        return rule_places(self._moments, self._runs)

    def _broken(self, width: int) -> list[tuple[int, int]]:
        return [
            (number, offset)
            for number in range(len(self._items))
            for offset in range(0, max(1, width_of(self._pieces(number))), width)
        ]

    def count(self) -> int:
        """How many rows there are."""
        if self._message:
            return len(self._message)
        return len(self._items) if self._rows is None else len(self._rows)

    def line(self, number: int) -> StyledText:
        """The pieces of a row before it is moved sideways or wrapped."""
        if self._message:
            return self._message[number]
        return self._pieces(number if self._rows is None else self._rows[number][0])

    def _pieces(self, item_number: int) -> StyledText:
        item = self._items[item_number]
        now = self._clock()
        if isinstance(item, tuple):
            return item
        if isinstance(item, Run):
            width = self.scrollable_content_region.width - 7 if self._to_edge else 0
            return run_rule(item, now, width)
        return read_line(self._texts[item], now).pieces

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        width = self.scrollable_content_region.width
        number = y + self.scroll_offset.y
        if number >= self.count():
            return self.palette.strip((), width)
        offset = self._sideways if self._rows is None or self._message else self._rows[number][1]
        line = self.line(number)
        strip = self.palette.strip(line, width_of(line))
        if self.pattern is not None and not self._message:
            item = number if self._rows is None else self._rows[number][0]
            strip = mark(strip, plain(line), self.pattern, self.palette, current=item == self.current)
        edge = self.palette.strip((), 1)
        room = width - 2 if self._rows is not None else width - 1
        return Strip.join([edge, strip.crop(offset, offset + room)]).adjust_cell_length(
            width, self.palette.style("text")
        )

    def matches(self, pattern: re.Pattern[str]) -> list[int]:
        """The numbers of the items in which `pattern` is found, as they are shown."""
        return [
            number
            for number, item in enumerate(self._items)
            if isinstance(item, int) and pattern.search(plain(self._pieces(number)))
        ]

    def item_at_top(self) -> int:
        """The number of the item in the first row on screen."""
        row = min(self.scroll_offset.y, max(0, self.count() - 1))
        return row if self._rows is None else self._rows[row][0] if self._rows else 0

    def show_item(self, number: int) -> None:
        """Scroll so that an item is in the middle third of the view."""
        row = self._row_of(number)
        top, height = self.scroll_offset.y, self.size.height
        if not top <= row < top + height:
            self.scroll_to(y=max(0, row - height // 2), animate=False, force=True)
        self.refresh()

    def show_item_on_top(self, number: int) -> None:
        """Scroll so that an item is in the first row."""
        self.scroll_to(y=self._row_of(number), animate=False, force=True)

    def _row_of(self, number: int) -> int:
        if self._rows is None:
            return number
        return next((at for at, (item, _) in enumerate(self._rows) if item == number), 0)

    def line_on_top(self) -> int:
        """The number of the first line on screen."""
        lines = (item for item in self._items[self.item_at_top() :] if isinstance(item, int))
        return next(lines, 0)

    def item_of(self, line: int) -> int:
        """The number of the item that shows a line."""
        return self._items.index(line) if line in self._items else 0

    def rules_before(self, number: int) -> list[int]:
        """The numbers of the items above `number` that are rules of runs."""
        return [at for at, item in enumerate(self._items[:number]) if isinstance(item, Run)]

    def follow(self, following: bool) -> None:
        """Go with the end of the log, or stay."""
        if following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        self._set_following(following)

    def _set_following(self, following: bool) -> None:
        if following is not self.following:
            self.following = following
            self.post_message(FollowChanged(following))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Reading further up ends following, coming back to the end takes it up again."""
        super().watch_scroll_y(old_value, new_value)
        at_end = round(new_value) >= self.max_scroll_y
        if new_value > old_value and at_end:
            if self.live:
                self._set_following(True)
            else:
                self.post_message(EdgeReached(top=False))
        elif new_value < old_value and not at_end:
            self._set_following(False)
            if round(new_value) == 0:
                self.post_message(EdgeReached(top=True))

    def on_resize(self, event: Resize) -> None:
        """Stay at the end, and wrap again."""
        self._arrange()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A screen that reads a whole file knows its ends itself."""
        return action != "end" or not hasattr(self.screen, "action_ends")

    def action_sideways(self, cells: int) -> None:
        """Move long lines left or right."""
        if self._rows is None:
            widest = max((width_of(self._pieces(n)) for n in self._on_screen()), default=0)
            self._sideways = max(0, min(self._sideways + cells, widest - self.size.width // 2))
            self.refresh()

    def _on_screen(self) -> range:
        top = self.scroll_offset.y
        return range(min(top, len(self._items)), min(top + self.size.height, len(self._items)))
