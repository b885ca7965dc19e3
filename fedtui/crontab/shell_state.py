"""Walks the simple commands of a line and knows, at each, the working directory and certain variables.

What only some runs would do (a `cd` behind `||`, an assignment in a loop) makes the thing unknown, not
guessed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from fedtui.crontab.shell_words import Redirect, SimpleCommand, Unreadable, Word, WordPart, read_commands
from fedtui.crontab.wrappers import Target, TargetKind, assignment, find_target, without_assignments

_NESTING = 4
_PROFILE_OPTION = re.compile(r"-[A-Za-z]*[li][A-Za-z]*|--login|--rcfile|--init-file")


class ShellState:
    """The shell before a command: `directory` absolute or None, `variables` whose values are certain."""

    def __init__(self, directory: str | None, variables: dict[str, str]) -> None:
        self.directory = directory
        self.variables = variables

    def copy(self) -> ShellState:
        """A state of its own, for a subshell."""
        return ShellState(self.directory, dict(self.variables))

    def value(self, word: Word) -> str | None:
        """`word` after expansion, or None where it is not certain."""
        out = ""
        for part in word.parts:
            if part.text is None:
                return None
            text: str | None = part.text
            if part.variable:
                text = self.variables.get(part.text)
                if text is None or (not part.quoted and any(char in " \t\n*?[" for char in text)):
                    return None
            out += text or ""
        return out

    def path(self, word: Word) -> str | None:
        """The absolute path that `word` names, or None."""
        value = self.value(word)
        if not value or "\0" in value:
            return None
        if not value.startswith("/") and self.directory is None:
            return None
        path = posixpath.join(self.directory or "/", value)
        # `..` is left as it is: through a symbolic link it leads elsewhere than the text says.
        return path if ".." in path.split("/") else posixpath.normpath(path)


class CommandStep(NamedTuple):
    """A simple command with the state it runs in. `words` are without assignments, `assigned` are those."""

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    target: Target | None
    state: ShellState
    assigned: tuple[Word, ...] = ()


def walk(command: bytes, directory: str | None, variables: Mapping[str, str]) -> tuple[CommandStep, ...]:
    """The steps of a command line, those inside `sh -c '...'` too. Empty where it cannot be read.

    `directory` is where the line starts, `variables` what is certain to be set.
    """
    text = command.decode("utf-8", "surrogateescape")
    try:
        return tuple(_steps(text, ShellState(directory, dict(variables)), _NESTING))
    except Unreadable:
        return ()


def walk_on(text: str, state: ShellState) -> tuple[tuple[CommandStep, ...], ShellState]:
    """The steps of one line of a script, and the state after it. Raises Unreadable."""
    walker = _Walker(state)
    return tuple(_walked(text, walker, _NESTING)), walker.state


@lru_cache(maxsize=8)  # a row's name and its log are asked for one after the other
def _understood(text: str) -> tuple[tuple[SimpleCommand, tuple[Word, ...], Target | None], ...]:
    """The simple commands of a line, each with its words behind the assignments, and what it starts."""
    found = []
    for simple in read_commands(text):
        words = without_assignments(simple.words)
        found.append((simple, words, find_target(words)))
    return tuple(found)


def _steps(text: str, state: ShellState, nesting: int) -> Iterator[CommandStep]:
    commands = _understood(text)
    if len(commands) == 1 and (commands[0][2] is None or commands[0][2].what is not TargetKind.CODE):
        simple, words, target = commands[0]  # nothing comes after: what it does to the shell is no matter
        yield CommandStep(words, tuple(simple.redirects), target, state)
        return
    yield from _walked(text, _Walker(state), nesting)


def _walked(text: str, walker: _Walker, nesting: int) -> Iterator[CommandStep]:
    for simple, words, target in _understood(text):
        walker.enter(simple)
        assigned = tuple(simple.words[: len(simple.words) - len(words)])
        yield CommandStep(words, tuple(simple.redirects), target, walker.state.copy(), assigned)
        if target is not None and target.what is TargetKind.CODE and nesting > 0:
            code = walker.state.value(target.word)
            if code is not None:
                inner = walker.state.copy()
                if reads_profile(words, target):
                    inner.variables = {"HOME": inner.variables["HOME"]} if "HOME" in inner.variables else {}
                yield from _steps(code, inner, nesting - 1)
        walker.leave(simple, words)


def reads_profile(words: Sequence[Word], target: Target) -> bool:
    """True where the shell before `target` is a login or interactive one: its profile may set anything."""
    before = words[: words.index(target.word)] if target.word in words else words
    return any(_PROFILE_OPTION.fullmatch(word.raw) for word in before)


class _Walker:
    def __init__(self, state: ShellState) -> None:
        self.state = state
        self.outer: list[ShellState] = []
        self.doubtful = False
        self.previous: ShellState | None = None

    def enter(self, simple: SimpleCommand) -> None:
        while len(self.outer) > simple.depth:
            before = self.outer.pop()
            if before.directory != self.state.directory or before.variables != self.state.variables:
                # A `{ }` keeps what it changed, a `( )` drops it; of the two only what agrees is certain.
                same = {k: v for k, v in before.variables.items() if self.state.variables.get(k) == v}
                directory = before.directory if before.directory == self.state.directory else None
                self.state = ShellState(directory, same)
        while len(self.outer) < simple.depth:
            self.outer.append(self.state.copy())
        if simple.after in ("|", "|&") and self.previous is not None:
            self.state = self.previous  # each command of a pipe runs in a shell of its own
        self.previous = self.state.copy()
        if simple.after != "&&" and self.doubtful:
            self.state.directory = None
            self.doubtful = False

    def leave(self, simple: SimpleCommand, words: tuple[Word, ...]) -> None:
        if not words:
            for word in simple.words:
                self._assign(simple, word)
            return
        name = words[0].literal
        if name in ("export", "readonly", "declare", "local", "typeset"):
            for word in words[1:]:
                self._assign(simple, word)
        elif name in ("read", "unset", "eval", ".", "source", "for"):
            self._forget(words)
        elif name in ("cd", "pushd", "popd"):
            self._change_directory(simple, words)

    def _assign(self, simple: SimpleCommand, word: Word) -> None:
        variable = assignment(word)
        if variable is None:
            return
        value = self.state.value(_right_side(word))
        certain = simple.after in ("", ";", "&&") and not word.raw.startswith(variable + "+=")
        if value is None or not certain:
            self.state.variables.pop(variable, None)
        else:
            self.state.variables[variable] = value

    def _forget(self, words: tuple[Word, ...]) -> None:
        if words[0].literal in ("read", "unset", "for"):
            for word in words[1:]:
                self.state.variables.pop(word.raw, None)
        # A file that is sourced may set anything; HOME is left to be what everybody takes it for.
        elif "HOME" in self.state.variables:
            self.state.variables = {"HOME": self.state.variables["HOME"]}

    def _change_directory(self, simple: SimpleCommand, words: tuple[Word, ...]) -> None:
        arguments = [word for word in words[1:] if word.raw not in ("-P", "-L", "--")]
        home = self.state.variables.get("HOME")
        if words[0].literal != "cd" or len(arguments) > 1 or simple.after in ("||", "|", "|&"):
            self.state.directory = None
        elif not arguments:
            self.state.directory = home
        elif arguments[0].raw.startswith("-") or "CDPATH" in self.state.variables:
            self.state.directory = None
        else:
            self.state.directory = self.state.path(arguments[0])
        self.doubtful = simple.after == "&&"


def _right_side(word: Word) -> Word:
    """The value of a `NAME=value` word, as a word; one that begins with `~` is left unknown."""
    name, _, raw = word.raw.partition("=")
    if raw.startswith("~"):
        return Word(raw, (WordPart(None),))
    skip = len(name) + 1
    parts: list[WordPart] = []
    for part in word.parts:
        text = part.text or ""
        if not skip or part.text is None or part.variable:
            parts.append(part)
        elif len(text) > skip:
            parts.append(WordPart(text[skip:], quoted=part.quoted))
        skip = max(0, skip - len(text)) if part.text is not None and not part.variable else skip
    return Word(raw, tuple(parts))
