"""The log of one job, full screen: follow, search, wrap, and from run to run."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from fedtui.logs.log_feed import LogChunk
from fedtui.logs.log_file import LogError
from fedtui.model import Job, Snapshot
from fedtui.presentation.glyphs import Span, Tone
from fedtui.presentation.home import tilde
from fedtui.presentation.times import size
from fedtui.safe_text import sanitize_and_mask
from fedtui.screens.base import title_rule
from fedtui.screens.log_paging import LogPaging
from fedtui.widgets.filter import SearchInput
from fedtui.widgets.keys import LOG_SCREEN
from fedtui.widgets.log_pump import NOWHERE, pump
from fedtui.widgets.log_view import LogView
from fedtui.widgets.messages import FollowChanged
from fedtui.widgets.palette import content, is_ascii

LINES_KEPT = 20_000


class SearchLine(Widget):
    """What was searched, which match this is, and whether the log is followed."""

    def __init__(self) -> None:
        super().__init__(id="found")
        self._left: tuple[str, str] = ("", "")
        self._right = ""

    def show(self, searched: str, found: str, right: str) -> None:
        """Say something else."""
        if ((searched, found), right) != (self._left, self._right):
            self._left, self._right = (searched, found), right
            self.refresh()

    def render(self) -> Content:
        searched, found = self._left
        left = [Span("/ ", Tone.ACCENT, bold=True), Span(sanitize_and_mask(searched))] if searched else []
        ascii_only = is_ascii(self.app)
        head = content(left, ascii_only=ascii_only)
        middle = content([Span(found, Tone.MUTED)], ascii_only=ascii_only)
        tail = content([Span(self._right, Tone.MUTED)], ascii_only=ascii_only)
        width = self.content_size.width
        gap = max(2, 29 - head.cell_length)
        rest = max(2, width - head.cell_length - gap - middle.cell_length - tail.cell_length)
        return Content("").join([head, Content(" " * gap), middle, Content(" " * rest), tail])


class LogScreen(LogPaging):
    """Opened by `l` on a job, and again wherever `esc` leaves it."""

    CSS_PATH = "../styles/log.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in LOG_SCREEN]

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job
        self._title = ""
        self._bytes: int | None = None
        self._note = ""
        self._matches: list[int] = []

    def compose_page(self) -> ComposeResult:
        """Rule, log, search line, and the search's input that is out of sight at first."""
        self._rule = title_rule("Log")
        self.view = LogView(self.host.clock, most=LINES_KEPT, rule_to_edge=True)
        self._found = SearchLine()
        yield self._rule
        yield self.view
        yield self._found
        yield SearchInput(id="search", placeholder="text; small letters find capitals too")

    def on_mount(self) -> None:
        self.view.focus()
        self.to_tail()

    def to_tail(self) -> None:
        """Show the live end of the log."""
        super().to_tail()
        self.run_worker(self._read(), group="log", exclusive=True)

    def show(self, snapshot: Snapshot) -> None:
        """Draw a new snapshot."""
        super().show(snapshot)
        self.view.set_runs(snapshot.runs.get(self._job.id, ()))
        self._draw_rule()

    async def _read(self) -> None:
        feed = self.host.open_log(self._job)
        if feed is None:
            self.view.say(NOWHERE)
            return
        self.may_walk(feed)
        self._title = tilde(sanitize_and_mask(feed.title), self.host.home)
        self._draw_rule()
        await pump(feed, self.view, self._report)

    def _report(self, chunk: LogChunk) -> None:
        self._bytes = chunk.size if chunk.size is not None else self._bytes
        self._note = chunk.note
        self._draw_rule()
        if self.view.pattern is not None:
            self.call_after_refresh(self._search_again)

    def _draw_rule(self) -> None:
        facts = [
            Span(f"  {sanitize_and_mask(self._job.name)}", bold=True),
            Span(f"  {self._title}", Tone.MUTED),
        ]
        if self._bytes is not None:
            facts.append(Span(f"   {size(self._bytes)}", Tone.MUTED))
        if self._note:
            facts.append(Span(f"   {sanitize_and_mask(self._note)}", Tone.MUTED))
        self._rule.show("Log", tuple(facts))
        self._draw_found()

    # Search

    def action_search(self) -> None:
        """Open the search's line."""
        box = self.query_one("#search", Input)
        box.display = True
        box.value = ""
        box.focus()

    @on(Input.Submitted, "#search")
    def _search(self, event: Input.Submitted) -> None:
        self.query_one("#search").display = False
        self.view.focus()
        if event.value:
            flags = re.IGNORECASE if event.value.islower() else 0
            self.view.pattern = re.compile(re.escape(sanitize_and_mask(event.value)), flags)
            self._searched = event.value
            self._search_again()
            self._go_to_match(-1, from_here=True)

    _searched = ""

    def _search_again(self) -> None:
        pattern = self.view.pattern
        self._matches = self.view.matches(pattern) if pattern is not None else []
        if self.view.current not in self._matches:
            self.view.current = None
        self._draw_found()

    def action_match(self, step: int) -> None:
        """Go to the next or the previous match."""
        self._go_to_match(step)

    def _go_to_match(self, step: int, *, from_here: bool = False) -> None:
        current = self.view.current
        at = self._matches.index(current) + step if current in self._matches and not from_here else None
        if self._searched and (not self._matches or at in (-1, len(self._matches))):
            self.run_worker(self._search_on(step), group="search", exclusive=True)
            return
        if not self._matches:
            return
        if at is None:
            bottom = self.view.item_at_top() + self.view.size.height
            above = [number for number, item in enumerate(self._matches) if item < bottom]
            at = above[-1] if above else 0
        self._show_match(self._matches[at])

    def _show_match(self, item: int) -> None:
        self.view.current = item
        self.view.follow(False)
        self.view.show_item(item)
        self._draw_found()

    async def _search_on(self, step: int) -> None:
        """No more matches in what is shown: look in the rest of the file, then go round."""
        self._searching = True
        self._draw_found()
        try:
            item = await self.search_on(self._searched, backwards=step < 0)
        except LogError as error:
            self.notify(str(error), severity="error", markup=False)
            item = None
        self._searching = False
        self._search_again()
        if item is None and self._matches:
            item = self._matches[0 if step > 0 else -1]
        if item is not None:
            self._show_match(item)
        else:
            self._draw_found()

    _searching = False

    def walked(self) -> None:
        """The window has moved: other lines hold matches."""
        self._search_again()

    @on(FollowChanged)
    def _draw_found(self) -> None:
        if not self._searched:
            found = ""
        elif not self._matches:
            found = "searching …" if self._searching else "not found"
        else:
            current = self.view.current
            number = f"{self._matches.index(current) + 1} of " if current in self._matches else ""
            part = f" in these {len(self.view.texts):,} lines" if self.pager is not None else ""
            found = f"{number}{len(self._matches)}{part}{', searching on …' if self._searching else ''}"
        self._found.show(self._searched, found, "following" if self.view.following else self._place())

    def _place(self) -> str:
        """How far into the log the first row on screen lies."""
        if self.pager is not None:
            return f"{self.pager.percent(self.view.line_on_top()):.1f} %"
        last = self.view.max_scroll_y
        return f"{100.0 * self.view.scroll_offset.y / last:.1f} % of the last lines" if last else ""

    # Moving

    def tick(self) -> None:
        """A second has passed."""
        super().tick()
        self._draw_found()

    def action_follow(self) -> None:
        """Go with the end of the log, or stay here."""
        if self.pager is not None:
            self.to_tail()
        else:
            self.view.follow(not self.view.following)
        self._draw_found()

    def action_ends(self, direction: int) -> None:
        """To the first line, or to the last one."""
        if direction > 0:
            if self.pager is not None:
                self.to_tail()
            self.view.follow(True)
        elif not self.to_first_line():
            self.view.scroll_to(y=0, animate=False, force=True)
        self._draw_found()

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.view.wrap(not self.view.wrapped)

    def action_previous_run(self) -> None:
        """To the rule of the run before what is on top."""
        rules = self.view.rules_before(self.view.item_at_top())
        if rules:
            self.view.follow(False)
            self.view.show_item_on_top(rules[-1])
        self._draw_found()

    def action_back(self) -> None:
        """Close the search's line, then the search, then the log."""
        box = self.query_one("#search", Input)
        if box.display:
            box.display = False
            self.view.focus()
        elif self._searched:
            self._searched, self.view.pattern, self.view.current = "", None, None
            self._matches = []
            self.view.refresh()
            self._draw_found()
        else:
            super().action_back()
