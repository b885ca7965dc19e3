"""The mechanics under `edit`: put lines in place of lines, then prove that nothing else changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fedtui.crontab.command_field import split_percent
from fedtui.crontab.document import MOST_LINES, Document
from fedtui.crontab.line import Entry, Line, LineKind
from fedtui.crontab.naming import entry_name


class EditError(Exception):
    """The edit cannot be made; the message says why, in words for the user."""


def check_current(document: Document, entry: Entry) -> None:
    """Raise EditError unless `entry` is the job on its line of `document`."""
    line = document.lines[entry.line_number - 1 : entry.line_number]
    if not line or line[0].entry != entry:
        raise EditError(f"line {entry.line_number} is no longer {entry.name}")


def replace(document: Document, first: int, lines: Sequence[bytes], *, count: int = 1) -> bytes:
    """The table's bytes with `count` lines from number `first` on replaced; `lines` are without newlines.

    The last of them takes over the end of the last line that goes, so a missing newline stays missing.
    """
    before = document.lines[: first - 1]
    after = document.lines[first - 1 + count :]
    end = document.lines[first + count - 2].end
    middle = b"\n".join(lines) + end
    return b"".join((*map(bytes, before), middle, *map(bytes, after)))


def append(document: Document, lines: Sequence[bytes]) -> bytes:
    """The table's bytes and `lines` (with their newlines), kept apart from a comment that ends the table.

    Without the blank line the new entry would take that comment for its note.
    """
    data = bytes(document)
    if data and not data.endswith(b"\n"):
        data += b"\n"
    if document.lines and document.lines[-1].kind is LineKind.COMMENT:
        data += b"\n"
    return data + b"".join(lines)


def comments_of(document: Document, entry: Entry) -> list[tuple[int, bytes]]:
    """The comment lines directly above `entry` that are its own, as (number, raw), top first."""
    first = min(entry.block.numbers, default=entry.line_number)
    return [(line.number, line.raw) for line in document.lines[first - 1 : entry.line_number - 1]]


def default_name(field: bytes) -> str:
    """The name that an entry with this command field has without a `# name:` comment."""
    return entry_name(split_percent(field)[0])


def checked(
    document: Document,
    new: bytes,
    entry: Entry | None,
    *,
    schedule: str | None = None,
    field: bytes | None = None,
    name: str | None = None,
    note: str | None = None,
    user: str | None = None,
    paused: bool | None = None,
) -> bytes:
    """`new`, if it reads back as it was meant; raises EditError if not.

    The changed entry (None: one added at the end) has the given parts and, where they are None, those of
    `entry`; all other entries and settings are the same bytes in the same order, and no line went bad.
    """
    after = document.reparse(new)
    old, now = document.entries, after.entries
    index = len(old) if entry is None else old.index(entry)
    if len(now) != len(old) + (entry is None):
        _refuse(after, schedule, field)
    changed = now[index]
    wanted = (
        (schedule, changed.schedule, entry.schedule if entry else None),
        (field, changed.field, entry.field if entry else None),
        (name, changed.name, entry.name if entry else None),
        (note, changed.note, entry.note if entry else ""),
        (user, changed.user, entry.user if entry else document.user),
        (paused, changed.paused, entry.paused if entry else False),
    )
    for asked, got, before in wanted:
        expected = before if asked is None else asked
        if expected is not None and _plain(got) != _plain(expected):
            raise EditError(f"it would not read back as it was written: {got!r} for {expected!r}")
    _same_rest(_meaning(document, index if entry else None), _meaning(after, index))
    _short_enough(document, after)
    return new


def checked_without(document: Document, new: bytes, entry: Entry, gone: Collection[int]) -> bytes:
    """`new`, if it is `document` without the lines `gone` and means the same in all else."""
    after = document.reparse(new)
    kept = [bytes(line) for line in document.lines if line.number not in gone]
    if kept != [bytes(line) for line in after.lines]:
        raise EditError("the other lines would not stay as they are")
    _same_rest(_meaning(document, document.entries.index(entry)), _meaning(after, None))
    return new


def _plain(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def _refuse(after: Document, schedule: str | None, field: bytes | None) -> None:
    bad = after.bad_lines[-1:]
    if bad:
        raise EditError(f"{bad[0].error}: {bad[0].hint}")
    raise EditError(f"cron would not take {schedule!r} and {field!r} for a job")


def _meaning(document: Document, without: int | None) -> list[tuple[bytes, LineKind]]:
    """The bytes and kinds of all lines but comments, blanks and the entry of index `without`."""
    skip = None if without is None else document.entries[without].line_number
    return [(line.raw, line.kind) for line in document.lines if line.number != skip and not _is_filler(line)]


def _is_filler(line: Line) -> bool:
    return line.kind in (LineKind.COMMENT, LineKind.BLANK)


def _same_rest(before: list[tuple[bytes, LineKind]], after: list[tuple[bytes, LineKind]]) -> None:
    if before != after:
        raise EditError("the other lines would not stay as they are")


def _short_enough(document: Document, after: Document) -> None:
    if len(after.lines) > max(MOST_LINES, len(document.lines)):
        raise EditError(f"cron takes no table of more than {MOST_LINES:,} lines")
