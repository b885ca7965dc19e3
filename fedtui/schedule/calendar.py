"""OnCalendar= expressions of systemd timers, as far as their meaning is certain.

Enough for words and warnings: when a timer runs is systemd's to say (see `sources`). The grammar is that of
systemd.time(7); an expression outside the part that is read here is None, and is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from fedtui.schedule.patterns import WEEKDAYS, WEEKDAYS_IN_FULL

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
_OPEN = re.compile(r"(?:^|,)[0-9]+/")
_DAY = 1440
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Calendar:
    """One expression: the values of its parts, ascending; weekdays are 0 (Sunday) to 6, every year counts.

    `zone` is the zone that the expression names, "" for the machine's own. `open_hours`: the hours are steps
    without an end (`1/7`), of which systemd at times loses some on the day of a clock change.
    """

    text: str
    weekdays: tuple[int, ...]
    months: tuple[int, ...]
    days: tuple[int, ...]
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]
    zone: str = ""
    open_hours: bool = False

    def wall_minutes(self, start: int, end: int) -> Iterator[int]:
        """The wall-clock minutes in [start, end) that it names, as minutes since 1970-01-01 00:00 there.

        Clock changes play no part in it. systemd then leaves out what a change forward jumps over, and runs
        once what a change back repeats.
        """
        for number in range(start // _DAY, -(-end // _DAY)):
            day = date.fromordinal(_EPOCH + number)
            if not (day.month in self.months and day.day in self.days and (number + 4) % 7 in self.weekdays):
                continue
            for hour in self.hours:
                for minute in self.minutes:
                    wall = number * _DAY + hour * 60 + minute
                    if start <= wall < end:
                        yield wall


class _UnsureError(Exception):
    """What an expression means would not be certain."""


@lru_cache(maxsize=4096)
def parse_calendar(expression: str) -> Calendar | None:
    """The meaning of one expression, best in the form that systemd normalises it to; None if not certain."""
    text = " ".join(expression.split())
    match = _EXPRESSION.fullmatch(_SHORTHANDS.get(text.lower(), text))
    if match is None or not any(match.group("weekdays", "days", "hours")):
        return None
    try:
        return Calendar(
            text,
            _weekdays(match["weekdays"]) if match["weekdays"] else tuple(range(7)),
            _numbers(match["months"] or "*", 1, 12),
            _numbers(match["days"] or "*", 1, 31),
            _numbers(match["hours"] or "0", 0, 23),
            _numbers(match["minutes"] or "0", 0, 59),
            _numbers(match["seconds"] or "0", 0, 59),
            match["zone"] or "",
            _OPEN.search(match["hours"] or "") is not None,
        )
    except _UnsureError:
        return None


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
