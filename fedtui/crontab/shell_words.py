"""Reads a shell command line as far as one may without running it: simple commands, words, redirections.

A deliberately small scanner of the POSIX shell's grammar (XCU 2.2, 2.3, 2.7) for one line, with bash's
`&>`, `<<<`, `[[ ]]` and `(( ))`. It expands nothing but what is certain; a part that only a run could tell (a
substitution, an unknown variable, a glob) leaves its word without a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    """A word before expansion; `raw` as written, `at` where it begins in what was read."""

    raw: str
    parts: tuple[WordPart, ...]
    at: int = 0

    @property
    def literal(self) -> str | None:
        """The word's text where it holds no expansion of any kind."""
        if len(self.parts) == 1:
            (part,) = self.parts
            return None if part.variable else part.text
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
    at: int = 0


_OPERATOR = re.compile(r"&&|\|\||\|&|;;|[;&|()]")
_REDIRECT = re.compile(r"&>>|&>|<<<|<<-|<<|<>|<&|>>|>\||>&|<|>")
_PLAIN = re.compile(r"[^\s;&|()<>'\"\\$`*?\[~#=]+|=")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z_0-9]*)\}|([A-Za-z_][A-Za-z_0-9]*))")
_DIGITS = re.compile(r"\d*")
_TEST_WORD = re.compile(r"\[{1,2}(?=\s)")
_SUBSTITUTED = ("<(", ">(")
_LONG_TEST = re.compile(r"\[\[(?=\s)")
_SPECIAL = re.compile(r"\$[@*#?$!0-9-]")
_EASY = re.compile(r"[ \t]*+([A-Za-z0-9_./:@%+,=-]++)(?=[ \t\n;|)]|\Z)")
# A line of letters that mean nothing to a shell, and of redirections: most lines hold no others.
_EASY_LINE = re.compile(r"[A-Za-z0-9_./:@%+, \t~<>&-]*")
_EASY_WORD = re.compile(r"[^ \t]+")
_OPERATORS = {">>": (1, ">>"), ">": (1, ">"), "<": (0, "<"), "1>>": (1, ">>"), "1>": (1, ">")}
_OPERATORS |= {"2>>": (2, ">>"), "2>": (2, ">")}
_QUOTES = re.compile(r"[\\'\"]")
_BEFORE_BRACKET = re.compile(r"(?:\w\+?=|[?*+@!])\Z")
_RESERVED_WORDS = "if then else elif fi do done while until ! { } time"
_RESERVED = frozenset(_RESERVED_WORDS.split())


def tokens(line: str, *, bash: bool) -> list[Word | Redirect | str]:
    """`line` as words, redirections and operators, a line end as `;`, tests as one word. Raises Unreadable.

    Without `bash` (dash, POSIX) `&>` is no redirection: it is `&`, then `>`. Here-documents are passed over.
    """
    found: list[Word | Redirect | str] = []
    read_into(found, line, bash=bash)
    return found


def read_into(found: list[Word | Redirect | str], line: str, *, bash: bool) -> None:
    """`tokens`, added to `found` one by one: what comes before an error is there. Raises Unreadable."""
    try:
        for token in _Scanner(line).tokens(bash=bash):
            found.append(token)
    except RecursionError:
        raise Unreadable from None


def read_easy(line: str) -> tuple[list[Word], list[Redirect]] | None:
    """One simple command without quotes and expansions, as `tokens` reads it; None for other lines."""
    if _EASY_LINE.fullmatch(line) is None:
        return None
    words: list[Word] = []
    redirects: list[Redirect] = []
    operator: tuple[int, str] | None = None
    begins = 0
    for match in _EASY_WORD.finditer(line):
        raw, at = match[0], match.start()
        if operator is None and raw in _OPERATORS:
            operator, begins = _OPERATORS[raw], at
        elif raw == "2>&1" and operator is None:
            redirects.append(Redirect(2, ">&", Word("1", (WordPart("1"),), at + 3), at))
        elif "<" in raw or ">" in raw or "&" in raw or "~" in raw[1:] or (raw in _RESERVED and not words):
            return None
        else:
            if raw[0] != "~":
                word = Word(raw, (WordPart(raw),), at)
            elif raw == "~" or raw[1] == "/":
                word = Word(raw, (_HOME, WordPart(raw[1:])) if raw != "~" else (_HOME,), at)
            else:
                return None
            if operator is None:
                words.append(word)
            else:
                redirects.append(Redirect(*operator, word, begins))
                operator = None
    return None if operator is not None else (words, redirects)


class _Scanner:
    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self.ends: list[tuple[str, bool]] = []  # of here-documents that begin at the next line end

    def tokens(self, *, bash: bool) -> Iterator[Word | Redirect | str]:
        """See `tokens`."""
        line, size = self.line, len(self.line)
        first = True  # where a command may begin
        while self.at < size:
            easy = _EASY.match(line, self.at)
            if easy is not None:
                self.at = easy.end()
                raw = easy[1]
                yield Word(raw, (WordPart(raw),), self.at - len(raw))
                first = raw in _RESERVED and first
                continue
            rest = line[self.at : self.at + 3]
            if rest[0] in " \t" or rest[:2] == "\\\n":
                self.at += 1 if rest[0] != "\\" else 2
            elif rest[0] == "#":
                end = line.find("\n", self.at)
                self.at = size if end < 0 else end
            elif first and (rest[:2] == "((" or _LONG_TEST.match(line, self.at)):
                yield self._test()
                first = False
            elif rest[:2] not in _SUBSTITUTED and (bash or rest[0] != "&") and (redirect := self._redirect()):
                yield redirect
            elif rest[0] == "\n":
                self.at += 1
                self._here_documents()
                yield ";"
                first = True
            elif operator := _OPERATOR.match(line, self.at):
                self.at = operator.end()
                yield operator[0]
                first = True
            else:
                word = self._word()
                yield word
                first = word.raw in _RESERVED and first

    def _here_documents(self) -> None:
        for end, dashed in self.ends:
            while self.at < len(self.line):
                stop = self.line.find("\n", self.at)
                stop = len(self.line) if stop < 0 else stop
                line = self.line[self.at : stop]
                self.at = stop + 1
                if (line.lstrip("\t") if dashed else line) == end:
                    break
        self.ends = []

    def _test(self) -> Word:
        """A `[[ ]]` or `(( ))` as one word."""
        start = self.at
        if self.line.startswith("((", start):
            self._skip_brackets("(", ")")
            return Word(self.line[start : self.at], (WordPart(None),), start)
        while self.at < len(self.line):
            if self.line[self.at] in " \t\n&|()<>;":
                self.at += 1
            elif self._word().raw == "]]":
                return Word(self.line[start : self.at], (WordPart(None),), start)
        raise Unreadable

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
        target = self._word()
        if operator[0] in ("<<", "<<-"):
            self.ends.append((_QUOTES.sub("", target.raw), operator[0] == "<<-"))
        return Redirect(int(digits) if digits else usual, operator[0], target, start)

    def _word(self) -> Word:
        start = self.at
        if self.line[start : start + 2] in _SUBSTITUTED:
            self.at += 1
            self._skip_brackets("(", ")")
            return Word(self.line[start : self.at], (WordPart(None),), start)
        parts: list[WordPart] = []
        while self.at < len(self.line):
            char = self.line[self.at]
            if char == "(" and parts and _BEFORE_BRACKET.search(self.line, max(start, self.at - 99), self.at):
                self._skip_brackets("(", ")")  # NAME=(a b), @(a|b)
                parts.append(WordPart(None))
            elif char in " \t\n;&|()<>":
                break
            else:
                parts += self._parts(first=self.at == start)
        if self.at == start:
            raise Unreadable
        return Word(self.line[start : self.at], tuple(parts), start)

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
        braces = "{" in text and "}" in text and ("," in text or ".." in text)  # {a,b} and {1..3} in bash
        return [WordPart(None if braces else text)]

    def _is_test_word(self) -> bool:
        """`[` and `[[` as words of their own are commands, not globs."""
        match = _TEST_WORD.match(self.line, self.at)
        return match is not None and (self.at == 0 or self.line[self.at - 1] in " \t\n;&|(")

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
