"""What of the differences matters to the job, in words, and the settings that would fix it."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fedtui.crontab.setting import LONGEST_LINE
from fedtui.environment.values import Program, Reason, Relation, SchedulerSide, Variable
from fedtui.model import Severity
from fedtui.safe_text import decode

_BASH_ONLY = re.compile(r"(?:^|[;&|]\s*)(\[\[|source|pushd|popd|declare|shopt)\s|(<<<|&>>?|<\()")
_BASH = "/bin/bash"
_MOST_TOLD = 4
_PASSING = ("/tmp/", "/run/user/", "/proc/")  # noqa: S108  where a session keeps what goes with it


def reasons_and_fixes(
    given: SchedulerSide, variables: Sequence[Variable], programs: Sequence[Program], path: str
) -> tuple[tuple[Reason, ...], Mapping[str, str]]:
    """The reasons, the worst first, and the variables to set with their values."""
    missing = [one for one in programs if one.relation is Relation.MISSING and not one.tested]
    others = [one for one in programs if one.relation is Relation.DIFFERS]
    nowhere = [one for one in programs if one.relation is Relation.NOWHERE and not one.tested]
    needed = [one for one in variables if one.relation is Relation.MISSING and one.matters]
    dash_words = _for_bash(given)
    reasons = [
        *_not_found(given, missing),
        *_on_neither(nowhere),
        *_not_for_dash(given, dash_words),
        *_other_program(given, others),
        *_not_set(given, needed),
    ]
    fixes: dict[str, str] = {}
    if (missing or others) and os.fsencode(path) != given.environment.get(b"PATH"):
        fixes["PATH"] = path
    if dash_words:
        fixes["SHELL"] = _BASH
    return tuple(reasons), fixes


def suggested_path(given: str, shell: str, programs: Sequence[Program]) -> str:
    """The PATH that finds what the shell finds: its lasting folders, then those that only the scheduler has.

    Folders that are not there, not absolute, or gone with the session are left out, but for those that a
    program is found in. A line of a crontab holds 998 bytes: where that is too little, the folders that
    nothing is found in go, the last ones first.
    """
    needed = {posixpath.dirname(one.shell.path) for one in programs if one.shell.path is not None}
    ours = [folder for folder in given.split(":") if folder.startswith("/")]
    their_diff = [folder for folder in shell.split(":") if folder in needed or _lasts(folder)]
    spare = [folder for folder in their_diff if folder not in needed]
    while True:
        path = ":".join(dict.fromkeys([*their_diff, *ours]))
        if not spare or len(os.fsencode(path)) + len("PATH=") <= LONGEST_LINE:
            return path
        their_diff.remove(spare.pop())


def _lasts(folder: str) -> bool:
    return folder.startswith("/") and not folder.startswith(_PASSING) and Path(folder).is_dir()


def _not_found(given: SchedulerSide, programs: Sequence[Program]) -> Iterator[Reason]:
    if not programs:
        return
    first = programs[0]
    folder = posixpath.dirname(first.shell.path or "")
    sentence = f"{first.where} calls {first.name}, and {given.scheduler}'s PATH has no {folder}."
    if first.given.note:
        sentence = f"{first.where} calls {first.name}, and {first.given.note}."
    if len(programs) > 1:
        names = ", ".join(one.name for one in programs[1 : 1 + _MOST_TOLD])
        rest = f" and {len(programs) - 1 - _MOST_TOLD} more" if len(programs) - 1 > _MOST_TOLD else ""
        sentence += f" Nor does it find {names}{rest}."
    lead = f"Works in your shell, fails {given.where}:"
    yield Reason(Severity.ERROR, lead, sentence, tuple(one.name for one in programs[: 1 + _MOST_TOLD]))


def _on_neither(programs: Sequence[Program]) -> Iterator[Reason]:
    for one in programs[:_MOST_TOLD]:
        severity = Severity.ERROR if one.on_line else Severity.WARNING
        sentence = f"{one.where} calls {one.name}, which is on neither PATH."
        yield Reason(severity, "Not found:", sentence, (one.name,))


def _not_for_dash(given: SchedulerSide, words: Sequence[str]) -> Iterator[Reason]:
    if words:
        known = " and ".join(words)
        sentence = f"the line uses {known}, which {given.shell} (dash) does not know; {_BASH} does."
        yield Reason(Severity.ERROR, "Another shell:", sentence, tuple(words))


def _for_bash(given: SchedulerSide) -> list[str]:
    """What on the line only bash understands, where dash is to read it."""
    name = posixpath.basename(os.path.realpath(given.shell)) if given.shell else ""
    if name != "dash" or not Path(_BASH).exists():
        return []
    text = " ".join(re.sub(r"'[^']*'|\"[^\"]*\"", "''", decode(line)) for line in given.commands)
    return list(dict.fromkeys(first or second for first, second in _BASH_ONLY.findall(text)))[:2]


def _other_program(given: SchedulerSide, programs: Sequence[Program]) -> Iterator[Reason]:
    for one in programs[:_MOST_TOLD]:
        both = f"{one.given.path} {given.where}, {one.shell.path} in your shell"
        sentence = f"{one.where} calls {one.name}: {both}."
        yield Reason(Severity.WARNING, "Another program:", sentence, (one.name,))


def _not_set(given: SchedulerSide, variables: Sequence[Variable]) -> Iterator[Reason]:
    for one in variables[:_MOST_TOLD]:
        if one.read_at:
            sentence = f"{one.read_at} reads {one.name}, which {given.scheduler} does not set."
        else:
            sentence = f"it uses ssh, and {given.scheduler} does not set {one.name}: no agent, no key in it."
        yield Reason(Severity.WARNING, "Missing:", sentence, (one.name,))
