"""Two small dialogs: one that says why something was refused, and one that asks for `y`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from fedtui.action_result import Refused
from fedtui.screens.dialog import Dialog
from fedtui.widgets.lines import note, refusal


class RefusalScreen(Dialog[bool | None]):
    """What happened, what was left untouched, what to do. True: `U`, where it was offered, was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("U", "undo_list", "undo list", id="refusal.undo_list", tooltip="List the changes"),
    ]

    def __init__(self, title: str, name: str, refused: Refused, *, undo_list: bool = False) -> None:
        super().__init__(title, name)
        self._refusal = refused
        self._undo_list = undo_list

    def hints(self) -> Sequence[tuple[str, str, str]]:
        """The way out, and the list of changes."""
        more = [("U", "list of changes", "undo_list")] if self._undo_list else []
        return [*more, ("esc", "close", "leave")]

    def action_undo_list(self) -> None:
        """Close for the list."""
        if self._undo_list:
            self.dismiss(True)

    def rows(self, width: int) -> Sequence[Content]:
        """Each part in the box of the one warning."""
        return refusal(self._refusal, width)


class AskScreen(Dialog[bool]):
    """Asks for `y`; anything else leaves things as they are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "yes", id="ask.yes", tooltip="Go on"),
    ]

    def __init__(self, title: str, name: str, lead: str, text: str, yes: str) -> None:
        super().__init__(title, name)
        self._lead, self._text, self._yes = lead, text, yes

    def hints(self) -> Sequence[tuple[str, str, str]]:
        """Yes, or leave."""
        return [("y", self._yes, "yes"), ("esc", "cancel, nothing is touched", "leave")]

    def rows(self, width: int) -> Sequence[Content]:
        """What there is to know before `y`."""
        return note("▲", "$warn", self._text, width, lead=self._lead)

    def action_yes(self) -> None:
        """Go on."""
        self.dismiss(True)
