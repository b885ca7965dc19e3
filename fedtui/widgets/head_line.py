"""The head line: who and where, which daemons are up, how many findings, and the clock.

The clock is a widget of its own, so that a second costs a dozen cells and not a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from fedtui.model import NO_ANSWER, Scheduler, Snapshot
from fedtui.presentation.glyphs import Span, StyledText, Tone, cells, changed_cells, cut, width_of
from fedtui.presentation.notes import health_count, recording_words
from fedtui.presentation.times import head_clock
from fedtui.safe_text import sanitize_and_mask
from fedtui.widgets.palette import content, is_ascii

WIDE = 118
"""Columns from which the date is shown, and the dashboard has its right column."""


def scheduler_pieces(scheduler: Scheduler) -> StyledText:
    """`cron ● up`, `systemd ✗ bus down`, `cron ? unknown`."""
    name = Span(f"{scheduler.name} ", Tone.MUTED)
    if scheduler.up:
        return (name, Span("● up", Tone.OK))
    if scheduler.up is None:
        return (name, Span(f"? {NO_ANSWER if scheduler.detail == NO_ANSWER else 'unknown'}", Tone.MUTED))
    return (name, Span("✗ bus down" if scheduler.name == "systemd" else "✗ down", Tone.FAIL))


def status_pieces(snapshot: Snapshot, *, offer: bool = False) -> list[StyledText]:
    """The middle of the head line, the longest form first; with `offer` says whose exit codes are known.

    Where there is no room for that, daemons that are up are left out.
    """
    schedulers = sorted(snapshot.schedulers, key=lambda one: one.name)  # the first to answer comes first
    count = health_count(snapshot)
    findings = (Span(f"▲ {count} finding{'' if count == 1 else 's'}", Tone.WARN),) if count else ()
    down = [one for one in schedulers if not one.up]
    recorded: list[StyledText] = [(Span(said),) for said in recording_words(snapshot) if offer]
    forms = [(named, said) for named in (schedulers, down) for said in recorded] + [(schedulers, ())]
    return [_joined((*map(scheduler_pieces, named), findings, said)) for named, said in forms]


def _joined(parts: Iterable[StyledText]) -> StyledText:
    """The parts with a gap between."""
    line: list[Span] = []
    for part in filter(None, parts):
        line += (Span("   "), *part) if line else part
    return tuple(line)


class HeadClock(Widget):
    """The time of day with its zone."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(id="clock")
        self._clock = clock
        self._shown = ""

    def words(self) -> str:
        """What it says now."""
        return head_clock(self._clock(), wide=self.app.size.width >= WIDE)

    def tick(self) -> None:
        """Draw if another second has come."""
        words = self.words()
        if len(words) != len(self._shown):
            self.refresh(layout=True)
            return
        changed = changed_cells((Span(self._shown),), (Span(words),))
        if changed is not None:
            self.refresh(Region(changed[0], 0, changed[1] - changed[0], 1))

    def get_content_width(self, *_: object) -> int:
        """As wide as its words."""
        return len(self.words())

    def render(self) -> Content:
        """The words."""
        self._shown = self.words()
        return Content.styled(self._shown, "$muted")


GAPS = 3
"""Blanks between name and daemons, and between findings and clock, at the least."""


class Status(Widget):
    """Name, user@host at the left, daemons and findings in the middle of what is left."""

    def __init__(self, user: str, host: str) -> None:
        super().__init__(id="status")
        self._who: StyledText = (
            Span("fedtui", Tone.ACCENT, bold=True),
            Span(f"  {sanitize_and_mask(user)}@{sanitize_and_mask(host)}"),
        )
        self._forms: Sequence[StyledText] = ((),)

    def show(self, snapshot: Snapshot, *, offer: bool) -> None:
        """Show what a snapshot says; nothing is drawn where that is the same."""
        forms = status_pieces(snapshot, offer=offer)
        if forms != self._forms:
            self._forms = forms
            self.refresh()

    def render(self) -> Content:
        """Both parts, the middle one centred between the name and the clock; a long name gives way to it."""
        who, room = self._who, self.size.width - GAPS
        fitting = (form for form in self._forms if width_of(form) + width_of(who) <= room)
        middle = next(fitting, self._forms[-1])
        room -= width_of(middle)
        if width_of(who) > room:
            name, host = self._who
            who = (name, host._replace(text=cut(host.text, max(0, room - cells(name.text)))))
        gap = Span(" " * max(2, (self.size.width - width_of(who) - width_of(middle)) // 2))
        return content((*who, gap, *middle), ascii_only=is_ascii(self.app))


class HeadLine(Horizontal):
    """The first line of every full screen."""

    DEFAULT_CSS = """
    HeadLine { height: 1; padding: 0 1; background: $ground; }
    HeadLine Status { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: clip; }
    HeadLine HeadClock { width: auto; height: 1; }
    """

    def __init__(self, user: str, host: str, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._status = Status(user, host)
        self._clock = HeadClock(clock)

    def compose(self) -> ComposeResult:
        """Status and clock."""
        yield self._status
        yield self._clock

    def show(self, snapshot: Snapshot, *, offer: bool = False) -> None:
        """Show what a snapshot says of daemons and findings; `offer` to record exit codes where C does."""
        self._status.show(snapshot, offer=offer)

    def tick(self) -> None:
        """A second has passed."""
        self._clock.tick()
