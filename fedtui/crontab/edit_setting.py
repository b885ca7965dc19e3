"""Sets environment lines for one entry of a cron table: pure, from a document to the bytes of a new one.

A setting holds for every entry below it. So a line that governs entries above this one, too, is left alone
and a new one is put right above the entry's own comments; where the entry is the first that the line governs,
the value on that line is replaced. Nothing else changes, and the result is read back before it is returned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fedtui.crontab.document import MOST_LINES, Document
from fedtui.crontab.line import Entry, Line, LineKind
from fedtui.crontab.setting import LONGEST_LINE, parse_setting
from fedtui.crontab.splice import EditError, check_current
from fedtui.safe_text import decode, sanitize

_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_UP_TO_VALUE = re.compile(rb"[^=]*=[ \t]*")

NewSettings = Mapping[bytes, bytes]


def set_environment(document: Document, entry: Entry, settings: NewSettings) -> bytes:
    """The table in which cron gives `entry` these variables; raises EditError.

    `document` and `entry` must belong together. Values are taken as they are: cron expands nothing.
    """
    check_current(document, entry)
    given = dict(entry.environment)
    wanted = {name: value for name, value in settings.items() if given.get(name) != value}
    if not wanted:
        names = ", ".join(decode(name) for name in settings)
        raise EditError(f"{entry.name} has that {names or 'environment'} already")
    replaced: dict[int, bytes] = {}
    added: list[bytes] = []
    for name, value in wanted.items():
        old = _own_line(document, entry, name)
        if old is None:
            added.append(_line(name, value) + document.newline)
        else:
            replaced[old.number] = _with_value(old, name, value)
    first = min(entry.block.numbers, default=entry.line_number)
    out: list[bytes] = []
    for line in document.lines:
        if line.number == first:
            out += added
        out.append(replaced[line.number] + line.end if line.number in replaced else bytes(line))
    return _checked(document, b"".join(out), entry, wanted, first, len(added), set(replaced))


def others_touched(before: Document, after: Document, entry: Entry) -> tuple[Entry, ...]:
    """The other entries whose environment the change from `before` to `after` changes, in table order."""
    pairs = zip(before.entries, after.entries, strict=True)
    return tuple(old for old, new in pairs if old != entry and dict(old.environment) != dict(new.environment))


def _own_line(document: Document, entry: Entry, name: bytes) -> Line | None:
    """The line that sets `name` for the entry, if the entry is the first that it governs."""
    for line in reversed(document.lines[: entry.line_number - 1]):
        if line.setting is not None and line.setting[0] == name:
            return line
        if line.kind in (LineKind.ENTRY, LineKind.PAUSED):
            return None
    return None


def _line(name: bytes, value: bytes, head: bytes | None = None) -> bytes:
    """The line with which cron stores exactly `value`, in quotes where it needs them."""
    label = decode(name)
    if not _NAME.fullmatch(name):
        raise EditError(f"bad name {sanitize(label)!r}: letters, digits and _ only")
    if name == b"LOGNAME":
        raise EditError("LOGNAME is cron's own: it sets it whatever the table says")
    if b"\n" in value or b"\0" in value:
        raise EditError(f"bad value for {label}: it is one line")
    head = name + b"=" if head is None else head
    for quote in (b"", b'"', b"'"):
        line = head + quote + value + quote
        if parse_setting(line) == (name, value):
            return line
    if len(head) + len(value) + 2 > LONGEST_LINE:
        raise EditError(f"bad value for {label}: cron reads {LONGEST_LINE} bytes of a line")
    raise EditError(f"bad value for {label}: cron drops quotes and blanks at the ends of a value")


def _with_value(line: Line, name: bytes, value: bytes) -> bytes:
    """The setting's line with another value; the text before the value stays as written."""
    head = _UP_TO_VALUE.match(line.raw)
    carriage_return = b"\r" if line.raw.endswith(b"\r") else b""
    return _line(name, value, head[0] if head is not None else None) + carriage_return


def _checked(
    document: Document,
    new: bytes,
    entry: Entry,
    wanted: NewSettings,
    first: int,
    added: int,
    replaced: set[int],
) -> bytes:
    """`new`, if it reads back as it was meant: the entry's variables, and every other line as it was."""
    after = document.reparse(new)
    kept = [bytes(line) for line in document.lines if line.number not in replaced]
    fresh = range(first, first + added)
    moved = {number + (added if number >= first else 0) for number in replaced}
    now = [bytes(line) for line in after.lines if line.number not in fresh and line.number not in moved]
    old_entries, new_entries = document.entries, after.entries
    same = [_job(one) for one in old_entries] == [_job(one) for one in new_entries]
    if kept != now or not same or len(document.bad_lines) != len(after.bad_lines):
        raise EditError("the other lines would not stay as they are")
    got = dict(new_entries[old_entries.index(entry)].environment)
    if got != {**dict(entry.environment), **wanted}:
        raise EditError("it would not read back as it was written")
    if len(after.lines) > max(MOST_LINES, len(document.lines)):
        raise EditError(f"cron takes no table of more than {MOST_LINES:,} lines")
    return new


def _job(entry: Entry) -> tuple[bytes, str, str, str]:
    return entry.raw, entry.id_key, entry.name, entry.note
