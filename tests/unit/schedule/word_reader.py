"""Reads the words for a schedule as a person would, knowing nothing of how they were made.

An independent second opinion for the property test: it raises for words it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
DAY = range(1440)
HOUR = range(60)


@dataclass(frozen=True)
class Read:
    times: set[int]  # minutes of the day
    days: set[tuple[int, int, int]]  # (month, day of the month, weekday)


def read_words(words: str) -> Read:
    """The times and days that long or short words stand for. Raises ValueError for unknown words."""
    head, on, tail = words.partition(" on ")
    if on:
        times, days = _tried(_intervals, head), _tried(_days, tail)
        if times is None or days is None:
            raise ValueError(words)
        return Read(times, days)
    for cut in range(len(words), -1, -1):  # times first ("every 5 min, Mon–Fri")
        head, tail = words[:cut], words[cut:]
        times = _tried(_intervals, head.strip(" ,"))
        if times is not None and (not tail.strip(" ,") or head.endswith((",", " ")) or tail[:1] in ", "):
            days = _tried(_days, tail.strip(" ,"))
            if days is not None:
                return Read(times, days)
    for cut in range(len(words)):  # or days first ("Sun 02:00")
        times = _tried(_clock, words[cut:].strip(" ,"))
        days = _tried(_days, words[:cut].strip(" ,"))
        if times is not None and days is not None:
            return Read(times, days)
    raise ValueError(words)


def _tried(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError:  # a list cut in the wrong place
        return None


def _at(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _clock(text: str) -> set[int] | None:
    times = re.split(r", ?", text)
    return {_at(one) for one in times} if all(re.fullmatch(r"\d\d:\d\d", one) for one in times) else None


def _intervals(text: str) -> set[int] | None:
    if text.startswith("daily "):
        return _clock(text.removeprefix("daily "))
    if re.fullmatch(r"\d\d:\d\d,[\d:,]+", text):
        return _clock(text)
    for pattern, meaning in _TIMES:
        match = re.fullmatch(pattern, text)
        if match:
            return set(meaning(*match.groups()))
    match = re.fullmatch(r"(.+), ((?:hours?|every \w+ hour) .+)", text) or re.fullmatch(
        r"(at :\d\d), ((?:hours?|every \w+ hour) .+)", text
    )
    if match:
        minutes, hours = _minutes(match[1]), _hours(match[2])
        if minutes is not None and hours is not None:
            return {hour * 60 + minute for hour in hours for minute in minutes}
        return None
    minutes = _minutes(text)
    return None if minutes is None else {minute for minute in DAY if minute % 60 in minutes}


def _between(first: str, last: str, step: int) -> set[int]:
    return set(range(_at(first), _at(last) + 1, step))


def _each(hours: range, minute: str) -> set[int]:
    return {hour * 60 + int(minute) for hour in hours}


T = r"(\d\d:\d\d)"
_TIMES = [
    (rf"hourly {T}–{T}", lambda a, b: _between(a, b, 60)),
    (rf"every minute, {T}–{T}", lambda a, b: _between(a, b, 1) if a[:2] == b[:2] or b.endswith("59") else ()),
    (rf"{T}–{T}", lambda a, b: _between(a, b, 1)),
    (rf"every (\d+) min, {T}–{T}", lambda step, a, b: _between(a, b, int(step))),
    (r"every (\d+) h at :(\d\d)", lambda step, minute: _each(range(0, 24, int(step)), minute)),
    (r"every (\d+) h", lambda step: _each(range(0, 24, int(step)), "0")),
    (r"(\d+) h at :(\d\d)", lambda step, minute: _each(range(0, 24, int(step)), minute)),
    (rf"every (\d+) h from {T} to {T}", lambda step, a, b: _between(a, b, int(step) * 60)),
    (rf"every (\d+) h from {T}", lambda step, a: _between(a, "23:59", int(step) * 60)),
    (rf"{T}/(\d+) h", lambda a, step: _between(a, "23:59", int(step) * 60)),
    (r"(\d+)–(\d+) h :(\d\d)", lambda a, b, minute: _each(range(int(a), int(b) + 1), minute)),
    (
        r"(\d+)–(\d+) h/(\d+) :(\d\d)",
        lambda a, b, s, minute: _each(range(int(a), int(b) + 1, int(s)), minute),
    ),
    (r"([\d,–]+) h :(\d\d)", lambda hours, minute: {h * 60 + int(minute) for h in _list(hours)}),
    (r"(\d+) m (\d+) h", lambda s, h: range(int(h) * 60, int(h) * 60 + 60, int(s))),
    (r"(\d+) m (\d+)–(\d+) h", lambda s, a, b: range(int(a) * 60, int(b) * 60 + 60, int(s))),
]


def _minutes(text: str) -> set[int] | None:
    if text in ("every minute", "every min"):
        return set(HOUR)
    if re.fullmatch(r"every \d+ min|every \d+ m", text):
        return set(range(0, 60, int(text.split()[1])))
    match = re.fullmatch(r"every (\d+) min from :(\d\d)(?: to :(\d\d))?", text)
    if match:
        return set(range(int(match[2]), int(match[3] or 59) + 1, int(match[1])))
    match = re.fullmatch(r"every minute from :(\d\d) to :(\d\d)|:(\d\d)–:(\d\d)", text)
    if match:
        return set(range(int(match[1] or match[3]), int(match[2] or match[4]) + 1))
    match = re.fullmatch(r"(\d+) m at :(\d\d)", text)
    if match:
        return set(range(int(match[2]), 60, int(match[1])))
    match = re.fullmatch(r":(\d\d)–:(\d\d)/(\d+) m", text)
    if match:
        return set(range(int(match[1]), int(match[2]) + 1, int(match[3])))
    match = re.fullmatch(r"(?:hourly at |hourly |at )?(:\d\d(?:–:\d\d|, ?:\d\d)*)", text)
    return _list(match[1].replace(":", "")) if match else None


def _list(text: str) -> set[int]:
    found: set[int] = set()
    match = re.fullmatch(r"(\d+), ?(\d+) … (\d+)", text)
    if match:
        first, second, last = map(int, match.groups())
        return set(range(first, last + 1, second - first))
    for part in text.replace(" ", "").split(","):
        low, _, high = part.partition("–")
        if not low.isdigit() or (high and not high.isdigit()):
            raise ValueError(text)
        found.update(range(int(low), int(high or low) + 1))
    return found


def _hours(text: str) -> set[int] | None:
    match = re.fullmatch(r"every (\d+)(?:st|nd|rd|th) hour from 0", text)
    if match:
        return set(range(0, 24, int(match[1])))
    match = re.fullmatch(r"hours? ([\d, –…]+)", text)
    return _list(match[1].strip(" ,")) if match else None


def _days(text: str) -> set[tuple[int, int, int]] | None:
    months = set(range(1, 13))
    if not text:
        return {(m, d, w) for m in months for d in range(1, 32) for w in range(7)}
    only = _named(text, MONTHS)
    if only is not None:
        return {(m + 1, d, w) for m in only for d in range(1, 32) for w in range(7)}
    for pattern in (
        r"(.+) in ([A-Z].*)",
        r"(.+) of ([A-Z][^&]*?)( if .*| & .*)?",
        r"((?:Mo|Tu|We|Th|Fr|Sa|Su).*) ([A-Z].*)",
    ):
        match = re.fullmatch(pattern, text)
        chosen = _named(match[2], MONTHS) if match else None
        if match and chosen is not None:
            months = {month + 1 for month in chosen}
            text = match[1] + (match[3] if match.lastindex == 3 and match[3] else "")
            break
    for mark, either in ((" or ", True), (" if ", False), (" & ", False)):
        dates, found, names = text.partition(mark)
        if found:
            one, two = _dates(dates, months), _weekdays(names)
            if one is None or two is None:
                return None
            both = {(m, d, w) for m in months for d in range(1, 32) for w in range(7)}
            return {
                t
                for t in both
                if ((t[:2] in one or t[2] in two) if either else (t[:2] in one and t[2] in two))
            }
    days, weekdays = _dates(text, months), _weekdays(text)
    if days is not None:
        return {(m, d, w) for m, d in days for w in range(7)}
    if weekdays is not None:
        return {(m, d, w) for m in months for d in range(1, 32) for w in weekdays}
    return None


def _dates(text: str, months: set[int]) -> set[tuple[int, int]] | None:
    if text in ("odd days", "even days"):
        return {(m, d) for m in months for d in range(1, 32) if d % 2 == (text == "odd days")}
    match = re.fullmatch(r"days? ([\d, –…]+)", text)
    if match:
        return {(m, d) for m in months for d in _list(match[1])}
    match = re.fullmatch(r"([\d, –…]+) ([A-Z][a-z][a-z])", text)
    return (
        {(MONTHS.index(match[2]) + 1, d) for d in _list(match[1])} if match and match[2] in MONTHS else None
    )


def _weekdays(text: str) -> set[int] | None:
    order = WEEKDAYS[1:] + WEEKDAYS[:1]
    for names in (order, [name[:2] for name in order]):
        chosen = _named(text, names)
        if chosen is not None:
            return {(place + 1) % 7 for place in chosen}
    return None


def _named(text: str, names: list[str]) -> set[int] | None:
    found: set[int] = set()
    for part in re.split(r", ?", text):
        low, _, high = part.partition("–")
        if low not in names or (high and high not in names):
            return None
        found.update(range(names.index(low), names.index(high or low) + 1))
    return found
