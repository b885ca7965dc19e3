"""Shapes in sets of numbers, and the small words that both cron schedules and timers are described in.

A set of minutes is recognised by its shape, not by how it was written: `0-59/15`, `*/15` and `0,15,30,45` are
the same schedule and get the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

CELLS = 12  # what the job table has for a schedule on a terminal of 80 columns

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS_IN_FULL = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
WEEKDAYS_IN_FULL = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class ScheduleText(NamedTuple):
    """A schedule in words: for a table (`long`), for a narrow one (`short`, 12 cells at most), for a dialog.

    Where no words are both short and right, `short` is the schedule as written, cut with `…` if need be.
    """

    long: str
    short: str
    sentence: str


class Steps(NamedTuple):
    """Numbers an equal step apart. `even` when they also go round: the step over the end is the same."""

    first: int
    last: int
    step: int
    even: bool


def steps(values: Sequence[int], size: int) -> Steps | None:
    """The steps that `values` are: three or more, or two half a turn apart; `size` is a turn (60, 24)."""
    if len(values) < 2:
        return None
    step = values[1] - values[0]
    if any(after - before != step for before, after in pairwise(values)):
        return None
    even = values[0] + size - values[-1] == step
    if len(values) == 2 and not even:
        return None
    return Steps(values[0], values[-1], step, even)


def spans(values: Sequence[int]) -> list[tuple[int, int]]:
    """`values` (ascending) as unbroken spans, ends included."""
    found: list[tuple[int, int]] = []
    for value in values:
        if found and found[-1][1] == value - 1:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return found


def listing(items: Sequence[str]) -> str:
    """Items as a sentence lists them: "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def clock(hour: int, minute: int) -> str:
    """A time of day: "04:30"."""
    return f"{hour:02}:{minute:02}"


def past(minute: int) -> str:
    """A minute of any hour: ":05"."""
    return f":{minute:02}"


def number_spans(values: Sequence[int]) -> str:
    """Numbers in few words: "1", "1, 15", "1–7, 15", "1, 4 … 31"; two in a row are listed."""
    by = steps(values, 0)
    if by is not None and by.step > 1 and len(values) > 4:
        return f"{by.first}, {by.first + by.step} … {by.last}"
    parts = []
    for low, high in spans(values):
        parts.extend([f"{low}–{high}"] if high - low > 1 else [str(value) for value in range(low, high + 1)])
    return ", ".join(parts)


def counted(count: int, noun: str) -> str:
    """A number of things: "1 run", "9 runs"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def ordinal(number: int) -> str:
    """A place in a row: "2nd", "3rd", "4th"."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def fitting(*candidates: str, cells: int = CELLS) -> str:
    """The first candidate that fits into `cells`; if none does, the last one, cut."""
    for text in candidates:
        if text and len(text) <= cells:
            return text
    return candidates[-1][: cells - 1] + "…"
