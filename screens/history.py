"""The history of runs: how each hour of the last days went, how long runs take, every run with evidence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widgets import Input

from fedtui.history.database import HistoryError
from fedtui.history.run_provenance import in_order
from fedtui.model import Run, Snapshot
from fedtui.presentation import history_text as words
from fedtui.presentation.glyphs import Span, StyledText, Tone
from fedtui.presentation.history_text import WIDE, JobNames
from fedtui.presentation.times import day, here
from fedtui.safe_text import sanitize_and_mask
from fedtui.screens.base import FullScreen, title_rule
from fedtui.widgets.filter import SearchInput
from fedtui.widgets.keys import HISTORY_SCREEN
from fedtui.widgets.line_view import LineView
from fedtui.widgets.pane import PaneRule
from fedtui.widgets.run_table import RunChosen, RunHighlighted, RunTable

WINDOW = 10
"""Days that are summed up and listed at a time."""

READ_EVERY = 3.0
"""Seconds between two looks at the database, at least."""

CURVE_WIDTH, CURVE_HEIGHT = 40, 3


class HistoryScreen(FullScreen):
    """Opened by `h`."""

    CSS_PATH = "../styles/history.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in HISTORY_SCREEN),
        Binding("l", "log", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._every: Sequence[Run] = ()
        self._runs: list[Run] = []
        self._read_at = 0.0
        self._reading = False
        self._trouble = ""
        self._wanted = ""
        self._skip = 0
        self._folded = False
        self._above: list[StyledText] = []

    def compose_page(self) -> ComposeResult:
        """Strip and summary side by side, the runs below."""
        self._strip_rule = title_rule("History")
        self._strip = LineView(id="strip")
        self._summary_rule = PaneRule("Summary")
        self._summary = LineView(id="summary")
        self._curve_rule = PaneRule("durations")
        self._curve = LineView(id="curve")
        self._runs_rule = PaneRule("Runs")
        self.table = RunTable(self.host.clock)
        for view in (self._strip, self._summary, self._curve):
            view.can_focus = False
        with Horizontal(id="top"):
            with Vertical(id="left"):
                yield self._strip_rule
                yield self._strip
            with Vertical(id="right"):
                yield self._summary_rule
                yield self._summary
                yield self._curve_rule
                yield self._curve
        yield self._runs_rule
        yield self.table
        yield SearchInput(id="wanted", placeholder="a job, an outcome, cron, timer or r")

    def on_mount(self) -> None:
        """The table has the focus."""
        self.table.focus()

    def show(self, snapshot: Snapshot) -> None:
        """A new snapshot may mean a new run: look at the database, but not all the time."""
        super().show(snapshot)
        if not self._reading:
            self._reading = True
            self.run_worker(self._read(), group="read", exclusive=False)

    def tick(self) -> None:
        """A second has passed."""
        super().tick()
        self.table.tick()

    def on_resize(self, event: Resize) -> None:
        """More days, or fewer."""
        self._draw()

    async def _read(self) -> None:
        await asyncio.sleep(max(0.0, self._read_at + READ_EVERY - time.monotonic()) if self._read_at else 0)
        self._reading, self._read_at = False, time.monotonic()
        try:
            self._every = await asyncio.to_thread(self.host.past)
            self._trouble = ""
        except HistoryError as error:
            self._trouble = f"{error} {error.advice}".strip()
        self._draw()

    # What is drawn

    @property
    def _jobs(self) -> JobNames:
        return JobNames.of(self.snapshot)

    @property
    def _shown_days(self) -> int:
        return WINDOW if self.app.size.height >= 36 else 6

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        now, width = self.now(), self.app.size.width
        jobs = self._jobs
        newest = now.date() - timedelta(days=self._skip)
        oldest = newest - timedelta(days=WINDOW - 1)
        wanted = [run for run in self._every if words.matching(run, jobs, self._wanted)]
        self._runs = [run for run in wanted if oldest <= here(run.start, now).date() <= newest]
        wide = width >= WIDE
        self.query_one("#right").display = wide
        self.query_one("#top").display = not self._folded
        self._draw_title(wide)
        shown_days = words.days(self._runs, now, self._shown_days, self._skip)
        lines: list[StyledText] = [words.strip_heading(width)]
        lines += [words.strip_line(one, now, width) for one in shown_days]
        lines += [(), words.legend(shown_days), ()] if wide else [words.legend(shown_days)]
        lines += [] if wide else [words.summary_line(self._runs, now), ()]
        self._above = lines
        self._strip.set_lines(lines)
        self.query_one("#top").styles.height = len(lines) + 1
        self._summary.set_lines([*words.summary_lines(self._runs, now), ()])
        self._summary.styles.height = self._summary.count()
        newest_first = in_order(self._runs, now, newest_first=True)
        self.table.set_runs(newest_first, jobs)
        self._runs_rule.show("Runs", (Span(f"  {len(self._runs):,}", Tone.MUTED), *self._runs_words()))
        self._draw_curve()

    def _draw_title(self, wide: bool) -> None:
        said = "outcome by day and hour" + (", worst run of the hour" if wide and not self._skip else "")
        which = f"matching “{sanitize_and_mask(self._wanted)}”" if self._wanted else "all jobs"
        until = self.now() - timedelta(days=self._skip)
        back = f"  until {day(until)}" if self._skip else ""
        facts = (Span(f"  {which}", bold=True), Span(f"  {said}{back}", Tone.MUTED))
        self._strip_rule.show("History", facts)

    def _runs_words(self) -> StyledText:
        if self._trouble:
            return (Span(f"   ▲ {sanitize_and_mask(self._trouble)}", Tone.WARN),)
        if not self._runs:
            said = "no run matches" if self._wanted else "no run is on record for these days"
            return (Span(f"   {said}", Tone.MUTED),)
        which = f"   matching “{sanitize_and_mask(self._wanted)}”" if self._wanted and self._folded else ""
        return (Span(which, Tone.MUTED),)

    def _draw_curve(self) -> None:
        run = self.table.run
        jobs = self._jobs
        name = jobs.name(run) if run is not None else ""
        self._curve_rule.show("durations", (Span(f"  {name}"),))
        took = self._took()[-CURVE_WIDTH:]
        curve = words.curve(took, CURVE_WIDTH, CURVE_HEIGHT)
        lines: list[StyledText] = [
            *curve,
            words.curve_words(took),
            (),
            *words.extremes(self._runs, jobs),
        ]
        self._curve.set_lines(lines)
        width = self.app.size.width
        if width < WIDE and self._above:  # the column at the right is not there: the same in one row
            row = words.narrow_line(self._runs, took, jobs, width - 2)
            self._strip.set_lines([*self._above[:-1], row])

    def _took(self) -> list[float]:
        """How long the runs took of the job under the cursor, oldest first."""
        run, jobs = self.table.run, self._jobs
        return words.durations(one for one in self._runs if run is not None and jobs.id(one) == jobs.id(run))

    @on(RunHighlighted)
    def _run_highlighted(self) -> None:
        self._draw_curve()

    # Keys

    @on(RunChosen)
    def action_log(self) -> None:
        """The log of the job whose run is under the cursor."""
        from fedtui.screens.log import LogScreen

        run = self.table.run
        if doubt := self.table.doubt():
            self.notify(f"{doubt} Press the key again.", severity="warning", markup=False)
            return
        job = self._jobs.job(run) if run is not None else None
        if job is not None:
            self.app.push_screen(LogScreen(job))
        elif run is not None:
            self.notify("Its job is gone, and its log with it.", severity="warning", markup=False)

    def action_older(self, direction: int) -> None:
        """Earlier days, or later ones."""
        self._skip = max(0, self._skip + direction * self._shown_days)
        self._draw()
        self.table.settle()

    def action_fold(self) -> None:
        """The runs alone, or the strip above them."""
        self._folded = not self._folded
        self._draw()

    def action_filter(self) -> None:
        """Open the filter's line."""
        box = self.query_one("#wanted", Input)
        box.value = self._wanted
        box.display = True
        box.focus()

    @on(Input.Changed, "#wanted")
    def _wanted_changed(self, event: Input.Changed) -> None:
        if event.value == self._wanted or not event.input.display:
            return
        self._wanted, before = event.value, self.table.run
        self._draw()
        self.table.settle()
        if event.value:
            stay = before is not None and self.table.run is not None and self.table.run.id == before.id
            self.table.to_best_match(event.value, stay=stay)

    @on(Input.Submitted, "#wanted")
    def _wanted_done(self) -> None:
        self.query_one("#wanted").display = False
        self.table.focus()

    def action_back(self) -> None:
        """Close the filter and forget it; else back."""
        box = self.query_one("#wanted", Input)
        if box.display or self._wanted:
            box.display = False
            self._wanted = ""
            self.table.focus()
            self._draw()
        else:
            super().action_back()
