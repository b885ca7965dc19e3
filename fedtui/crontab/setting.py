"""Environment lines of a cron table: `NAME = value`, as `load_env()` of Debian's env.c reads them.

The rules are the daemon's, not a shell's: quotes are allowed around either side, nothing is expanded,
and blanks at the end of a value are dropped even inside its quotes.
"""

from __future__ import annotations

import re

# What cron sets before the table's own lines (entry.c, do_command.c; crontab(5)).
DEFAULT_SHELL = b"/bin/sh"
DEFAULT_PATH = b"/usr/bin:/bin"

# get_string() keeps MAX_ENVSTR - 2 bytes of a line and drops the rest without a word.
LONGEST_LINE = 998

_BLANKS = b" \t\n\v\f\r"
_LINE = re.compile(
    rb"""
    (?: "(?P<double>[^"=]*)" | '(?P<single>[^'=]*)' | (?P<bare>(?!["'])[^=\s]*) )
    \s* = (?P<value>.*) \Z
    """,
    re.VERBOSE | re.DOTALL,
)


def parse_setting(line: bytes) -> tuple[bytes, bytes] | None:
    """The name and value that `line` sets, or None when cron does not take it for an environment line.

    `line` is without its newline; leading blanks are skipped as cron skips them.
    """
    match = _LINE.match(line.lstrip(b" \t")[:LONGEST_LINE])
    if match is None:
        return None
    name = next(part for part in (match["double"], match["single"], match["bare"]) if part is not None)
    value = _value(match["value"])
    return None if value is None else (name, value)


def _value(text: bytes) -> bytes | None:
    text = text.lstrip(_BLANKS)
    if not text:
        return None  # `NAME=` with nothing after it is no setting: cron then reads it as a job
    quote = text[:1]
    if quote in (b'"', b"'"):
        inside, closed, after = text[1:].partition(quote)
        if not closed or after.strip(_BLANKS):
            return None
        text = inside
    text = text.rstrip(_BLANKS)
    if len(text) >= 2 and text[:1] in (b'"', b"'") and text[-1:] == text[:1]:
        text = text[1:-1]
    return text
