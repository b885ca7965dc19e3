"""The form of a cron job, new or to be edited whole: schedule, command, name and note, with cron's view.

It changes nothing: `enter` hands a `Draft` to its opener, which plans the change and shows it in the
confirm dialog. A schedule that cron refuses, or no command, does not get past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from fedtui.changes.draft import Draft
from fedtui.screens.form import Form
from fedtui.widgets import command_lines
from fedtui.widgets.lines import Body
from fedtui.widgets.plain_input import NoteInput, PlainInput
from fedtui.widgets.preview_lines import LABEL
from fedtui.widgets.schedule_field import AskPreview, ScheduleField


class JobFormScreen(Form[Draft | None]):
    """Asks for a job; `draft` is what the form begins with, None for a new job.

    `job_name` is the job's name where one is edited, `home` the user's home folder.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "escape_percent", "escape", id="form.escape", priority=True),
    ]

    def __init__(
        self,
        draft: Draft | None,
        preview: AskPreview,
        *,
        clock: Callable[[], datetime],
        dialect: str = "debian",
        job_name: str = "",
        home: str,
    ) -> None:
        schedule = draft.schedule if draft is not None else ""
        field = ScheduleField(schedule, preview, clock, dialect=dialect, label="schedule")
        if draft is None:
            super().__init__("New job", "", field)
        else:
            super().__init__("Edit", job_name or draft.name, field)
        self._was = draft
        self._home = home

    def compose_box(self) -> Iterable[Widget]:
        """The four fields, each with what is known of it."""
        start = self._was or Draft("", "")
        yield self.field
        yield Body(lambda _: [Content("")] if self.roomy else [], classes="gap")
        yield _row("command", PlainInput(start.command, placeholder="what /bin/sh runs", id="command"))
        yield Body(self._cron_rows, id="cron")
        yield Body(lambda _: [Content("")] if self.roomy else [], classes="gap")
        yield _row("name", PlainInput(start.name, placeholder="optional, else its script's name", id="name"))
        yield _row(
            "note", NoteInput(start.note, placeholder="optional, stays as a comment above it", id="note")
        )
        yield Body(self.said_rows, id="said")

    def _cron_rows(self, width: int) -> Sequence[Content]:
        return command_lines.cron_view(self._command.value, self._home, width, LABEL)

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", PlainInput).value

    @property
    def _command(self) -> PlainInput:
        return self.query_one("#command", PlainInput)

    @property
    def draft(self) -> Draft:
        return Draft(
            self.field.text, self._value("command"), self._value("name").strip(), self._value("note")
        )

    def on_input_changed(self, event: PlainInput.Changed) -> None:
        """Cron's view follows the command; what was said of the old text holds no more."""
        if event.input is self._command:
            self.query_one("#cron", Body).redraw()
        self.say("")

    def on_descendant_focus(self) -> None:
        """The hints are those of the field the cursor is in."""
        self.dress()

    def go_on(self) -> None:
        """Hand the draft over, or say what is missing."""
        trouble = self._trouble()
        if trouble is None:
            self.dismiss(self.draft)
        else:
            self.say(trouble)

    def _trouble(self) -> str | None:
        """Why the form cannot be handed over; "" where its own rows say so already."""
        if not self.field.text:
            self.field.input.focus()
            return "Type a schedule first."
        if not self.field.is_valid:
            self.field.input.focus()
            return ""
        if not self._command.value.strip():
            self._command.focus()
            return "Type a command first."
        if command_lines.too_long(self._command.value):
            self._command.focus()
            return ""
        return "This is the job as it is now: nothing to change." if self.draft == self._was else None

    def action_escape_percent(self) -> None:
        """Write a backslash before each bare percent sign of the command."""
        self._command.value = command_lines.escaped(self._command.value)


def _row(label: str, field: PlainInput) -> Horizontal:
    return Horizontal(
        Body(lambda _: [Content.styled(label, "$muted")], classes="label"), field, classes="field-row"
    )
