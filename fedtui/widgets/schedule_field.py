"""The field in which a schedule is typed, with its verdict beside it and its meaning below, live.

Each change is checked after a short pause, and only the answer to the newest text counts. The field
knows nothing of cron or systemd: `preview` does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from fedtui.schedule.cron import CronSchedule, parse_schedule
from fedtui.schedule.errors import ScheduleError
from fedtui.widgets import preview_lines as lines
from fedtui.widgets.lines import ROOMY_FROM, Body, fact
from fedtui.widgets.plain_input import PlainInput

if TYPE_CHECKING:
    from fedtui.changes.schedule_preview import Preview

PAUSE = 0.08
"""Seconds without a key before a text is checked."""

USUAL_ROWS = 11
"""Rows that most cron schedules take below the input; the box keeps them free from the start."""

AskPreview = Callable[[str], Awaitable["Preview"]]


class ScheduleField(Widget):
    """`label`, an input, and what the schedule means. `dialect` is "debian", "cronie", or "" for a timer."""

    class Checked(Message):
        """The text was checked; `preview` of the field is the answer."""

    def __init__(
        self,
        value: str,
        preview: AskPreview,
        clock: Callable[[], datetime],
        *,
        dialect: str,
        label: str = "new",
    ) -> None:
        super().__init__(id="schedule-field")
        self.preview: Preview | None = None
        self._answered = ""
        self._value = value
        self._ask = preview
        self._clock = clock
        self._dialect = dialect
        self._label = label
        self._pause: Timer | None = None
        self._schedule: CronSchedule | None = None
        self._drawn_at = (0, 0)
        self._most_rows = 0

    def compose(self) -> ComposeResult:
        """The typed row, then the rows below it."""
        with Horizontal(id="schedule-row"):
            yield Body(lambda _: [Content.styled(self._label, "$muted")], id="schedule-label")
            yield PlainInput(self._value, id="schedule")
            yield Body(lambda width: [lines.verdict(self.preview, self.checking, width)], id="verdict")
        yield Body(self._rows, id="meaning")

    def on_mount(self) -> None:
        """Check what is there already, and follow cursor and time."""
        self.watch(self.input, "selection", self._moved, init=False)
        self.set_interval(1, self._tick)
        if self._value:
            self.check()

    @property
    def input(self) -> Input:
        return self.query_one("#schedule", Input)

    @property
    def text(self) -> str:
        """The schedule as typed, without blanks around it."""
        return self.input.value.strip()

    @property
    def checking(self) -> bool:
        """True while the answer to the text as it is has not come."""
        return bool(self.text) and self._answered != self.text

    @property
    def is_valid(self) -> bool:
        """True once the text as it is was checked and found good."""
        return bool(self.text) and not self.checking and self.preview is not None and self.preview.valid

    def take_suggestion(self) -> bool:
        """Put the nearest better schedule in place of the typed one; False where there is none."""
        better = None if self.checking else lines.suggestion(self.preview)
        if better is None:
            return False
        self.input.value = better
        self.input.cursor_position = len(better)
        return True

    def on_input_changed(self, event: Input.Changed) -> None:
        """A key was typed: the old verdict holds no more."""
        if event.input is not self.input:
            return
        if self._pause is not None:
            self._pause.stop()
        if not self.text:
            self.workers.cancel_node(self)
            self.preview, self._schedule, self._answered = None, None, ""
            self._redraw(layout=True)
        elif self.checking:
            self._redraw()
            self._pause = self.set_timer(PAUSE, self.check)

    def check(self) -> None:
        """Check now. An older question still on its way is dropped."""
        if self._pause is not None:
            self._pause.stop()
        self.run_worker(self._check(self.text), exclusive=True)

    async def _check(self, text: str) -> None:
        preview = await self._ask(text)
        if text != self.text:
            return
        self.preview, self._answered = preview, text
        self._schedule = self._read(text) if preview.valid else None
        self._redraw(layout=True)
        self.post_message(self.Checked())

    def _tick(self) -> None:
        """Countdowns continue; when the first of the next runs has passed, the rest is asked for again."""
        runs = self.preview.runs if self.preview is not None else ()
        if runs and runs[0] <= self._clock() and not self.checking:
            self.check()
        self._redraw()

    def _read(self, text: str) -> CronSchedule | None:
        if not self._dialect:
            return None
        try:
            return parse_schedule(text, self._dialect)
        except ScheduleError:  # valid in another dialect than the daemon's: there is no strip for it
            return None

    def _moved(self) -> None:
        self.query_one("#meaning", Body).refresh()

    def _redraw(self, layout: bool = False) -> None:
        for body in self.query(Body):
            body.refresh(layout=layout)

    def _rows(self, width: int) -> Sequence[Content]:
        roomy = self.app.size.height >= ROOMY_FROM
        preview = self.preview
        first = [fact("", Content.assemble(" ", self._caption()), lines.LABEL)]
        first += lines.meaning(preview, width)
        first += lines.strip(self._schedule)
        sections = [
            first,
            lines.next_five(preview, self._schedule, self._clock(), width),
            lines.pitfalls(preview, width, 9 if roomy else 2),
        ]
        rows: list[Content] = []
        for section in filter(None, sections):
            rows += ([Content("")] if rows and roomy else []) + section
        return self._steady(rows, width)

    def _steady(self, rows: list[Content], width: int) -> list[Content]:
        """As many rows as there were at most, so that the box does not jump under the one who types."""
        size = (width, self.app.size.height)
        if size != self._drawn_at:
            self._drawn_at, self._most_rows = size, USUAL_ROWS if self._dialect else 0
        self._most_rows = max(self._most_rows, len(rows))
        return rows + [Content("")] * (self._most_rows - len(rows))

    def _caption(self) -> Content:
        if not self._dialect:
            hint = "a calendar such as Mon..Fri 18:30, or OnUnitActiveSec=15min"
            return Content.styled(hint, "$muted")
        return lines.caption(self.input.value, self.input.cursor_position, self.preview)
