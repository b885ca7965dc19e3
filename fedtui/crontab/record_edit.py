"""Edits that put the recorder around a job's command and take it away; they read back, as `edit` does."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import chain, count

from fedtui.crontab import splice
from fedtui.crontab.command_field import split_percent
from fedtui.crontab.document import LONGEST_COMMAND, Document, Settings
from fedtui.crontab.line import Entry
from fedtui.crontab.recorder_wrapper import why_not, with_recorder
from fedtui.crontab.splice import EditError
from fedtui.model import Job, SourceName, State, cron_jobs

DEFAULT_SHELL = b"/bin/sh"


def may_record(job: Job, path: str) -> bool:
    """Whether `record` would put the recorder at `path` around this line of somebody's own crontab."""
    for _, cron in cron_jobs((job,)):
        if cron.record_key or not job.editable or job.state is State.BAD_LINE:
            return False
        key = job.id.partition(":")[2]
        fits = _fits(cron.raw, cron.dialect, cron.environment, key, path)
        return job.source is SourceName.CRONTAB and fits
    return False


@lru_cache(16_384)
def _fits(raw: bytes, dialect: str, environment: Settings, key: str, path: str) -> bool:
    """Whether the recorder can be put around the job of one line, below these settings of its table."""
    document = Document.parse(raw + b"\n", dialect=dialect)
    if not document.entries or _percent_refusal(document, document.entries[0]):
        return False
    return not refusal_of(document.entries[0]._replace(id_key=key, environment=environment), path)


def _percent_refusal(document: Document, entry: Entry) -> str:
    """Why not where `%` is a character like any other: the recorder's line is parted at one."""
    parted = not document.rules.percent and split_percent(entry.field)[1] is not None
    return "its command holds a %, at which the recorder's line would be parted" if parted else ""


def refusal_of(entry: Entry, path: str) -> str:
    """Why the recorder at `path` cannot be put around the entry, in words; empty where it can."""
    shell = dict(entry.environment).get(b"SHELL", DEFAULT_SHELL)
    refusal, size = why_not(entry.field, shell, path), len(with_recorder(entry.field, entry.id_key, path))
    if not refusal and size > LONGEST_COMMAND:
        return (
            f"its line would have a command of {size} bytes, and cron takes {LONGEST_COMMAND}; put the "
            "command into a script of its own"
        )
    return refusal


def record(
    document: Document,
    entry: Entry,
    path: str,
    used: Callable[[str], bool] = lambda key: False,
    *,
    first: str = "",
) -> bytes:
    """The table with the recorder at `path` around the entry's command; the job stays the same job.

    Its records get the key `first`, or else that of its id, unless it is another line's. `used` is asked
    whether a key has records: those of a time when other lines had it are nobody's.
    """
    splice.check_current(document, entry)
    if entry.recorder is not None:
        raise EditError(f"{entry.name} is recorded already")
    refusal = refusal_of(entry, path) or _percent_refusal(document, entry)
    if refusal:
        raise EditError(f"{entry.name} cannot be recorded: {refusal}")
    taken = {one.recorder.key for one in document.entries if one.recorder is not None}
    taken |= {one.id_key for one in document.entries} - {entry.id_key}
    more = (f"{entry.id_key.partition('-')[0]}-{number}" for number in count(2))
    key = next(key for key in chain((first or entry.id_key,), more) if key not in taken and not used(key))
    return _with_field(document, entry, with_recorder(entry.field, key, path))


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
