"""Environment lines of a cron table: `NAME = value`, as the daemon reads them.

The rules are the daemon's, not a shell's: nothing is expanded. Debian's and cronie's load_env() (env.c) allow
quotes around either side, and Debian's drops blanks at the end of a value even inside them. bcron's
parse_assign() (crontab.c) allows them around the value, and BusyBox's crond knows three names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import assert_never

from fedtui.schedule.dialect import Settings, dialect_named

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
_BUSYBOX_LINE = re.compile(rb"(MAILTO|SHELL|PATH)=([^ \t#]*)")
_SYSTEMD_CRON_LINE = re.compile(rb"([A-Za-z_0-9]+)\s*=\s*(.*)")
_BCRON_LINE = re.compile(rb"([^\s=]*)\s*=\s*(.+)", re.DOTALL)


def parse_setting(line: bytes, dialect: str = "debian") -> tuple[bytes, bytes] | None:
    """The name and value that `line` sets, or None when cron does not take it for an environment line.

    `line` is without its newline; leading blanks are skipped as cron skips them.
    """
    match dialect_named(dialect).settings:
        case Settings.BUSYBOX:
            found = _BUSYBOX_LINE.match(line.lstrip(b" \t"))
            return None if found is None else (found[1], found[2])
        case Settings.BCRON:
            found = _BCRON_LINE.fullmatch(line.strip(_BLANKS))
            return None if found is None else (found[1], _without_quotes(found[2]))
        case Settings.SYSTEMD_CRON:
            found = _SYSTEMD_CRON_LINE.fullmatch(line.strip(_BLANKS))
            return None if found is None else (found[1], found[2].strip(b"'").strip(b'"'))
        case Settings.CRONIE:
            return _vixie_setting(line, _cronie_value)
        case Settings.DEBIAN:
            return _vixie_setting(line.lstrip(b" \t")[:LONGEST_LINE], _value)
        case _ as never:
            assert_never(never)


def _vixie_setting(line: bytes, value_of: Callable[[bytes], bytes | None]) -> tuple[bytes, bytes] | None:
    match = _LINE.match(line.lstrip(b" \t"))
    if match is None:
        return None
    name = next(part for part in (match["double"], match["single"], match["bare"]) if part is not None)
    value = value_of(match["value"].lstrip(_BLANKS))
    return None if value is None else (name, value)


def _without_quotes(value: bytes) -> bytes:
    """bcron takes a quote off the end as well where it only has the one."""
    if value[:1] in (b'"', b"'") and value[-1:] == value[:1]:
        return value[1:-1]
    return value


def _cronie_value(text: bytes) -> bytes | None:
    quote = text[:1]
    if quote not in (b'"', b"'"):
        return text.rstrip(_BLANKS)
    inside, closed, after = text[1:].partition(quote)
    return inside if closed and not after.strip(_BLANKS) else None


def _value(text: bytes) -> bytes | None:
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
