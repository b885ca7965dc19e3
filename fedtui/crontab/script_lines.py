"""A shell script as lines that can be read one by one: continued lines joined, what is no command left out.

Deliberately narrow. Here-documents, `case` blocks and arrays are passed over, and where a quote or bracket
never closes the rest of the script is left unread: what is not understood is not talked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from fedtui.crontab.shell_words import Unreadable, read_commands

_MOST_JOINED = 200
_HERE_DOCUMENT = re.compile(r"(?<!<)<<(-?)\s*(['\"]?)\\?([A-Za-z_]\w*)\2")
_ARRAY = re.compile(r"(?:^|[\s;&|])[A-Za-z_]\w*\+?=\(")
_CASE = re.compile(r"(?:^|[;&|{(]|\b(?:then|do|else))\s*case\s")
_ESAC = re.compile(r"(?:^|[\s;])esac\b")
_FUNCTION = re.compile(r"^\s*(?:function\s+([\w:.-]+)\s*(?:\(\s*\))?|([\w:.-]+)\s*\(\s*\))\s*")
_ALIAS = re.compile(r"(?:^|[;&|])\s*alias\s+([\w.-]+)=")


class ScriptLine(NamedTuple):
    """`text` begins on line `number`, counted from 1."""

    number: int
    text: str


def script_lines(text: str) -> Iterator[ScriptLine]:
    """The lines of a shell script that hold commands, in order, function heads taken off."""
    raw = text.split("\n")
    at = 0
    depth = 0
    while at < len(raw):
        number, line, at = _joined(raw, at)
        if line is None:
            return
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        ends = [(match[3], bool(match[1])) for match in _HERE_DOCUMENT.finditer(line)]
        for end, dashed in ends:
            at = _behind(raw, at, end, dashed=dashed)
        opened = len(_CASE.findall(line))
        if depth or opened:
            depth = max(0, depth + opened - len(_ESAC.findall(line)))
            continue
        if not _ARRAY.search(line):
            yield ScriptLine(number, _FUNCTION.sub("", line, count=1))


def own_names(text: str) -> frozenset[str]:
    """The functions and aliases that a script defines anywhere: they are no programs."""
    found: set[str] = set()
    for line in text.split("\n"):
        head = _FUNCTION.match(line)
        if head:
            found.add(head[1] or head[2])
        found.update(_ALIAS.findall(line))
    return frozenset(found)


def _joined(raw: list[str], at: int) -> tuple[int, str | None, int]:
    """One whole line from index `at` on: (its number, its text, the next index); None where it never ends."""
    start = at
    line = raw[at]
    at += 1
    if line.lstrip().startswith("#"):
        return start + 1, line, at
    while True:
        while line.endswith("\\") and not line.endswith("\\\\") and at < len(raw):
            line = line[:-1] + " " + raw[at].lstrip()
            at += 1
        if _is_whole(line):
            return start + 1, line, at
        if at >= len(raw) or at - start > _MOST_JOINED:
            return start + 1, None, at
        line += "\n" + raw[at]
        at += 1


def _is_whole(line: str) -> bool:
    if _ARRAY.search(line) and line.count("(") > line.count(")"):
        return False
    try:
        read_commands(line)
    except Unreadable:
        return False
    return True


def _behind(raw: list[str], at: int, end: str, *, dashed: bool) -> int:
    """The index behind the here-document that ends with the line `end`."""
    for index in range(at, len(raw)):
        line = raw[index].lstrip("\t") if dashed else raw[index]
        if line == end:
            return index + 1
    return len(raw)
