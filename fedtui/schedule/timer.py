"""Plain words for systemd timers: OnCalendar= expressions and the On…Sec= spans.

The grammar is that of systemd.time(7), as far as its words are certain; an expression outside it is shown
as it stands. When a timer runs is systemd's to say (see `sources`), nothing is computed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from fedtui.schedule.day_words import day_words
from fedtui.schedule.describe import compose
from fedtui.schedule.patterns import WEEKDAYS, WEEKDAYS_IN_FULL, Words, fitting
from fedtui.schedule.time_words import time_words

__all__ = ["describe_calendar", "describe_monotonic", "describe_timer", "format_span"]

_SHORTHANDS = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    "semiannually": "*-01,07-01 00:00:00",
    "yearly": "*-01-01 00:00:00",
    "annually": "*-01-01 00:00:00",
}
_EXPRESSION = re.compile(
    r"(?:(?P<weekdays>[A-Za-z][A-Za-z.,-]*)(?:\s+|$))?"
    r"(?:(?:\*-)?(?P<months>[0-9*,./]+)-(?P<days>[0-9*,./]+)(?:\s+|$))?"
    r"(?:(?P<hours>[0-9*,./]+):(?P<minutes>[0-9*,./]+)(?::(?P<seconds>[0-9*,./]+))?)?"
    r"(?:\s+(?P<zone>UTC|[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+))?"
)
_ELEMENT = re.compile(r"(?:\*|(?P<low>[0-9]+)(?:\.\.(?P<high>[0-9]+))?)(?:/(?P<step>[0-9]+))?")


class _UnsureError(Exception):
    """The words for an expression would not be certain."""


@lru_cache(maxsize=4096)
def describe_calendar(expression: str) -> Words:
    """The words for one OnCalendar= expression, best in the form that systemd normalises it to."""
    text = " ".join(expression.split())
    match = _EXPRESSION.fullmatch(_SHORTHANDS.get(text.lower(), text))
    try:
        if match is None or not any(match.group("weekdays", "days", "hours")):
            raise _UnsureError
        words = _calendar(text, match)
    except _UnsureError:
        return Words(text, fitting(text), text)
    zone = match["zone"]
    if zone:
        short = fitting(f"{words.short} {zone}", text)
        return Words(f"{words.long} {zone}", short, f"{words.sentence}, {zone} time")
    return words


def _calendar(text: str, match: re.Match[str]) -> Words:
    weekdays = _weekdays(match["weekdays"]) if match["weekdays"] else tuple(range(7))
    months = _numbers(match["months"] or "*", 1, 12)
    days = _numbers(match["days"] or "*", 1, 31)
    hours = _numbers(match["hours"] or "0", 0, 23)
    minutes = _numbers(match["minutes"] or "0", 0, 59)
    seconds = _numbers(match["seconds"] or "0", 0, 59)
    on_days = day_words(days, months, weekdays, either=False)
    if seconds == (0,):
        return compose(text, time_words(minutes, hours), on_days)
    step = seconds[1] - seconds[0] if len(seconds) > 1 else 60
    if seconds[0] or seconds != tuple(range(0, 60, step)) or 60 % step or on_days.long:
        raise _UnsureError
    if len(minutes) * len(hours) != 60 * 24:
        raise _UnsureError
    words = "every second" if step == 1 else f"every {step} s"
    return Words(words, words, f"{words}, {60 // step} runs a minute")


def _weekdays(text: str) -> tuple[int, ...]:
    """Weekdays as 0 (Sunday) to 6; systemd counts them from Monday and its ranges do not go round."""
    chosen: set[int] = set()
    for part in text.rstrip(",").split(","):
        low, _, high = part.replace("..", "-").partition("-")
        first, last = _weekday(low), _weekday(high or low)
        if first > last:
            raise _UnsureError
        chosen.update((place + 1) % 7 for place in range(first, last + 1))
    return tuple(sorted(chosen))


def _weekday(name: str) -> int:
    """Places from Monday, 0 to 6."""
    for names in (WEEKDAYS, WEEKDAYS_IN_FULL):
        for day, known in enumerate(names):
            if name.lower() == known.lower():
                return (day - 1) % 7
    raise _UnsureError


def _numbers(text: str, low: int, high: int) -> tuple[int, ...]:
    chosen: set[int] = set()
    for part in text.split(","):
        match = _ELEMENT.fullmatch(part)
        if match is None:
            raise _UnsureError
        step = int(match["step"] or 1)
        first = low if match["low"] is None else int(match["low"])
        single = match["low"] is not None and match["high"] is None and match["step"] is None
        last = int(match["high"]) if match["high"] else first if single else high
        if step < 1 or not low <= first <= last <= high:
            raise _UnsureError
        chosen.update(range(first, last + 1, step))
    return tuple(sorted(chosen))


_SINCE = {
    "OnActiveSec": ("the timer's start", "timer"),
    "OnBootSec": ("boot", "boot"),
    "OnStartupSec": ("systemd's start", "systemd"),
    "OnUnitActiveSec": ("each start", "start"),
    "OnUnitInactiveSec": ("each end", "end"),
}


def describe_monotonic(pairs: Sequence[tuple[str, float]]) -> Words:
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
        return Words("no trigger", "no trigger", "no trigger")
    words = ", ".join(long)
    return Words(words, fitting(", ".join(short), ", ".join(tight), " ".join(tight)), words)


def describe_timer(calendar: Iterable[str], monotonic: Sequence[tuple[str, float]] = ()) -> Words:
    """The words for all triggers of a timer together; any of them starts it."""
    parts = [describe_calendar(expression) for expression in calendar]
    if monotonic or not parts:
        parts.append(describe_monotonic(monotonic))
    if len(parts) == 1:
        return parts[0]
    short = fitting(", ".join(part.short for part in parts), f"{len(parts)} triggers")
    return Words("; ".join(part.long for part in parts), short, "; ".join(part.sentence for part in parts))


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
