"""Edits of a cron table: pure functions from a document to the bytes of a new one.

Each edit changes the lines it names and no other byte, and reads its own result back before it returns it:
the entry must be what was asked for, every other line must mean what it meant. What cannot be done raises
`EditError`, and nothing is returned. `document` and `entry` must belong together.
"""

from __future__ import annotations

import re

from fedtui.crontab import record_edit, splice
from fedtui.crontab.comments import mark_id, pack_mark
from fedtui.crontab.document import Document
from fedtui.crontab.line import NAME_COMMENT, OWN_COMMENT, PACK_COMMENT, PAUSED, Block, Entry, LineKind
from fedtui.crontab.splice import EditError as EditError
from fedtui.safe_text import decode
from fedtui.schedule.cron import ScheduleError, parse_schedule

_FIELD = re.compile(rb"[^ \t]+")


def pause(document: Document, entry: Entry) -> bytes:
    """The table with the entry's line behind the pause marker, its own bytes untouched."""
    splice.check_current(document, entry)
    if entry.paused:
        raise EditError(f"{entry.name} is paused already")
    new = splice.replace(document, entry.line_number, [PAUSED + entry.raw])
    return splice.checked(document, new, entry, paused=True)


def resume(document: Document, entry: Entry) -> bytes:
    """The table with the pause marker taken off the entry's line: its bytes from before the pause."""
    splice.check_current(document, entry)
    if not entry.paused:
        raise EditError(f"{entry.name} is not paused")
    new = splice.replace(document, entry.line_number, [entry.body])
    return splice.checked(document, new, entry, paused=False)


def reschedule(
    document: Document, entry: Entry, schedule: str, *, reason: str = "", ticket: str = "", day: str = ""
) -> bytes:
    """The table with another schedule for the entry; the blanks around and between its fields stay.

    With a reason or a ticket, a comment line above the entry tells what the schedule was, until which `day`,
    and why it changed.
    Raises EditError for a schedule that cron refuses, naming the field.
    """
    splice.check_current(document, entry)
    wanted = _schedule(document, schedule)
    lines = [_with_schedule(entry, wanted)]
    if reason.strip() or ticket.strip():
        lines.insert(0, _was(document, entry, reason, ticket, day))
    if lines == [entry.raw]:
        raise EditError(f"{entry.name} has that schedule already")
    new = splice.replace(document, entry.line_number, lines)
    return splice.checked(document, new, entry, schedule=wanted)


def add(
    document: Document, schedule: str, command: str | bytes, *, name: str = "", note: str = "", user: str = ""
) -> bytes:
    """The table with a new job at its end: the note's lines, `# name:`, the entry.

    `command` is the command field as cron reads it (`%` is cron's own: see `escape`). A table whose last
    line has no newline gets one. Comment lines follow the table's line ends; the entry itself ends in a
    bare newline even in a table with Windows line ends, since cron would hand the carriage return to the
    shell. `user` fills the user column of a system table.
    """
    wanted = _schedule(document, schedule)
    field = _command(command)
    if document.system != bool(user):
        raise EditError("a system table needs a user" if document.system else "only system tables name users")
    column = f"{user} ".encode() if document.system else b""
    comments = [*_note_lines(note)] + ([_name_line(name)] if name else [])
    lines = [line + document.newline for line in comments]
    lines.append(wanted.encode("latin-1") + b" " + column + field + b"\n")
    new = splice.append(document, lines)
    return splice.checked(
        document, new, None, schedule=wanted, field=field, name=name or None, note=note, user=user or None
    )


def edit(
    document: Document,
    entry: Entry,
    *,
    schedule: str | None = None,
    command: str | bytes | None = None,
    name: str | None = None,
    note: str | None = None,
) -> bytes:
    """The table with parts of an entry changed; None leaves a part as it is, as does its present value.

    An empty name or note takes the comment lines away. A given name that the new command would not give
    the job by itself is written as `# name:`. `command` as text stands for the bytes it was shown from; a
    command that is changed is written as given, without the carriage return the old one may end in.
    """
    splice.check_current(document, entry)
    if entry.recorder is not None:
        return _edit_recorded(
            document, entry, entry.recorder.path, schedule=schedule, command=command, name=name, note=note
        )
    wanted = entry.schedule if schedule is None else _schedule(document, schedule)
    field = entry.field if command is None else _changed_command(entry, command)
    body = _with_schedule(entry, wanted) if wanted != entry.schedule else entry.raw
    body = body[: len(body) - len(entry.field)] + field
    comments = splice.comments_of(document, entry)
    if note is not None and note.strip() != entry.note:
        comments = _with_note(document, entry.block, comments, note)
    unnamed = entry.block.name or splice.default_name(field)
    if name is not None and name.strip() != unnamed:
        comments = _with_name(document, entry.block, comments, name)
    count = len(splice.comments_of(document, entry)) + 1
    lines = [*(raw for _, raw in comments), body]
    new = splice.replace(document, entry.line_number - count + 1, lines, count=count)
    if new == bytes(document):
        raise EditError("nothing was changed")
    if field != entry.field:
        new = _with_id_in_mark(document, entry, new)
    return splice.checked(
        document,
        new,
        entry,
        schedule=wanted,
        field=field,
        name=unnamed if name is None else name.strip() or splice.default_name(field),
        note=None if note is None else note.strip(),
    )


def _edit_recorded(document: Document, entry: Entry, recorder: str, **parts: str | bytes | None) -> bytes:
    """The same edit of the line without its recorder, which then wraps the new command."""
    index = document.entries.index(entry)
    plain = document.reparse(record_edit.unrecord(document, entry))
    edited = plain.reparse(edit(plain, plain.entries[index], **parts))  # type: ignore[arg-type]  # passed through
    after, was = edited.entries[index], entry.recorder
    key = was.key if was is not None and after.id_key == entry.id_key else ""
    return record_edit.record(edited, after, recorder, first=key)


def delete(document: Document, entry: Entry) -> bytes:
    """The table without the entry, its `# name:` line and fedtui's own comments above it.

    Its note goes too where it can speak of nothing else: where the next line is no entry. Before another
    entry the note stays, since it may head a group of jobs.
    """
    splice.check_current(document, entry)
    following = document.lines[entry.line_number : entry.line_number + 1]
    heads_group = any(line.kind in (LineKind.ENTRY, LineKind.PAUSED) for line in following)
    block = entry.block
    gone = {entry.line_number, *block.own_lines, *block.name_lines}
    gone |= set() if heads_group else set(block.note_lines)
    new = b"".join(bytes(line) for line in document.lines if line.number not in gone)
    return splice.checked_without(document, new, entry, gone)


def replace_line(document: Document, number: int, text: str) -> bytes:
    """The table with line `number` (from 1) replaced, to fix a line that cron refuses.

    The new line may be an entry, a setting, a comment or empty, but not another bad line.
    """
    if not 1 <= number <= len(document.lines):
        raise EditError(f"the table has no line {number}")
    raw = text.encode("utf-8", "surrogateescape")
    if b"\n" in raw:
        raise EditError("a line holds no newline")
    new = splice.replace(document, number, [raw])
    line = document.reparse(new).lines[number - 1] if raw or document.lines[number - 1].end else None
    if line is not None and line.kind is LineKind.BAD:
        raise EditError(f"line {number} would still be refused: {line.error}: {line.hint}")
    return new


def end_last_line(document: Document) -> bytes:
    """The table with the newline without which cron drops it; a last line that is a comment needs none."""
    data = bytes(document)
    complete = not document.lines or document.lines[-1].end
    if complete or document.lines[-1].kind in (LineKind.COMMENT, LineKind.PAUSED, LineKind.BLANK):
        return data
    return data + b"\n"


def _schedule(document: Document, text: str) -> str:
    """`text` as one schedule, its fields parted by single blanks."""
    wanted = " ".join(text.split())
    try:
        parse_schedule(wanted, document.dialect)
    except ScheduleError as error:
        raise EditError(error.message) from None
    if not wanted.isascii() or not wanted.isprintable():
        raise EditError("bad schedule: it holds characters that no schedule has")
    return wanted


def _with_schedule(entry: Entry, wanted: str) -> bytes:
    """The entry's line with `wanted` in place of its schedule; blanks between five fields stay."""
    start, end = entry.span
    old, fields = entry.body[start:end], wanted.encode("ascii").split(b" ")
    if len(_FIELD.findall(old)) == len(fields):
        new_fields = iter(fields)
        middle = _FIELD.sub(lambda _: next(new_fields), old)
    else:
        middle = b" ".join(fields)
    marker = entry.raw[: len(entry.raw) - len(entry.body)]
    return marker + entry.body[:start] + middle + entry.body[end:]


def _was(document: Document, entry: Entry, reason: str, ticket: str, day: str) -> bytes:
    fields = entry.schedule.split()
    shown = fields[0] if fields[0].startswith("*/") and fields[1:] == ["*"] * 4 else " ".join(fields)
    parts = [f"was {shown}" + (f" until {day}" if day else "")]
    parts += [f"reason: {_one_line('reason', reason)}"] if reason.strip() else []
    parts += [f"ticket {_one_line('ticket', ticket)}"] if ticket.strip() else []
    return OWN_COMMENT + b" " + "; ".join(parts).encode() + document.newline.removesuffix(b"\n")


def _command(command: str | bytes) -> bytes:
    field = command.encode("utf-8", "surrogateescape") if isinstance(command, str) else command
    if b"\n" in field or b"\0" in field:
        raise EditError("bad command: a job's command is one line, with no NUL in it")
    if not field.strip():
        raise EditError("bad command: it is empty")
    return field.lstrip(b" \t")


def _changed_command(entry: Entry, command: str | bytes) -> bytes:
    """The new command field; text that shows the present bytes stands for them, in their encoding."""
    if isinstance(command, bytes):
        return entry.field if command == entry.field else _command(command)
    if command in (decode(entry.field), decode(entry.field).removesuffix("\r")):
        return entry.field
    try:
        entry.field.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return _command(command.encode("latin-1"))
        except UnicodeEncodeError:
            raise EditError(
                "bad command: the line is Latin-1 text, which lacks one of its characters"
            ) from None
    return _command(command)


def _one_line(what: str, text: str) -> str:
    text = text.strip()
    if not text.isprintable():
        raise EditError(f"bad {what}: it is one line of plain text")
    return text


def _name_line(name: str) -> bytes:
    return NAME_COMMENT + _one_line("name", name).encode()


def _note_lines(note: str) -> list[bytes]:
    return [b"# " + _one_line("note", line).encode() for line in note.strip().splitlines()]


def _with_id_in_mark(document: Document, entry: Entry, new: bytes) -> bytes:
    """`new` with the id of the changed line in the mark that the pack put above it."""
    at = next(iter(entry.block.own_lines), 0) - 1
    mark = pack_mark(document.lines[at].raw, entry.id_key) if at >= 0 else None
    if mark is None or mark["id"] is None:
        return new
    edited = document.reparse(new)
    lines = [bytes(line) for line in edited.lines]
    for after in edited.entries[document.entries.index(entry) :][:1]:
        lines[at] = lines[at].replace(b" " + mark["id"], b" " + mark_id(after.id_key), 1)
    return b"".join(lines)


CommentLines = list[tuple[int, bytes]]


def _with_note(document: Document, block: Block, comments: CommentLines, note: str) -> CommentLines:
    """`comments` with the note's lines replaced; lines that say the same keep their bytes."""
    carriage_return = document.newline.removesuffix(b"\n")
    old = dict(zip(block.note.split("\n"), block.note_lines, strict=False))
    bytes_of = dict(comments)
    lines: CommentLines = []
    for text, raw in zip(note.strip().splitlines(), _note_lines(note), strict=True):
        number = old.get(text.strip(), 0)
        lines.append((number, bytes_of.get(number, raw + carriage_return)))
    head = 1 if comments and comments[0][1].startswith(PACK_COMMENT) else 0
    at = next((index for index, (number, _) in enumerate(comments) if number in block.note_lines), head)
    others = [item for item in comments if item[0] not in block.note_lines]
    return others[:at] + lines + others[at:]


def _with_name(document: Document, block: Block, comments: CommentLines, name: str) -> CommentLines:
    """`comments` with the `# name:` line replaced, put directly above the entry, or taken away."""
    if not name.strip():
        return [item for item in comments if item[0] not in block.name_lines]
    last = block.name_lines[-1] if block.name_lines else None
    line = (0, _name_line(name) + document.newline.removesuffix(b"\n"))
    if last is None:
        return [*comments, line]
    return [line if item[0] == last else item for item in comments]
