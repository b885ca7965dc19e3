"""The programs that a job's line, or a shell script, looks up in PATH, and the variables that it reads.

Nothing is run. Conservative throughout: where PATH is no longer certain (a sourced file, a login shell,
sudo's own path) none is given, and a name that the text itself asks about (`command -v jq`) is marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from fedtui.crontab.command import BUILTINS_ONLY, folder_of, path_of
from fedtui.crontab.shell_state import Facts, Step, Walk, reads_profile, walk_text
from fedtui.crontab.wrappers import SHELLS, Place, TargetKind, program_of

_MORE_BUILTINS = """
    : let mapfile readarray builtin caller enable fc history disown dirs compgen complete compopt logout
    suspend unalias case esac in select function coproc [ [[ if then else elif fi do done while until { } !
    source . alias setopt unsetopt autoload emulate print whence
"""
_NO_PROGRAMS = BUILTINS_ONLY | frozenset(_MORE_BUILTINS.split())
_LEADING = frozenset({"exec", "command"})
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_ASKS = frozenset({"type", "hash", "which"})
_USE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?![A-Za-z0-9_]|:?[-=+]))")
_QUIET = re.compile(r"'[^']*'|(?<!\S)#.*")
_SUBSTITUTES = re.compile(r"\$\(|`")
_LISTS = re.compile(r"\bfor\s+\w+\s+in\s+([^;\n]*)")
_OTHER_LANGUAGE = re.compile(r"^(?:'''|\"\"\")", re.MULTILINE)
"""A script in two languages, as pip writes them: the shell executes another program before the rest."""
_SETS = (
    r"(?:^|[\s;&(\"'])"
    r"(?:{name}\+?=|(?:read|for|select|mapfile|readarray|getopts|printf -v)\b[^;\n]*\b{name}\b)"
)


class Lookup(NamedTuple):
    """`name` is looked up in `path`, the PATH in force there, by line `line` of the text (from 1).

    `path` is empty where it is not certain. `tested`: the text asks whether it is there, and may do without.
    `facts` must be so for it to be looked up at all.
    """

    name: str
    line: int
    path: str
    tested: bool = False
    facts: Facts = frozenset()


class Called(NamedTuple):
    """A file that the line runs. `by_shell`: it is a shell's argument; else its own first line decides.

    `path_variable` is the PATH it gets, None where that is not certain. `executed`: it is run itself, by no
    interpreter. `tested`: as in `Lookup`, `tested_x` for a test of the right to execute it. `folder` is the
    one that a `cd` before it led to. `facts` must be so for it to be run at all.
    """

    path: str
    by_shell: bool
    path_variable: str | None
    executed: bool = True
    tested: bool = False
    folder: str = ""
    tested_x: bool = False
    facts: Facts = frozenset()


def lookups_of(steps: Sequence[Step], text: str = "") -> tuple[Lookup, ...]:
    """What the steps look up, each name once in each PATH; `text` is what they were read from."""
    asked = set(_asked(steps))
    first: dict[tuple[str, str], Lookup] = {}
    line, at = 1, 0
    for step in steps:
        if step.at > at:
            line, at = line + text.count("\n", at, step.at), step.at
        for name, path in _names(step):
            tested = name in asked or ("command", name, True) in step.facts
            tested = tested or any(fact[2] and fact[1].endswith(f"/{name}") for fact in step.facts)
            one = Lookup(name, line - text.count("\n", max(0, step.at), at), path, tested, step.facts)
            known = first.setdefault((name, path), one)
            if not known.facts <= step.facts:
                first[name, path] = known._replace(facts=known.facts & step.facts)
    return tuple(first.values())


def script_lookups(text: str, directory: str, variables: Mapping[str, str]) -> tuple[Lookup, ...]:
    """What a shell script looks up where its PATH is certain, without `case` blocks and its own functions."""
    found = walk_text(text, directory, variables, "bash")
    own = found.functions | set(_aliases(found.steps))
    steps = [step for step in found.steps if not step.in_case and step.place is not Place.ELSEWHERE]
    return tuple(one for one in lookups_of(steps, text) if one.path and one.name not in own)


def lookups_that_count(text: str, variables: Mapping[str, str]) -> tuple[Lookup, ...]:
    """Those that a script cannot do without; none where a file that it reads may define them."""
    found = walk_text(text, None, variables, "bash")
    if _OTHER_LANGUAGE.search(text) or any(step.name in (".", "source", "eval") for step in found.steps):
        return ()
    without = {step.name for step in found.steps if step.excused}
    without.update(_listed(found, text))
    return tuple(
        one for one in script_lookups(text, "/", variables) if not one.tested and one.name not in without
    )


def _aliases(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        if step.name == "alias":
            yield from (word.raw.partition("=")[0] for word in step.words[1:])


def _listed(found: Walk, text: str) -> Iterator[str]:
    """The words that may be asked for by a variable: `for x in a b; do command -v "$x"; done`."""
    asked = (step for step in found.steps if step.name in _ASKS or (step.name == "command" and _asks(step)))
    if all(word.literal for step in asked for word in step.words[1:]):
        return
    words = [word.raw for step in found.steps for word in step.assigned if not _SUBSTITUTES.search(word.raw)]
    words += [word.raw for step in found.steps if step.name in found.functions for word in step.words]
    for part in (*words, *_LISTS.findall(text)):
        yield from _NAME.findall(part)


def called_by(steps: Sequence[Step]) -> tuple[Called, ...]:
    """The scripts and programs that the steps start by a path on this host, in order."""
    asked = set(_asked(steps))
    found: dict[Called, Facts] = {}
    for step in steps:
        for one in _called(step, asked):
            found[one] = found.get(one, step.facts) & step.facts
    return tuple(one._replace(facts=facts) if facts else one for one, facts in found.items())


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


def _names(step: Step) -> Iterator[tuple[str, str]]:
    """The names that the step looks up, each with its PATH."""
    first = step.words[0].literal if step.words else None
    if step.launch is None or first in _NO_PROGRAMS - _LEADING or (first == "command" and _asks(step)):
        return
    for word, place in step.launch.lookups:
        name = step.state.value(word)
        if name and "/" not in name and name not in _NO_PROGRAMS and _NAME.fullmatch(name):
            yield name, (path_of(step, place) if word is not step.words[0] else step.path_variable) or ""


def _asks(step: Step) -> bool:
    return len(step.words) > 1 and step.words[1].raw in ("-v", "-V")


def _asked(steps: Sequence[Step]) -> Iterator[str]:
    """The names whose presence a step asks about."""
    for step in steps:
        first = step.words[0].literal if step.words else None
        if first in _ASKS or (first == "command" and _asks(step)):
            yield from (word.literal for word in step.words[1:] if word.literal)


def _called(step: Step, asked: set[str]) -> Iterator[Called]:
    launched = step.launch
    if launched is None:
        return
    folder = step.state.directory or ""
    for word, place in launched.lookups:
        path = step.state.path(word) if "/" in (step.state.value(word) or "") else None
        if path is not None and word is not launched.target.word:
            yield Called(path, False, path_of(step, place), True, _is_tested(path, step, asked), folder)
    target = launched.target
    if launched.place is Place.ELSEWHERE or target.what not in (TargetKind.SCRIPT, TargetKind.PROGRAM):
        return
    state = folder_of(step)
    value, path = state.value(target.word), state.path(target.word)
    if value is None or path is None:
        return
    if target.what is TargetKind.SCRIPT and not target.lookups:
        return  # sourced: a part of the line itself
    by_name = program_of(target.lookups[-1]) if target.lookups else ""
    script = target.what is TargetKind.SCRIPT
    if "/" not in value and not script:
        return
    certain = launched.place is Place.HERE and not reads_profile(step.words, target)
    tested = _is_tested(path, step, asked)
    by_shell = script and by_name in SHELLS
    variable = path_of(step, Place.HERE) if certain else None
    yield Called(path, by_shell, variable, not script, tested, folder, ("x", path, True) in step.facts)


def _is_tested(path: str, step: Step, asked: set[str]) -> bool:
    """Whether the text makes sure that the file is there."""
    return path in asked or ("path", path, True) in step.facts
