"""Reading a log file beyond its tail: the half of the log screen that leaves the live end."""

from __future__ import annotations

from collections.abc import Awaitable

from textual import on

from fedtui.logs.log_feed import FileFeed
from fedtui.logs.log_file import LogError
from fedtui.logs.log_pager import LogPager
from fedtui.screens.base import FullScreen
from fedtui.widgets.log_pump import problem_line
from fedtui.widgets.log_view import LogView
from fedtui.widgets.messages import EdgeReached


class LogPaging(FullScreen):
    """Swaps the live tail in `view` for a window on the file, and moves that window."""

    view: LogView
    pager: LogPager | None = None
    """The window; None while the live tail is shown."""
    _path: str | None = None

    def may_walk(self, feed: object) -> None:
        """Remember the file behind a feed, where there is one."""
        self._path = feed.path if isinstance(feed, FileFeed) else None

    def to_first_line(self) -> bool:
        """Go to the first line of the file; False where there is no file to walk in."""
        if self._path is None:
            return False
        pager = LogPager(self._path)
        self._walk(self._show_start(pager))
        return True

    async def _show_start(self, pager: LogPager) -> None:
        await pager.to_start()
        self._leave_the_end(pager)
        self.view.scroll_to(y=0, animate=False, force=True)

    @on(EdgeReached)
    def _edge_reached(self, event: EdgeReached) -> None:
        if self.pager is not None:
            self._walk(self._older(self.pager) if event.top else self._newer(self.pager))
        elif event.top and self._path is not None:
            self._walk(self._leave_upwards(LogPager(self._path)))

    async def _leave_upwards(self, pager: LogPager) -> None:
        """From the top of the tail on upwards."""
        shown = len(self.view.texts)
        await pager.to_end(shown + 1000)
        if len(pager.lines) <= shown:
            return  # the tail is the whole file
        self._leave_the_end(pager)
        self._show_line(len(pager.lines) - shown)

    async def _older(self, pager: LogPager) -> None:
        came = await pager.older()
        if came:
            self.view.load(pager.lines)
            self._show_line(came)

    async def _newer(self, pager: LogPager) -> None:
        if pager.at_end:
            self.to_tail()
            return
        top = self.view.line_on_top()
        gone = await pager.newer()
        self.view.load(pager.lines)
        self._show_line(max(0, top - gone))

    async def search_on(self, text: str, *, backwards: bool) -> int | None:
        """Look for `text` beyond what is shown; returns the item that holds it, None where there is none."""
        if self._path is None:
            return None
        pager = self.pager
        if pager is None:
            if not backwards:
                return None
            pager = LogPager(self._path)
            await pager.to_end(len(self.view.texts))
        line = await pager.find(text, backwards=backwards)
        if line is None:
            return None
        self._leave_the_end(pager)
        return self.view.item_of(line)

    def _leave_the_end(self, pager: LogPager) -> None:
        self.workers.cancel_group(self, "log")
        self.pager = pager
        self.view.live = False
        self.view.follow(False)
        self.view.load(pager.lines)

    def _show_line(self, line: int) -> None:
        self.view.show_item_on_top(self.view.item_of(line))

    def to_tail(self) -> None:
        """Back to the live end."""
        self.pager = None
        self.view.live = True
        self.view.follow(True)

    def _walk(self, work: Awaitable[None]) -> None:
        self.run_worker(self._guarded(work), group="walk", exclusive=True)

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except LogError as error:
            self.view.say(problem_line(f"{error} {error.advice}".strip()))
        self.walked()

    def walked(self) -> None:
        """The window has moved."""
