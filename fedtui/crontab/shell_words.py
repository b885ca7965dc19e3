"""Reads a shell command line as far as one may without running it: simple commands, words, redirections.

A deliberately small scanner of the POSIX shell's grammar (XCU 2.2, 2.3, 2.7) for one line, with bash's
`&>`, `<<<`, `[[ ]]` and `(( ))`. It expands nothing but what is certain; a part that only a run could tell (a
substitution, an unknown variable, a glob) leaves its word without a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple


class Unreadable(Exception):
    """The line has an unclosed quote or bracket; nothing certain can be said of it."""


class WordPart(NamedTuple):
    """A stretch of a word. `text` is literal, or the name of a variable; None is known to a run only."""

    text: str | None
    variable: bool = False
    quoted: bool = False


_HOME = WordPart("HOME", variable=True, quoted=True)


class Word(NamedTuple):
    """A word before expansion; `raw` as written."""

    raw: str
    parts: tuple[WordPart, ...]

    @property
    def literal(self) -> str | None:
        """The word's text where it holds no expansion of any kind."""
        if any(part.text is None or part.variable for part in self.parts):
            return None
        return "".join(part.text or "" for part in self.parts)

    @property
    def quoted(self) -> bool:
        """True when some of it is quoted, so that it is neither a reserved word nor an assignment."""
        return any(part.quoted for part in self.parts)


class Redirect(NamedTuple):
    """`operator` is ">", ">>", ">|", "&>", "&>>", ">&", "<", ...; `descriptor` what is redirected."""

    descriptor: int
    operator: str
    target: Word


class SimpleCommand:
    """A simple command. `after` is the operator before it ("" at the start); `depth` counts ( and {."""

    def __init__(self, after: str = "", depth: int = 0) -> None:
        self.after = after
        self.depth = depth
        self.words: list[Word] = []
        self.redirects: list[Redirect] = []


_OPERATOR = re.compile(r"&&|\|\||\|&|;;|[;&|()]")
_REDIRECT = re.compile(r"&>>|&>|<<<|<<-|<<|<>|<&|>>|>\||>&|<|>")
_PLAIN = re.compile(r"[^\s;&|()<>'\"\\$`*?\[~#=]+|=")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z_0-9]*)\}|([A-Za-z_][A-Za-z_0-9]*))")
_BRACES = re.compile(r"\{[^}]*(?:,|\.\.)[^}]*\}")
_DIGITS = re.compile(r"\d*")
_TEST_WORD = re.compile(r"\[{1,2}(?=\s)")
_SUBSTITUTED = ("<(", ">(")
_LONG_TEST = re.compile(r"\[\[(?=\s)")
_SPECIAL = re.compile(r"\$[@*#?$!0-9-]")
_ERRORS_TOO = Redirect(2, ">&", Word("1", (WordPart("1"),)))
_RESERVED_WORDS = "if then else elif fi do done while until ! { } time"
_RESERVED = frozenset(_RESERVED_WORDS.split())


def read_commands(line: str) -> tuple[SimpleCommand, ...]:
    """The simple commands of `line` in order, reserved words dropped. Raises Unreadable."""
    easy = _easy(line)
    return tuple(scanned(line)) if easy is None else easy


def scanned(line: str) -> list[SimpleCommand]:
    """`read_commands` by the scanner alone, whatever the line is like."""
    return _Scanner(line).commands()


def tokens(line: str, *, bash: bool) -> list[Word | Redirect | str]:
    """`line` as words, redirections and operators, a line end as `;`, tests as one word. Raises Unreadable.

    Without `bash` (dash, POSIX) `&>` is no redirection: it is `&`, then `>`.
    """
    return list(_Scanner(line).tokens(bash=bash))


# Letters that mean nothing to a shell, and what redirections are made of: most lines hold no others.
_EASY = re.compile(r"[A-Za-z0-9_./:@%+, \t~<>&-]*")
_OPERATORS = {">>": (1, ">>"), ">": (1, ">"), "<": (0, "<"), "1>>": (1, ">>"), "1>": (1, ">")}
_OPERATORS |= {"2>>": (2, ">>"), "2>": (2, ">")}


def _easy(line: str) -> tuple[SimpleCommand, ...] | None:
    """What the scanner makes of one simple command without quotes and expansions; None for other lines."""
    if _EASY.fullmatch(line) is None:
        return None
    command = SimpleCommand()
    operator: tuple[int, str] | None = None
    for raw in line.split():
        if operator is None and raw in _OPERATORS:
            operator = _OPERATORS[raw]
            continue
        word = _easy_word(raw)
        if operator is not None and word is not None:
            command.redirects.append(Redirect(*operator, word))
            operator = None
        elif raw == "2>&1" and operator is None:
            command.redirects.append(_ERRORS_TOO)
        elif word is None or (not command.words and raw in _RESERVED):
            return None
        else:
            command.words.append(word)
    if operator is not None:
        return None
    return (command,) if command.words or command.redirects else ()


@lru_cache(maxsize=1024)
def _easy_word(raw: str) -> Word | None:
    """A word of a line of easy letters; None where an operator or a `~` makes it more than that."""
    if "<" in raw or ">" in raw or "&" in raw or "~" in raw[1:]:
        return None
    if raw[0] != "~":
        return Word(raw, (WordPart(raw),))
    if raw == "~":
        return Word(raw, (_HOME,))
    return Word(raw, (_HOME, WordPart(raw[1:]))) if raw[1] == "/" else None


class _Scanner:
    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self.depth = 0

    def commands(self) -> list[SimpleCommand]:
        found: list[SimpleCommand] = []
        current = SimpleCommand()
        while True:
            self._blanks()
            if self.at >= len(self.line) or self.line[self.at] == "#":
                break
            redirect = None if self._in_test(current) else self._redirect()
            if redirect:
                current.redirects.append(redirect)
                continue
            if not current.words and self.line.startswith("((", self.at):
                self._skip_brackets("(", ")")
                continue
            operator = _OPERATOR.match(self.line, self.at)
            if operator and not self._in_test(current):
                self.at = operator.end()
                current = self._next(found, current, operator[0])
                continue
            self._add_word(current)
        self._keep(found, current)
        return found

    def tokens(self, *, bash: bool) -> Iterator[Word | Redirect | str]:
        """See `tokens`."""
        first = True  # where a command may begin
        while self.at < len(self.line):
            rest = self.line[self.at : self.at + 3]
            if rest[0] in " \t" or rest[:2] == "\\\n":
                self.at += 1 if rest[0] != "\\" else 2
            elif rest[0] == "#":
                end = self.line.find("\n", self.at)
                self.at = len(self.line) if end < 0 else end
            elif first and (rest[:2] == "((" or _LONG_TEST.match(self.line, self.at)):
                yield self._test()
                first = False
            elif rest[:2] not in _SUBSTITUTED and (bash or rest[0] != "&") and (redirect := self._redirect()):
                yield redirect
            elif rest[0] == "\n":
                self.at += 1
                yield ";"
                first = True
            elif operator := _OPERATOR.match(self.line, self.at):
                self.at = operator.end()
                yield operator[0]
                first = True
            else:
                word = self._word()
                yield word
                first = word.raw in _RESERVED and first

    def _test(self) -> Word:
        """A `[[ ]]` or `(( ))` as one word."""
        start = self.at
        if self.line.startswith("((", start):
            self._skip_brackets("(", ")")
            return Word(self.line[start : self.at], (WordPart(None),))
        while self.at < len(self.line):
            if self.line[self.at] in " \t\n&|()<>;":
                self.at += 1
            elif self._word().raw == "]]":
                return Word(self.line[start : self.at], (WordPart(None),))
        raise Unreadable

    def _next(self, found: list[SimpleCommand], current: SimpleCommand, operator: str) -> SimpleCommand:
        self._keep(found, current)
        if operator == "(":
            self.depth += 1
        elif operator == ")":
            self.depth = max(0, self.depth - 1)
        after = current.after if operator == "(" and not current.words else operator
        return SimpleCommand(after, self.depth)

    @staticmethod
    def _keep(found: list[SimpleCommand], current: SimpleCommand) -> None:
        if current.words or current.redirects:
            found.append(current)

    @staticmethod
    def _in_test(current: SimpleCommand) -> bool:
        words = current.words
        return bool(words) and words[0].raw == "[[" and words[-1].raw != "]]"

    def _add_word(self, current: SimpleCommand) -> None:
        if self._in_test(current) and self.line[self.at] in "&|()<>;":
            self.at += 1
            return
        word = self._word()
        if not current.words and word.raw in _RESERVED:
            if word.raw == "{":
                self.depth += 1
            elif word.raw == "}":
                self.depth = max(0, self.depth - 1)
            current.depth = self.depth
            return
        current.words.append(word)

    def _blanks(self) -> None:
        while self.at < len(self.line) and self.line[self.at] in " \t\n":
            self.at += 1

    def _redirect(self) -> Redirect | None:
        start = self.at
        match = _DIGITS.match(self.line, start)
        digits = match[0] if match else ""
        operator = _REDIRECT.match(self.line, start + len(digits))
        if operator is None or (digits and operator[0].startswith("&")):
            return None
        self.at = operator.end()
        self._blanks()
        if self.at >= len(self.line):
            raise Unreadable
        usual = 0 if operator[0].startswith("<") else 1
        return Redirect(int(digits) if digits else usual, operator[0], self._word())

    def _word(self) -> Word:
        start = self.at
        if self.line[start : start + 2] in _SUBSTITUTED:
            self.at += 1
            self._skip_brackets("(", ")")
            return Word(self.line[start : self.at], (WordPart(None),))
        parts: list[WordPart] = []
        while self.at < len(self.line) and self.line[self.at] not in " \t\n;&|()<>":
            parts += self._parts(first=self.at == start)
        if self.at == start:
            raise Unreadable
        return Word(self.line[start : self.at], tuple(parts))

    def _parts(self, *, first: bool) -> list[WordPart]:
        char = self.line[self.at]
        if char == "'":
            return [WordPart(self._until("'"), quoted=True)]
        if char == '"':
            return self._double_quoted()
        if char == "\\":
            self.at += 2
            return [WordPart(self.line[self.at - 1 : self.at], quoted=True)]
        if char in "$`":
            return [self._expansion(quoted=False)]
        if char in "*?[" and not self._is_test_word():
            self.at += 1
            return [WordPart(None)]
        if char == "~" and first:
            return [self._tilde()]
        plain = _PLAIN.match(self.line, self.at)
        self.at = plain.end() if plain else self.at + 1
        text = plain[0] if plain else char
        return [WordPart(None if _BRACES.search(text) else text)]

    def _is_test_word(self) -> bool:
        """`[` and `[[` as words of their own are commands, not globs."""
        match = _TEST_WORD.match(self.line, self.at)
        return match is not None and (self.at == 0 or self.line[self.at - 1] in " \t;&|(")

    def _tilde(self) -> WordPart:
        self.at += 1
        rest = self.line[self.at : self.at + 1]
        if rest == "" or rest in "/ \t\n;&|()<>":
            return _HOME
        return WordPart(None)  # ~user, ~+

    def _until(self, quote: str) -> str:
        end = self.line.find(quote, self.at + 1)
        if end < 0:
            raise Unreadable
        text = self.line[self.at + 1 : end]
        self.at = end + 1
        return text

    def _double_quoted(self) -> list[WordPart]:
        self.at += 1
        pieces: list[WordPart] = []
        text = ""
        while True:
            char = self.line[self.at : self.at + 1]
            if not char:
                raise Unreadable
            if char == '"':
                self.at += 1
                break
            if char == "\\" and self.line[self.at + 1 : self.at + 2] in ("$", "`", '"', "\\"):
                text += self.line[self.at + 1]
                self.at += 2
            elif char in "$`":
                pieces += [WordPart(text, quoted=True)] if text else []
                text = ""
                pieces.append(self._expansion(quoted=True))
            else:
                text += char
                self.at += 1
        return pieces + ([WordPart(text, quoted=True)] if text or not pieces else [])

    def _expansion(self, *, quoted: bool) -> WordPart:
        if self.line[self.at] == "`":
            self._skip_quoted("`")
            return WordPart(None, quoted=quoted)
        named = _VARIABLE.match(self.line, self.at)
        if named:
            self.at = named.end()
            return WordPart(named[1] or named[2], variable=True, quoted=quoted)
        special = _SPECIAL.match(self.line, self.at)
        if special:
            self.at = special.end()
            return WordPart(None, quoted=quoted)
        following = self.line[self.at + 1 : self.at + 2]
        if following in ("(", "{"):
            self.at += 1
            self._skip_brackets(following, ")" if following == "(" else "}")
            return WordPart(None, quoted=quoted)
        self.at += 1
        return WordPart("$", quoted=quoted) if following not in ("'", '"') else WordPart(None)

    def _skip_brackets(self, opening: str, closing: str) -> None:
        depth = 0
        while self.at < len(self.line):
            char = self.line[self.at]
            if char == "\\":
                self.at += 2
                continue
            if char in "'\"`":
                self._skip_quoted(char)
                continue
            depth += (char == opening) - (char == closing)
            self.at += 1
            if depth == 0:
                return
        raise Unreadable

    def _skip_quoted(self, quote: str) -> None:
        self.at += 1
        while self.at < len(self.line):
            char = self.line[self.at]
            if char == quote:
                self.at += 1
                return
            if char == "\\" and quote != "'":
                self.at += 1
            elif quote == '"' and self.line.startswith("$(", self.at):
                self.at += 1
                self._skip_brackets("(", ")")
                continue
            self.at += 1
        raise Unreadable
