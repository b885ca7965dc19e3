"""The reschedule dialog: a new schedule for one job, its meaning while it is typed, and why.

It changes nothing: `enter` hands schedule, reason and ticket to its opener, which plans the change
and shows it in the confirm dialog. An invalid schedule does not get past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from fedtui.model import Job
from fedtui.presentation.glyphs import cut
from fedtui.safe_text import sanitize_and_mask
from fedtui.screens.form import Form
from fedtui.widgets.lines import Body, fact
from fedtui.widgets.plain_input import PlainInput
from fedtui.widgets.preview_lines import LABEL
from fedtui.widgets.schedule_field import AskPreview, ScheduleField


class NewSchedule(NamedTuple):
    """What the user wants instead; `reason` and `ticket` may be empty."""

    schedule: str
    reason: str
    ticket: str


class RescheduleScreen(Form[NewSchedule | None]):
    """Asks for a schedule. `preview` says what a text would mean for this job."""

    def __init__(
        self, job: Job, preview: AskPreview, clock: Callable[[], datetime], profile: str = ""
    ) -> None:
        field = ScheduleField(job.schedule, preview, clock, dialect=job.facts.dialect)
        super().__init__("Reschedule", job.name, field)
        self.job = job
        self._profile = profile

    def compose_box(self) -> Iterable[Widget]:
        """What is now, what is new, and why."""
        yield Body(self.rows, id="body")
        yield self.field
        yield Body(self.said_rows, id="said")
        with Horizontal(id="reason-row"):
            yield Body(lambda _: [Content.styled("reason", "$muted")], classes="label")
            yield PlainInput(placeholder=self._why, id="reason")
            yield Body(lambda _: [Content.styled("ticket", "$muted")], classes="second")
            yield PlainInput(placeholder="optional", id="ticket")

    @property
    def _why(self) -> str:
        return "why leave the profile?" if self._profile else "optional, stays as a comment"

    def rows(self, width: int) -> Sequence[Content]:
        """The schedule as it is now."""
        written = sanitize_and_mask(self.job.schedule)
        words = sanitize_and_mask(self.job.schedule_text)
        value = Content.assemble(
            cut(written, width - LABEL),
            (f"    {words}" if words != written else "", "$muted"),
            (f"    profile {sanitize_and_mask(self._profile)}" if self._profile else "", "$muted"),
        )
        return [fact("now", value, LABEL)]

    def said_rows(self, width: int) -> Sequence[Content]:
        """What becomes of the reason, then why it did not go on."""
        rows = [Content("")] if self.roomy else []
        if self._profile and self.roomy:
            follows = Content.styled("The line follows the profile ", "$muted")
            stays = Content.styled(". The reason stays as a comment above the line.", "$muted")
            rows.append(Content.assemble(follows, sanitize_and_mask(self._profile), stays))
        return [*rows, *super().said_rows(width)]

    def on_input_changed(self) -> None:
        """What was said of the old text holds no more."""
        self.say("")

    def go_on(self) -> None:
        """Hand the new schedule over, or say why not."""
        if not self.field.is_valid:
            self.say("" if self.field.preview else "Type a schedule first.")
        elif self.field.text == self.job.schedule:
            self.say("This is the schedule it has now: nothing to change.")
        else:
            reason, ticket = (
                self.query_one(name, PlainInput).value.strip() for name in ("#reason", "#ticket")
            )
            if self._profile and not reason:
                self.say("Say why it leaves the profile: the reason stays above the line.")
                return
            self.dismiss(NewSchedule(self.field.text, reason, ticket))
