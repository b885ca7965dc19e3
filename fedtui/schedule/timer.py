"""Plain words for systemd timers: OnCalendar= expressions and the On…Sec= spans.

An expression whose words would not be certain is shown as it is. When a timer runs is systemd's to say
(see `sources`), nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from fedtui.schedule.calendar import Calendar, parse_calendar
from fedtui.schedule.day_text import day_text
from fedtui.schedule.describe import compose
from fedtui.schedule.patterns import ScheduleText, fitting
from fedtui.schedule.time_text import time_text

__all__ = ["describe_calendar", "describe_monotonic", "describe_timer", "format_span"]


@lru_cache(maxsize=4096)
def describe_calendar(expression: str) -> ScheduleText:
    """The words for one OnCalendar= expression, best in the form that systemd normalises it to."""
    calendar = parse_calendar(expression)
    words = None if calendar is None else _words(calendar)
    if calendar is None or words is None:
        text = " ".join(expression.split())
        return ScheduleText(text, fitting(text), text)
    if calendar.zone:
        short = fitting(f"{words.short} {calendar.zone}", calendar.text)
        return ScheduleText(f"{words.long} {calendar.zone}", short, f"{words.sentence}, {calendar.zone} time")
    return words


def _words(calendar: Calendar) -> ScheduleText | None:
    days = day_text(calendar.days, calendar.months, calendar.weekdays, either=False)
    seconds = calendar.seconds
    if seconds == (0,):
        return compose(calendar.text, time_text(calendar.minutes, calendar.hours), days)
    step = seconds[1] - seconds[0] if len(seconds) > 1 else 60
    if seconds[0] or seconds != tuple(range(0, 60, step)) or 60 % step or days.long:
        return None
    if len(calendar.minutes) * len(calendar.hours) != 60 * 24:
        return None
    words = "every second" if step == 1 else f"every {step} s"
    return ScheduleText(words, words, f"{words}, {60 // step} runs a minute")


_SINCE = {
    "OnActiveSec": ("the timer's start", "timer"),
    "OnBootSec": ("boot", "boot"),
    "OnStartupSec": ("systemd's start", "systemd"),
    "OnUnitActiveSec": ("each start", "start"),
    "OnUnitInactiveSec": ("each end", "end"),
}


def describe_monotonic(pairs: Sequence[tuple[str, float]]) -> ScheduleText:
    """The words for the monotonic triggers of a timer: pairs such as ("OnBootSec", 300.0), in seconds."""
    ordered = sorted(
        pairs, key=lambda pair: list(_SINCE).index(pair[0]) if pair[0] in _SINCE else len(_SINCE)
    )
    long: list[str] = []
    short: list[str] = []
    tight: list[str] = []
    for name, seconds in ordered:
        since, point = _SINCE.get(name, (name, name))
        span = format_span(seconds)
        repeats = name in ("OnUnitActiveSec", "OnUnitInactiveSec")
        then = "then " if repeats and long else ""
        long.append(f"{then}{span} after {since}" if seconds else f"{then}at {since}")
        short.append(f"{point} + {span}" if seconds else f"at {point}")
        tight.append(f"{'' if repeats and tight else point}+{span.replace(' ', '').replace('min', 'm')}")
    if not long:
        return ScheduleText("no trigger", "no trigger", "no trigger")
    words = ", ".join(long)
    return ScheduleText(words, fitting(", ".join(short), ", ".join(tight), " ".join(tight)), words)


def describe_timer(calendar: Iterable[str], monotonic: Sequence[tuple[str, float]] = ()) -> ScheduleText:
    """The words for all triggers of a timer together; any of them starts it."""
    parts = [describe_calendar(expression) for expression in calendar]
    if monotonic or not parts:
        parts.append(describe_monotonic(monotonic))
    if len(parts) == 1:
        return parts[0]
    short = fitting(", ".join(part.short for part in parts), f"{len(parts)} triggers")
    return ScheduleText(
        "; ".join(part.long for part in parts), short, "; ".join(part.sentence for part in parts)
    )


_UNITS = (
    (86400_000_000, "d"),
    (3600_000_000, "h"),
    (60_000_000, "min"),
    (1_000_000, "s"),
    (1000, "ms"),
    (1, "µs"),
)


def format_span(seconds: float) -> str:
    """A span exactly, in the units of systemd.time(7) with a blank: "5 min", "1 h 30 min", "250 ms"."""
    left = round(seconds * 1_000_000)
    parts = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"
