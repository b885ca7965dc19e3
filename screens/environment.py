"""The environment screen: what the scheduler gives a job against what the user's shell has, why, and a fix.

The shell is asked while the screen is open already; `a` plans the line that would fix it and shows the plan,
as every change. No command of the job is run to find out, except with `r`, as cron would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize

from fedtui import environment
from fedtui.action_result import Refused
from fedtui.changes.request import Request
from fedtui.environment import Comparison, ShellSide
from fedtui.model import Job, Snapshot
from fedtui.presentation.environment_rows import EnvironmentView, table, title_facts
from fedtui.presentation.glyphs import Span, StyledText, Tone
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedulers import driver_of
from fedtui.screens.base import title_rule
from fedtui.screens.change_flow import ChangingScreen
from fedtui.screens.dialog import Dialog
from fedtui.screens.job_flows import run_job
from fedtui.widgets.environment_lines import value_rows, why_rows
from fedtui.widgets.environment_table import EnvironmentTable
from fedtui.widgets.keys import ENVIRONMENT_SCREEN
from fedtui.widgets.lines import ROOMY_FROM, Body, note
from fedtui.widgets.pane import PaneRule

Read = Callable[[Job], Awaitable[Comparison]]
_FRAME = 4
"""Rows that the head line, both rules and the key line take."""


class EnvironmentScreen(ChangingScreen):
    """Opened by `v` on a job. `read` makes the comparison; by default the machine is asked."""

    CSS_PATH = "../styles/environment.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in ENVIRONMENT_SCREEN]

    def __init__(self, job: Job, read: Read | None = None) -> None:
        super().__init__()
        self._job = job
        self._read = read or self._ask
        self._shell: ShellSide | None = None
        self._refusal: Refused | None = None
        self._view = EnvironmentView("")
        self.comparison: Comparison | None = None

    def compose_page(self) -> ComposeResult:
        """Rule, table, and what follows from it."""
        self._rule = title_rule("Environment")
        self.table = EnvironmentTable(id="table")
        yield self._rule
        yield self.table
        self._why = PaneRule("Why")
        self._why.display = False
        yield self._why
        with VerticalScroll(id="why"):
            yield Body(self._rows, id="reasons")

    def on_mount(self) -> None:
        """Begin to ask."""
        self._view = EnvironmentView(self.host.home)
        self.table.focus()
        self._look()

    @property
    def job(self) -> Job:
        """The job that it is about, as last seen."""
        return self._job

    def show(self, snapshot: Snapshot) -> None:
        """Draw a new snapshot; where the job's own lines changed, ask again."""
        super().show(snapshot)
        newest = snapshot.job(self._job.id)
        if newest is not None and newest != self._job:
            other = newest.facts != self._job.facts
            self._job = newest
            if other:
                self._look()

    def _look(self) -> None:
        self._draw()
        self.run_worker(self._compare(), group="environment", exclusive=True)

    async def _ask(self, job: Job) -> Comparison:
        ports = self.host.ports
        given = await environment.given_side(job, ports)
        if self._shell is None:
            self._shell = await environment.shell_side(job, ports)
        return await asyncio.to_thread(environment.compare, job, given, self._shell)

    async def _compare(self) -> None:
        self._refusal = None
        try:
            self.comparison = await self._read(self._job)
        except Refused as refusal:
            self._refusal = refusal
        self._draw()

    # Drawing

    def _draw(self) -> None:
        comparison = self.comparison
        facts: StyledText = (Span(f"  {sanitize_and_mask(self._job.name)}", bold=True),)
        if comparison is not None:
            facts = (*facts, *title_facts(comparison))
            view = self._view
            self.table.show(lambda width: table(comparison, width, view))
            self._why.display = True
            self._why.show("Why, and a fix" if comparison.fixes else "Why")
        elif self._refusal is None:
            facts = (*facts, Span("  ► asking your shell", Tone.ACCENT))
        self._rule.show("Environment", facts)
        self._arrange()
        self._keys_changed()

    def on_resize(self, event: Resize) -> None:
        """Other widths wrap otherwise."""
        self._arrange()

    def _arrange(self) -> None:
        """The table has what the reasons leave, and no more than it needs."""
        size = self.app.size
        room = size.height - _FRAME
        below = len(self._rows(size.width - 2))
        wanted = self.table.count() + (size.height >= ROOMY_FROM)
        self.table.styles.height = max(1, min(wanted, room - min(below, room // 2)))
        self.query_one("#reasons", Body).redraw()

    def _rows(self, width: int) -> Sequence[Content]:
        if self._refusal is not None:
            rows = note("✗", "bold $fail", "", width, lead=self._refusal.message)
            for text in (self._refusal.untouched, self._refusal.advice):
                rows += note(" ", "", text, width) if text else []
            return rows
        if self.comparison is None or not width:
            return []
        return why_rows(self.comparison, width, self._view, roomy=self.app.size.height >= ROOMY_FROM)

    @on(EnvironmentTable.Moved)
    def _keys_changed(self) -> None:
        """The key line names the variable that `a` would set."""
        name = self._settable()
        self.label_keys(
            {
                "environment.add": f"add {name} line",
                "environment.run": "run" if driver_of(self._job).runs_by_hand else "",
                "environment.mask": "mask" if self._view.unmasked else "unmask",
                "environment.same": "hide same" if self._view.same else "show same",
            }
        )

    # Keys

    def _settable(self) -> str | None:
        """The variable under the cursor, where a line could set it."""
        name, comparison = self.table.name_under_cursor, self.comparison
        if comparison is None or name is None or comparison.given.unit:
            return None
        return name if comparison.value_for(name) is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what works now."""
        if action == "add":
            return self._settable() is not None
        if action in ("unmask", "same", "value"):
            return self.comparison is not None
        return True

    def action_add(self) -> None:
        """Plan the line that gives the job the value under the cursor."""
        name, comparison = self._settable(), self.comparison
        value = comparison.value_for(name) if comparison is not None and name is not None else None
        if name is None or value is None:
            return
        wanted = {name: comparison.fixes.get(name, value) if comparison is not None else value}
        request = Request("environment", (self._job.id,), {"settings": wanted})
        self.flow.begin_change(f"Set {name}", request, self._job.name)

    def action_run(self, ask: bool = False) -> None:
        """Run the job now, or show the run in progress; `ask` before, where no key was pressed."""
        run_job(self.flow, self._job, self._look, ask=ask)

    def action_unmask(self) -> None:
        """Show secrets, or hide them again."""
        self._view = replace(self._view, unmasked=not self._view.unmasked)
        self._draw()

    def action_same(self) -> None:
        """Show what is the same on both sides, or hide it again."""
        self._view = replace(self._view, same=not self._view.same)
        self._draw()

    @on(EnvironmentTable.Chosen)
    def action_value(self) -> None:
        """Both values in full."""
        if self.comparison is not None and self.table.name_under_cursor is not None:
            self.app.push_screen(ValueScreen(self.comparison, self.table.name_under_cursor, self._view))

    def action_refresh(self) -> None:
        """Ask both sides again."""
        self._shell = None
        self._look()


class ValueScreen(Dialog[None]):
    """One variable in full."""

    def __init__(self, comparison: Comparison, name: str, view: EnvironmentView) -> None:
        super().__init__("Variable", name)
        self._comparison, self._variable, self._view = comparison, name, view

    def hints(self) -> Sequence[tuple[str, str, str]]:
        """Only the way out."""
        return [("esc", "close", "leave")]

    def rows(self, width: int) -> Sequence[Content]:
        """Both values."""
        found = (one for one in self._comparison.variables if one.name == self._variable)
        variable = next(found, None)
        return value_rows(variable, self._comparison, width, self._view) if variable is not None else []
