"""Walks the commands of a line or script: at each, the folder, the certain variables and what was tested.

What only some runs would do (a `cd` behind `||`, an assignment in a loop) makes the thing unknown, not
guessed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple, TypeAlias

from fedtui.crontab.shell_lists import LONGEST_LINE, AndOr, Command, List, Pipeline, parse_leniently
from fedtui.crontab.shell_substitutions import substitutions
from fedtui.crontab.shell_words import Redirect, Unreadable, Word, WordPart, tokens
from fedtui.crontab.wrappers import (
    SHELLS,
    Launch,
    Place,
    Target,
    TargetKind,
    assignment,
    launch,
    program_of,
    right_side,
    without_assignments,
)

_NESTING = 4
_LONGEST_PATH = 4096
_PROFILE_OPTION = re.compile(r"-[A-Za-z]*[li][A-Za-z]*|--login|--rcfile|--init-file")
_STRICT = frozenset({"sh", "dash", "ash", "busybox", "bash"})
_BASH_LIKE = frozenset({"bash", "zsh", "ksh", "mksh"})

Fact = tuple[str, str, bool]
"""("path", "command" or "x" for executable, which one, whether it is): what a test found before a command."""

Facts = frozenset[Fact]
Outcomes = tuple[Facts, Facts]
"""What is so where a command succeeds, and where it fails."""

_NOTHING: Facts = frozenset()
_UNKNOWN: Outcomes = (_NOTHING, _NOTHING)
_ASKS = frozenset({"type", "hash", "which"})
_FILE_TESTS = frozenset({"-e", "-f", "-d", "-x", "-r", "-s", "-L", "-h", "-w"})
_CANNOT_FAIL = frozenset({"export", "set", "umask", "true", ":", "echo", "printf", "unset", "trap"})
_OF_XARGS = re.compile(r"-[0rtpxo]*[adEILnPs]|--(?:arg-file|delimiter|max-(?:args|chars|procs))")
_STATE_WORDS = "export readonly declare local typeset read unset eval . source cd pushd popd mkdir install"
_READ_FIRST = frozenset({"BASH_ENV", "ENV"})
_SET_HOME = frozenset({"sudo", "su", "runuser", "doas", "gosu"})  # to that of another user
_SAYS = frozenset({"echo", "printf", "logger"})
_CHANGE_STATE = frozenset(_STATE_WORDS.split())
_GIVEN = frozenset({"$1", "$@", "$*", "${1}"})
_LEAVES = frozenset({"exit", "return", "exec", "continue", "break"})


class ShellState(NamedTuple):
    """The shell before a command: `directory` absolute or None, `variables` whose values are certain."""

    directory: str | None
    variables: Mapping[str, str]

    def certain(self, others: Sequence[ShellState]) -> ShellState:
        """What agrees with each of the states that it may have come to instead."""
        directory, variables = self
        for other in others:
            directory = directory if other.directory == directory else None
            if other.variables is not variables:
                variables = dict(variables.items() & other.variables.items())
        return ShellState(directory, variables)

    def without(self, *names: str) -> ShellState:
        """The same where nothing is known of these variables."""
        left = {name: value for name, value in self.variables.items() if name not in names}
        return ShellState(self.directory, left)

    def home_only(self) -> ShellState:
        """The same where a file or profile may have set anything; HOME stays what everybody takes it for."""
        return ShellState(self.directory, {k: v for k, v in self.variables.items() if k == "HOME"})

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
        if len(path) > _LONGEST_PATH:
            return None
        # `..` is left as it is: through a symbolic link it leads elsewhere than the text says.
        return path if ".." in path.split("/") else posixpath.normpath(path)


class Step(NamedTuple):
    """A simple command with the state it runs in. `words` are without assignments, `assigned` are those.

    `redirects` are those of the groups around it and its own. `facts` were tested before it runs. `nested`:
    inside `$( )` or behind `find -exec`. `place` is where it is looked for itself; what is elsewhere has
    the state of the command that sends it there. `tested`: something hangs on how it ends (`in_condition`: of
    an `if` or loop; `excused`: what is behind a `||` does instead); `feeds`: a pipe takes its output;
    `announces`: it is first, and more comes behind it. `at` is where it is in what was read; -1 where that is
    not known yet. `nesting`: how many levels of inner code are still walked.
    """

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    launch: Launch | None
    state: ShellState
    assigned: tuple[Word, ...] = ()
    facts: Facts = _NOTHING
    nested: bool = False
    place: Place = Place.HERE
    shell: str = "sh"
    in_case: bool = False
    tested: bool = False
    in_condition: bool = False
    excused: bool = False
    feeds: bool = False
    announces: bool = False
    nesting: int = _NESTING
    at: int = -1

    @property
    def name(self) -> str:
        """The first word, where it is literal."""
        return (self.words[0].literal or "") if self.words else ""

    @property
    def target(self) -> Target | None:
        """What it starts in the end."""
        return None if self.launch is None else self.launch.target

    @property
    def path_variable(self) -> str | None:
        """The PATH that its names are looked up in; None where that is not certain."""
        for word in self.assigned:
            if assignment(word) == "PATH":
                return self.state.value(right_side(word))
        return self.state.variables.get("PATH")


class Walk(NamedTuple):
    """The steps of a line or script in order; `whole`: all of it could be read. `functions` it defines.

    `alone`: all of it is one simple command; `background`: some of it is ended by a `&`.
    """

    steps: tuple[Step, ...]
    whole: bool = True
    functions: frozenset[str] = frozenset()
    alone: bool = False
    background: bool = False


def walk(
    command: bytes, directory: str | None, variables: Mapping[str, str], shell: str = "sh", sh: str = "dash"
) -> Walk:
    """Walk a command line, what is inside `sh -c '...'` too.

    `directory` is where the line starts, `variables` what is certain to be set, `shell` and `sh` the names of
    the program that reads it and of the one behind /bin/sh.
    """
    if len(command) > LONGEST_LINE:
        return Walk((), whole=False)
    return walk_text(command.decode("utf-8", "surrogateescape"), directory, variables, shell, sh)


def walk_text(
    text: str, directory: str | None, variables: Mapping[str, str], shell: str = "sh", sh: str = "dash"
) -> Walk:
    """The same for the text of a script, or of a line."""
    state = ShellState(directory, dict(variables))
    walker = _Walker(state.home_only() if shell == "bash" and "BASH_ENV" in variables else state, sh)
    walker.code(text, shell, _NESTING)
    return Walk(
        tuple(walker.steps), walker.whole, frozenset(walker.functions), walker.alone, walker.background
    )


def reads_profile(words: Sequence[Word], target: Target) -> bool:
    """True where the shell before `target` is a login or interactive one: its profile may set anything."""
    before = words[: list(words).index(target.word)] if target.word in words else words
    return any(_PROFILE_OPTION.fullmatch(word.raw) for word in before)


_Context: TypeAlias = Step
"""A step without words: what holds for the commands of a part of the line."""


class _Walker:
    def __init__(self, state: ShellState, sh: str) -> None:
        self.state = state
        self.sh = sh
        self.steps: list[Step] = []
        self.functions: dict[str, bool] = {}  # whether it only asks for the command in its first argument
        self.after = _NOTHING  # what is so behind an `if` that was just read
        self.whole = True
        self.alone = False
        self.background = False
        self.made: set[Fact] = set()
        self.substitutes = False

    def code(self, text: str, shell: str, nesting: int, context: _Context | None = None) -> None:
        named = self.sh if shell == "sh" else shell
        found, whole = parse_leniently(text, bash=named in _BASH_LIKE, strict=named in _STRICT)
        self.whole = self.whole and whole
        self.substitutes = self.substitutes or "(" in text or "`" in text
        if context is None:
            context = _Context((), (), None, self.state, shell=shell)
            if len(found) == 1 and not (found[0].operators or found[0].background):
                only = found[0].pipelines[0].commands
                if len(only) == 1 and not only[0].kind:  # as are most lines of long tables
                    words = only[0].words
                    self.alone = bool(words) and not text[: words[0].at].strip()  # no ! or time before it
                    self.simple(only[0], context)
                    return
        self.sequence(found, context._replace(shell=shell, nesting=nesting))

    def sequence(self, lists: List, context: _Context) -> Outcomes:
        ends = _UNKNOWN
        for at, one in enumerate(lists):
            more = at == 0 and not context.nested and (len(lists) > 1 or "&&" in one.operators[:1])
            ends = self.and_or(one, context._replace(announces=more and not context.tested))
            leaves = bool(one.operators) and _leaves(one.pipelines[-1])
            known = self.after
            if leaves and len(one.operators) == 1:  # `[ -d X ] || exit`: from here on it is so
                known = ends[0] if one.operators[0] == "||" else ends[1]
            if known:
                context = context._replace(facts=context.facts | known)
                self.after = _NOTHING
        return ends

    def and_or(self, one: AndOr, context: _Context) -> Outcomes:
        if one.background:
            self.background = True
            kept = self.state
            self._and_or(one, context)
            self.state, self.after = kept, _NOTHING
            return _UNKNOWN
        return self._and_or(one, context)

    def _and_or(self, one: AndOr, context: _Context) -> Outcomes:
        if not one.operators:
            return self.pipeline(one.pipelines[0], context)
        others: list[ShellState] = []
        before = self.state
        first = context._replace(tested=True, excused=_excuses(one, 0) or context.excused)
        ends = self.pipeline(one.pipelines[0], first)
        for at, operator in enumerate(one.operators, 1):
            pipeline, more = one.pipelines[at], at < len(one.operators)
            excused = context.excused or (more and _excuses(one, at))
            inner = context._replace(tested=more or context.tested, announces=False, excused=excused)
            if operator == "&&":
                if not _sure(one.pipelines[at - 1]):
                    others.append(before if _changes_folder(one.pipelines[at - 1]) else self.state)
                before = self.state
                following = self.pipeline(pipeline, inner._replace(facts=context.facts | ends[0]))
                ends = (ends[0] | following[0], _NOTHING)
            else:
                succeeded = self.state
                if _changes_folder(one.pipelines[at - 1]):
                    self.state = self.state._replace(directory=None)
                following = self.pipeline(pipeline, inner._replace(facts=context.facts | ends[1]))
                if _leaves(pipeline):
                    self.state = succeeded
                else:
                    others.append(succeeded)
                left = ends[0] if _leaves(pipeline) else _NOTHING
                ends = (left, ends[1] | following[1])
        if len(one.operators) == 1 and one.operators[0] == "&&" and _leaves(one.pipelines[1]):
            return ends[0], self._outcomes(one.pipelines[0], context)[1]
        self.state = self.state.certain(others)
        return ends

    def pipeline(self, pipeline: Pipeline, context: _Context) -> Outcomes:
        commands = pipeline.commands
        if len(commands) == 1:
            self.command(commands[0], context)
            return self._outcomes(pipeline, context) if context.tested else _UNKNOWN
        before = self.state
        for at, command in enumerate(commands):
            self.state = before  # each command of a pipe runs in a shell of its own
            feeds = context.feeds or at < len(commands) - 1
            self.command(command, context._replace(feeds=feeds, announces=False))
        self.state, self.after = before, _NOTHING
        return _UNKNOWN

    def command(self, command: Command, context: _Context) -> None:
        if not command.kind:
            self.simple(command, context)
            return
        inner = context
        if command.redirects:
            found = tuple(map(self._opened, command.redirects))
            inner = context._replace(redirects=(*context.redirects, *found))
        if command.kind == "{":
            self.sequence(command.lists[0], inner)
        elif command.kind == "(":
            kept = self.state
            self.sequence(command.lists[0], inner)
            self.state = kept
        elif command.kind == "if":
            self._if(command, inner)
        elif command.kind == "case":
            self._branches(command.lists, inner._replace(in_case=True))
        elif command.kind == "function":
            self._function(command, inner)
        else:
            self._loop(command, inner)

    def _opened(self, item: Redirect) -> Redirect:
        """A group's redirection with its path as it is where the group begins: inside, a `cd` may follow."""
        path = self.state.path(item.target)
        if item.target.raw.lstrip("-").isdigit() or item.target.raw == "-" or path is None:
            return item
        return item._replace(target=Word(item.target.raw, (WordPart(path),), item.target.at))

    def _if(self, command: Command, context: _Context) -> None:
        ends: list[ShellState] = []
        facts = context.facts
        for test, body in zip(command.tests, command.lists, strict=False):
            known = self.sequence(test, context._replace(tested=True, in_condition=True, facts=facts))
            kept = self.state
            self.sequence(body, context._replace(facts=facts | known[0]))
            if not _ends_there(body):
                ends.append(self.state)
            self.state = kept
            facts |= known[1]
        self.sequence(command.lists[-1], context._replace(facts=facts))
        self.state = self.state.certain(ends)
        self.after = facts if not ends and not command.lists[-1] else _NOTHING

    def _branches(self, lists: Sequence[List], context: _Context) -> None:
        before = self.state
        ends = []
        for body in lists:
            self.state = before
            self.sequence(body, context)
            ends.append(self.state)
        self.state = before
        self.state = self.state.certain(ends)

    def _function(self, command: Command, context: _Context) -> None:
        kept, steps = self.state, len(self.steps)
        self.sequence(command.lists[0], context)
        body = [step for step in self.steps[steps:] if step.name not in ("return", "local")]
        asks = [step for step in body if _is_question(step.words) and step.words[-1].raw.strip('"') in _GIVEN]
        self.functions[command.head[0].raw] = bool(asks) and len(asks) == len(body)
        self.state = kept

    def _loop(self, command: Command, context: _Context) -> None:
        before = self.state
        changed = {word.raw for word in command.head[1:2]} | set(_assigned(command))
        self.state = self.state.without(*changed)
        if any(_changes_folder(Pipeline((one,))) for one in _simple_commands(command)):
            self.state = self.state._replace(directory=None)
        known = _UNKNOWN
        for test in command.tests:
            known = self.sequence(test, context._replace(tested=True, in_condition=True))
        self.sequence(command.lists[0], context._replace(facts=context.facts | known[0]))
        self.state = self.state.certain((before,))
        if not any(_first(one) == "break" for one in _simple_commands(command)):
            self.after = known[command.kind == "loop"]

    def simple(self, command: Command, context: _Context) -> None:
        words = without_assignments(command.words)
        assigned = command.words[: len(command.words) - len(words)]
        words = tuple(self._filled(word) if word.raw[:1] in ("$", '"') else word for word in words)
        launched = launch(words) if words else None
        step = context._replace(
            words=words,
            redirects=(*context.redirects, *command.redirects) if context.redirects else command.redirects,
            launch=launched,
            state=self.state,
            assigned=assigned,
            facts=context.facts | self.made if self.made else context.facts,
            at=command.words[0].at if context.at < 0 and command.words else max(0, context.at),
        )
        if self.substitutes:
            self._substituted(command, context, nested=bool(words) or not assigned)
        self.steps.append(step)
        if launched is None:
            pass
        elif launched.target.what is TargetKind.CODE:
            self._inner_code(step, launched, context)
        elif launched.target.rest and context.nesting > 0 and launched.place is not Place.ELSEWHERE:
            kept = self.state
            if any(word.raw == "-execdir" for word in launched.target.rest):
                self.state = kept._replace(directory=None)
            for inner in started_by(launched):
                self.simple(Command("", (*assigned, *inner)), context._replace(nested=True, nesting=0))
            self.state = kept
        if words and words[0].literal not in _CHANGE_STATE:
            return
        self._leave(words, assigned, context)

    def _filled(self, word: Word) -> Word:
        """`$NAME` alone in a word as its value, where that is certain: it may be a program."""
        value = self.state.value(word) if len(word.parts) == 1 and word.parts[0].variable else ""
        return word._replace(parts=(WordPart(value),)) if value else word

    def _substituted(self, command: Command, context: _Context, *, nested: bool) -> None:
        """Walk what is inside `$( )`, before the command itself."""
        if context.nesting == 0:
            return
        targets = (item.target for item in command.redirects)
        for word in (*command.words, *targets):
            if all(part.text is not None for part in word.parts):
                continue
            inner = substitutions(word.raw)
            if word.raw[:2] in ("<(", ">("):
                inner = iter((word.raw[2:-1],))
            for text in inner:
                kept = self.state
                wider = context._replace(nested=context.nested or nested, redirects=(), announces=False)
                wider = wider._replace(at=word.at if context.at < 0 else context.at)
                self.code(text, context.shell, context.nesting - 1, wider)
                self.state = kept

    def _inner_code(self, step: Step, launched: Launch, context: _Context) -> None:
        target = launched.target
        place = max(step.place, launched.place)
        code = target.word.literal if place is Place.ELSEWHERE else self.state.value(target.word)
        code = self._double_quoted(target.word) if code is None else code
        if code is None or context.nesting == 0:
            return
        kept = self.state
        for word in step.assigned if place is not Place.ELSEWHERE else ():
            self._assign(word)
        if launched.directory is not None:
            self.state = self.state._replace(directory=self.state.path(launched.directory))
        reads_file = any(assignment(word) in _READ_FIRST for word in step.assigned)
        if reads_file or place in (Place.OTHER_PATH, Place.OF_RUNNER) or reads_profile(step.words, target):
            self.state = self.state.home_only()
            if step.name in ("su", "runuser") and any(w.raw in ("-", "-l", "--login") for w in step.words):
                self.state = ShellState(None, {})
        started = {program_of(word) for word, _ in launched.lookups}
        if started & _SET_HOME and kept.variables.get("LOGNAME") not in {w.raw for w in step.words}:
            self.state = self.state.without("HOME")
        if place is not Place.ELSEWHERE:
            login = reads_profile(step.words, target)
            for word in takewhile(lambda one: one is not target.word, step.words):  # given to env or sudo
                if not login or assignment(word) == "HOME":
                    self._assign(word)
        shell = program_of(target.lookups[-1]) if target.lookups else ""
        if shell not in SHELLS:  # flock asks for $SHELL; su, ssh and tmux for a user's own shell, mostly bash
            shell = context.shell if shell in ("flock", "script") else _asked_shell(step.words)
        inner = context._replace(place=place, redirects=step.redirects, announces=False)
        inner = inner._replace(at=target.word.at if context.at < 0 else context.at)
        self.code(code, shell, context.nesting - 1, inner)
        self.state = kept

    def _double_quoted(self, word: Word) -> str | None:
        """Code in double quotes with what only a run can tell left in it: the outer shell's substitutions."""
        known = self.state.value(Word("", word.parts[:1])) is not None
        if not known or word.raw[0] != '"' or not all(part.quoted for part in word.parts):
            return None
        return re.sub(r'\\(["\\$`])', r"\1", word.raw[1:-1])

    def _leave(self, words: tuple[Word, ...], assigned: tuple[Word, ...], context: _Context) -> None:
        if context.place is Place.ELSEWHERE:
            return
        if not words:
            for word in assigned:
                self._assign(word)
            return
        name = words[0].literal
        if name in ("export", "readonly", "declare", "local", "typeset"):
            for word in words[1:]:
                self._assign(word)
        elif name in ("read", "unset"):
            self.state = self.state.without(*(word.raw for word in words[1:]))
        elif name in ("eval", ".", "source"):
            self.state = self.state.home_only()
        elif name in ("cd", "pushd", "popd"):
            self._change_directory(words)
        elif name in ("mkdir", "install"):
            paths = (self.state.path(word) for word in words[1:] if not word.raw.startswith("-"))
            self.made |= {("path", path, True) for path in paths if path}

    def _assign(self, word: Word) -> None:
        variable = assignment(word)
        if variable is None:
            return
        value = self.state.value(right_side(word))
        if value is None or word.raw.startswith(variable + "+="):
            self.state = self.state.without(variable)
        else:
            self.state = self.state._replace(variables={**self.state.variables, variable: value})

    def _change_directory(self, words: tuple[Word, ...]) -> None:
        arguments = [word for word in words[1:] if word.raw not in ("-P", "-L", "--")]
        path = None
        if words[0].literal == "cd" and len(arguments) < 2 and "CDPATH" not in self.state.variables:
            if not arguments:
                path = self.state.variables.get("HOME")
            elif not arguments[0].raw.startswith("-"):
                path = self.state.path(arguments[0])
        # `cd ..` is by name
        self.state = self.state._replace(directory=path if path is None else posixpath.normpath(path))

    def _outcomes(self, pipeline: Pipeline, context: _Context) -> Outcomes:
        """What one command's success or failure tells."""
        command = pipeline.commands[0]
        found = _UNKNOWN
        if len(pipeline.commands) == 1 and not command.kind and context.place is not Place.ELSEWHERE:
            words = without_assignments(command.words)
            if words and words[0].raw.startswith("[["):
                found = self._test(_inside(words[0].raw))
            elif words and posixpath.basename(words[0].literal or "") in ("[", "test"):
                end = -1 if words[0].raw[-1:] == "[" and words[-1].raw == "]" else len(words)
                found = self._test(words[1:end])
            elif words and (_is_question(words) or self.functions.get(words[0].raw)):
                asked = [w.literal for w in words[1:] if w.literal and not w.raw.startswith("-")]
                found = _both({("command", name, True) for name in asked})
            elif words and words[0].literal == "mountpoint":
                path = self.state.path(words[-1])
                found = _both({("path", path, True)} if path else set())
            elif command.words and not words:  # x=$(which y) || exit
                asked = [name for word in command.words for name in _asked_inside(word)]
                found = _both({("command", name, True) for name in asked})
        elif len(pipeline.commands) == 1 and command.kind == "{" and len(command.lists[0]) == 1:
            found = self._outcomes(command.lists[0][0].pipelines[-1], context)
        return (found[1], found[0]) if pipeline.negated else found

    def _test(self, words: Sequence[Word]) -> Outcomes:
        """What the words of a test say of files; `-a`, `-o` and `!` are followed."""
        raw = [word.raw.lstrip("\\") for word in words]
        if "-o" in raw or "||" in raw:
            return _UNKNOWN
        splits = [at for at, text in enumerate(raw) if text in ("-a", "&&") and at]
        if splits:
            ends = [0, *(at + 1 for at in splits)]
            parts = [self._test(words[a:b]) for a, b in zip(ends, [*splits, len(words)], strict=True)]
            return frozenset().union(*(part[0] for part in parts)), _NOTHING
        if raw[:1] == ["!"]:
            found = self._test(words[1:])
            return found[1], found[0]
        if len(raw) >= 2 and raw[0] in _FILE_TESTS:
            asked = [*_asked_inside(words[1])]
            path = self.state.path(words[1])
            if asked:
                return _both({("command", asked[0], True)})
            if path is not None:
                return _both({("path", path, True), *((("x", path, True),) if raw[0] == "-x" else ())})
        return _UNKNOWN


def _asked_shell(words: Sequence[Word]) -> str:
    """The shell that `su -s` names."""
    for option, value in pairwise(words):
        if option.raw in ("-s", "--shell"):
            return posixpath.basename(value.literal or "")
    return "bash"


def _both(facts: set[Fact]) -> Outcomes:
    """What is so, and the contrary where the question fails."""
    return frozenset(facts), frozenset((kind, what, not there) for kind, what, there in facts)


def _is_question(words: Sequence[Word]) -> bool:
    """`command -v X` and its like."""
    name = words[0].literal if words else None
    if name in ("dpkg", "rpm"):
        return len(words) > 2 and words[1].raw in ("-s", "-q")
    return name in _ASKS or (name == "command" and len(words) > 2 and words[1].raw in ("-v", "-V"))


def _asked_inside(word: Word) -> Iterator[str]:
    """The commands that `$(command -v X)` in a word asks for."""
    for text in substitutions(word.raw):
        words = text.split()
        if words[:1] == ["which"] or words[:2] in (["command", "-v"], ["type", "-p"]):
            yield words[-1] if ">" not in text else words[2 if words[0] == "command" else 1]


def _inside(raw: str) -> list[Word]:
    """The words between `[[` and `]]`."""
    try:
        found = tokens(raw[2:-2], bash=True)
    except Unreadable:
        return []
    words = (Word(token, ()) if isinstance(token, str) else token for token in found)
    return [word for word in words if isinstance(word, Word)]


def _leaves(pipeline: Pipeline) -> bool:
    """Whether the shell goes no further than this."""
    command = pipeline.commands[-1]
    if command.kind == "{":
        return _ends_there(command.lists[0])
    return len(pipeline.commands) == 1 and not command.kind and _first(command) in _LEAVES


def _excuses(one: AndOr, at: int) -> bool:
    """Whether a `||` behind a pipeline does something else where that fails, and does not only say so."""
    if "||" not in one.operators[at:]:
        return False
    instead = one.pipelines[one.operators.index("||", at) + 1]
    return not (_leaves(instead) or _first(instead.commands[0]) in _SAYS)


def _ends_there(lists: List) -> bool:
    return bool(lists) and not lists[-1].operators and _leaves(lists[-1].pipelines[-1])


def _sure(pipeline: Pipeline) -> bool:
    """Whether it never fails."""
    command = pipeline.commands[0]
    if len(pipeline.commands) > 1 or command.kind:
        return False
    return not without_assignments(command.words) or _first(command) in _CANNOT_FAIL


def _changes_folder(pipeline: Pipeline) -> bool:
    return _first(pipeline.commands[0]) in ("cd", "pushd", "popd")


def _first(command: Command) -> str:
    return (command.words[0].literal or "") if command.words else ""


def _simple_commands(command: Command) -> Iterator[Command]:
    """Every simple command inside."""
    if not command.kind:
        yield command
    for lists in (*command.tests, *command.lists):
        for one in lists:
            for pipeline in one.pipelines:
                for inner in pipeline.commands:
                    yield from _simple_commands(inner)


def _assigned(command: Command) -> Iterator[str]:
    """The variables that are set somewhere inside."""
    for simple in _simple_commands(command):
        for word in simple.words:
            yield assignment(word) or (word.raw if _first(simple) == "read" else "")


def started_by(launched: Launch) -> Iterator[tuple[Word, ...]]:
    """The commands that `find -exec` and xargs start."""
    target = launched.target
    name = program_of(target.word)
    if name == "find":
        begin = 0
        for at, word in enumerate(target.rest):
            if word.raw in ("-exec", "-execdir", "-ok", "-okdir"):
                begin = at + 1
            elif begin and word.raw in ("\\;", "';'", '";"', "+"):
                yield target.rest[begin:at]
                begin = 0
    elif name == "xargs":
        at = 0
        while at < len(target.rest) and target.rest[at].raw.startswith("-"):
            at += 2 if _OF_XARGS.fullmatch(target.rest[at].raw) else 1
        if target.rest[at:]:
            yield target.rest[at:]
