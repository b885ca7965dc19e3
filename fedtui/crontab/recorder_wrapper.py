r"""The recorder around a command field: a line that has it, what its command is without it, and back.

The field becomes `fedtui_run='COMMAND'; [ -s R ] && exec /bin/sh R KEY "$fedtui_run"; eval "$fedtui_run"`:
where R is gone or empty the shell in force runs the command itself. Only apostrophes are rewritten, so that
what cron does to `%` and `\` comes out the same, and the bytes from before can be had back from the line.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from fedtui.crontab.command_field import split_percent
from fedtui.crontab.wrappers import SHELLS

_FORM = re.compile(
    rb"fedtui_run='(?P<quoted>(?:[^']|'\\'')*)'; "
    rb"\[ -s (?P<path>'[^']+'|[^' ]+) \] && exec /bin/sh (?P=path) (?P<key>[0-9a-f]{8}(?:-[0-9]+)?) "
    rb'"\$fedtui_run"; eval "\$fedtui_run"(?P<input>(?:%.*)?)\Z',
    re.DOTALL,
)
_QUOTE = rb"'\''"
_PLAIN_PATH = re.compile(rb"/[A-Za-z0-9._+@:,/-]+")
_QUOTABLE_PATH = re.compile(r"/[^'%\\\x00-\x1f\x7f]+")
"""Of which every shell and every cron reads the same between apostrophes."""
_UNESCAPED = re.compile(rb"(?:[^\\%]|\\.)*", re.DOTALL)


class Recorded(NamedTuple):
    """A field with the recorder at `path` around it: `key` names its records, `field` is the job's own."""

    key: str
    path: str
    field: bytes


def recorded(field: bytes) -> Recorded | None:
    """What a command field records; None where it is not, to the byte, what `with_recorder` makes."""
    if not field.startswith(b"fedtui_run='"):
        return None
    match = _FORM.fullmatch(field)
    if match is None:
        return None
    inner = match["quoted"].replace(_QUOTE, b"'") + match["input"]
    key, path = match["key"].decode("ascii"), match["path"].strip(b"'").decode("utf-8", "surrogateescape")
    found = Recorded(key, path, inner)
    return found if with_recorder(inner, key, path) == field else None


def with_recorder(field: bytes, key: str, path: str) -> bytes:
    """`field` with the recorder at `path` around its command; what is behind the first `%` stays there."""
    match = _UNESCAPED.match(field)
    command, rest = (match[0], field[match.end() :]) if match is not None else (b"", field)
    if rest and not rest.startswith(b"%"):
        command, rest = command + rest, b""  # a backslash at the very end
    program = path.encode("utf-8", "surrogateescape")
    if not _PLAIN_PATH.fullmatch(program):
        program = b"'%s'" % program
    quoted = command.replace(b"'", _QUOTE)
    return (
        b"fedtui_run='%s'; [ -s %s ] && exec /bin/sh %s %s " % (quoted, program, program, key.encode("ascii"))
        + b'"$fedtui_run"; eval "$fedtui_run"'
        + rest
    )


def why_not(field: bytes, shell: bytes, path: str) -> str:
    """Why a command cannot be recorded, in words; empty where it can. `shell` is the one in force."""
    name = posixpath.basename(shell.decode("utf-8", "replace"))
    if name not in SHELLS:
        return f"the line's shell is {name}, and the recorder's line is for sh, bash and their like"
    if not _QUOTABLE_PATH.fullmatch(path):
        return f"the path of the recorder, {path}, holds characters that a shell would read otherwise"
    command = split_percent(field)[0]
    if not command.strip():
        return "there is no command to record"
    return ""
