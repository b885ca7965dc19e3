"""Puts the two sides of a job together: variables, the programs that it looks up, and what of it matters."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence

from fedtui.changes.cron_setting import OF_A_SESSION
from fedtui.crontab.lookups import (
    Called,
    Lookup,
    called_by,
    first_line,
    lookups_of,
    script_lookups,
    shell_of_script,
    variables_read,
)
from fedtui.crontab.shell_state import Step, walk
from fedtui.crontab.wrappers import Place
from fedtui.environment.reasons import reasons_and_fixes, suggested_path
from fedtui.environment.sides import read_script
from fedtui.environment.values import (
    Comparison,
    Program,
    RawEnvironment,
    Relation,
    SchedulerSide,
    ShellSide,
    Variable,
)
from fedtui.model import Job
from fedtui.safe_text import decode
from fedtui.system.path_lookup import ProgramLookup, look_up, real_name

ON_LINE = "the line"
_MOST_SCRIPTS = 3
_NEED_AGENT = frozenset({"git", "ssh", "scp", "sftp", "rsync"})
_FIRST = ("PATH", "SHELL", "HOME", "LOGNAME", "USER")

LookUpProgram = Callable[[str, str, str, tuple[int, tuple[int, ...]] | None], ProgramLookup]


def compare(job: Job, given: SchedulerSide, shell: ShellSide, find: LookUpProgram = look_up) -> Comparison:
    """Both sides of `job`, put together. Reads its scripts and looks into the folders of both PATHs."""
    scripts = _scripts(given)
    programs = tuple(_programs(given, shell, scripts, find))
    variables = tuple(sorted(_variables(given, shell, scripts, programs), key=_order))
    path = suggested_path(_path(given.environment), _path(shell.environment), programs)
    reasons, fixes = reasons_and_fixes(given, variables, programs, path)
    names = tuple(called.path for called, _ in scripts)
    return Comparison(job, given, shell, variables, programs, reasons, fixes, path, names)


def _scripts(given: SchedulerSide) -> list[tuple[Called, str]]:
    """The scripts that the job's lines run, with their texts."""
    known = _known(given.environment)
    called = [one for line in given.commands for one in called_by(_steps(line, given, known))]
    texts = ((one, read_script(one.path)) for one in dict.fromkeys(called))
    return [(one, text) for one, text in texts if text is not None][:_MOST_SCRIPTS]


def _steps(line: bytes, given: SchedulerSide, known: Mapping[str, str]) -> Sequence[Step]:
    shell = posixpath.basename(given.shell) or "sh"
    found = walk(line, given.directory, known, shell, real_name("/bin/sh"))
    return [step for step in found.steps if step.place is not Place.ELSEWHERE]


def _programs(
    given: SchedulerSide, shell: ShellSide, scripts: Sequence[tuple[Called, str]], find: LookUpProgram
) -> Iterator[Program]:
    """Each program once, those of the line first."""
    ours = _first(_lookups(given, given.environment, scripts))
    their_diff = _first(_lookups(given, shell.environment, scripts))
    seen: set[str] = set()
    for (where, name), lookup in ours.items():
        other = their_diff.get((where, name))
        if name in seen or other is None:
            continue
        seen.add(name)
        place = ON_LINE if where == ON_LINE else f"line {lookup.line} of {posixpath.basename(where)}"
        yield Program(
            name=name,
            where=place,
            given=find(name, lookup.path, given.directory, given.reader),
            shell=find(name, other.path, given.directory, None),
            tested=lookup.tested,
            on_line=where == ON_LINE,
        )


def _first(found: Iterator[tuple[tuple[str, str], Lookup]]) -> dict[tuple[str, str], Lookup]:
    """The first lookup of each name in each place: where PATH changes on the way, the first one counts."""
    first: dict[tuple[str, str], Lookup] = {}
    for place, lookup in found:
        first.setdefault(place, lookup)
    return first


def _lookups(
    given: SchedulerSide, environment: RawEnvironment, scripts: Sequence[tuple[Called, str]]
) -> Iterator[tuple[tuple[str, str], Lookup]]:
    """What is looked up under this environment: ((the line or the script, the name), lookup)."""
    # HOME stays the scheduler's on both sides: it names the same files in the same job.
    known = _known(environment) | {"HOME": _known(given.environment).get("HOME", "/")}
    for line in given.commands:
        for lookup in lookups_of(_steps(line, given, known)):
            if lookup.path:
                yield (ON_LINE, lookup.name), lookup
    paths = {
        one.path: one.path_variable
        for line in given.commands
        for one in called_by(_steps(line, given, known))
    }
    for called, text in scripts:
        path = paths.get(called.path)
        if path is None:
            continue
        words = first_line(text)
        if not called.by_shell and len(words) == 2 and "/" not in words[1]:
            yield (called.path, words[1]), Lookup(words[1], 1, path)
        if called.by_shell or shell_of_script(text):
            found = script_lookups(text, given.directory, known | {"PATH": path})
            for lookup in sorted(found, key=lambda one: one.line):
                yield (called.path, lookup.name), lookup


def _variables(
    given: SchedulerSide, shell: ShellSide, scripts: Sequence[tuple[Called, str]], programs: Sequence[Program]
) -> Iterator[Variable]:
    read = dict(_reads(given, scripts))
    agent = any(program.name in _NEED_AGENT for program in programs)
    for raw in {**given.environment, **shell.environment}:
        name = decode(raw)
        where = read.get(name, "")
        matters = bool(where) or (name == "SSH_AUTH_SOCK" and agent)
        yield Variable(name, given.environment.get(raw), shell.environment.get(raw), where, matters)


def _reads(given: SchedulerSide, scripts: Sequence[tuple[Called, str]]) -> Iterator[tuple[str, str]]:
    """Which variables are read, and where; the first place comes last, so that it is what a dict keeps."""
    for called, text in reversed(scripts):
        if called.by_shell or shell_of_script(text):
            name = posixpath.basename(called.path)
            for variable, line in variables_read(text, script=True).items():
                yield variable, f"line {line} of {name}"
    for command in given.commands:
        for variable in variables_read(decode(command), script=False):
            yield variable, ON_LINE


def _order(variable: Variable) -> tuple[object, ...]:
    """What differs, then what is missing and matters, then the rest; the usual names first."""
    relation = variable.relation
    ranks = {Relation.DIFFERS: 0, Relation.MISSING: 2, Relation.EXTRA: 3, Relation.SAME: 5}
    rank = 1 if relation is Relation.MISSING and variable.matters else ranks[relation]
    if relation is Relation.MISSING and not variable.matters and variable.name in OF_A_SESSION:
        rank = 4
    first = _FIRST.index(variable.name) if variable.name in _FIRST else len(_FIRST)
    return rank, first, variable.name


def _known(environment: RawEnvironment) -> dict[str, str]:
    """An environment as a shell's variables; without a PATH in it the shell has one of its own, unknown."""
    return {name.decode("utf-8", "surrogateescape"): _text(value) for name, value in environment.items()}


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _path(environment: Mapping[bytes, bytes]) -> str:
    return _text(environment.get(b"PATH", b""))
