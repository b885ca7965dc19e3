"""The base of screens that are a list, and below it what there is to say of the row under the cursor."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from fedtui.screens.base import title_rule
from fedtui.screens.change_flow import ChangingScreen
from fedtui.widgets.lines import Body
from fedtui.widgets.paging import turn_page
from fedtui.widgets.row_table import RowTable


class ListScreen(ChangingScreen):
    """Subclasses make `table`, yield from `compose_list` and give the rows below the list."""

    CSS_PATH = "../styles/doctor.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown,space", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    table: RowTable[Any]

    def compose_list(self, title: str) -> ComposeResult:
        """Rule, list, and what there is to say of the row under the cursor."""
        self._rule = title_rule(title)
        self._body = Body(self.details, id="details-body")
        yield self._rule
        yield self.table
        with VerticalScroll(id="details", can_focus=False):
            yield self._body

    def on_mount(self) -> None:
        """The list has the focus."""
        self.table.focus()

    @abstractmethod
    def details(self, width: int) -> Sequence[Content]:
        """What there is to say of the row under the cursor."""

    def list_height(self, rows: int) -> int:
        """Rows of the screen for a list of so many, with its heading."""
        return min(rows + 1, max(4, self.app.size.height * 2 // 5))

    def action_page(self, direction: int) -> None:
        """Scroll the details."""
        turn_page(self.query_one("#details", VerticalScroll), direction)
