"""The four panes of the dashboard: jobs, next runs, log, health. Each draws what it is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from textual.content import Content
from textual.widget import Widget

from fedtui.model import Finding, Job, Snapshot, State
from fedtui.presentation.finding_groups import of_jobs
from fedtui.presentation.glyphs import Span, StyledText, Tone
from fedtui.presentation.job_rows import detail_lines
from fedtui.presentation.next_runs import next_line, next_rows
from fedtui.presentation.notes import health_count, health_lines
from fedtui.presentation.times import here
from fedtui.schedule.upcoming import RunsOf
from fedtui.widgets.job_table import JobTable, RunsByJob
from fedtui.widgets.line_view import LineView
from fedtui.widgets.log_pump import WAITING
from fedtui.widgets.log_view import LogView
from fedtui.widgets.palette import content, is_ascii
from fedtui.widgets.pane import Pane, Tab, tab


class Rows(Widget):
    """Rows that are drawn again only when they say something else."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[StyledText, ...] = ()

    def set_lines(self, lines: tuple[StyledText, ...]) -> None:
        """Show other rows."""
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render(self) -> Content:
        """The rows, each cut at the edge."""
        ascii_only, width = is_ascii(self.app), self.content_size.width
        rows = [content(line, ascii_only=ascii_only).truncate(width, ellipsis=True) for line in self._lines]
        return Content("\n").join(rows)


class Details(Rows):
    """The two rows under the table."""

    DEFAULT_CSS = """
    Details { height: 2; padding: 0 1; background: $ground; text-wrap: nowrap; text-overflow: ellipsis; }
    """


class Note(Rows):
    """One row that is there only while it has something to say."""

    DEFAULT_CSS = """
    Note {
        display: none; height: 1; padding: 0 1; background: $ground;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def show(self, line: StyledText | None) -> None:
        """Say something, or go."""
        self.display = bool(line)
        self.set_lines((line,) if line else ())


class JobsPane(Pane):
    """The table, or what is in its place while there is none; the detail rows."""

    TITLE = "1 Jobs"

    def __init__(self, now: Callable[[], datetime], home: str) -> None:
        super().__init__(id="jobs")
        self.table = JobTable(now, id="table")
        self.empty = LineView(id="empty")
        self.details = Details(id="details")
        self.body = (self.table, self.empty, self.details)
        self._home = home
        self._roomy = False
        self._unrecorded: Collection[str] = ()

    def on_mount(self) -> None:
        """The message is out of sight until there is one."""
        self.empty.display = False

    def show(
        self,
        jobs: Sequence[Job],
        runs: RunsByJob,
        message: Sequence[StyledText],
        findings: Sequence[Finding] = (),
        unrecorded: Collection[str] = (),
    ) -> None:
        """Show jobs, each with what was found about it; where there are none, the message.

        `unrecorded` are the ids of those whose exit codes could be recorded.
        """
        self._unrecorded = unrecorded
        self.table.set_jobs(jobs, runs, of_jobs(findings))
        empty = not jobs and bool(message)
        if empty:
            indented: list[StyledText] = [(Span("   "), *line) if line else line for line in message]
            self.empty.set_lines([(), (), (), *indented])
        if empty is self.table.display:
            # Focus that was asked for a widget that is hidden by then is lost: nobody's is this pane's.
            ours = self.screen.focused in (None, self.table, self.empty)
            self.empty.display, self.table.display = empty, not empty
            if ours:
                self.screen.set_focus(self.empty if empty else self.table)
        self.show_details()

    def allow_details(self, allowed: bool) -> None:
        """There is room for the detail rows, or none."""
        self._roomy = allowed
        self.show_details()

    def show_details(self) -> None:
        """Show the detail rows of the job under the cursor, where there is room."""
        job = self.table.job
        self.details.display = self._roomy and job is not None
        if job is not None and self._roomy:
            runs, found = self.table.runs_of(job), self.table.findings_of(job)
            unrecorded = job.id in self._unrecorded
            self.details.set_lines(detail_lines(job, runs, self._home, found, unrecorded=unrecorded))


class NextPane(Pane):
    """What runs next, over all jobs, in true order."""

    TITLE = "2 Next runs"

    def __init__(self, now: Callable[[], datetime], runs_of: RunsOf) -> None:
        super().__init__(id="next")
        self.list = LineView(id="next-list")
        self.body = (self.list,)
        self._now, self._runs_of = now, runs_of
        self._jobs: Sequence[Job] = ()

    def show(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        if not self.display:
            return
        now = self._now()
        width = max(20, self.list.scrollable_content_region.width - 1)
        lines = [next_line(row, now, width) for row in next_rows(jobs, now, self._runs_of)]
        nothing: StyledText = (Span("Nothing is going to run.", Tone.MUTED),)
        self.list.set_lines(lines or ([nothing] if jobs else []))

    def again(self) -> None:
        """The width, or whether it is shown, has changed."""
        self.show(self._jobs)


class HealthPane(Pane):
    """What is unhealthy, worst first."""

    TITLE = "4 Health"

    def __init__(self) -> None:
        super().__init__(id="health")
        self.list = LineView(id="health-list")
        self.body = (self.list,)
        self.count = 0

    def show(self, snapshot: Snapshot) -> None:
        """Show a snapshot's problems and findings."""
        self.count = health_count(snapshot)
        width = max(20, self.list.scrollable_content_region.width - 1)
        self.list.set_lines(health_lines(snapshot, width))


class LogPane(Pane):
    """The log of the selected job, live; above it why the job does not run, where it does not."""

    TITLE = "3 Log"

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(id="log")
        self.note = Note()
        self.view = LogView(now, id="log-view")
        self.body = (self.note, self.view)

    def on_mount(self) -> None:
        """Say what will appear."""
        self.view.say(WAITING)


def jobs_title(count: int) -> str:
    """`1 Jobs  9`."""
    return f"1 Jobs  {count}"


def jobs_facts(jobs: Sequence[Job], snapshot: Snapshot, now: datetime, *extra: str) -> StyledText:
    """What the jobs pane's rule says beside the count: bad lines, rows that are old, filter and order."""
    line: list[Span] = []
    bad = sum(job.state is State.BAD_LINE for job in jobs)
    if bad:
        line.append(Span(f"   ! {bad} bad line{'' if bad == 1 else 's'}", Tone.WARN))
    old = sum(job.state is State.UNREACHABLE for job in jobs)
    since = next((problem.at for problem in snapshot.troubles if problem.at is not None), None)
    if old:
        moment = f" as of {here(since, now):%H:%M:%S}" if since is not None else " not read"
        line.append(Span(f"  {old}{moment}", Tone.MUTED))
    line.extend(Span(f"  {text}", Tone.MUTED) for text in extra if text)
    return tuple(line)


def other_panes(shown: Sequence[str], findings: int, *, folded: bool) -> list[Tab]:
    """The names of the panes that are out of sight, clickable, and the fold key."""
    names = {"next": ("2", "Next"), "log": ("3", "Log"), "health": ("4", "Health")}
    tabs = [tab(key, name, f"pane('{pane}')") for pane, (key, name) in names.items() if pane not in shown]
    if folded and findings and "health" not in shown:
        tabs[-1] = tab("4", "Health", "pane('health')", Span(f" ▲ {findings}", Tone.WARN))
    if "jobs" not in shown:
        tabs.insert(0, tab("1", "Jobs", "pane('jobs')"))
    tabs.append(tab("z", "unfold" if folded else "fold", "zoom"))
    return tabs


def health_title(snapshot: Snapshot) -> str:
    """`4 Health  2`."""
    count = health_count(snapshot)
    return f"4 Health  {count}" if count else "4 Health"
