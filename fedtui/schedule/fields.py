"""One field of a cron schedule: the word between blanks, turned into the values it stands for.

The grammars are those of the daemons, character by character: Debian's cron 3.0pl1 (entry.c: get_list,
get_range, get_number) and cronie (entry.c: the state machine in get_range). They differ in what they let
pass, and fedtui accepts exactly what the daemon on the host would.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from fedtui.schedule.errors import ScheduleError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_NUMBER = 999  # MAX_TEMPSTR of cron.h, less the closing NUL
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

    `values` ascend; weekdays are 0 (Sunday) to 6. `star` says that the word begins with `*`, which is
    what the daemon goes by in combining the day fields and in treating clock changes. `ignored` is text
    behind a valid element that the daemon skips without a word.
    """

    kind: FieldKind
    text: str
    values: tuple[int, ...]
    elements: tuple[Element, ...]
    star: bool = False
    ignored: str = ""


@lru_cache(maxsize=4096)
def read_field(kind: FieldKind, word: str, dialect: str) -> Field:
    """The field that `word` is in `dialect` ("debian", "cronie" or "other"). Raises ScheduleError."""
    read = _cronie_elements if dialect == "cronie" else _debian_elements
    elements, ignored = read(kind, word)
    if dialect == "other":
        elements, ignored = _going_round(kind, elements, ignored), ""
    values = {value for element in elements for value in element.values}
    if kind is WEEKDAY:
        values = {value % 7 for value in values}
    return Field(kind, word, tuple(sorted(values)), elements, word.startswith("*"), ignored)


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


def _cronie_elements(kind: FieldKind, word: str) -> tuple[tuple[Element, ...], str]:
    elements = []
    for text in word.split(","):
        match = re.fullmatch(_CRONIE, text)
        if match is None:
            reason = (
                f"{text!r} is not a {kind.noun}, a range, or * with a step" if text else "an element is empty"
            )
            raise ScheduleError(kind.name, reason)
        elements.append(_cronie_element(kind, text, match))
    return tuple(elements), ""


def _cronie_element(kind: FieldKind, text: str, match: re.Match[str]) -> Element:
    if match["star"]:
        step = _step(kind, text, match["star_step"]) if match["star_step"] else 1
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
    step = _step(kind, text, match["step"]) if match["step"] else 1
    if high == 0 and low > high and not match["step"]:
        high = 7  # meant for fri-sun; cronie does it in every field
    if low <= high:
        _within(kind, low)
        _within(kind, high)
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
        return _c_int(digits)
    name = digits.lower()
    if name in kind.names:
        return kind.names.index(name) + kind.low
    raise ScheduleError(kind.name, f"{digits!r} is not a {kind.noun}")


def _step(kind: FieldKind, text: str, digits: str) -> int:
    if not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        raise ScheduleError(kind.name, f"{text}: the step is not a number")
    step = _c_int(digits)
    if step <= 0:
        raise ScheduleError(kind.name, f"{text}: the step must be 1 or more")
    return step


def _within(kind: FieldKind, value: int) -> None:
    if not kind.low <= value <= kind.high:
        raise ScheduleError(kind.name, f"{value} is not between {kind.low} and {kind.high}")


def _c_int(digits: str) -> int:
    """What atoi(3) makes of decimal digits: clamped to a long, then cut to 32 bits."""
    value = min(int(digits), 2**63 - 1) & 0xFFFFFFFF
    return value - 2**32 if value >= 2**31 else value
