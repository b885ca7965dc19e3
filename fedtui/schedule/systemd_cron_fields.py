"""Fields of a crontab as systemd-cron reads them (parse_time_unit of its generator, version 1.15).

A part of a list is a slice of all values: what lies beyond them is cut off, a range that runs backwards is
empty, and a field without a value makes no timer, but for the weekday, which is any day then. October cannot
be named, and November and December are taken for the months before them: its list of names lacks one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fedtui.schedule.errors import ScheduleError
from fedtui.schedule.fields import MONTH, WEEKDAY, Element, Field, FieldKind

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "nov", "dec")
_INTEGER = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*")
"""What Python's int() takes; a blank cannot be in a field."""


@lru_cache(maxsize=4096)
def read_systemd_cron(kind: FieldKind, word: str) -> Field:
    """The field that `word` is. Raises ScheduleError where no timer would be made."""
    try:
        return _read(kind, word)
    except ScheduleError:
        if kind is not WEEKDAY:
            raise
        return _read(kind, "*")._replace(text=word, ignored=word)


def _read(kind: FieldKind, word: str) -> Field:
    every = list(range(kind.low, 7 if kind is WEEKDAY else kind.high + 1))
    if word == "*":
        return Field(kind, word, tuple(every), (Element(word, every[0], every[-1], star=True),), True)
    elements: list[Element] = []
    values: set[int] = set()
    for part in word.split(","):
        found = every[_slice(kind, part)]
        values.update(found)
        if found:
            step = found[1] - found[0] if len(found) > 1 else 1
            elements.append(Element(part, found[0], found[-1], step, part.startswith("*")))
    if not values:
        raise _garbled(kind, word)
    return Field(kind, word, tuple(sorted(values)), tuple(elements))


def _slice(kind: FieldKind, part: str) -> slice:
    """The generator's parse_period: one value, `a-b` or `*`, each with an optional `/step`."""
    span, slash, step = part.partition("/")
    if slash and "/" in step:
        span, step = part, ""
    width = _integer(kind, step) if step else 1
    if (slash and not step) or width == 0:
        raise _garbled(kind, part)
    if span == "*":
        return slice(None, None, width)
    first, dash, last = span.partition("-")
    if dash and "-" in last:
        first = last = span
    base = int(kind.low == 0)
    return slice(_value(kind, first) - 1 + base, _value(kind, last if dash else first) + base, width)


def _value(kind: FieldKind, text: str) -> int:
    if kind is WEEKDAY:
        name = text[:3].lower()
        return kind.names.index(name) if name in kind.names else _integer(kind, text) % 7
    if kind is MONTH and not _INTEGER.fullmatch(text):
        if text[:3].lower() not in _MONTHS:
            raise _garbled(kind, text)
        return _MONTHS.index(text[:3].lower()) + 1
    return _integer(kind, text)


def _integer(kind: FieldKind, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise _garbled(kind, text)
    return int(text)


def _garbled(kind: FieldKind, text: str) -> ScheduleError:
    return ScheduleError(kind.name, f"systemd-cron makes no timer: garbled time {text!r}")
