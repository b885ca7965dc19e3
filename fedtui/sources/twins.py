"""Tells rows of one table apart that would share a name: by log, arguments, note, words or schedule. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple

from fedtui.crontab import CommandLine
from fedtui.model import APART, Job
from fedtui.safe_text import MASK, sanitize_and_mask

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


def tell_apart(twins: Sequence[Twin], *, older: bool = False) -> dict[int, str]:
    """A name for each row of `twins`, which all have one name: that name, and what differs.

    `older`: as rows were told apart before the words in front of the main command counted.
    """
    traits = (_log, _folder_of_log, _argument, _note, *(() if older else (_word,)), _schedule)
    found = _differences(twins, traits, older=older)
    return {twin.row: f"{twin.job.name}{APART}{found[twin.row]}" for twin in twins}


Trait = Callable[[Sequence[Twin]], list[str]]


def _differences(twins: Sequence[Twin], traits: Sequence[Trait], *, older: bool) -> dict[int, str]:
    """What tells each row apart, by the first trait that tells most of them apart."""
    schedules = _schedule(twins)
    values = [
        [value or schedule for value, schedule in zip(found, schedules, strict=True)]
        for found in (trait(twins) for trait in traits)
        if older or any(found)
    ]
    best = max(values, key=lambda each: len(set(each)), default=[])
    if len(set(best)) < 2:
        return dict(zip((twin.row for twin in twins), (f"#{number}" for number in count(1)), strict=False))
    groups: dict[str, list[Twin]] = defaultdict(list)
    for twin, value in zip(twins, best, strict=True):
        groups[value].append(twin)
    found: dict[int, str] = {}
    rest = [trait for trait in traits if trait not in (_log, _folder_of_log)]
    for value, same in groups.items():
        left = _differences(same, rest, older=older) if len(same) > 1 else {}
        found |= {row: f"{value}, {text}" for row, text in left.items()} or {same[0].row: value}
    return found


def _log(twins: Sequence[Twin]) -> list[str]:
    return [(twin.job.log_path or "").rpartition("/")[2] for twin in twins]


def _folder_of_log(twins: Sequence[Twin]) -> list[str]:
    return ["/".join((twin.job.log_path or "").split("/")[-2:]) for twin in twins]


def _argument(twins: Sequence[Twin]) -> list[str]:
    """The first of its arguments that not all of them have; an option only where there is no other."""
    return _first_own(twins, [twin.arguments for twin in twins])


def _word(twins: Sequence[Twin]) -> list[str]:
    """The first word of its whole command that not all have: the folder of a `cd`, a host, a container."""
    return _first_own(twins, [_words(twin.job.command or "") for twin in twins])


def _words(command: str) -> list[str]:
    words = (word.strip("\"'();") for word in command.split())
    return [word for word in words if word and not word.startswith(("-", "<", ">", "|", "&", "2>"))]


def _first_own(twins: Sequence[Twin], words: Sequence[Sequence[str]]) -> list[str]:
    common = set(words[0]).intersection(*words)
    found = []
    for twin, given in zip(twins, words, strict=True):
        own = sorted((word for word in given if word not in common), key=lambda word: word[:1] == "-")
        command = twin.job.command or ""  # in which secrets are masked
        clear = (one for one in map(_cut, own) if MASK not in one and one.rstrip("…") in command)
        found.append(next(clear, ""))
    return found


def _note(twins: Sequence[Twin]) -> list[str]:
    return [_cut(twin.note.partition("\n")[0]) for twin in twins]


def _schedule(twins: Sequence[Twin]) -> list[str]:
    return [twin.job.schedule_short for twin in twins]


def _cut(text: str) -> str:
    shown = sanitize_and_mask(text.strip("\"' "))
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
