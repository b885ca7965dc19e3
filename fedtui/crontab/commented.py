"""Jobs that somebody switched off by hand: comment lines that are entries once the `#` is away.

A comment is one only where the rest of it is a whole entry of its table, and no other line of the table
holds the same command: an old text kept above the new one is no job that was forgotten. Whether the words
are a command or prose ("# 1 2 3 4 5 once I caught a fish") cannot be seen from the text alone; `tight` says
that no blank follows the `#`, as editors leave it that switch lines off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from fedtui.crontab import splice
from fedtui.crontab.document import Document
from fedtui.crontab.line import Entry, LineKind
from fedtui.crontab.splice import EditError

_SWITCHED_OFF = re.compile(rb"[ \t]*#+(?P<blank>[ \t]*)(?P<body>[0-9*@].*)", re.DOTALL)

# What Debian's own tables show as an example: /etc/crontab, and the template of `crontab -e`.
_EXAMPLES = (b"user-name command to be executed", b"tar -zcf /var/backups/home.tgz /home/")


class Commented(NamedTuple):
    """A job behind a `#`: its line number, its bytes as they are, the entry that it would be."""

    number: int
    raw: bytes
    body: bytes
    entry: Entry
    tight: bool


def commented(document: Document) -> Iterator[Commented]:
    """The comment lines of a table that are jobs, in table order."""
    known = {(entry.user, entry.command.strip()) for entry in document.entries}
    for line in document.lines:
        found = _SWITCHED_OFF.fullmatch(line.raw) if line.kind is LineKind.COMMENT else None
        if found is None:
            continue
        entry = _entry(document, found["body"])
        if entry is None or not entry.command.strip() or entry.command.strip() in _EXAMPLES:
            continue
        if (entry.user, entry.command.strip()) not in known:
            tight = not found["blank"]
            yield Commented(
                line.number, line.raw, found["body"], entry._replace(line_number=line.number), tight
            )


def _entry(document: Document, body: bytes) -> Entry | None:
    """The entry that a line is alone in such a table."""
    line = document.reparse(body + b"\n").lines[0]
    return line.entry if line.kind is LineKind.ENTRY else None


def uncommented_line(document: Document, number: int, raw: bytes) -> bytes:
    """The table with the `#` in front of line `number` taken away. Raises EditError where it is no such line.

    One entry more, every other line the same bytes.
    """
    one = next((one for one in commented(document) if one.number == number and one.raw == raw), None)
    if one is None:
        raise EditError(f"line {number} is no longer a job that is commented out")
    new = splice.replace(document, number, [one.body])
    after = document.reparse(new)
    line = after.lines[number - 1]
    if line.entry is None or line.kind is not LineKind.ENTRY or line.entry.command != one.entry.command:
        raise EditError("it would not read back as it was written")
    for before, now in zip(document.lines, after.lines, strict=True):
        if before.number != number and (before.raw, before.kind) != (now.raw, now.kind):
            raise EditError("the other lines would not stay as they are")
    return new
