"""The job table: a row a job, drawn by hand so that only what changed is drawn.

Textual's DataTable blocks for more than a second when 10,000 rows arrive, and repaints all of itself for
one changed cell. Here a row is made when it comes on screen, and a tick of the clock repaints the cells
whose words changed and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from textual.events import Resize
from textual.geometry import Region

from fedtui.model import Finding, Job, Run
from fedtui.presentation.glyphs import StyledText, changed_cells
from fedtui.presentation.job_rows import Column, Layout, cell, heading, layout, phase
from fedtui.presentation.notes import closeness
from fedtui.widgets.line_view import CursorView
from fedtui.widgets.messages import HeadingClicked, JobChosen, JobHighlighted

RunsByJob = Mapping[str, Sequence[Run]]
FindingsByJob = Mapping[str, Sequence[Finding]]
NOTHING_FOUND: FindingsByJob = MappingProxyType({})


class JobTable(CursorView):
    """Jobs under a heading row. The cursor stays on its job while rows come, go and change places."""

    def __init__(self, clock: Callable[[], datetime], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._jobs: Sequence[Job] = ()
        self._runs: RunsByJob = {}
        self._found: FindingsByJob = NOTHING_FOUND
        self._rows: dict[str, int] = {}
        self._drawn: dict[int, dict[Column, StyledText]] = {}
        self._phases: dict[int, object] = {}
        self._layout: Layout = layout(80)
        self.sorted_by: Column | None = None

    def set_jobs(self, jobs: Sequence[Job], runs: RunsByJob, found: FindingsByJob = NOTHING_FOUND) -> None:
        """Show `jobs` in this order; the cursor stays on its job, or near its row when that is gone.

        `found` is what the doctor says of each, by its id.
        """
        before = self.job
        same_places = len(jobs) == len(self._jobs) and all(
            a is b or a.id == b.id for a, b in zip(jobs, self._jobs, strict=True)
        )
        self._jobs, self._runs, self._found = jobs, runs, found
        if same_places:
            self.redraw_changes()
            return
        self._rows = {job.id: number for number, job in enumerate(jobs)}
        self._drawn.clear()
        self.resize()
        self.keep_cursor(before.id if before else None, before.name if before else "", self._rows)
        after = self.job
        if (after.id if after else None) != (before.id if before else None):
            self.highlighted()

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        return self._jobs[self._cursor] if self._cursor < len(self._jobs) else None

    def runs_of(self, job: Job) -> Sequence[Run]:
        """The latest runs of a job, oldest first."""
        return self._runs.get(job.id, ())

    def findings_of(self, job: Job) -> Sequence[Finding]:
        """What the doctor says of a job, the worst first."""
        return self._found.get(job.id, ())

    def select(self, job_id: str) -> None:
        """Put the cursor on a job, where the table has it."""
        if job_id in self._rows:
            self._move_to(self._rows[job_id])

    def count(self) -> int:
        """How many jobs are shown."""
        return len(self._jobs)

    def line(self, number: int) -> StyledText:
        """A job's row."""
        return _joined(self._cells(number))

    def _cells(self, number: int) -> dict[Column, StyledText]:
        job, now = self._jobs[number], self._clock()
        runs, found = self.runs_of(job), self.findings_of(job)
        return {column: cell(job, column, now, width, runs, found) for column, width in self._layout.columns}

    def _recolour(self, _theme: object) -> None:
        self._drawn.clear()
        super()._recolour(_theme)

    def on_resize(self, event: Resize) -> None:
        """Other widths have other columns."""
        self._layout = layout(self.scrollable_content_region.width)
        self._drawn.clear()
        self.resize()
        self.call_after_refresh(self._show_cursor)

    def heading(self) -> StyledText:
        return heading(self._layout, self.sorted_by)

    def drawn(self, number: int) -> StyledText:
        """A job's row, of which is remembered what is drawn of it."""
        self._drawn[number] = self._cells(number)
        return _joined(self._drawn[number])

    def redraw_changes(self) -> None:
        """Repaint what is on screen and no longer says what was drawn."""
        now = self._clock()
        for number in self._on_screen():
            self._redraw(number, tuple(Column), now)

    def tick(self) -> None:
        """A second has passed: countdowns and ages may say something else."""
        now = self._clock()
        for number in self._on_screen():
            if self._phases.get(number) != (now_phase := phase(self._jobs[number], now)):
                self._phases[number] = now_phase
                self._redraw(number, (Column.NEXT, Column.LAST_RUN), now)

    def _on_screen(self) -> range:
        top = self.scroll_offset.y
        return range(top, min(len(self._jobs), top + self.size.height - 1))

    def _redraw(self, number: int, columns: Sequence[Column], now: datetime) -> None:
        """Repaint the cells of a row, of `columns` alone, that no longer say what was drawn."""
        job, drawn = self._jobs[number], self._drawn.get(number, {})
        for column in columns:
            if column not in drawn:
                continue
            width = self._layout.width(column)
            new = cell(job, column, now, width, self.runs_of(job), self.findings_of(job))
            changed = changed_cells(drawn[column], new)
            if changed is not None:
                left, y = self._layout.offset(column) + changed[0], number - self.scroll_offset.y + 1
                self.refresh(Region(left, y, changed[1] - changed[0], 1))

    def _repaint(self, *rows: int) -> None:
        for row in rows:
            self.refresh(Region(0, row - self.scroll_offset.y + 1, self.size.width, 1))

    def highlighted(self) -> None:
        """Name the job under the cursor."""
        self.post_message(JobHighlighted(self.job.id if self.job else None))

    def chosen(self) -> None:
        """Open the job under the cursor."""
        if self.job is not None:
            self.post_message(JobChosen(self.job.id))

    def heading_clicked(self, x: int) -> None:
        """A heading sorts."""
        self.post_message(HeadingClicked(self._layout.at(x)))

    def to_best_match(self, words: str, *, stay: bool) -> None:
        """Go to the job whose name comes nearest to `words`; `stay` on one that is as near."""
        self.to_best([closeness(job.name, words) for job in self._jobs], stay=stay)


def _joined(cells: Mapping[Column, StyledText]) -> StyledText:
    return tuple(piece for part in cells.values() for piece in part)
