"""Inputs that are safe for text from outside: what a terminal might obey is drawn as a stand-in, never sent.

The value keeps its bytes' characters, so that a command with a tab or a control character comes back from
a form as it went in. The cursor does not blink: that would be a repaint twice a second.
"""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import Input

from fedtui.safe_text import sanitize


class PlainInput(Input):
    """A one-line input of one row."""

    def __init__(self, value: str = "", *, placeholder: str = "", id: str) -> None:
        super().__init__(value, placeholder=placeholder, select_on_focus=False, id=id)
        self.cursor_blink = False

    @property
    def _value(self) -> Text:
        """The value as it is drawn: one cell or more for each character, none of them obeyed."""
        return Text(sanitize(self.value), no_wrap=True, overflow="ignore", end="")


class NoteInput(PlainInput):
    """The same for a text that may have several lines: a line's end is drawn as a sign."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "new_line", "new line", show=False, id="form.new_line"),
    ]

    def action_new_line(self) -> None:
        self.insert_text_at_cursor("\n")
