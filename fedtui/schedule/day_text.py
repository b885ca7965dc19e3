"""The days of a cron schedule in words: "Mon–Fri", "days 1, 15", "1 Jan", "day 13 or Fri"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from fedtui.schedule.patterns import (
    MONTHS,
    MONTHS_IN_FULL,
    WEEKDAYS,
    WEEKDAYS_IN_FULL,
    listing,
    number_spans,
    spans,
)

_ODD, _EVEN = tuple(range(1, 32, 2)), tuple(range(2, 31, 2))
_MONDAY_FIRST = (1, 2, 3, 4, 5, 6, 0)


class DayText(NamedTuple):
    """Words for the days, all empty when it is every day. `dated` when days of the month play a part.

    `months_only` when it is every day of some months.
    """

    long: str = ""
    short: str = ""
    sentence: str = ""
    dated: bool = False
    months_only: bool = False


@lru_cache(maxsize=4096)
def day_text(
    days: tuple[int, ...], months: tuple[int, ...], weekdays: tuple[int, ...], either: bool
) -> DayText:
    """Words for the days that match; `either` when a day of the month or a weekday is enough."""
    all_days, all_weekdays = len(days) == 31, len(weekdays) == 7
    if either and (all_days or all_weekdays):
        all_days = all_weekdays = True
    if either and not days:  # a range that stands for nothing leaves the other field
        all_days, either = True, False
    if either and not weekdays:
        all_weekdays, either = True, False
    if all_days and all_weekdays:
        return _months_only(months)
    if all_days:
        return _with_months(_weekdays(weekdays), months)
    dates = _dates(days, months)
    if all_weekdays:
        return dates
    names = _weekdays(weekdays)
    if either:
        plain = _dates(days, tuple(range(1, 13)))
        both = DayText(
            f"{plain.long} or {names.long}",
            f"{plain.short} or {names.short}",
            f"{plain.sentence} or {names.sentence}",
            dated=True,
        )
        return _with_months(both, months)
    only = listing([WEEKDAYS_IN_FULL[day] for day in _in_order(weekdays)]).replace(" and ", " or ")
    return DayText(
        f"{dates.long} if {names.long}",
        f"{dates.short} & {names.short}",
        f"{dates.sentence} if it is {only}",
        dated=True,
    )


def _months_only(months: Sequence[int]) -> DayText:
    return DayText() if len(months) == 12 else _with_months(DayText(), months)


def _with_months(words: DayText, months: Sequence[int]) -> DayText:
    if len(months) == 12:
        return words
    long, short = _month_spans(months, MONTHS, "–"), _month_spans(months, MONTHS, "–").replace(", ", ",")
    full = _in_full(_month_parts(months, MONTHS_IN_FULL, " to "), "in")
    join = ", " if words.sentence else ""
    return DayText(
        f"{words.long} in {long}" if words.long else long,
        f"{words.short} {short}" if words.short else short,
        f"{words.sentence}{join}{full}",
        words.dated,
        months_only=not words.long,
    )


def _month_parts(months: Sequence[int], names: Sequence[str], dash: str) -> list[str]:
    parts = []
    for low, high in spans(months):
        if high - low > 1:
            parts.append(f"{names[low - 1]}{dash}{names[high - 1]}")
        else:
            parts.extend(names[month - 1] for month in range(low, high + 1))
    return parts


def _month_spans(months: Sequence[int], names: Sequence[str], dash: str) -> str:
    return ", ".join(_month_parts(months, names, dash))


def _in_order(weekdays: Sequence[int]) -> list[int]:
    return sorted(weekdays, key=_MONDAY_FIRST.index)


def _weekdays(weekdays: Sequence[int]) -> DayText:
    order = spans([_MONDAY_FIRST.index(day) for day in _in_order(weekdays)])
    names, short, full = [], [], []
    for low, high in order:
        chosen = [_MONDAY_FIRST[place] for place in range(low, high + 1)]
        if len(chosen) > 2:
            ends = chosen[0], chosen[-1]
            names.append("–".join(WEEKDAYS[day] for day in ends))
            short.append("–".join(WEEKDAYS[day][:2] for day in ends))
            full.append(" to ".join(WEEKDAYS_IN_FULL[day] for day in ends))
        else:
            names += [WEEKDAYS[day] for day in chosen]
            short += [WEEKDAYS[day] if len(weekdays) == 1 else WEEKDAYS[day][:2] for day in chosen]
            full += [WEEKDAYS_IN_FULL[day] for day in chosen]
    return DayText(", ".join(names), ",".join(short), _in_full(full, "on"))


def _in_full(parts: Sequence[str], preposition: str) -> str:
    """Parts after their preposition: "on Monday and Friday", but "from Monday to Friday"."""
    single_range = len(parts) == 1 and " to " in parts[0]
    return f"{'from' if single_range else preposition} {listing(parts)}"


def _dates(days: Sequence[int], months: Sequence[int]) -> DayText:
    """Days of the month, with the months where not all twelve are meant."""
    noun = "day" if len(days) == 1 else "days"
    numbers = number_spans(days)
    if len(days) == 31:
        return _months_only(months)
    if len(months) == 1:
        month = months[0] - 1
        dates = f"{numbers} {MONTHS[month]}"
        return DayText(dates, dates.replace(", ", ","), f"on {numbers} {MONTHS_IN_FULL[month]}", dated=True)
    if tuple(days) in (_ODD, _EVEN):
        noun, numbers = ("odd" if tuple(days) == _ODD else "even"), "days"
    where = "the month" if len(months) == 12 else listing(_month_parts(months, MONTHS_IN_FULL, " to "))
    long = f"{noun} {numbers}"
    if len(months) < 12:
        long += f" of {_month_spans(months, MONTHS, '–')}"
    short = f"{noun} {numbers.replace(', ', ',')}" if len(months) == 12 else long.replace(", ", ",")
    return DayText(long, short, f"on {noun} {numbers} of {where}", dated=True)
