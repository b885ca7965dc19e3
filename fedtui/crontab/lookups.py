"""The programs that a job's line, or a shell script, looks up in PATH, and the variables that it reads.

Nothing is run. Conservative throughout: where PATH is no longer certain (a sourced file, a login shell,
sudo's own path) nothing is said, and a name that the script itself asks about (`command -v jq`) is marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fedtui.crontab.command import BUILTINS_ONLY
from fedtui.crontab.script_lines import own_names, script_lines
from fedtui.crontab.shell_state import CommandStep, ShellState, reads_profile, walk_on
from fedtui.crontab.shell_substitutions import substitutions
from fedtui.crontab.shell_words import Unreadable, Word
from fedtui.crontab.wrappers import SHELLS, TargetKind

_MORE_BUILTINS = """
    : let mapfile readarray builtin caller enable fc history disown dirs compgen complete compopt logout
    suspend unalias case esac in select function coproc [ [[ if then else elif fi do done while until { } !
"""
_NO_PROGRAMS = BUILTINS_ONLY | frozenset(_MORE_BUILTINS.split())
_LEADING = frozenset({"exec", "command"})
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_ASKS = frozenset({"type", "hash", "which"})
_NESTING = 4
_USE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?![A-Za-z0-9_]|:?[-=+]))")
_QUIET = re.compile(r"'[^']*'|(?<!\S)#.*")
_SETS = (
    r"(?:^|[\s;&(\"'])"
    r"(?:{name}\+?=|(?:read|for|select|mapfile|readarray|getopts|printf -v)\b[^;\n]*\b{name}\b)"
)


class Lookup(NamedTuple):
    """`name` is looked up in `path`, the PATH in force there, by line `line` of the text (from 1).

    `tested`: the text asks whether it is there, and may do without.
    """

    name: str
    line: int
    path: str
    tested: bool = False


class Called(NamedTuple):
    """A file that the line runs. `by_shell`: it is a shell's argument; else its own first line decides.

    `path_variable` is the PATH it gets, None where that is not certain.
    """

    path: str
    by_shell: bool
    path_variable: str | None


def line_lookups(command: bytes, directory: str, variables: Mapping[str, str]) -> tuple[Lookup, ...]:
    """What the command line (as the shell gets it) looks up; `variables` is its certain environment."""
    text = command.decode("utf-8", "surrogateescape")
    found: list[Lookup] = []
    tested: set[str] = set()
    try:
        _scan(text, 1, ShellState(directory, dict(variables)), found, tested)
    except Unreadable:
        return ()
    return _settled(found, tested, frozenset())


def script_lookups(text: str, directory: str, variables: Mapping[str, str]) -> tuple[Lookup, ...]:
    """The same for the text of a shell script, up to where its PATH is no longer certain."""
    state = ShellState(directory, dict(variables))
    found: list[Lookup] = []
    tested: set[str] = set()
    for line in script_lines(text):
        try:
            state = _scan(line.text, line.number, state, found, tested)
        except Unreadable:
            break
        if "PATH" not in state.variables:
            break
    return _settled(found, tested, own_names(text))


def called_files(command: bytes, directory: str, variables: Mapping[str, str]) -> tuple[Called, ...]:
    """The scripts and programs that the line starts by a path, in order."""
    text = command.decode("utf-8", "surrogateescape")
    try:
        steps = walk_on(text, ShellState(directory, dict(variables)))[0]
    except Unreadable:
        return ()
    return tuple(dict.fromkeys(_called(steps)))


def shell_of_script(text: str) -> bool:
    """True where the first line of a file gives it to a shell."""
    words = first_line(text)
    return bool(words) and words[-1].rpartition("/")[2] in SHELLS


def first_line(text: str) -> tuple[str, ...]:
    """The interpreter of `#!` and its one option; `#!/usr/bin/env -S python3 -u` gives env, python3."""
    line = text.partition("\n")[0]
    if not line.startswith("#!"):
        return ()
    words = line[2:].split()
    if words and words[0].rpartition("/")[2] == "env":
        names = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        return (words[0], *names[:1])
    return tuple(words[:1])


def variables_read(text: str, *, script: bool) -> Mapping[str, int]:
    """The variables that `text` takes from its environment, each with the first line that reads it.

    What it sets itself anywhere, and what it has a default for (`${X:-}`), is left out.
    """
    found: dict[str, int] = {}
    for number, raw in enumerate(text.split("\n"), start=1):
        line = _QUIET.sub(" ", raw) if script else re.sub(r"'[^']*'", " ", raw)
        for match in _USE.finditer(line):
            found.setdefault(match[1] or match[2], number)
    return {
        name: line
        for name, line in found.items()
        if not re.search(_SETS.format(name=name), text, re.MULTILINE)
    }


def _scan(
    text: str, line: int, state: ShellState, found: list[Lookup], tested: set[str], nesting: int = _NESTING
) -> ShellState:
    """Add what one line looks up; returns the state after it."""
    steps, after = walk_on(text, state)
    for step in steps:
        words = (*step.assigned, *step.words, *(item.target for item in step.redirects))
        if nesting > 0:
            for inner in (piece for word in words for piece in substitutions(word.raw)):
                _scan(inner, line, step.state.copy(), found, tested, nesting - 1)
        tested |= set(_asked(step))
        path = step.state.variables.get("PATH")
        if path is not None and not _own_path(step):
            found += [Lookup(name, line, path) for name in _names(step)]
    return after


def _names(step: CommandStep) -> Iterator[str]:
    first = step.words[0].literal if step.words else None
    if step.target is None or first in _NO_PROGRAMS - _LEADING or (first == "command" and _asks(step)):
        return
    for word in step.target.lookups:
        name = step.state.value(word)
        if name and "/" not in name and name not in _NO_PROGRAMS and _NAME.fullmatch(name):
            yield name
        if name == "sudo" or (name == "env" and any(_changes_path(other) for other in step.words)):
            return  # what comes now is looked up in another PATH


def _asks(step: CommandStep) -> bool:
    return len(step.words) > 1 and step.words[1].raw in ("-v", "-V")


def _asked(step: CommandStep) -> Iterator[str]:
    """The names whose presence the step asks about."""
    first = step.words[0].literal if step.words else None
    if first in _ASKS or (first == "command" and _asks(step)):
        yield from (word.literal for word in step.words[1:] if word.literal)


def _own_path(step: CommandStep) -> bool:
    return any(word.raw.startswith("PATH=") for word in step.assigned)


def _changes_path(word: Word) -> bool:
    return word.raw.startswith("PATH=") or word.raw in ("-", "-i", "-u", "--ignore-environment")


def _called(steps: Iterable[CommandStep]) -> Iterator[Called]:
    for step in steps:
        target = step.target
        if target is None or target.what not in (TargetKind.SCRIPT, TargetKind.PROGRAM):
            continue
        value = step.state.value(target.word)
        path = step.state.path(target.word)
        if value is None or path is None:
            continue
        if target.what is TargetKind.SCRIPT and not target.lookups:
            continue  # sourced: a part of the line itself
        by_name = (target.lookups[-1].literal or "") if target.lookups else ""
        by_shell = target.what is TargetKind.SCRIPT and by_name.rpartition("/")[2] in SHELLS
        if "/" not in value and not by_shell:
            continue
        certain = not _own_path(step) and not reads_profile(step.words, target)
        yield Called(path, by_shell, step.state.variables.get("PATH") if certain else None)


def _settled(found: list[Lookup], tested: set[str], own: frozenset[str]) -> tuple[Lookup, ...]:
    """The first lookup of each name in each PATH, without what the script defines itself."""
    first: dict[tuple[str, str], Lookup] = {}
    for lookup in found:
        if lookup.name not in own:
            first.setdefault((lookup.name, lookup.path), lookup._replace(tested=lookup.name in tested))
    return tuple(first.values())
