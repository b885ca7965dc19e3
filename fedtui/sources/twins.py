"""Tells rows of one table apart that would share a name: by their log, arguments, note or schedule. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple

from fedtui.crontab import CommandLine
from fedtui.model import APART, Job
from fedtui.safe_text import sanitize_and_mask

_LONGEST = 28


class Twin(NamedTuple):
    """One of the rows that share a name. `arguments` are those of its main command."""

    row: int
    job: Job
    arguments: tuple[str, ...]
    note: str


def arguments_of(line: CommandLine) -> tuple[str, ...]:
    """The words behind the program or script that does the work."""
    target = line.main.target if line.main is not None else None
    return tuple(word.raw for word in target.rest) if target is not None else ()


def tell_apart(twins: Sequence[Twin]) -> dict[int, str]:
    """A name for each row of `twins`, which all have one name: that name, and what differs."""
    found = _differences(twins, (_log, _folder_of_log, _argument, _note, _schedule))
    return {twin.row: f"{twin.job.name}{APART}{found[twin.row]}" for twin in twins}


Trait = Callable[[Twin, Sequence[Twin]], str]


def _differences(twins: Sequence[Twin], traits: Sequence[Trait]) -> dict[int, str]:
    """What tells each row apart, by the first trait that tells most of them apart."""
    values = [{twin.row: trait(twin, twins) or _schedule(twin, twins) for twin in twins} for trait in traits]
    best = max(values, key=lambda each: len(set(each.values())), default={})
    if len(set(best.values())) < 2:
        return dict(zip((twin.row for twin in twins), (f"#{number}" for number in count(1)), strict=False))
    groups: dict[str, list[Twin]] = defaultdict(list)
    for twin in twins:
        groups[best[twin.row]].append(twin)
    found: dict[int, str] = {}
    for value, same in groups.items():
        left = _differences(same, [trait for trait in traits if trait not in (_log, _folder_of_log)])
        found |= (
            {row: f"{value}, {text}" for row, text in left.items()} if len(same) > 1 else {same[0].row: value}
        )
    return found


def _log(twin: Twin, twins: Sequence[Twin]) -> str:
    return (twin.job.log_path or "").rpartition("/")[2]


def _folder_of_log(twin: Twin, twins: Sequence[Twin]) -> str:
    return "/".join((twin.job.log_path or "").split("/")[-2:])


def _argument(twin: Twin, twins: Sequence[Twin]) -> str:
    """The first of its arguments that not all of them have; an option only where there is no other."""
    common = set(twin.arguments).intersection(*(other.arguments for other in twins))
    own = sorted((word for word in twin.arguments if word not in common), key=lambda word: word[:1] == "-")
    return _cut(next(iter(own), ""))


def _note(twin: Twin, twins: Sequence[Twin]) -> str:
    return _cut(twin.note.partition("\n")[0])


def _schedule(twin: Twin, twins: Sequence[Twin]) -> str:
    return twin.job.schedule_short


def _cut(text: str) -> str:
    shown = sanitize_and_mask(text.strip("\"' "))
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
