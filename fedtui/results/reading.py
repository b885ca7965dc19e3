"""Finds in what a run printed what its rules look for: the level of each line, and the last line.

The text is untrusted and may be huge: at most `MOST` bytes of it are given (the reader says what is left
out), each line is looked at up to `LONGEST` characters, and whatever is quoted is made safe first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from fedtui.results.rules import Rules
from fedtui.safe_text import decode, sanitize_and_mask

MOST = 4 * 1024 * 1024
"""Bytes of one place that are read: the first half of it from the beginning, the rest from the end."""

LONGEST = 1000
QUOTED = 160
"""Characters of a line that are quoted in a reason."""

# Real escape sequences, and those that an echo without -e left as they are written in the script.
_COLOUR = re.compile(r"(?:\x1b|\\033|\\e|\\x1[bB])(?:\[[0-9;?]*[ -/]*[A-Za-z]|\][^\x07\x1b]{0,200}\x07)")


@dataclass(frozen=True, slots=True)
class OutputPart:
    """What a run wrote to one place: `where` names it ("output", "~/logs/sync.log", "journal").

    `tail` follows `data` after a gap of `left_out` bytes.
    """

    where: str
    data: bytes
    tail: bytes = b""
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class RunOutputText:
    """All that a run printed, as far as it could be read; `unread` says why some or all could not.

    `unclear` says that the parts may hold more than this run's lines: then they can clear it, or cast a
    doubt on it, and no more.
    """

    parts: tuple[OutputPart, ...] = ()
    unread: str = ""
    unclear: str = ""

    @property
    def left_out(self) -> int:
        """Bytes that were too many to be read."""
        return sum(part.left_out for part in self.parts)


class CapturedOutput:
    """What a run printed, as far as it will be read: its first bytes and its last, `MOST` in all."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0

    def add(self, data: bytes) -> None:
        """Take in what came."""
        room = MOST // 2 - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        spare = max(0, len(self._tail) - MOST // 2)
        del self._tail[:spare]
        self._left_out += spare

    def output(self) -> RunOutputText:
        if not self._left_out:
            return RunOutputText((OutputPart("output", bytes(self._head + self._tail)),))
        return RunOutputText((OutputPart("output", bytes(self._head), bytes(self._tail), self._left_out),))


@dataclass(slots=True)
class OutputFindings:
    """What the rules found. `lines` counts lines that are not blank; `notable` are (kind, place, text)."""

    lines: int = 0
    notable: list[tuple[str, str, str]] = field(default_factory=list)
    last: tuple[str, str] = ("", "")
    skip_lines: list[tuple[str, str]] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """How many lines of that kind ("error", "warning") there are."""
        return sum(1 for found, _, _ in self.notable if found == kind)


def read_output(output: RunOutputText, rules: Rules) -> OutputFindings:
    """Look at every line of `output`. Places are "line 12", counted in the run's own output from 1."""
    found = OutputFindings()
    many = sum(1 for part in output.parts if part.data.strip()) > 1
    anywhere = [skip.match for skip in rules.skips if skip.match is not None and skip.anywhere]
    for part in output.parts:
        for place, text in _lines(part, f"{part.where} " if many else ""):
            found.lines += 1
            found.last = (place, text)
            kind = kind_of(text, rules)
            if kind:
                found.notable.append((kind, place, text))
            if any(pattern.search(text) for pattern in anywhere):
                found.skip_lines.append((place, text))
    return found


def may_say_skipped(output: RunOutputText, rules: Rules) -> bool:
    """Whether any line, not the last one only, is one by which a run says that it did nothing."""
    said = [skip.match for skip in rules.skips if skip.match is not None]
    lines = (text for part in output.parts for _, text in _lines(part, ""))
    return any(pattern.search(text) for text in lines for pattern in said)


def kind_of(text: str, rules: Rules) -> str:
    """ "error", "warning" or "" for one line without colour codes."""
    kind = ""
    level = rules.level.match(text)
    if level is not None:
        kind = level.lastgroup or ""
    elif any(pattern.search(text) for pattern in rules.errors):
        kind = "error"
    elif any(pattern.search(text) for pattern in rules.warnings):
        kind = "warning"
    if kind in ("", "calm"):
        return ""
    return "" if any(pattern.search(text) for pattern in rules.ignored) else kind


def quoted(text: str) -> str:
    """A line as it is quoted in a reason: safe, secrets masked, cut."""
    safe = sanitize_and_mask(" ".join(text.split()))
    return safe if len(safe) <= QUOTED else safe[: QUOTED - 1] + "…"


def plain(line: bytes) -> str:
    """A line as text without its colour codes."""
    return _COLOUR.sub("", decode(line[:LONGEST])).rstrip()


def _lines(part: OutputPart, prefix: str) -> Iterator[tuple[str, str]]:
    """The lines that are not blank, with their places; a carriage return starts the line over."""
    for number, line in enumerate(part.data.split(b"\n"), 1):
        for piece in line.split(b"\r"):
            if text := plain(piece):
                yield f"{prefix}line {number}", text
    for line in part.tail.split(b"\n"):
        for piece in line.split(b"\r"):
            if text := plain(piece):
                yield f"{prefix}near the end:", text
