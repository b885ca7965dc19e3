"""Looks through what commonly comes before the program of a job: `nice -n 10`, `flock F`, `bash -e`, ...

Each wrapper is known by the options that take an argument and the arguments it has before the command
it starts. What is not known is taken for the program itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from fedtui.crontab.shell_words import Word


class TargetKind(StrEnum):
    """What a simple command comes down to."""

    PROGRAM = "program"
    SCRIPT = "script"
    MODULE = "module"
    CODE = "code"


class Target(NamedTuple):
    """`word` is the program, the script an interpreter reads, the module, or the code given with `-c`.

    `lookups` are the words before it (and itself, for a PROGRAM) that are each started by name. `rest`
    are the words behind it.
    """

    what: TargetKind
    word: Word
    lookups: tuple[Word, ...]
    rest: tuple[Word, ...] = ()


class _Wrapper(NamedTuple):
    with_argument: str = ""
    long_with_argument: tuple[str, ...] = ()
    before_command: int = 0


_WRAPPERS: Mapping[str, _Wrapper] = {
    "chronic": _Wrapper(),
    "chrt": _Wrapper("TPD", before_command=1),
    "command": _Wrapper(),
    "env": _Wrapper("uCS", ("--unset", "--chdir", "--split-string")),
    "exec": _Wrapper("a"),
    "flock": _Wrapper("wE", ("--timeout", "--wait", "--conflict-exit-code"), before_command=1),
    "ionice": _Wrapper("cnpPu", ("--class", "--classdata")),
    "nice": _Wrapper("n", ("--adjustment",)),
    "nohup": _Wrapper(),
    "run-one": _Wrapper(),
    "setsid": _Wrapper(),
    "stdbuf": _Wrapper("ioe", ("--input", "--output", "--error")),
    "sudo": _Wrapper("ugChpRrTt", ("--user", "--group", "--chdir", "--host", "--chroot")),
    "systemd-cat": _Wrapper("tp", ("--identifier", "--priority", "--stderr-priority")),
    "systemd-inhibit": _Wrapper("", ("--what", "--who", "--why", "--mode")),
    "taskset": _Wrapper(before_command=1),
    "time": _Wrapper("fo", ("--format", "--output")),
    "timeout": _Wrapper("ks", ("--kill-after", "--signal"), before_command=1),
}
SHELLS = frozenset(["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"])
_INTERPRETERS = re.compile(
    r"python[0-9.]*|pypy3?|perl[0-9.]*|ruby[0-9.]*|node|nodejs|php[0-9.]*|Rscript|lua[0-9.]*"
)
_CODE_OPTIONS = re.compile(r"-[A-Za-z]*[cer]")
_SHELL_CODE = re.compile(r"-[A-Za-z]*c[A-Za-z]*")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z_0-9]*\+?=")


def assignment(word: Word) -> str | None:
    """The variable that a leading `NAME=value` word sets, or None."""
    match = _ASSIGNMENT.match(word.raw)
    return match[0].rstrip("+=") if match else None


def without_assignments(words: Sequence[Word]) -> tuple[Word, ...]:
    """`words` from the first that is no `NAME=value` on."""
    at = next((index for index, word in enumerate(words) if assignment(word) is None), len(words))
    return tuple(words[at:])


def find_target(words: Sequence[Word]) -> Target | None:
    """What a simple command starts in the end, or None when unknown."""
    words = without_assignments(words)
    lookups: list[Word] = []
    while words:
        name = posixpath.basename(words[0].literal or "")
        lookups.append(words[0])
        wrapper = _WRAPPERS.get(name)
        if wrapper is None:
            return _program(name, words, tuple(lookups))
        rest = _behind(wrapper, words[1:])
        if name == "flock" and rest and rest[0].literal in ("-c", "--command"):
            return Target(TargetKind.CODE, rest[1], tuple(lookups)) if len(rest) > 1 else None
        if not rest:
            return Target(TargetKind.PROGRAM, words[0], tuple(lookups), tuple(words[1:]))
        words = without_assignments(rest) if name in ("env", "sudo") else rest
    return None


def _behind(wrapper: _Wrapper, words: Sequence[Word]) -> Sequence[Word]:
    """`words` behind the options and own arguments of `wrapper`."""
    at = 0
    while at < len(words):
        text = words[at].raw
        if text == "--":
            at += 1
            break
        if not text.startswith("-") or text == "-":
            break
        at += 1
        if text in wrapper.long_with_argument or (
            not text.startswith("--") and len(text) == 2 and text[1] in wrapper.with_argument
        ):
            at += 1
    return words[at + wrapper.before_command :]


def _program(name: str, words: Sequence[Word], lookups: tuple[Word, ...]) -> Target | None:
    rest = tuple(words[1:])
    if name in SHELLS:
        return _shell(words[0], rest, lookups)
    if name in (".", "source"):
        return Target(TargetKind.SCRIPT, rest[0], (), rest[1:]) if rest else None
    if _INTERPRETERS.fullmatch(name):
        return _interpreter(words[0], rest, lookups)
    return Target(TargetKind.PROGRAM, words[0], lookups, rest)


def _shell(shell: Word, rest: tuple[Word, ...], lookups: tuple[Word, ...]) -> Target | None:
    at = 0
    while at < len(rest) and rest[at].raw.startswith(("-", "+")):
        text = rest[at].raw
        at += 1
        if text == "--":
            break
        if _SHELL_CODE.fullmatch(text):
            return Target(TargetKind.CODE, rest[at], lookups, rest[at + 1 :]) if at < len(rest) else None
        if text in ("-o", "+o", "-O", "+O", "--rcfile", "--init-file"):
            at += 1
    if at < len(rest):
        return Target(TargetKind.SCRIPT, rest[at], lookups, rest[at + 1 :])
    return Target(TargetKind.PROGRAM, shell, lookups)


def _interpreter(program: Word, rest: tuple[Word, ...], lookups: tuple[Word, ...]) -> Target | None:
    at = 0
    while at < len(rest) and rest[at].raw.startswith("-") and rest[at].raw != "-":
        text = rest[at].raw
        at += 1
        following = rest[at] if at < len(rest) else None
        if text == "-m" and following:
            return Target(TargetKind.MODULE, following, lookups, rest[at + 1 :])
        if text == "-f" and following:
            return Target(TargetKind.SCRIPT, following, lookups, rest[at + 1 :])
        if _CODE_OPTIONS.fullmatch(text):
            return Target(TargetKind.PROGRAM, program, lookups, rest)
        if text in ("-W", "-X", "-d", "-I", "-M"):
            at += 1
    if at < len(rest):
        return Target(TargetKind.SCRIPT, rest[at], lookups, rest[at + 1 :])
    return Target(TargetKind.PROGRAM, program, lookups)
