"""What cron makes of the command field of an entry: the shell's text, standard input, the log line.

A line's command field is not what the shell gets: `%` and the backslash are cron's own. The rules are
those of `child_process()` in do_command.c and `mkprint()` in misc.c of Debian's cron 3.0pl1-162.
"""

from __future__ import annotations

import re

from fedtui.model import CronFacts, Job

CUT_FROM = 200
"""Characters from which on a command in cron's log may have been cut."""

_SPECIAL = re.compile(rb"[\\%]")
_NEEDS_ESCAPE = re.compile(rb"%|\\(?=[\\%])")


def split_percent(field: bytes) -> tuple[bytes, bytes | None]:
    r"""The command the shell gets, and the bytes on its standard input (None: no unescaped `%`).

    Before the first unescaped `%`, `\%` becomes `%` and `\\` becomes `\`; any other backslash stays. After it
    only `\%` is dealt with, each further `%` is a newline, and a newline is added at the end where none is.
    """
    if not _SPECIAL.search(field):
        return field, None
    command = bytearray()
    at = 0
    while at < len(field):
        char = field[at : at + 1]
        following = field[at + 1 : at + 2]
        if char == b"%":
            return bytes(command), _input(field[at + 1 :])
        if char == b"\\" and following in (b"%", b"\\"):
            command += following
            at += 2
        elif char == b"\\":
            command += char + following
            at += 2
        else:
            command += char
            at += 1
    return bytes(command), None


def _input(rest: bytes) -> bytes:
    """Standard input as cron's writer loop makes it, with that loop's own idea of a backslash."""
    out = bytearray()
    escaped = need_newline = False
    for code in rest:
        char = bytes([code])
        if escaped:
            if char != b"%":
                out += b"\\"
        elif char == b"%":
            char = b"\n"
        escaped = char == b"\\"
        if not escaped:
            out += char
            need_newline = char != b"\n"
    if escaped:
        out += b"\\"
    if need_newline:
        out += b"\n"
    return bytes(out)


def escape(command: bytes) -> bytes:
    r"""The command field with which cron's shell gets exactly `command`: `split_percent` turned around.

    Only what must be is escaped: every `%`, and a backslash before a backslash or a `%`.
    """
    return _NEEDS_ESCAPE.sub(lambda match: b"\\" + match[0], command)


def logged(command: bytes) -> str:
    """`command` (after `%` is dealt with) as cron writes it in its CMD log line: ASCII only.

    Control characters become `^I`, `^?`; bytes from 0x80 up become a backslash and three octal digits.
    """
    return "".join(_printed(code) for code in command)


def log_text(job: Job, cron: CronFacts) -> tuple[str, str]:
    """User and command as cron's log names the starts of a job."""
    return job.user, logged(cron.given)


def _printed(code: int) -> str:
    if code < 0x20:
        return "^" + chr(code + 0x40)
    if code == 0x7F:
        return "^?"
    return chr(code) if code < 0x7F else f"\\{code:03o}"
