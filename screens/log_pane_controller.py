"""Keeps the log pane on the selected job: opens its log once the cursor rests, and pumps it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fedtui.logs.log_feed import LogChunk
from fedtui.model import Job, Snapshot, State
from fedtui.presentation.glyphs import Span, StyledText, Tone, state_glyph
from fedtui.presentation.home import tilde
from fedtui.presentation.notes import health_lines, problem_lines, problem_of, reason_line
from fedtui.presentation.times import size
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedulers import driver_of
from fedtui.widgets.log_pump import FIXES, NOWHERE, WAITING, pump
from fedtui.widgets.pane import Tab
from fedtui.widgets.panes import LogPane

if TYPE_CHECKING:
    from fedtui.screens.base import FullScreen

REST = 0.12
"""Seconds the cursor stays on a job before its log is opened: flying over rows opens nothing."""


class LogPaneController:
    """One log at a time; a newer job replaces an older one."""

    def __init__(self, screen: FullScreen, pane: LogPane) -> None:
        self._screen = screen
        self._pane = pane
        self._shown: tuple[object, ...] | None = None
        self._title = ""
        self._chunk = LogChunk()
        self._blind: Job | None = None

    def show(self, job: Job | None, snapshot: Snapshot) -> None:
        """Go to the log of `job`; nothing is opened where that is the one that is open."""
        view = self._pane.view
        view.set_runs(snapshot.runs.get(job.id, ()) if job else ())
        problem = problem_of(job, snapshot) if job else None
        width = view.scrollable_content_region.width - 1
        wanted: tuple[object, ...] = (None, width, snapshot.findings, snapshot.problems, snapshot.loading)
        if job is not None:
            where = job.log_path or driver_of(job).output_of(snapshot.runs.get(job.id, ()))
            wanted = (job.id, width if problem else 0, where, problem, reason_line(job))
        if wanted == self._shown:
            return
        self._shown = wanted
        self._title, self._chunk, self._blind = "", LogChunk(), job if problem else None
        self._pane.note.show(reason_line(job) if job and not problem else None)
        self.rule(self._pane.rule.tabs)
        if job is not None and problem is None:
            self._screen.run_worker(self._read(job), group="log", exclusive=True)
            return
        self._screen.workers.cancel_group(self._screen, "log")
        health = [] if snapshot.loading else health_lines(snapshot, max(20, width))
        view.say(*(problem_lines(problem, max(20, width)) if problem else [WAITING, *health]))

    async def _read(self, job: Job) -> None:
        await asyncio.sleep(REST)
        feed = self._screen.host.open_log(job)
        view = self._pane.view
        if feed is None:
            view.say(FIXES if job.state is State.BAD_LINE else NOWHERE)
            return
        self._title = tilde(sanitize_and_mask(feed.title), self._screen.host.home)
        view.follow(True)
        await pump(feed, view, self._report)

    def _report(self, chunk: LogChunk) -> None:
        keep = chunk.size if chunk.size is not None else self._chunk.size
        self._chunk = LogChunk(problem=chunk.problem, note=chunk.note, size=keep)
        self.rule(self._pane.rule.tabs)

    def rule(self, tabs: Sequence[Tab]) -> None:
        """Say in the pane's rule which log it is and how it stands."""
        if self._blind is not None:
            sign = state_glyph(self._blind)
            name = self._blind.facts.scheduler
            self._pane.rule.show(name, (Span(f"  ✗ {sign.word}", Tone.FAIL),), tabs)
            return
        self._pane.rule.show("3 Log", self._facts(), tabs)

    def _facts(self) -> StyledText:
        if not self._title:
            return ()
        state = "following" if self._pane.view.following else "not following"
        words = "" if self._chunk.problem else f"  {state}"
        if self._chunk.size is not None and self._screen.app.size.width >= 118:
            words += f"  {size(self._chunk.size)}"
        if self._chunk.note:
            words += f"  {sanitize_and_mask(self._chunk.note)}"
        return (Span(f"  {self._title}"), Span(words, Tone.MUTED))
