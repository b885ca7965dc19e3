"""A pane: a rule with a title at its top, and one thing below it. No box.

The rule is a widget of its own because a border's title can neither mix tones freely nor hold clickable
names of other panes. The focused pane's rule and title are in the accent, the title bold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click, DescendantBlur, DescendantFocus
from textual.widget import Widget

from fedtui.presentation.glyphs import Span, StyledText, Tone, to_ascii
from fedtui.widgets.palette import content, is_ascii


class Tab(NamedTuple):
    """A clickable name in a rule; `action` as in `pane('next')`, run on the screen."""

    pieces: StyledText
    action: str


class PaneRule(Widget):
    """One line: `─ 3 Log  ~/logs/sync.log  following   2 Next  4 Health ────`."""

    DEFAULT_CSS = """
    PaneRule { height: 1; background: $ground; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.facts: StyledText = ()
        self.tabs: Sequence[Tab] = ()
        self.active = False
        self._places: list[tuple[range, str]] = []

    def show(self, title: str, facts: StyledText = (), tabs: Sequence[Tab] = ()) -> None:
        """Say something else; nothing is drawn where it is the same."""
        if (title, facts, list(tabs)) != (self.title, self.facts, list(self.tabs)):
            self.title, self.facts, self.tabs = title, facts, tabs
            self.refresh()

    def activate(self, active: bool) -> None:
        """Mark the pane as the one that has the focus."""
        if active is not self.active:
            self.active = active
            self.refresh()

    def render(self) -> Content:
        ascii_only = is_ascii(self.app)
        dash = to_ascii("─") if ascii_only else "─"
        ruled = "$accent" if self.active else "$line"
        title = to_ascii(self.title) if ascii_only else self.title
        parts: list[Content] = [
            Content.styled(f"{dash} ", ruled),
            Content.styled(title, "bold $accent" if self.active else "$muted"),
            content(self.facts, ascii_only=ascii_only),
        ]
        self._places = []
        for number, tab in enumerate(self.tabs):
            parts.append(Content("  " if number else "   "))
            left = sum(part.cell_length for part in parts)
            parts.append(content(tab.pieces, ascii_only=ascii_only))
            self._places.append((range(left, left + parts[-1].cell_length), tab.action))
        line = Content("").join(parts)
        rest = self.size.width - line.cell_length - 1
        if rest > 0:
            return Content.assemble(line, " ", (dash * rest, ruled))
        return line.truncate(self.size.width, ellipsis=True)

    async def on_click(self, event: Click) -> None:
        """Go to the pane whose name was clicked."""
        for place, action in self._places:
            if event.x in place:
                await self.screen.run_action(action)


class Pane(Vertical):
    """A rule over the widgets of `body`."""

    DEFAULT_CSS = """
    Pane { background: $ground; }
    """
    TITLE = ""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.rule = PaneRule(self.TITLE)
        self.body: Sequence[Widget] = ()

    def compose(self) -> ComposeResult:
        """The rule, then the body."""
        yield self.rule
        yield from self.body

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self.rule.activate(True)

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """The focus went out."""
        self.rule.activate(False)


def tab(key: str, name: str, action: str, *marks: Span) -> Tab:
    """`2 Next`, with whatever comes after it."""
    return Tab((Span(f"{key} {name}", Tone.MUTED), *marks), action)
