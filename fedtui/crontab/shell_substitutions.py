"""Finds the commands inside `$( )` and backquotes of a shell word, without running any."""

from __future__ import annotations

from collections.abc import Iterator


def substitutions(raw: str) -> Iterator[str]:
    """The text of each command substitution of a word as written, outermost first; `$(( ))` is none."""
    at = 0
    quoted = False  # inside double quotes a single quote is a character
    while at < len(raw):
        char = raw[at]
        if char == "\\":
            at += 2
        elif char == '"':
            quoted = not quoted
            at += 1
        elif char == "'" and not quoted:
            at = _after(raw, at, "'")
        elif char == "`":
            end = _after(raw, at, "`")
            yield raw[at + 1 : end - 1].replace("\\`", "`")
            at = end
        elif raw.startswith("$(", at) and not raw.startswith("$((", at):
            end = _closing(raw, at + 2)
            yield raw[at + 2 : end]
            at = end + 1
        else:
            at += 1


def _after(raw: str, at: int, quote: str) -> int:
    """The index behind the quote that closes the one at `at`, or the end."""
    at += 1
    while at < len(raw) and raw[at] != quote:
        at += 2 if raw[at] == "\\" and quote != "'" else 1
    return at + 1


def _closing(raw: str, at: int) -> int:
    """The index of the `)` that closes what was opened before `at`, or the end."""
    depth = 1
    while at < len(raw):
        char = raw[at]
        if char == "\\":
            at += 2
            continue
        if char in "'\"`":
            at = _after(raw, at, char)
            continue
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return at
        at += 1
    return at
