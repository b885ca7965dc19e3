"""The dashboard: four panes over one snapshot, filter, order, and which pane is seen.

What its keys do to jobs is in `job_actions`; what its panes draw is theirs. Here they are put together.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Resize
from textual.widgets import Input

from fedtui.model import Job, Snapshot
from fedtui.presentation.rows import Column, ordered
from fedtui.screens.job_actions import JobActions
from fedtui.screens.log import LogScreen
from fedtui.screens.log_reader import LogReader
from fedtui.screens.too_small import TooSmall
from fedtui.widgets.arrangement import PANES, Arrangement, arrange, too_small
from fedtui.widgets.filter import Filter, SearchInput
from fedtui.widgets.key_line import KeyLine
from fedtui.widgets.keys import DASHBOARD
from fedtui.widgets.messages import FollowChanged, HeadingClicked, JobChosen, JobHighlighted
from fedtui.widgets.panes import HealthPane, JobsPane, LogPane, NextPane, health_title, jobs_facts, jobs_title
from fedtui.widgets.panes import other_panes as tabs_of

_SORTS = (None, Column.JOB, Column.NEXT, Column.LAST_RUN, Column.SCHEDULE, Column.SOURCE)


class Dashboard(JobActions):
    """The first screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in DASHBOARD),
        Binding("enter", "log", show=False),
        Binding("escape", "back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.filter = Filter()
        self._lower = "log"
        self._zoomed: str | None = None
        self._arrangement: Arrangement | None = None
        self._seen: tuple[object, ...] = ()

    def compose_page(self) -> ComposeResult:
        """The panes, and the filter's line that is out of sight at first."""
        host = self.host
        self.jobs = JobsPane(host.clock, host.home)
        self.next = NextPane(host.clock, host.runs_of)
        self.log_pane = LogPane(host.clock)
        self.health = HealthPane(host.checks)
        self.reader = LogReader(self, self.log_pane)
        with Container(id="panes"):
            yield self.jobs
            yield self.next
            yield self.log_pane
            yield self.health
        yield SearchInput(
            id="filter", placeholder="words, or source:crontab, cron.d, user-timer, system-timer"
        )
        yield TooSmall()

    def on_mount(self) -> None:
        """The table has the focus."""
        super().on_mount()
        self.jobs.table.focus()

    def show(self, snapshot: Snapshot) -> None:
        """Draw a new snapshot."""
        super().show(snapshot)
        chosen = self.filter.choose(snapshot.jobs)
        table = self.jobs.table
        jobs = ordered(chosen, table.sorted_by)
        self.jobs.show(jobs, snapshot.runs, self.filter.message(snapshot, self.host.user))
        self._arrange()
        self.next.show(chosen)
        self.health.show(snapshot)
        self.reader.show(self.job, snapshot)
        self._rules()
        self._keys_changed()

    def tick(self) -> None:
        """A second has passed."""
        super().tick()
        self.jobs.table.redraw_changes()

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        return self.jobs.table.job if self.jobs.table.display else None

    def _rules(self) -> None:
        snapshot, now = self.snapshot, self.now()
        arrangement = self._arrangement
        if arrangement is None:
            return
        shown = self.filter.choose(snapshot.jobs)
        tabs = (
            []
            if arrangement.wide and not arrangement.folded
            else tabs_of(arrangement.shown, self.health.count, folded=arrangement.folded)
        )
        facts = jobs_facts(shown, snapshot, now, self.filter.words(), self._order_words())
        folded = arrangement.folded
        self.jobs.rule.show(jobs_title(len(shown)), facts, tabs if folded else ())
        self.next.rule.show("2 Next runs" if arrangement.wide else "2 Next", (), tabs)
        self.health.rule.show(health_title(snapshot), (), tabs)
        self.reader.rule(tabs)

    def _order_words(self) -> str:
        by = self.jobs.table.sorted_by
        return f"by {by.value.lower()}" if by else ""

    def _keys_changed(self) -> None:
        """Have the key line drawn anew where other keys work now."""
        job = self.job
        seen = (
            job is None,
            job is not None and job.running,
            job is not None and job.paused,
            bool(self._zoomed),
        )
        if seen != self._seen:
            self._seen = seen
            labels = {"job.pause": "resume"} if job is not None and job.paused else {}
            for line in self.query(KeyLine):
                line.labels = labels
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for a job need one; stopping needs one that runs."""
        if action in ("run", "pause", "reschedule", "log", "edit", "delete", "open_editor", "environment"):
            return self.job is not None
        if action == "stop":
            return self.job is not None and self.job.running
        if action == "demo":
            return not self.jobs.table.display and not self.host.ports.demo
        return True

    def action_demo(self) -> None:
        """Leave for the demo workspace: whoever started the app opens it."""
        self.app.exit("demo")

    # How the panes share the screen

    def on_resize(self, event: Resize) -> None:
        """Other sizes have other arrangements."""
        self.set_class(too_small(event.size.width, event.size.height), "-too-small")
        self._arrange()
        self.call_after_refresh(self._after_arranging)

    def _arrange(self) -> None:
        size = self.app.size
        count = len(self.filter.choose(self.snapshot.jobs))
        new = arrange(size.width, size.height, count, self._lower, self._zoomed)
        if new == self._arrangement:
            return
        self._arrangement = new
        panes = self.query_one("#panes")
        columns = 2 if new.wide and not new.folded else 1
        panes.styles.grid_size_columns = columns
        panes.styles.grid_size_rows = 1 if new.folded else 2
        panes.styles.grid_columns = "1fr 34" if columns == 2 else "1fr"
        panes.styles.grid_rows = "1fr" if new.folded else f"{new.jobs_height} 1fr"
        panes.set_class(columns == 2, "-wide")
        for name in PANES:
            self.query_one(f"#{name}").display = name in new.shown
        self.jobs.allow_details(new.details)
        self._rules()
        self.call_after_refresh(self._after_arranging)

    def _after_arranging(self) -> None:
        """Panes that wrap or cut to their width do so once they have it."""
        self.next.again()
        self.health.show(self.snapshot)
        self.reader.show(self.job, self.snapshot)

    def action_pane(self, name: str) -> None:
        """Show a pane and give it the focus."""
        if name != "jobs":
            self._lower = name
        if self._zoomed is not None:
            self._zoomed = name
        self._arrange()
        self._focus_pane(name)

    def _focus_pane(self, name: str) -> None:
        for widget in self.query_one(f"#{name}").query("LineView"):
            if widget.display:
                widget.focus()
                return

    def action_zoom(self) -> None:
        """Give the focused pane the whole screen, or all panes their place again."""
        if self._zoomed is not None:
            self._zoomed = None
        else:
            focused = self.focused
            around = [node.id for node in focused.ancestors if node.id in PANES] if focused else []
            self._zoomed = around[0] if around else "jobs"
        self._arrange()
        self._keys_changed()

    # Filter and order

    def action_filter(self) -> None:
        """Open the filter's line."""
        box = self.query_one("#filter", Input)
        box.value = self.filter.text
        box.display = True
        box.focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self.filter.text = event.value
        self.show(self.snapshot)

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one("#filter").display = False
        self._focus_pane("jobs")

    def action_back(self) -> None:
        """Close the filter and forget it; leave a folded view; go to the table."""
        box = self.query_one("#filter", Input)
        if box.display or self.filter.text:
            box.display = False
            self.filter.text = ""
            self.show(self.snapshot)
        elif self._zoomed is not None:
            self.action_zoom()
        self._focus_pane("jobs")

    def action_sources(self) -> None:
        """All jobs, one's own, the system's."""
        self.filter.cycle()
        self.show(self.snapshot)

    def action_sort(self, step: int) -> None:
        """Sort by the next column; after the last one, the order of the tables."""
        table = self.jobs.table
        at = _SORTS.index(table.sorted_by) if table.sorted_by in _SORTS else 0
        self._sort_by(_SORTS[(at + step) % len(_SORTS)])

    def _sort_by(self, column: Column | None) -> None:
        self.jobs.table.sorted_by = column
        self.jobs.table.refresh()
        self.show(self.snapshot)

    @on(HeadingClicked)
    def _heading_clicked(self, event: HeadingClicked) -> None:
        again = self.jobs.table.sorted_by is event.column
        self._sort_by(None if again or event.column not in _SORTS else event.column)

    # The selected job

    @on(JobHighlighted)
    def _job_highlighted(self) -> None:
        self.jobs.show_details()
        self.reader.show(self.job, self.snapshot)
        self._keys_changed()

    @on(JobChosen)
    def action_log(self) -> None:
        """The log of the selected job, full screen."""
        if self.job is not None:
            self.app.push_screen(LogScreen(self.job))

    @on(FollowChanged)
    def _follow_changed(self) -> None:
        self._rules()

    async def action_refresh(self) -> None:
        """Ask every source now."""
        await self.host.store.refresh()
