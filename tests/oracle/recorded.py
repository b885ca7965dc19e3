"""Reads the recorded hard cases (tests/unit/schedule/DIALECT_starts.txt; their heads tell the format)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from tests.oracle.expressions import Stretch
from tests.oracle.text import decoded


def recorded(dialect: str) -> Path:
    """The file of a dialect's cases."""
    return Path(__file__).parents[1] / "unit" / "schedule" / f"{dialect}_starts.txt"


ONE_FOR_ALL = ("unparseable line", "bad line")
"""What daemons say that name no field."""


@dataclass(frozen=True)
class Case:
    """A schedule and what cron does with it: starts (minutes since the epoch), or a complaint.

    `complete` says that there are no more starts in the stretch.
    """

    schedule: str
    starts: tuple[int, ...] = ()
    complete: bool = False
    complaint: str = ""


@dataclass(frozen=True)
class Group:
    """Cases of one stretch."""

    stretch: Stretch
    cases: tuple[Case, ...]


def recorded_groups(dialect: str) -> Iterator[Group]:
    """The groups in the order of the file."""
    for group in recorded(dialect).read_text(encoding="ascii").split("\n= ")[1:]:
        head, *lines = group.splitlines()
        zone, after, until = head.split()
        stretch = Stretch(zone, int(after), int(until))
        yield Group(stretch, tuple(_case(line, stretch.after) for line in lines))


def _case(line: str, after: int) -> Case:
    text, mark, answer = re.split(r" ([|!]) ", line)
    if mark == "!":
        return Case(decoded(text), complaint=answer)
    words = answer.split()
    complete = words[-1] == "."
    steps: list[int] = []
    for word in words[: len(words) - complete]:
        count, times, step = word.rpartition("*")
        steps += [int(step)] * (int(count) if times else 1)
    starts = tuple(accumulate(steps, initial=after))[1:]
    return Case(decoded(text), starts, complete)
