"""What an answer lacks: the sources that gave none, or not all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fedtui.cli.in_shell import in_shell
from fedtui.model import Problem
from fedtui.safe_text import mask_secrets, sanitize_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fedtui.cli.json_types import IncompleteRecord
    from fedtui.config import Config
    from fedtui.model import Job, Snapshot


def missing(snapshot: Snapshot, job: Job | None = None, *, runs: bool = True) -> tuple[Problem, ...]:
    """The troubles of the sources, and what had not come in time; of `job` alone where it is given.

    Not `runs`: only of what the job is, not of what it did.
    """
    late = (Problem(name, f"{name}: {what}") for name, what in snapshot.late.items())
    found = (*snapshot.troubles, *late)
    if job is None:
        return found
    from fedtui.workspace import OWN_RUNS, SOURCES_OF

    table, *others = SOURCES_OF[job.source]
    named = (table, *others, OWN_RUNS, "history") if runs else (table,)
    return tuple(one for one in found if one.source in named)


def records(problems: Iterable[Problem]) -> list[IncompleteRecord]:
    """As JSON has them."""
    return [
        {"source": one.source, "reason": _text(one.message), "advice": _text(in_shell(one.advice)) or None}
        for one in problems
    ]


def report(config: Config, problems: Iterable[Problem]) -> None:
    """Say on standard error what is missing, so that a short answer is not taken for the whole.

    What is known from the start was said there.
    """
    said_before = (*config.notes, *config.faults)
    for one in problems:
        if one.message in said_before:
            continue
        print(_text(sentences(one.message, in_shell(one.advice))), file=sys.stderr)


def sentences(*parts: str) -> str:
    """The parts that there are, each with its full stop."""
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def _text(text: str) -> str:
    return mask_secrets(sanitize_lines(text))
