"""Fields of a crontab as BusyBox's crond reads them (miscutils/crond.c: ParseField, FixDayDow).

It never refuses a field: at an error it logs a line and keeps the values that it had until then, which for a
number beyond the limits, weekday 7 included, are all of them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fedtui.schedule.fields import MONTH, WEEKDAY, Element, Field, FieldKind, c_int, c_number

_FAILSAFE = 1024
_DIGITS = re.compile("[0-9]+")
_STEP = re.compile(r"/(?:[\v\f\r]*([+-]?[0-9]+))?")


@lru_cache(maxsize=4096)
def read_busybox(kind: FieldKind, word: str) -> Field:
    """The field that `word` is; what follows an error is in `ignored`."""
    size = kind.high + (kind is not WEEKDAY) - (kind is MONTH)
    offset = -1 if kind is MONTH else 0
    flags, elements, at = [False] * size, [], 0
    good = True
    while good:
        begin, low, high = at, -1, -1
        while True:
            if word.startswith("*", at):
                low, high, at = 0, size - 1, at + 1
            elif digits := _DIGITS.match(word, at):
                number = c_int(c_number(digits[0]) + offset)
                low, high = (number, high) if low < 0 else (low, number)
                at = digits.end()
            elif word[at : at + 3].lower() in kind.names:
                number = kind.names.index(word[at : at + 3].lower())
                low, high = (number, high) if low < 0 else (low, number)
                at += 3
            else:
                good = False
                break
            if not (high < 0 and word.startswith("-", at)):
                break
            at += 1
        if not good:
            break
        step = 1
        if match := _STEP.match(word, at):
            step, at = c_int(c_number(match[1] or "0")), match.end()
        good, chosen = _fill(flags, low, low if high < 0 else high, step)
        elements += _elements(word[begin:at], kind, offset, chosen, step)
        if not word.startswith(",", at):
            break
        at += 1
    values = tuple(
        value - offset for value, chosen in enumerate(flags) if chosen and value - offset >= kind.low
    )
    return Field(kind, word, values, tuple(elements), all(flags), word[at:] if good else word[begin:])


def _fill(flags: list[bool], low: int, high: int, step: int) -> tuple[bool, list[int]]:
    """Mark every `step`th place from `low` to `high`, over the end if need be: (no error, places in order).

    A place that is never met marks on until the daemon's failsafe stops it.
    """
    size, chosen, until = len(flags), [], 1
    at = low - 1
    for count in range(_FAILSAFE):
        at = at + 1 if at + 1 < 0 else (at + 1) % size
        until -= 1
        if until == 0:
            if at >= 0:  # month 0 is -1: crond writes in front of its list
                flags[at] = True
                chosen.append(at)
            until = step
        if at == high and count < _FAILSAFE - 1:
            return True, chosen
    return False, sorted(set(chosen))


def _elements(text: str, kind: FieldKind, offset: int, chosen: list[int], step: int) -> list[Element]:
    values = [place - offset for place in chosen if place - offset >= kind.low]
    if not values:
        return []
    star = text.startswith("*")
    if values == sorted(values) and len(values) > 1:
        return [Element(text, values[0], values[-1], step, star)]
    return [Element(text, value, value, star=star) for value in values]
