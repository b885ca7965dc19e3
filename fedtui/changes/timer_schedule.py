"""What a person writes for a timer's schedule, read and checked by systemd itself.

Lines, or parts set apart by `;`, of the form `OnCalendar=...`, `OnBootSec=...` and so on, as the job table
shows them; an expression without a name is an OnCalendar= one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from fedtui.model import Job, TimerFacts
from fedtui.schedule.pitfalls import Pitfall
from fedtui.schedule.timer_pitfalls import timer_pitfalls, typed
from fedtui.system import systemd_analyze
from fedtui.system.power import sleeps
from fedtui.system.zone import local_zone

SPANS = ("OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec")
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


async def check_schedule(text: str, now: datetime, iterations: int = 5) -> TimerSchedule:
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


def pitfalls_of(schedule: TimerSchedule, job: Job, facts: TimerFacts, now: datetime) -> tuple[Pitfall, ...]:
    """What the timer `job` would do with such a schedule that its writer may not expect. Blocking."""
    new = typed(job, facts, schedule.calendar, schedule.monotonic, schedule.runs)
    return timer_pitfalls(*new, local_zone()[1], now, sleeps=bool(sleeps()))
