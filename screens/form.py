"""The base of the dialogs in which a schedule is typed: `enter` hands over what was typed, once it is known
to be a schedule; an invalid one does not get past it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from fedtui.presentation.glyphs import cut
from fedtui.screens.dialog import Answered, Dialog
from fedtui.widgets.lines import Body
from fedtui.widgets.plain_input import NoteInput
from fedtui.widgets.schedule_field import ScheduleField


class Form(Dialog[Answered]):
    """Subclasses yield `field` and a body `#said` of `said_rows` from `compose_box`, and give `go_on`."""

    CSS_PATH: ClassVar[list[str]] = ["../styles/dialog.tcss", "../styles/schedule_field.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "suggestion", "suggestion", id="form.suggestion", priority=True),
    ]

    def __init__(self, title: str, name: str, field: ScheduleField) -> None:
        super().__init__(title, name)
        self.field = field
        self._going = False
        self._said = ""

    def hints(self) -> Sequence[tuple[str, str, str]]:
        """Only keys that work now."""
        new_line = [("ctrl+j", "new line", "")] if isinstance(self.focused, NoteInput) else []
        keys = [("enter", "review the change", "go_on"), ("tab", "next field", "app.focus_next")]
        return [*keys, *new_line, ("esc", "cancel", "leave")]

    def on_mount(self) -> None:
        """The cursor is in the schedule."""
        self.box.can_focus = False
        self.dress()
        self.field.input.focus()

    def said_rows(self, width: int) -> Sequence[Content]:
        """Why `enter` did not go on, where it did not."""
        return [Content.styled(cut(self._said, width), "$warn")] if self._said else []

    def say(self, text: str) -> None:
        """Say why it does not go on; nothing where the form's own rows say so."""
        if text != self._said:
            self._said = text
            self.query_one("#said", Body).redraw()

    def on_schedule_field_checked(self) -> None:
        """The answer is here: go on if that was asked for."""
        going, self._going = self._going, False
        self.dress()
        if going:
            self.go_on()

    def on_input_submitted(self) -> None:
        """`enter` in any field."""
        self.action_go_on()

    def action_go_on(self) -> None:
        """Hand over what was typed, once its schedule has been checked."""
        if self.field.checking:
            self._going = True
            self.field.check()
        else:
            self.go_on()

    def go_on(self) -> None:
        """Hand over, or say what is missing; the schedule as it is has been checked."""
        raise NotImplementedError

    def action_suggestion(self) -> None:
        """Take the nearest schedule without the trap."""
        self.field.take_suggestion()
