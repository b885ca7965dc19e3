"""Edits that put the recorder around a job's command and take it away; they read back, as `edit` does."""

from __future__ import annotations

from fedtui.crontab import splice
from fedtui.crontab.document import LONGEST_COMMAND, Document
from fedtui.crontab.line import Entry
from fedtui.crontab.recorder_wrapper import why_not, with_recorder
from fedtui.crontab.splice import EditError

DEFAULT_SHELL = b"/bin/sh"


def record(document: Document, entry: Entry, path: str) -> bytes:
    """The table with the recorder at `path` around the entry's command; the job stays the same job."""
    splice.check_current(document, entry)
    if entry.recorder is not None:
        raise EditError(f"{entry.name} is recorded already")
    refusal = why_not(entry.field, dict(entry.environment).get(b"SHELL", DEFAULT_SHELL), path)
    if refusal:
        raise EditError(f"{entry.name} cannot be recorded: {refusal}")
    field = with_recorder(entry.field, entry.id_key, path)
    if len(field) > LONGEST_COMMAND:
        raise EditError(
            f"{entry.name} cannot be recorded: its line would have a command of {len(field)} bytes, and cron "
            f"takes {LONGEST_COMMAND}; put the command into a script of its own"
        )
    return _with_field(document, entry, field)


def unrecord(document: Document, entry: Entry) -> bytes:
    """The table with the entry's line as it was before it was recorded, to the byte."""
    splice.check_current(document, entry)
    if entry.recorder is None:
        raise EditError(f"{entry.name} is not recorded")
    return _with_field(document, entry, entry.field)


def _with_field(document: Document, entry: Entry, field: bytes) -> bytes:
    line = entry.raw[: len(entry.raw) - len(entry.written)] + field
    new = splice.replace(document, entry.line_number, [line])
    checked = splice.checked(document, new, entry)
    changed = document.reparse(checked).entries[document.entries.index(entry)]
    if (changed.id_key, changed.command, changed.stdin, changed.written) != (
        *(entry.id_key, entry.command, entry.stdin),
        field,
    ):
        raise EditError(f"{entry.name} would not be the same job any more")
    return checked
