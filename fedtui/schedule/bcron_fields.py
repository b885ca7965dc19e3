"""Fields of a crontab as bcron reads them (timespec-parse.c)."""

from __future__ import annotations

import re
from functools import lru_cache

from fedtui.schedule.errors import ScheduleError
from fedtui.schedule.fields import MONTH, WEEKDAY, Element, Field, FieldKind, c_int
from fedtui.schedule.patterns import MONTHS_IN_FULL, WEEKDAYS_IN_FULL

_INT_MAX = 2**31 - 1
_VALUE = "([0-9]+|[A-Za-z]+)"
_ELEMENT = re.compile(
    rf"(?:(?P<star>\*)|{_VALUE}(?:(?P<dash>-){_VALUE})?)(?:(?P<slash>/)(?P<step>[0-9]*))?,*"
)


@lru_cache(maxsize=4096)
def read_bcron(kind: FieldKind, word: str) -> Field:
    """The field that `word` is; elements need no comma between them. Raises ScheduleError."""
    elements: list[Element] = []
    at = 0
    while at < len(word) or not elements:
        match = _ELEMENT.match(word, at)
        if match is None:
            rest = word[at:]
            raise ScheduleError(
                kind.name, f"{rest!r} is not a {kind.noun}" if rest else f"a {kind.noun} is missing"
            )
        elements.append(_element(kind, match))
        at = match.end()
    values = {value for element in elements for value in element.values}
    if kind is WEEKDAY:
        values = {value % 7 for value in values}
    return Field(kind, word, tuple(sorted(values)), tuple(elements), word == "*")


def _element(kind: FieldKind, match: re.Match[str]) -> Element:
    text = match[0].rstrip(",")
    low, high = kind.low, kind.high
    if not match["star"]:
        low = high = _value(kind, match[2])
        if match["dash"]:
            high = _value(kind, match[4])
    step = 1
    if match["slash"]:
        if not match["step"]:
            raise ScheduleError(kind.name, f"{text}: the step is missing")
        step = c_int(int(match["step"]))
        if step <= 0 or high + step > _INT_MAX:  # its scheduler would count for ever
            raise ScheduleError(kind.name, f"{text}: the step must be 1 or more, and not too large")
    for value in (low, high):
        if not kind.low <= value <= kind.high:
            raise ScheduleError(kind.name, f"{value} is not between {kind.low} and {kind.high}")
    if low > high:
        raise ScheduleError(kind.name, f"{text} runs backwards")
    return Element(text, low, high, step, star=match["star"] is not None)


def _value(kind: FieldKind, text: str) -> int:
    if text.isdigit():
        return c_int(int(text))
    full = {MONTH: MONTHS_IN_FULL, WEEKDAY: WEEKDAYS_IN_FULL}.get(kind, ())
    for number, name in enumerate(full):
        if text.lower() in (name.lower(), name[:3].lower()):
            return number + kind.low
    raise ScheduleError(kind.name, f"{text!r} is not a {kind.noun}")
