"""One field of a cron schedule: the word between blanks, turned into the values it stands for.

The grammars are those of the daemons, character by character: Debian's cron 3.0pl1 (entry.c: get_list,
get_range, get_number) and cronie 1.7.2 (entry.c: the state machine in get_range); `busybox_fields` and
`bcron_fields` have the others. They differ in what they let pass, and fedtui accepts exactly what the daemon
on the host would.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from fedtui.schedule.errors import ScheduleError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_NUMBER = 999  # MAX_TEMPSTR of cron.h, less the closing NUL; cronie's is longer than any sane number
_INT_MAX = 2**31 - 1
_EOF_BYTE = "\xff"  # get_list() returns char, so this byte reads as end of file


class FieldKind(NamedTuple):
    """What one of the five fields may hold. `names` count up from `low`; `noun` is for messages."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    noun: str = "number"


MINUTE = FieldKind("minute", 0, 59)
HOUR = FieldKind("hour", 0, 23)
DAY = FieldKind("day-of-month", 1, 31)
MONTH = FieldKind("month", 1, 12, _MONTHS, "month (jan to dec) or number")
WEEKDAY = FieldKind("day-of-week", 0, 7, _WEEKDAYS, "weekday (sun to sat) or number")
KINDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


class Element(NamedTuple):
    """One part of a comma list: every `step`th value from `low` to `high`.

    `high` below `low` is a range that the daemon accepts and that stands for nothing. `random` marks
    cronie's `low~high`: one value of the range, chosen when the table is loaded.
    """

    text: str
    low: int
    high: int
    step: int = 1
    star: bool = False
    random: bool = False

    @property
    def values(self) -> range:
        """The values it stands for; for a random one, those it is chosen from."""
        return range(self.low, self.high + 1, self.step)


class Field(NamedTuple):
    """One field as written (`text`) and as understood.

    `values` ascend; weekdays are 0 (Sunday) to 6. `star` says that the daemon takes the field for
    unrestricted, by which it combines the day fields, and some treat clock changes: in the Vixie crons
    because the word begins with `*`. `ignored` is text behind a valid element that the daemon does not read.
    """

    kind: FieldKind
    text: str
    values: tuple[int, ...]
    elements: tuple[Element, ...]
    star: bool = False
    ignored: str = ""


@lru_cache(maxsize=4096)
def read_debian(kind: FieldKind, word: str) -> Field:
    """The field that `word` is to Debian's cron. Raises ScheduleError."""
    elements, ignored = _debian_elements(kind, word)
    return _field(kind, word, elements, word.startswith("*"), ignored)


@lru_cache(maxsize=4096)
def read_cronie(kind: FieldKind, word: str) -> Field:
    """The field that `word` is to cronie. Raises ScheduleError."""
    return _field(kind, word, _cronie_elements(kind, word), word.startswith("*"))


@lru_cache(maxsize=4096)
def read_other(kind: FieldKind, word: str) -> Field:
    """The field that `word` is to croniter, whose `*` has no step. Raises ScheduleError."""
    elements = _going_round(kind, *_debian_elements(kind, word))
    return _field(kind, word, elements, any(element.text == "*" for element in elements))


def _field(kind: FieldKind, word: str, elements: tuple[Element, ...], star: bool, ignored: str = "") -> Field:
    values = {value for element in elements for value in element.values}
    if kind is WEEKDAY:
        values = {value % 7 for value in values}
    return Field(kind, word, tuple(sorted(values)), elements, star, ignored)


def _going_round(kind: FieldKind, elements: tuple[Element, ...], ignored: str) -> tuple[Element, ...]:
    """The elements as other daemons take them: a range may go over the end, and nothing is ignored."""
    if ignored:
        raise ScheduleError(kind.name, f"{ignored!r} does not belong to a {kind.noun}")
    found: list[Element] = []
    for element in elements:
        if element.low <= element.high:
            found.append(element)
        elif element.step > 1:
            raise ScheduleError(kind.name, f"{element.text} goes over the end in steps")
        else:
            found.append(Element(element.text, element.low, kind.high))
            found.append(Element(element.text, kind.low, element.high))
    return tuple(found)


_DEBIAN = re.compile(
    r"(?P<star>\*)(?:(?P<star_slash>/)(?P<star_step>[0-9A-Za-z]*))?"
    r"|(?P<low>[0-9A-Za-z]*)(?:(?P<dash>-)(?P<high>[0-9A-Za-z]*)(?:(?P<slash>/)(?P<step>[0-9A-Za-z]*))?"
    r"|(?P<lone_slash>/))?"
)


def _debian_elements(kind: FieldKind, word: str) -> tuple[tuple[Element, ...], str]:
    elements: list[Element] = []
    at = 0
    while True:
        match = _DEBIAN.match(word, at)
        if match is None:  # pragma: no cover - every part of the pattern may be empty
            raise AssertionError(word)
        elements.append(_debian_element(kind, word, match))
        at = match.end()
        after = word[at : at + 1]
        if after == _EOF_BYTE:
            raise ScheduleError(kind.name, "cron takes the byte 0xFF for the end of the file")
        if after != ",":
            return tuple(elements), word[at:]
        at += 1


def _debian_element(kind: FieldKind, word: str, match: re.Match[str]) -> Element:
    text = match[0]
    step = 1
    if match["star"]:
        low, high = kind.low, kind.high
        if match["star_slash"]:
            step = _step(kind, text, match["star_step"])
        _countable(kind, text, low, high, step)
        return Element(text, low, high, step, star=True)
    low = _number(kind, match["low"], word, match.start())
    if match["lone_slash"]:
        whole = word[match.start() :].partition(",")[0]
        raise ScheduleError(kind.name, f"{whole} has a step without a range; write {low}-{kind.high}/N")
    if not match["dash"]:
        _within(kind, low)
        return Element(text, low, low)
    high = _number(kind, match["high"], word, match.start("high"))
    if match["slash"]:
        step = _step(kind, text, match["step"])
    _within(kind, low)
    _within(kind, high)
    _countable(kind, text, low, high, step)
    return Element(text, low, high, step)


def _countable(kind: FieldKind, text: str, low: int, high: int, step: int) -> None:
    """Refuse a step with which cron's counter wraps around, and then stands for no value of the field."""
    if low <= high and high - (high - low) % step + step > _INT_MAX:
        raise ScheduleError(kind.name, f"{text}: the step is too large")


_CRONIE = (
    r"(?P<star>\*)(?:/(?P<star_step>[0-9A-Za-z]+))?"
    r"|(?P<first>[0-9A-Za-z]*)(?P<tilde>~)(?P<last>[0-9A-Za-z]*)"
    r"|(?P<low>[0-9A-Za-z]+)(?:-(?P<high>[0-9A-Za-z]+)(?:/(?P<step>[0-9A-Za-z]+))?)?"
)


def _cronie_elements(kind: FieldKind, word: str) -> tuple[Element, ...]:
    elements = []
    for text in word.split(","):
        match = re.fullmatch(_CRONIE, text)
        if match is None:
            reason = (
                f"{text!r} is not a {kind.noun}, a range, or * with a step" if text else "an element is empty"
            )
            raise ScheduleError(kind.name, reason)
        elements.append(_cronie_element(kind, text, match))
    return tuple(elements)


def _cronie_element(kind: FieldKind, text: str, match: re.Match[str]) -> Element:
    if match["star"]:
        step = _step(kind, text, match["star_step"]) if match["star_step"] else 1
        _countable(kind, text, kind.low, kind.high, step)
        return Element(text, kind.low, kind.high, step, star=True)
    if match["tilde"]:
        low = _number(kind, match["first"], text, 0) if match["first"] else kind.low
        high = _number(kind, match["last"], text, match.start("last")) if match["last"] else kind.high
        _within(kind, low)
        _within(kind, high)
        if low > high:
            raise ScheduleError(kind.name, f"{text} runs backwards")
        return Element(text, low, high, random=True)
    low = _number(kind, match["low"], text, 0)
    if match["high"] is None:
        _within(kind, low)
        return Element(text, low, low)
    high = _number(kind, match["high"], text, match.start("high"))
    step = _step(kind, text, match["step"], low > high) if match["step"] else 1
    if low <= high:  # only what is counted is checked: 2-61/23 is good
        _within(kind, low)
        _countable(kind, text, low, high, step)
        _within(kind, high - (high - low) % step)
    return Element(text, low, high, step)


def _number(kind: FieldKind, digits: str, word: str, at: int) -> int:
    if not digits:
        rest = word[at : at + 1]
        raise ScheduleError(
            kind.name, f"{rest!r} is not a {kind.noun}" if rest else f"a {kind.noun} is missing"
        )
    if len(digits) > _LONGEST_NUMBER:
        raise ScheduleError(kind.name, "a number of more than 999 digits")
    if digits.isdigit():
        return c_int(c_number(digits))
    name = digits.lower()
    if name in kind.names:
        return kind.names.index(name) + kind.low
    raise ScheduleError(kind.name, f"{digits!r} is not a {kind.noun}")


def _step(kind: FieldKind, text: str, digits: str, idle: bool = False) -> int:
    """The step; with `idle` it may be negative, since nothing is counted."""
    if not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        raise ScheduleError(kind.name, f"{text}: the step is not a number")
    step = c_int(c_number(digits))
    if step == 0 or (step < 0 and not idle):
        raise ScheduleError(kind.name, f"{text}: the step must be 1 or more")
    return step


def _within(kind: FieldKind, value: int) -> None:
    if not kind.low <= value <= kind.high:
        raise ScheduleError(kind.name, f"{value} is not between {kind.low} and {kind.high}")


def c_number(digits: str) -> int:
    """What strtol(3) makes of a decimal number: clamped to a long."""
    return max(-(2**63), min(int(digits), 2**63 - 1))


def c_int(number: int) -> int:
    """What an assignment to an int leaves of a number: 32 bits."""
    value = number & 0xFFFFFFFF
    return value - 2**32 if value >= 2**31 else value
