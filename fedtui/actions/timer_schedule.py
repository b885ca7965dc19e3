"""What a person writes for a timer's schedule, read and checked by systemd itself.

Lines, or parts set apart by `;`, of the form `OnCalendar=...`, `OnBootSec=...` and so on, as the job table
shows them; an expression without a name is an OnCalendar= one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from fedtui.sources import systemd_analyze

SPANS = ("OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec")
_REPEATING = ("OnUnitActiveSec", "OnUnitInactiveSec")
_PART = re.compile(r"\s*[;\n]\s*|\s+(?=On[A-Z][A-Za-z]*\s*=)")
_ASSIGNMENT = re.compile(r"(On[A-Z][A-Za-z]*)\s*=\s*(.*)", re.DOTALL)


class TimerScheduleError(Exception):
    """The text is no schedule of a timer; `field` is the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class TimerSchedule:
    """A checked schedule. `lines` are the assignments as written; the rest is what systemd makes of them.

    `runs` are the calendar's next runs, ascending; spans have none that are known beforehand.
    """

    lines: tuple[tuple[str, str], ...]
    calendar: tuple[str, ...]
    monotonic: tuple[tuple[str, float], ...]
    runs: tuple[datetime, ...] = ()

    @property
    def text(self) -> str:
        """As one line."""
        return " ".join(f"{name}={value}" for name, value in self.lines)


def split(text: str) -> list[tuple[str, str]]:
    """The assignments in `text`. Raises TimerScheduleError for a name that is no trigger, and for nothing."""
    found = []
    for part in filter(None, _PART.split(text.strip())):
        match = _ASSIGNMENT.fullmatch(part)
        name, value = (match[1], match[2].strip()) if match else ("OnCalendar", part.strip())
        if name not in ("OnCalendar", *SPANS):
            raise TimerScheduleError(name, f"{name}= is no trigger; known are OnCalendar, {', '.join(SPANS)}")
        if not value:
            raise TimerScheduleError(name, f"{name}= needs a value")
        if not value.isprintable() or value.endswith("\\"):
            raise TimerScheduleError(name, f"{name}= holds characters that a unit file cannot")
        found.append((name, value))
    if not found:
        raise TimerScheduleError("schedule", "write OnCalendar=, or a span such as OnUnitActiveSec=1h")
    return found


async def check(text: str, now: datetime, iterations: int = 5) -> TimerSchedule:
    """Read `text` and have systemd-analyze check every part of it.

    Raises TimerScheduleError, and ProgramError where systemd-analyze cannot be asked.
    """
    lines = split(text)
    expressions = [value for name, value in lines if name == "OnCalendar"]
    checks = await systemd_analyze.calendar(expressions, iterations, now) if expressions else []
    for asked in checks:
        if not asked.ok:
            raise TimerScheduleError(
                "OnCalendar", f"{asked.expression}: {asked.error}{await _hint(asked.expression)}"
            )
    monotonic = []
    for name, value in lines:
        if name != "OnCalendar":
            span = await systemd_analyze.timespan(value)
            if not span.ok:
                raise TimerScheduleError(name, f"{name}={value}: {span.error}")
            monotonic.append((name, span.seconds))
    runs = sorted({run for asked in checks for run in asked.runs})[:iterations]
    return TimerSchedule(
        tuple(lines), tuple(asked.normalized for asked in checks), tuple(monotonic), tuple(runs)
    )


async def _hint(expression: str) -> str:
    span = await systemd_analyze.timespan(expression)
    return f"; for a span write OnUnitActiveSec={expression}" if span.ok else ""


def warnings_of(schedule: TimerSchedule, *, persistent: bool) -> tuple[str, ...]:
    """What such a timer does that its writer may not expect. systemd.timer(5)."""
    found = []
    if persistent and not schedule.calendar:
        found.append("Persistent= does nothing without OnCalendar=: a run that is missed stays missed.")
    names = {name for name, _ in schedule.monotonic}
    if names and names <= set(_REPEATING) and not schedule.calendar:
        found.append(
            "Nothing starts it the first time after a boot: OnUnitActiveSec= and OnUnitInactiveSec= count "
            "from an earlier run. Add OnBootSec= or OnActiveSec=."
        )
    seconds = _shortest(schedule.runs)
    if seconds is not None and seconds < 60:
        found.append(f"It runs every {seconds:.0f} s.")
    if len(schedule.calendar) > 1:
        found.append("Each OnCalendar= adds its runs: where two name the same day it runs twice.")
    return tuple(found)


def _shortest(runs: Sequence[datetime]) -> float | None:
    gaps = [(after - before).total_seconds() for before, after in pairwise(runs)]
    return min(gaps, default=None)
