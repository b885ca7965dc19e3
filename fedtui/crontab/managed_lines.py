"""The lines of a crontab that the federation pack manages: found, added, changed and taken away. Pure.

Each is below a line of its own, `# fedtui: pack KEY (SCHEDULE)`, which begins the entry's comment block
and says which schedule the pack gave it: where the entry has another one by now, that is somebody's choice.
No other byte of the table changes, and when all of them are taken away the bytes from before are there again.

`; line ID` in the mark is the first part of the line's id, so that the mark of a line that is gone is not
taken for that of the next one, nor somebody's own command for the pack's. (Older marks have no ID.)

A line that was there before is adopted, `; adopted ID`. Its command stays as it is, and taken away from the
pack it stays, with its schedule from before (`; adopted ID from SCHEDULE`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fedtui.crontab import splice
from fedtui.crontab.command_field import escape
from fedtui.crontab.comments import mark_id, pack_mark
from fedtui.crontab.document import Document
from fedtui.crontab.edit import edit
from fedtui.crontab.line import NAME_COMMENT, OWN_COMMENT, PACK_COMMENT, Entry
from fedtui.crontab.record_edit import unrecord
from fedtui.crontab.splice import EditError
from fedtui.safe_text import decode

_REASON = re.compile(re.escape(OWN_COMMENT) + rb" was (?P<why>.*\S)\s*")
_JOINED = b"; no newline above"


@dataclass(frozen=True, slots=True)
class ManagedLine:
    """A line as the pack wants it: `field` is the command field, `%` escaped for cron.

    A line that is added has the `custom` schedule where there is one, and a comment that says `why`.
    """

    key: str
    schedule: str
    field: bytes
    name: str = ""
    note: str = ""
    custom: str = ""
    why: str = ""


class PlacedLine(NamedTuple):
    """A line of the pack's in a table. `planned` is the schedule that the pack gave it.

    `why` is what a `# fedtui: was */5; reason: ...` above it tells, empty where nothing does. `adopted`: it
    was there before, `recorded` as well, and with the schedule `original` if the pack has changed that since.
    """

    key: str
    planned: str
    entry: Entry
    why: str = ""
    adopted: bool = False
    recorded: bool = False
    original: str = ""

    @property
    def custom(self) -> bool:
        """Whether somebody gave it another schedule."""
        return self.entry.schedule.split() != self.planned.split()


def command_field(argv: Sequence[str], log: str = "", environment: Mapping[str, str] | None = None) -> bytes:
    """The command field that runs `argv` by a POSIX shell and appends its output to `log`.

    Words are quoted where they must be, and `%` is escaped, so that cron's shell gets exactly them. Text is
    UTF-8; undecodable bytes of a path come as surrogates. Raises EditError for what no line can hold.
    """
    words = [f"{name}={shlex.quote(value)}" for name, value in (environment or {}).items()]
    words += [shlex.quote(word) for word in argv]
    if log:
        words += [">>", shlex.quote(log), "2>&1"]
    text = " ".join(words)
    if any(char in text for char in "\n\r\0"):
        raise EditError("a crontab cannot hold a path with a line break")
    return escape(text.encode("utf-8", "surrogateescape"))


def managed(document: Document) -> tuple[PlacedLine, ...]:
    """The pack's lines in the table's order."""
    return tuple(_managed(document))


def _managed(document: Document) -> Iterator[PlacedLine]:
    for entry in document.entries:
        raws = [document.lines[number - 1].raw for number in entry.block.own_lines]
        mark = pack_mark(raws[0], entry.id_key) if raws else None
        if mark is not None:
            reasons = [found for raw in raws[1:] if (found := _REASON.fullmatch(raw))]
            why = decode(reasons[-1]["why"]) if reasons else ""
            planned, original = ((mark[part] or b"").decode("latin-1") for part in ("schedule", "original"))
            adopted = (mark["whose"] or b"").startswith(b"adopted")
            recorded = adopted and mark["whose"].endswith(b"recorded")
            yield PlacedLine(mark["key"].decode(), planned, entry, why, adopted, recorded, original)


def with_lines(
    document: Document,
    lines: Sequence[ManagedLine],
    *,
    reset: Collection[str] = (),
    own: Collection[str] = (),
) -> bytes:
    """The table in which these lines are as wanted: changed where they are there, else added at its end.

    A line that is paused or recorded stays so. One with a schedule of somebody's own keeps it, unless its
    key is among `reset`. The commands of adopted lines, and of the keys in `own`, stay. Raises EditError for
    what cron would refuse.
    """
    for line in lines:
        there = next((found for found in managed(document) if found.key == line.key), None)
        if there is None:
            new = _added(document.reparse(_without_orphans(document, (line.key,))), line)
        else:
            new = _changed(document, there, line, reset, own)
        document = document.reparse(new)
    return bytes(document)


def with_adopted(document: Document, key: str, entry: Entry, schedule: str) -> bytes:
    """The table in which `entry`, a line of somebody's own, is the pack's `key`, planned for `schedule`."""
    index = document.entries.index(entry)
    document = document.reparse(_without_orphans(document, (key,)))
    entry = document.entries[index]
    whose = b"adopted" + (b" recorded" if entry.recorder is not None else b"")
    mark = _mark(key, schedule) + _whose(entry, whose) + document.newline
    first = min(entry.block.numbers, default=entry.line_number)
    lines = [bytes(line) for line in document.lines]
    return splice.checked(document, b"".join((*lines[: first - 1], mark, *lines[first - 1 :])), entry)


def _whose(entry: Entry, whose: bytes, original: str = "") -> bytes:
    said = b"; " + whose + b" " + mark_id(entry.id_key)
    return said + (b" from " + original.encode("latin-1") if original else b"")


def _mark(key: str, schedule: str) -> bytes:
    return PACK_COMMENT + f"{key} ({' '.join(schedule.split())})".encode("ascii")


def _added(document: Document, line: ManagedLine) -> bytes:
    data = bytes(document)
    joined = bool(data) and not data.endswith(b"\n")
    data += b"\n" if joined else b""
    mark = _mark(line.key, line.schedule)
    comments = [mark]
    comments += [OWN_COMMENT + b" " + line.why.encode()] if line.custom and line.why else []
    comments += [b"# " + text.strip().encode() for text in line.note.strip().splitlines()]
    name = line.name if line.name != splice.default_name(line.field) else ""
    comments += [NAME_COMMENT + name.encode()] if name else []
    schedule = " ".join((line.custom or line.schedule).split())
    new = data + b"".join(comment + document.newline for comment in comments)
    new += schedule.encode("ascii") + b" " + line.field + b"\n"
    for entry in document.reparse(new).entries[-1:]:  # none where cron takes none of it: that is refused
        whole = mark + _whose(entry, b"line") + (_JOINED if joined else b"")
        new = data + new[len(data) :].replace(mark, whole, 1)
    return splice.checked(
        document, new, None, schedule=schedule, field=line.field, name=name or None, note=line.note
    )


def _changed(
    document: Document,
    found: PlacedLine,
    line: ManagedLine,
    reset: Collection[str],
    own: Collection[str],
) -> bytes:
    entry = found.entry
    keeps = found.custom and line.key not in reset
    schedule = entry.schedule if keeps else line.schedule
    field = entry.field if found.adopted or line.key in own else line.field
    original = found.original
    if schedule.split() != entry.schedule.split() or field != entry.field:
        index = document.entries.index(entry)
        original = original or entry.schedule
        document = document.reparse(edit(document, entry, schedule=schedule, command=field))
        entry = document.entries[index]
    number = entry.block.own_lines[0]
    old = document.lines[number - 1].raw
    mark = _mark(line.key, line.schedule)
    if found.adopted:
        mark += _whose(entry, b"adopted recorded" if found.recorded else b"adopted", original)
    elif line.key not in own:
        mark += _whose(entry, b"line")
    mark += _JOINED if _JOINED in old else b""
    mark += b"\r" if old.endswith(b"\r") else b""
    raws = {number: mark}
    if found.custom and not (keeps or found.adopted):  # what was said of the other schedule is no longer so
        raws |= {at: b"" for at in entry.block.own_lines[1:] if _REASON.fullmatch(document.lines[at - 1].raw)}
    new = b"".join(
        raws.get(each.number, each.raw) + each.end for each in document.lines if raws.get(each.number, mark)
    )
    return splice.checked(document, new, entry)


def without(document: Document, keys: Collection[str], own: Collection[str] = ()) -> bytes:
    """The table without the pack's lines of these keys, and without what belongs to them alone.

    A line that was adopted stays, as it was before unless somebody changed its schedule since; so does one
    whose key is among `own`, whatever its mark says. Marks whose line is gone go, too.
    """
    for found in reversed(managed(document)):
        if found.key in keys:
            release = found.adopted or found.key in own
            new = _released(document, found) if release else _removed(document, found)
            document = document.reparse(new)
    return _without_orphans(document, keys)


def _without_orphans(document: Document, keys: Collection[str]) -> bytes:
    """The table without the marks of these keys that are no line's any more."""
    kept = {found.entry.block.own_lines[0] for found in managed(document)}
    marks = ((line.number, pack_mark(line.raw)) for line in document.lines if line.number not in kept)
    gone = {number for number, mark in marks if mark is not None and mark["key"].decode() in keys}
    return _with_same_jobs(document, [bytes(line) for line in document.lines if line.number not in gone])


def _with_same_jobs(document: Document, lines: Sequence[bytes]) -> bytes:
    """The table of these lines, which lacks comments alone; a note may then begin above one of them."""
    new = b"".join(lines)
    if [entry.raw for entry in document.reparse(new).entries] != [entry.raw for entry in document.entries]:
        raise EditError("the other lines would not stay as they are")
    return new


def _released(document: Document, found: PlacedLine) -> bytes:
    index = document.entries.index(found.entry)
    if found.entry.recorder is not None and not found.recorded:
        document = document.reparse(unrecord(document, found.entry))
    entry = document.entries[index]
    if found.original and not found.custom:
        start, end = entry.span
        body = entry.body[:start] + found.original.encode("latin-1") + entry.body[end:]
        raw = entry.raw[: len(entry.raw) - len(entry.body)] + body
        new = splice.checked(
            document, splice.replace(document, entry.line_number, [raw]), entry, schedule=found.original
        )
        document = document.reparse(new)
        entry = document.entries[index]
    first = entry.block.own_lines[0]
    return _with_same_jobs(document, [bytes(line) for line in document.lines if line.number != first])


def _removed(document: Document, found: PlacedLine) -> bytes:
    entry = found.entry
    first = entry.block.own_lines[0]
    gone = set(range(first, entry.line_number + 1))
    new = splice.checked_without(
        document, b"".join(bytes(line) for line in document.lines if line.number not in gone), entry, gone
    )
    if _JOINED not in document.lines[first - 1].raw:
        return new
    return _parted(document, new, entry, first)


def _parted(document: Document, new: bytes, entry: Entry, first: int) -> bytes:
    """The newline that was set for a line goes with it; what comes behind it needs it in its place."""
    following = document.lines[entry.line_number : entry.line_number + 1]
    if not following:
        return new.removesuffix(b"\n")
    mark = following[0].raw
    if pack_mark(mark) is None or _JOINED in mark:
        return new
    bare = mark.rstrip(b"\r")
    lines = list(document.reparse(new).lines)
    lines[first - 1] = lines[first - 1]._replace(raw=bare + _JOINED + mark[len(bare) :])
    return b"".join(map(bytes, lines))
