"""Random OnCalendar= expressions, and when fedtui's reading of one says that it elapses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from fedtui.schedule.calendar import Calendar

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (a wall clock has no zone)
_SHORTHANDS = ("hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "minutely")
_WEEKDAYS = (
    "",
    "",
    "",
    "Mon..Fri",
    "Sat,Sun",
    "Wed",
    "Mon,Thu..Sat",
    "Friday",
    "Sun",
    "tue..thu",
    "Sat..Mon",
)
_YEARS_AHEAD = 60


def expressions(seed: int, count: int) -> list[str]:
    """Expressions that systemd mostly accepts, many of them of the hours in which clocks are changed."""
    chance = random.Random(seed)
    return [_expression(chance) for _ in range(count)]


def _expression(chance: random.Random) -> str:
    if chance.random() < 0.04:
        return chance.choice(_SHORTHANDS)
    day = chance.choice(("", "*-*-* ", f"*-{_part(chance, 1, 12)}-{_part(chance, 1, 28)} ", "*-*-1..7 "))
    hours = chance.choice((_part(chance, 0, 23), "02", "1..3", "*", "0..5", "00/2"))
    seconds = chance.choice(("", ":00", ":00", ":0/30"))
    text = f"{chance.choice(_WEEKDAYS)} {day}{hours}:{_part(chance, 0, 59)}{seconds}"
    return " ".join(
        [*text.split(), *([chance.choice(("UTC", "America/New_York"))] if chance.random() < 0.05 else [])]
    )


def _part(chance: random.Random, low: int, high: int) -> str:
    first, last = sorted((chance.randint(low, high), chance.randint(low, high)))
    step = chance.choice((2, 3, 5, 6, 7, 15))
    return chance.choice(
        (
            "*",
            "*",
            f"{first:02}",
            f"{first}/{step}",
            f"{first}..{last}",
            f"{first}..{last}/{step}",
            f"{last},{first}",
        )
    )


def own_elapses(calendar: Calendar, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The elapses later than `after` of an expression at second 0, in UTC, for some years ahead.

    What a change of the clock leaves out does not elapse, what it repeats elapses the first time.
    """
    day = after.astimezone(zone).date()
    end = date(day.year + _YEARS_AHEAD, day.month, 1)
    while day < end:
        first = (day - _EPOCH.date()).days * 1440
        for wall in sorted(calendar.wall_minutes(first, first + 1440)):
            local = (_EPOCH + timedelta(minutes=wall)).replace(tzinfo=zone)
            at = local.astimezone(UTC)
            if at > after and at.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                yield at
        day += timedelta(days=1)
