"""The dashboard: four panes over one snapshot, filter, order, and which pane is seen.

What its keys do to jobs is in `job_actions`; what its panes draw is theirs. Here they are put together.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from fedtui.model import Job, Snapshot
from fedtui.presentation.job_rows import ordered
from fedtui.screens.job_actions import JobActions
from fedtui.screens.job_filter import JobFilterScreen
from fedtui.screens.log_pane_controller import LogPaneController
from fedtui.widgets.head_line import WIDE
from fedtui.widgets.keys import DASHBOARD, JOB
from fedtui.widgets.messages import FollowChanged, JobChosen, JobHighlighted
from fedtui.widgets.panes import HealthPane, JobsPane, LogPane, NextPane, health_title, jobs_facts, jobs_title
from fedtui.widgets.panes import other_panes as tabs_of

FOR_A_JOB = frozenset(key.action for key in DASHBOARD if key.group == JOB)
"""Actions that need a job under the cursor."""


class Dashboard(JobFilterScreen, JobActions):
    """The first screen."""

    OFFERS_RECORDING = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in DASHBOARD),
        Binding("enter", "log", show=False),
        Binding("escape", "back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._seen: tuple[object, ...] = ()

    def compose_page(self) -> ComposeResult:
        """The panes; the filter's line and the page for a small window are made when they are wanted."""
        host = self.host
        self.jobs = JobsPane(host.clock, host.home)
        self.next = NextPane(host.clock, host.runs_of)
        self.log_pane = LogPane(host.clock)
        self.health = HealthPane()
        self.reader = LogPaneController(self, self.log_pane)
        with Container(id="panes", classes="-wide" if self.app.size.width >= WIDE else ""):
            yield self.jobs
            yield self.next
            yield self.log_pane
            yield self.health

    def on_mount(self) -> None:
        """The table has the focus."""
        self.jobs.table.focus()

    def show(self, snapshot: Snapshot) -> None:
        """Draw a new snapshot."""
        super().show(snapshot)
        chosen = self.filter.choose(snapshot.jobs)
        table = self.jobs.table
        jobs = ordered(chosen, table.sorted_by)
        message = self.filter.message(snapshot, self.host.user)
        self.jobs.show(jobs, snapshot.runs, message, snapshot.findings, snapshot.unrecorded)
        self.share_out()
        if self.focused is None:  # at the start the table was not there to take it
            self.focus_pane("jobs")
        self.next.show(chosen)
        self.health.show(snapshot)
        self.reader.show(self.job, snapshot)
        self.draw_rules()
        self.keys_changed()

    def tick(self) -> None:
        """A second has passed."""
        super().tick()
        self.jobs.table.tick()

    @on(FollowChanged)
    def draw_rules(self) -> None:
        """Say in the panes' rules what they show."""
        snapshot, now = self.snapshot, self.now()
        arrangement = self.arrangement
        if arrangement is None:
            return
        shown = self.filter.choose(snapshot.jobs)
        folded = arrangement.folded
        all_shown = arrangement.wide and not folded
        tabs = [] if all_shown else tabs_of(arrangement.shown, self.health.count, folded=folded)
        facts = jobs_facts(shown, snapshot, now, self.filter.words(), self._order_words())
        self.jobs.rule.show(jobs_title(len(shown)), facts, tabs if folded else ())
        self.next.rule.show("2 Next runs" if arrangement.wide else "2 Next", (), tabs)
        self.health.rule.show(health_title(snapshot), (), tabs)
        self.reader.rule(tabs)

    def _order_words(self) -> str:
        by = self.jobs.table.sorted_by
        return f"by {by.value.lower()}" if by else ""

    def keys_changed(self) -> None:
        """Have the key line drawn again where other keys work now."""
        job = self.job
        seen = (None if job is None else (job.running, job.paused), bool(self.zoomed))
        if seen != self._seen:
            self._seen = seen
            self.label_keys({"job.pause": "resume"} if job is not None and job.paused else {})

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for a job need one; stopping needs one that runs."""
        if action in FOR_A_JOB:
            return self.job is not None and (action != "stop" or self.job.running)
        if action == "demo":
            return not self.jobs.table.display and not self.host.ports.demo
        return True

    def action_demo(self) -> None:
        """Leave for the demo workspace: the code that started the app opens it."""
        self.app.exit("demo")

    # The selected job

    @property
    def target(self) -> Job | None:
        """The job under the cursor; none, and a word of it, where the user must have seen another there."""
        job = self.job
        return None if job is not None and self.doubtful(self.jobs.table) else job

    @on(JobHighlighted)
    def _job_highlighted(self) -> None:
        self.jobs.show_details()
        self.reader.show(self.job, self.snapshot)
        self.keys_changed()

    @on(JobChosen)
    def action_log(self) -> None:
        """The log of the selected job, full screen."""
        from fedtui.screens.log import LogScreen  # loaded later: the first paint does not wait for it

        job = self.target
        if job is not None:
            self.app.push_screen(LogScreen(job))

    def action_history(self) -> None:
        from fedtui.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen())

    def action_doctor(self) -> None:
        """What is wrong on this machine, and how it is fixed."""
        from fedtui.screens.doctor import DoctorScreen

        self.app.push_screen(DoctorScreen(self.go_to))

    def action_setup(self) -> None:
        """Set a federation up, see how it stands, rehearse its failures."""
        from fedtui.screens.setup import SetupScreen

        self.app.push_screen(SetupScreen())

    def go_to(self, job_id: str) -> None:
        """Put the cursor on a job; a filter that hides it is forgotten."""
        job = self.snapshot.job(job_id)
        if job is not None and job not in self.filter.choose(self.snapshot.jobs):
            self.filter.text, self.filter.whose = "", ""
            self.show(self.snapshot)
        self.focus_pane("jobs")
        self.jobs.table.select(job_id)

    async def action_refresh(self) -> None:
        """Ask every source now."""
        await self.host.store.refresh()
