"""A shell line as a tree: lists of and-or lists of pipelines of commands (XCU 2.9). Pure; nothing is run.

What single commands mean is `wrappers`' and `shell_state`'s matter. What it does not know (`coproc`; in a
line functions too) is Unreadable.
"""

from __future__ import annotations

from typing import NamedTuple

from fedtui.crontab.shell_words import Redirect, Unreadable, Word, read_easy, read_into, tokens

_LONGEST_SCRIPT = 1 << 20
LONGEST_LINE = 131_072  # execve(2) takes no longer argument: no `sh -c` runs a longer line
_DEEPEST = 60


class Command(NamedTuple):
    """A simple command (`kind` is ""), or another: "(", "{", "if", "loop", "until", "case", "function".

    `tests` are the conditions of an `if` or loop. The last list of an `if` is its `else`, empty for none.
    `head` are the words before the `do` of a `for` loop, or the name of a function. `redirects` are those of
    the command itself, in order.
    """

    kind: str
    words: tuple[Word, ...] = ()
    tests: tuple[List, ...] = ()
    lists: tuple[List, ...] = ()
    head: tuple[Word, ...] = ()
    redirects: tuple[Redirect, ...] = ()


class Pipeline(NamedTuple):
    """`negated` by a `!`."""

    commands: tuple[Command, ...]
    negated: bool = False


class AndOr(NamedTuple):
    """`operators` are between the pipelines; `background`: ended by a `&`."""

    pipelines: tuple[Pipeline, ...]
    operators: tuple[str, ...] = ()
    background: bool = False


List = tuple[AndOr, ...]

_CLOSERS = frozenset(("then", "elif", "else", "fi", "do", "done", "}", "esac"))
_BETWEEN = ("&&", "||", "|", "|&", "&")
_OPENERS = frozenset(("{", "if", "while", "until", "for", "select", "case"))
_LOOPS = {"while": "loop", "until": "until", "for": "for", "select": "for"}


def parse(line: str, *, bash: bool) -> List:
    """The tree of a whole line. Raises Unreadable."""
    if len(line) > LONGEST_LINE:
        raise Unreadable
    reader = _Reader(tokens(line, bash=bash), bash=bash)
    found = reader.sequence()
    if reader.at < len(reader.tokens):
        raise Unreadable
    return found


def parse_leniently(text: str, *, bash: bool, strict: bool = False) -> tuple[List, bool]:
    """The tree of a line or script as far as it can be read, functions too, and whether that is all of it.

    `strict`: a line with a `;` or an empty part where dash and bash take none cannot be read to its end.
    """
    if len(text) > _LONGEST_SCRIPT:
        return (), False
    easy = read_easy(text)
    if easy is not None:
        command = Command("", tuple(easy[0]), redirects=tuple(easy[1]))
        return ((AndOr((Pipeline((command,)),)),) if easy[0] or easy[1] else ()), True
    found: list[Word | Redirect | str] = []
    reader = _Reader(found, bash=bash, lenient=True, strict=strict and "\n" not in text)
    try:
        read_into(found, text, bash=bash)
    except Unreadable:
        reader.whole = False
    read: list[AndOr] = []
    try:
        reader.sequence(read)
    except Unreadable:
        reader.whole = False
    return tuple(read), reader.whole and reader.at == len(found)


class _Reader:
    def __init__(
        self, found: list[Word | Redirect | str], *, bash: bool, lenient: bool = False, strict: bool = False
    ) -> None:
        self.tokens = found
        self.strict = strict
        self.at = 0
        self.prefixes = ("!", "time") if bash else ("!",)  # to dash, time is a program
        self.lenient = lenient
        self.whole = True
        self.depth = 0

    def sequence(self, found: list[AndOr] | None = None) -> List:
        """And-or lists up to what closes them; they are added to `found`."""
        found = [] if found is None else found
        while True:
            before = self.at
            self._line_ends()
            if self.strict and self.at - before > (found != [] and not found[-1].background):
                self.whole = False
            if self.at >= len(self.tokens) or self._peek() in (")", ";;") or self._reserved() in _CLOSERS:
                return tuple(found)
            found.append(self._and_or())

    def _and_or(self) -> AndOr:
        pipelines, operators = [self._pipeline()], []
        while (operator := self._peek()) in ("&&", "||"):
            if not self._goes_on():
                break
            operators.append(str(operator))
            pipelines.append(self._pipeline())
        background = self._take("&")
        if not background and self._peek() not in (None, ";", ")", ";;") and self._reserved() not in _CLOSERS:
            raise Unreadable
        return AndOr(tuple(pipelines), tuple(operators), background)

    def _pipeline(self) -> Pipeline:
        negated = False
        while self._reserved() in self.prefixes:
            negated ^= self._reserved() == "!"
            self.at += 1
        commands = [self._command()]
        while self._peek() in ("|", "|&"):
            if not self._goes_on():
                break
            commands.append(self._command())
        return Pipeline(tuple(commands), negated)

    def _goes_on(self) -> bool:
        """Step over an operator; whether a command is behind it, as there must be."""
        self.at += 1
        before = self.at
        self._line_ends()
        if self.lenient and (self._peek() in (None, *_BETWEEN) or (self.strict and self.at > before)):
            self.whole = False
        return not self.lenient or self._peek() is not None

    def _command(self) -> Command:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unreadable
        command = self._compound()
        self.depth -= 1
        return command

    def _compound(self) -> Command:
        word = self._reserved()
        if word and word not in _OPENERS:
            return self._simple()
        if self._take("("):
            command = Command("(", lists=(self._until(")"),))
        elif word == "{":
            self.at += 1
            command = Command("{", lists=(self._until("}"),))
        elif word == "if":
            command = self._if()
        elif word in _LOOPS:
            command = self._loop(word)
        elif word == "case":
            command = self._case()
        else:
            return self._simple()
        redirects = []
        while isinstance(token := self._peek(), Redirect):
            redirects.append(token)
            self.at += 1
        return command._replace(redirects=tuple(redirects)) if redirects else command

    def _simple(self) -> Command:
        words: list[Word] = []
        redirects: list[Redirect] = []
        while self.lenient and self._peek() in _BETWEEN:
            self.whole = False
            self.at += 1
        start = self.at
        for at in range(start, len(self.tokens)):
            token = self.tokens[at]
            if isinstance(token, Word):
                words.append(token)
            elif isinstance(token, Redirect):
                redirects.append(token)
            else:
                break
        self.at += len(words) + len(redirects)
        if self.lenient and words and (self._peek() == "(" or words[0].raw == "function"):
            return self._function(start)
        if self.at == start or self._peek() == "(" or (words and words[0].raw in ("function", "coproc")):
            raise Unreadable
        return Command("", tuple(words), redirects=tuple(redirects))

    def _function(self, start: int) -> Command:
        """`name() { ...; }` or `function name { ...; }`, whose words begin at `start`."""
        self.at = start + (self._named(start) == "function")
        head = self._peek()
        self.at += 1
        if self._take("(") and not self._take(")"):
            raise Unreadable
        self._line_ends()
        body = self._command()
        if not isinstance(head, Word) or not body.kind:
            raise Unreadable
        return Command("function", lists=((AndOr((Pipeline((body,)),)),),), head=(head,))

    def _named(self, at: int) -> str:
        token = self.tokens[at]
        return token.raw if isinstance(token, Word) else ""

    def _if(self) -> Command:
        tests, lists = [], []
        while self._reserved() in ("if", "elif"):
            self.at += 1
            tests.append(self._until("then"))
            lists.append(self._body())
        otherwise: List = ()
        if self._reserved() == "else":
            self.at += 1
            otherwise = self._body()
        self._until("fi", some=False)
        return Command("if", tests=tuple(tests), lists=(*lists, otherwise))

    def _loop(self, word: str) -> Command:
        self.at += 1
        tests: tuple[List, ...] = ()
        head: list[Word] = []
        if _LOOPS[word] == "for":
            while isinstance(token := self._peek(), Word) and token.raw != "do":
                head.append(token)
                self.at += 1
            self._line_ends()
            self._until("do", some=False)
        else:
            tests = (self._until("do"),)
        kind = "loop" if _LOOPS[word] != "until" else "until"
        return Command(kind, tests=tests, lists=(self._until("done"),), head=tuple(head))

    def _case(self) -> Command:
        lists: list[List] = []
        self.at += 2
        self._line_ends()
        if self._reserved() != "in":
            raise Unreadable
        self.at += 1
        while True:
            self._line_ends()
            if self._reserved() == "esac":
                self.at += 1
                return Command("case", lists=tuple(lists))
            self._take("(")
            while isinstance(self._peek(), Word) or self._peek() == "|":
                self.at += 1
            if not self._take(")"):
                raise Unreadable
            lists.append(self.sequence())
            if not self._take(";;") and self._reserved() != "esac":
                raise Unreadable

    def _body(self) -> List:
        """A list that must not be empty."""
        found = self.sequence()
        self.whole = self.whole and not (self.strict and not found)
        return found

    def _until(self, closer: str, *, some: bool = True) -> List:
        """The list before `closer`, and step over that; `some`: it must not be empty."""
        found = self._body() if some else self.sequence()
        if self._peek() != closer and self._reserved() != closer:
            if self.lenient and (self._peek() is None or self._reserved() in _CLOSERS):
                self.whole = False
                return found
            raise Unreadable
        self.at += 1
        return found

    def _peek(self) -> Word | Redirect | str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _reserved(self) -> str:
        """The word here, as far as it may be a reserved one."""
        token = self._peek()
        return token.raw if isinstance(token, Word) else ""

    def _take(self, operator: str) -> bool:
        found = self._peek() == operator
        self.at += found
        return found

    def _line_ends(self) -> None:
        while self._take(";"):
            pass
