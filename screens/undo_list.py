"""The undo list: every change with its diff; one that is in force can be undone, also an older one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from fedtui.action_result import Refused
from fedtui.changes.plan import FileDiff
from fedtui.changes.request import Request
from fedtui.history.database import HistoryError, UndoStep
from fedtui.presentation.glyphs import Span, Tone
from fedtui.presentation.undo_rows import heading, row_line
from fedtui.schedule.patterns import counted
from fedtui.screens.list_screen import ListScreen
from fedtui.widgets.keys import UNDO_SCREEN
from fedtui.widgets.lines import diff_head, diff_lines, paragraph, rule
from fedtui.widgets.row_table import RowTable

REST = 0.05
"""Seconds that the cursor rests on a change before its diff is read."""

MOST = 10_000
"""Changes that are listed."""


class UndoListScreen(ListScreen):
    """Opened by `U`, and from the dialog that says that the newest change cannot be undone."""

    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in UNDO_SCREEN]
    table: RowTable[UndoStep]

    def __init__(self) -> None:
        super().__init__()
        self._diffs: dict[int, tuple[FileDiff, ...] | str] = {}
        self._absent = ""

    def compose_page(self) -> ComposeResult:
        """Rule, list, and the diff of the change under the cursor."""
        self.table = RowTable[UndoStep](
            heading, lambda step, width: row_line(step, self.now(), width), "The change", id="steps"
        )
        yield from self.compose_list("Undo list")

    def on_screen_resume(self) -> None:
        """Read the log again: a dialog on top may have made a change."""
        self._read_log()

    @work(group="log", exclusive=True)
    async def _read_log(self) -> None:
        trouble = ""
        try:
            steps = await self.host.engine.undo_steps(MOST)
        except HistoryError as error:
            steps, trouble = [], str(error)
        self._absent = "No changes yet. Every change that you make with fedtui is listed here."
        in_force = sum(step.undoes is None and not step.undone for step in steps)
        facts = Span(f"  {counted(len(steps), 'step')}, {counted(in_force, 'change')} in force", Tone.MUTED)
        self._rule.show("Undo list", (Span(f"  ▲ {trouble}", Tone.WARN) if trouble else facts,))
        self.table.styles.height = self.list_height(len(steps))
        self.table.set_rows(steps, [str(step.id) for step in steps])
        self._body.redraw()

    def details(self, width: int) -> Sequence[Content]:
        step = self.table.row
        said = step.summary if step is not None else self._absent
        rows = [Content(""), *(Content(" ") + row for row in paragraph(said, width - 2))]
        known = self._diffs.get(step.id, "Reading …") if step is not None else ()
        if isinstance(known, str):
            return [*rows, Content(" ") + Content.styled(known, "$muted")]
        for diff in known:
            rows += [rule(width, diff_head(diff, width)), *diff_lines(diff, width)]
        return rows

    @on(RowTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()
        self._body.redraw()
        step = self.table.row
        if step is not None and step.id not in self._diffs:
            self._read_diff(step.id)

    @work(group="diff", exclusive=True)
    async def _read_diff(self, step_id: int) -> None:
        await asyncio.sleep(REST)
        try:
            diffs = await self.host.engine.step_diffs(step_id)
            self._diffs[step_id] = diffs or "No text of a file was changed."
        except (Refused, HistoryError) as refused:
            self._diffs[step_id] = str(refused)
        self._body.redraw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A change that was undone can only be redone."""
        if action == "undo":
            return self.is_mounted and self.table.row is not None and not self.table.row.undone
        return True

    @on(RowTable.Chosen)
    def action_undo(self) -> None:
        """Plan the undo of the change under the cursor."""
        step = self.table.row
        if not self.doubtful(self.table) and step is not None and not step.undone:
            self.flow.begin_change("Undo", Request("undo", (), {"id": step.id}))
