"""Finding a job: the dashboard's filter and its order, by key and by mouse."""

from __future__ import annotations

from textual import on
from textual.widgets import Input

from fedtui.presentation.job_rows import Column
from fedtui.screens.pane_layout import PaneLayout
from fedtui.widgets.filter import SearchInput
from fedtui.widgets.messages import HeadingClicked

SORTS = (None, Column.JOB, Column.NEXT, Column.LAST_RUN, Column.SCHEDULE, Column.SOURCE)


class JobFilterScreen(PaneLayout):
    """The part of the dashboard that chooses and orders what the table shows."""

    async def prepare(self) -> None:
        """Make the filter's line, which the first paint does not wait for."""
        if not self.query("#filter"):
            words = "words, or source:crontab, cron.d, user-timer, system-timer"
            await self.mount(SearchInput(id="filter", placeholder=words))

    async def action_filter(self) -> None:
        """Open the filter's line."""
        await self.prepare()
        box = self.query_one("#filter", Input)
        box.value = self.filter.text
        box.display = True
        box.focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        if event.value == self.filter.text or not event.input.display:
            return
        before, table = self.job, self.jobs.table
        self.filter.text = event.value
        self.show(self.snapshot)
        table.settle()
        if event.value:
            stay = before is not None and table.job is not None and table.job.id == before.id
            table.to_best_match(event.value, stay=stay)

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one("#filter").display = False
        self.focus_pane("jobs")

    def action_back(self) -> None:
        """Close the filter and forget it; leave a folded view; go to the table."""
        open_boxes = [box for box in self.query("#filter") if box.display]
        if open_boxes or self.filter.text:
            for box in open_boxes:
                box.display = False
            self.filter.text = ""
            self.show(self.snapshot)
        elif self.zoomed is not None:
            self.action_zoom()
        self.focus_pane("jobs")

    def action_sources(self) -> None:
        """All jobs, one's own, the system's."""
        self.filter.cycle()
        self.show(self.snapshot)
        self.jobs.table.settle()

    def action_sort(self, step: int) -> None:
        """Sort by the next column; after the last one, the order of the tables."""
        table = self.jobs.table
        at = SORTS.index(table.sorted_by) if table.sorted_by in SORTS else 0
        self._sort_by(SORTS[(at + step) % len(SORTS)])

    def _sort_by(self, column: Column | None) -> None:
        self.jobs.table.sorted_by = column
        self.jobs.table.refresh()
        self.show(self.snapshot)

    @on(HeadingClicked)
    def _heading_clicked(self, event: HeadingClicked) -> None:
        again = self.jobs.table.sorted_by is event.column
        self._sort_by(None if again or event.column not in SORTS else event.column)
