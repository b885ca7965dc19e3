"""Secrets as programs take them: `mysql -pS`, `curl -u u:S`, `echo S | sudo -S`, `sudo -S <<< S`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from fedtui.secrets import MARK, Secret
from fedtui.secrets.habits import HABITS, READERS
from fedtui.secrets.values import is_harmless, is_random, unquoted

_CLUSTERS = ("curl", "ldap", "zip")
"""Programs that take `-xw S` for `-x -w S`."""
_WITH_VALUE = ("-X", "-H", "-d", "-o", "-A", "-b", "-F", "-m", "-T")
"""Options of curl that a value may be attached to: `-XDELETE` is no `-E`."""

_WORD = re.compile(
    rf"""(?xs) (?: [^\s"'\\;|&<>()`] | \\. | "(?:[^"\\]|\\.)*+" | '[^']*+' | {MARK}\((?:old|new)\) )++
    | <<< | [;|&()`\n] | ["'\\]"""
)

Word = tuple[int, str]
"""Where it begins, and its text with the quotes."""


def in_commands(text: str, start: int = 0, end: int | None = None, depth: int = 0) -> Iterator[Secret]:
    """The secrets in `text[start:end]`, read as a shell's line; a quoted command is read, too."""
    commands: list[list[Word]] = [[], []]
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        at, raw = match.start(), match[0]
        if raw in (";", "|", "&", "(", ")", "`", "\n"):
            commands += [[]] if raw == "|" else [[], []]
        else:
            commands[-1].append((at, raw))
            if raw[0] in "\"'" and depth < 3 and " " in raw:
                yield from in_commands(text, at + 1, at + len(raw) - 1, depth + 1)
    for before, words in pairwise(commands):
        if words:
            yield from _options(words)
            yield from _read(words, before)


def _options(words: Sequence[Word]) -> Iterator[Secret]:
    program, options, previous = "", dict[str, str](), ""
    for at, raw in words:
        name = unquoted(raw).rpartition("/")[2]
        clustered = program.startswith(_CLUSTERS) and not previous.startswith(("--", *_WITH_VALUE))
        cluster = f"-{previous[-1:]}" if clustered else previous
        if name in HABITS and raw not in options and not (program and previous.startswith("-")):
            program, options = name, HABITS[name]
        elif options.get(cluster, "+") != "+" and not raw.startswith("-"):
            yield from _value(f"{program} {cluster}", at, raw, options[cluster])
        elif "/" in options and re.match(r"(?:userid=)?\w[^/=]*/", raw):
            length = len(raw.partition("@")[0])
            yield from _value(program, at, raw[:length], "/")
        else:
            for option, sign in ((one, sign) for one, sign in options.items() if sign != "="):
                long = len(option) > 2 and option[0] == "-"
                if raw.startswith(f"{option}=" if long else option) and raw not in options:
                    skipped = len(option) + long
                    yield from _value(f"{program} {option}", at + skipped, raw[skipped:], sign)
                    break
        previous = raw
    at, raw = words[-1]
    if "$" in options and not {"alias", "-b", "-nb"}.isdisjoint(raw for _, raw in words) and is_random(raw):
        yield Secret(at, at + len(raw), program)


def _read(words: Sequence[Word], before: Sequence[Word]) -> Iterator[Secret]:
    """What a command reads that takes a secret from standard input: here-strings, the output of `echo`."""
    texts = [raw.rpartition("/")[2] for _, raw in words]
    if READERS.isdisjoint(texts) and not (
        "sudo" in texts and any(re.fullmatch("-[A-Za-z]*S", one) for one in texts)
    ):
        return
    sign = ":" if "chpasswd" in texts else ""
    if "<<<" in texts[:-1]:
        yield from _value("<<<", *words[texts.index("<<<") + 1], sign)
    if not {"echo", "printf"}.isdisjoint(raw for _, raw in before[:-1]):
        yield from _value("echo", *before[-1], sign)


def _value(head: str, at: int, raw: str, sign: str) -> Iterator[Secret]:
    """The secret in the word at `at`: all of it, or what follows the first `sign`."""
    end = at + len(raw)
    if sign not in ("", "+", "="):
        if raw[:1] in "\"'" and raw[-1:] == raw[:1]:
            at, end, raw = at + 1, end - 1, raw[1:-1]
        place, raw = raw, raw.partition(sign)[2]
        at = end - len(raw)
        if place.startswith(("file:", "env:", "fd:")):
            return
    if not is_harmless(raw):
        yield Secret(at, end, head)
