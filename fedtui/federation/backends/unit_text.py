"""The texts of a service and its timer, from the templates beside this module.

Quoting follows systemd.service(5), "Command lines", and systemd.syntax(7): in a command line `%` is a
specifier, `$` a variable and the backslash an escape; in other settings only `%` has a meaning.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from string import Template

MARK = "Managed by fedtui"
"""The first line of every unit file of ours, as a comment."""

_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "\r": r"\r"}
_LONGEST_NAME = 200


class UnitTextError(ValueError):
    """Something that no unit file can hold; the message says what, without a full stop."""


@dataclass(frozen=True, slots=True)
class UnitPair:
    """A service and the timer that starts it, before they are texts.

    `argv` is what is run, its program's path absolute. `triggers` are lines of [Timer] such as
    ("OnCalendar", "..."). `log` is the absolute path that output is appended to, empty for the journal.
    `user` and `directory` are empty where the manager's own are right. `mark` is a comment in both files,
    `notes` are more of them. `spread` is RandomizedDelaySec= in seconds, `why` a comment in the timer on its
    triggers. `stdin` is what the program reads, `more` further lines of [Service].
    """

    name: str
    description: str
    argv: tuple[str, ...]
    triggers: tuple[tuple[str, str], ...]
    mark: str
    log: str = ""
    user: str = ""
    directory: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    persistent: bool = False
    spread: int = 0
    why: str = ""
    stdin: bytes | None = None
    notes: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def timer(self) -> str:
        """The timer's name."""
        return f"{self.name}.timer"

    @property
    def service(self) -> str:
        """The service's name."""
        return f"{self.name}.service"


def service_text(pair: UnitPair) -> bytes:
    """The service: what is run, as whom, where, and where its output goes. Raises UnitTextError."""
    lines = [*pair.more]
    lines += [f"User={pair.user}"] if pair.user else []
    lines += [f"WorkingDirectory={plain(pair.directory)}"] if pair.directory else []
    lines += [f"Environment={quoted(f'{name}={value}')}" for name, value in pair.environment.items()]
    if pair.stdin is not None:
        lines += ["StandardInput=data", *_input(pair.stdin)]
    lines.append(f"ExecStart={command_line(pair.argv)}")
    if pair.log:
        lines += [f"StandardOutput=append:{plain(pair.log)}", "StandardError=inherit"]
    return _filled("job.service", pair, service="\n".join(lines))


def timer_text(pair: UnitPair) -> bytes:
    """The timer: when it starts. Persistent= only where a calendar gives it a meaning."""
    lines = [f"# fedtui: {_one_line(pair.why)}"] if pair.why else []
    lines += [f"{name}={value}" for name, value in pair.triggers]
    calendar = any(name == "OnCalendar" for name, _ in pair.triggers)
    lines += ["Persistent=true"] if pair.persistent and calendar else []
    lines += [f"RandomizedDelaySec={pair.spread}s"] if pair.spread else []
    return _filled("job.timer", pair, timer="\n".join(lines))


def _filled(template: str, pair: UnitPair, **parts: str) -> bytes:
    text = resources.files("fedtui.federation").joinpath("templates", template).read_text("utf-8")
    comments = "\n".join(f"# {_one_line(text)}" for text in (pair.mark, *pair.notes))
    words = {"description": plain(pair.description), "comments": comments}
    try:
        return Template(text).substitute(words, **parts).encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnitTextError("a unit file is UTF-8, and a path or word of this job is not") from error


def command_line(argv: Sequence[str]) -> str:
    """`argv` as the value of ExecStart=: systemd runs exactly these arguments."""
    if "$" in argv[0] or not _PLAIN.fullmatch(argv[0]):
        argv = ("/bin/sh", "-c", 'exec "$@"', "sh", *argv)  # a program's path is not unquoted as the rest is
    return " ".join(quoted(word.replace("$", "$$")) for word in argv)


def quoted(word: str) -> str:
    """A word between quotes where it needs them, its specifiers and escapes made plain."""
    if "\0" in word:
        raise UnitTextError("a unit file cannot hold a NUL")
    if _PLAIN.fullmatch(word):
        return word
    return '"' + "".join(map(_escaped, word)).replace("%", "%%") + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\x{ord(char):02x}" if ord(char) < 0x20 or ord(char) == 0x7F else char


def plain(text: str) -> str:
    """A value that systemd takes as it is but for specifiers: a path, a description."""
    return _one_line(text).replace("%", "%%")


def _one_line(text: str) -> str:
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text) or text != text.strip():
        raise UnitTextError(f"a unit file cannot hold {text!r}")
    if text.endswith("\\"):
        raise UnitTextError(f"{text!r} ends in a backslash, which joins two lines of a unit file")
    return text


def _input(data: bytes) -> Iterator[str]:
    """StandardInputText= for plain lines, each ended by a newline; StandardInputData= for all else."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    lines = text.removesuffix("\n").split("\n")
    if text.endswith("\n") and all(line.isprintable() and line == line.strip() for line in lines):
        for line in lines:
            yield f"StandardInputText={''.join(map(_escaped, line)).replace('%', '%%')}"
    else:
        yield f"StandardInputData={base64.b64encode(data).decode('ascii')}"


def unit_name(name: str) -> str:
    """A job's name as a unit's: letters, digits and `:-_.` (systemd.unit(5)); others become `-`."""
    found = re.sub(r"[^A-Za-z0-9:_.-]+", "-", name).strip("-.")[:_LONGEST_NAME]
    return found or "job"
