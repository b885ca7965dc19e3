"""The doctor: every finding with its evidence, why it matters and how it is fixed; what passed, what was
not checked. `enter` shows the plan of a fix, and only `y` in there changes anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.worker import Worker

from fedtui.action_result import Refused
from fedtui.changes.plan import Plan
from fedtui.changes.request import Request
from fedtui.health.remedies import remedy_request
from fedtui.model import Finding, Job, Snapshot
from fedtui.presentation.doctor_rows import DoctorRow, counts_line, rows_of
from fedtui.presentation.glyphs import Span, Tone
from fedtui.screens.list_screen import ListScreen
from fedtui.widgets import finding_details
from fedtui.widgets.finding_table import FindingTable
from fedtui.widgets.head_line import WIDE
from fedtui.widgets.keys import DOCTOR_SCREEN
from fedtui.widgets.lines import ROOMY_FROM, paragraph

REST = 0.15
"""Seconds that the cursor rests on a finding before its fix is worked out."""


class DoctorScreen(ListScreen):
    """Opened by `d`. `go_to` puts the cursor of the screen below on a job."""

    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in DOCTOR_SCREEN]
    table: FindingTable

    def __init__(self, go_to: Callable[[str], None]) -> None:
        super().__init__()
        self._go_to = go_to
        self._opened: set[str] = set()
        self._fixes: dict[Finding, Plan | str] = {}

    def compose_page(self) -> ComposeResult:
        """The findings, and what there is to say of one."""
        self.table = FindingTable(id="findings")
        yield from self.compose_list("Doctor")

    def on_resize(self) -> None:
        """Other widths wrap otherwise."""
        self.show(self.snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """Draw a new snapshot."""
        super().show(snapshot)
        rows = rows_of(snapshot, self._opened)
        known = set(snapshot.findings)
        self._fixes = {finding: fix for finding, fix in self._fixes.items() if finding in known}
        jobs = {job.id: job for job in snapshot.jobs}
        self.table.styles.height = self.list_height(len(rows))
        self.table.show(rows, jobs)
        at = snapshot.at.astimezone(self.now().tzinfo)
        wide = self.app.size.width >= WIDE
        facts = counts_line(snapshot, wide, f"checked {at:%H:%M:%S}")
        if snapshot.loading:
            facts = (*facts, Span("   reading …", Tone.MUTED))
        self._rule.show("Doctor", facts)
        self._moved()

    # The row under the cursor

    @property
    def row(self) -> DoctorRow | None:
        """What the cursor is on."""
        return self.table.row

    @property
    def finding(self) -> Finding | None:
        return self.row.finding if self.row is not None else None

    @property
    def job(self) -> Job | None:
        return self.snapshot.job(self.row.job_id) if self.row is not None and self.row.job_id else None

    def details(self, width: int) -> Sequence[Content]:
        row = self.row
        if row is None:
            words = "Reading …" if self.snapshot.loading else "Nothing was found."
            return [Content(""), *(Content(" ") + line for line in paragraph(words, width - 2, "$muted"))]
        plan = self._fixes.get(row.finding) if row.finding is not None else None
        roomy = self.app.size.height >= ROOMY_FROM
        lines = finding_details.details(row, self.snapshot, width, roomy=roomy, plan=plan)
        return [Content(""), *lines]

    @on(FindingTable.Moved)
    def _moved(self) -> None:
        row = self.row
        self.label_keys({"doctor.fix": "open" if row is not None and row.group is not None else "fix"})
        self._body.redraw()
        finding = self.finding
        if finding is not None and finding.remedy is not None and finding not in self._fixes:
            # No coroutine: one whose place another takes before it began would never be awaited.
            work: Callable[[], Coroutine[None, None, None]] = partial(self._work_out, finding)
            _: Worker[None] = self.run_worker(work, group="fix", exclusive=True)

    async def _work_out(self, finding: Finding) -> None:
        """Make the plan of the fix, to show its diff; it is made again before it is confirmed."""
        await asyncio.sleep(REST)
        try:
            job = (
                self.snapshot.job(finding.job_id) if finding.job_id else None
            )  # the cursor may have moved on
            self._fixes[finding] = await self.host.engine.plan(remedy_request(finding, job))
        except Refused as refused:
            self._fixes[finding] = str(refused)
        self._body.redraw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for a finding need one."""
        row = self.row if self.is_mounted else None
        if action == "fix":
            return row is not None and (row.group is not None or self._fixable)
        if action == "copy":
            return self.finding is not None and bool(self.finding.command)
        if action == "silence":
            return self.finding is not None
        if action == "go_to_job":
            return self.job is not None
        return True

    @property
    def _fixable(self) -> bool:
        return self.finding is not None and self.finding.remedy is not None

    # Keys

    @on(FindingTable.Chosen)
    def action_fix(self) -> None:
        """Show the plan of the fix, or open or close the group."""
        row, finding = self.row, self.finding
        if self.doubtful(self.table):
            return
        if row is not None and row.group is not None:
            self._opened ^= {row.key}
            self.show(self.snapshot)
            self.table.settle()
        elif finding is not None and self._fixable:
            self._begin_fix(finding)

    def _begin_fix(self, finding: Finding) -> None:
        job = self.job
        try:
            request = remedy_request(finding, job)
        except Refused as refusal:
            self.flow.begin(self.flow.refused("Fix", finding.code, refusal))
        else:
            self.flow.begin_change("Fix", request, job.name if job is not None else "")

    def action_copy(self) -> None:
        """Send the exact command to the terminal's clipboard (OSC 52)."""
        finding = self.finding
        if finding is not None and finding.command and not self.doubtful(self.table):
            self.app.copy_to_clipboard(finding.command)
            self.notify("the command was sent to the terminal's clipboard", markup=False)

    def action_silence(self) -> None:
        """Do not report it any more: shown as a change first."""
        finding, job = self.finding, self.job
        if finding is not None and not self.doubtful(self.table):
            jobs = (job.id,) if job is not None else ()
            name = job.name if job is not None else ""
            self.flow.begin_change("Silence", Request("silence", jobs, {"code": finding.code}), name)

    def action_undo_list(self) -> None:
        """Every change, to undo an older one."""
        from fedtui.screens.undo_list import UndoListScreen

        self.app.push_screen(UndoListScreen())

    async def action_again(self) -> None:
        """Look at everything again."""
        self._fixes.clear()
        await self.host.store.refresh()

    def action_go_to_job(self) -> None:
        """Back to the dashboard, the cursor on the job."""
        job = self.job
        if self.doubtful(self.table):
            return
        self.app.pop_screen()
        if job is not None:
            self._go_to(job.id)
