"""What is asked of `journalctl -o json`, what its records mean, and asking it once without an event loop.

Fields are told apart by who wrote them: names with an underscore are journald's own word and cannot be
forged (systemd.journal-fields(7)). A message may be a string, an array of bytes, an array of messages, or
null; it may be huge.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fedtui.safe_text import decode, shown
from fedtui.sources.program import ProgramError, run_program

PROGRAM = "journalctl"
FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_PID,SYSLOG_PID"
MAX_RECORD = 512 * 1024
"""Bytes of one JSON record that are read; a longer one is named, not shown."""

MAX_LINE = 4096
"""Characters of one line that are kept."""

FOLDERS = (Path("/var/log/journal"), Path("/run/log/journal"))
_CLOSED_SIGNS = ("insufficient permissions", "not seeing messages from other users")


class JournalError(Exception):
    """The journal cannot be read; `message` says why, `advice` what to do. `closed`: for want of rights."""

    def __init__(self, message: str, advice: str = "", closed: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.closed = closed


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `at` is aware, in UTC; `priority` 0 (emergency) to 7 (debug), syslog(3).

    `text` is the line as it was logged, `message` the same fit to be shown.
    """

    at: datetime
    priority: int
    text: str
    identifier: str = ""
    pid: int | None = None
    cursor: str = ""

    @property
    def message(self) -> str:
        """The line without control sequences and secrets."""
        return shown(self.text)


class Records:
    """Cuts a stream of bytes into records, one a line; of one that is too long only the fact is kept."""

    def __init__(self, limit: int = MAX_RECORD) -> None:
        self._limit = limit
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """The records that `data` completes; None for one beyond the limit."""
        *whole, rest = data.split(b"\n")
        found: list[bytes | None] = []
        for piece in whole:
            record, self._rest = self._rest + piece, b""
            found.append(None if self._skipping or len(record) > self._limit else record)
            self._skipping = False
        if self._skipping or len(self._rest) + len(rest) > self._limit:
            self._rest, self._skipping = b"", True
        else:
            self._rest += rest
        return found


def parse(record: bytes | None, last: datetime) -> list[Entry]:
    """The entries of one record: one for each line of its message. `last` dates what cannot be read."""
    if record is None:
        return [Entry(last, 6, f"(a message of more than {MAX_RECORD // 1024} KiB; journalctl shows it)")]
    try:
        fields = json.loads(record)
        at = _instant(fields["__REALTIME_TIMESTAMP"])
    except (ValueError, KeyError, TypeError):
        return []
    message = _text(fields.get("MESSAGE"))
    priority = _number(fields.get("PRIORITY"))
    identifier = shown(_text(fields.get("SYSLOG_IDENTIFIER")))
    pid = _number(fields.get("SYSLOG_PID")) or _number(fields.get("_PID"))
    cursor = str(fields.get("__CURSOR", ""))
    lines = message.rstrip("\n").split("\n")
    return [
        Entry(at, 6 if priority is None else priority, _line(line), identifier, pid, cursor) for line in lines
    ]


def _line(text: str) -> str:
    text = text.rstrip("\r")
    return text if len(text) <= MAX_LINE else text[:MAX_LINE] + "…"


def _instant(microseconds: Any) -> datetime:
    seconds, rest = divmod(int(microseconds), 1_000_000)
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
    except (OverflowError, OSError) as error:
        raise ValueError(str(error)) from error


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _text(value: Any) -> str:
    """A field's text: a string, an array of bytes, an array of either, or null when journald left it out."""
    if value is None:
        return "(a message that journalctl left out)"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        return decode(bytes(value))
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    return str(value)


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for, as journalctl's own arguments.

    `of_system`: what is looked for is in the system's journal, which a usual user may not read.
    """

    arguments: tuple[str, ...]
    of_system: bool = False

    def command(self, *more: str) -> list[str]:
        """The argument vector."""
        head = [PROGRAM, "--output=json", "--all", "--no-pager", f"--output-fields={FIELDS}"]
        return [*head, *more, *self.arguments]


@dataclass(frozen=True, slots=True)
class OneRun:
    """One run of a unit: its invocation id, and, where known, its main process and its start.

    journald cannot tell whose a line is when the writer ended at once: in a user's service one run in four
    loses its output so. The pid, which such a line still has, finds it.
    """

    invocation: str
    main_pid: int = 0
    start: datetime | None = None


def unit_query(unit: str, user_manager: bool, run: OneRun | None = None) -> Query:
    """The log of a unit: its own output and its manager's words on it; or of one run of it."""
    if run is None:
        return Query((f"--user-unit={unit}" if user_manager else f"--unit={unit}",), not user_manager)
    mine = f"_UID={os.getuid()}"
    # What the manager itself says carries the id in a field that anyone can write: so ask who wrote it.
    by_manager = (
        (f"USER_INVOCATION_ID={run.invocation}", mine)
        if user_manager
        else (f"INVOCATION_ID={run.invocation}", "_PID=1")
    )
    terms = [f"_SYSTEMD_INVOCATION_ID={run.invocation}", "+", *by_manager]
    if not run.main_pid or run.start is None:
        return Query(tuple(terms), not user_manager)
    terms += ["+", f"_PID={run.main_pid}", "_TRANSPORT=stdout", *([mine] if user_manager else [])]
    since = f"--since=@{run.start.timestamp() - 1:.0f}"
    return Query((since, *terms), not user_manager)


def system_journal_readable() -> bool | None:
    """Whether this process may read the system's journal; None where there is none. Blocking, short."""
    for folder in FOLDERS:
        with suppress(OSError):
            for journal in folder.glob("*/system.journal"):
                return os.access(journal, os.R_OK)
    return None


def _closed() -> JournalError:
    return JournalError(
        "the system's journal may not be read: you are not in the group adm",
        "sudo usermod -aG adm $USER, then log in again (the group systemd-journal does as well)",
        closed=True,
    )


def why_nothing(query: Query, complaint: str, status: int) -> JournalError | None:
    """Why journalctl gave no entries: for want of rights, or it failed; None where there just are none."""
    if any(sign in complaint for sign in _CLOSED_SIGNS):
        return _closed()
    if query.of_system:
        readable = system_journal_readable()
        if readable is None:
            return JournalError("there is no journal on this machine")
        if not readable:
            return _closed()
    if status:
        return JournalError((complaint.strip().splitlines() or ["journalctl failed"])[-1])
    return None


def read_now(
    query: Query, lines: int = 200, since: Sequence[str] = (), deadline: float = 15.0
) -> tuple[Entry, ...]:
    """The last entries, oldest first, in the caller's thread; `deadline` in seconds. Raises JournalError."""
    try:
        ended = run_program(query.command(f"--lines={max(0, lines)}", *since), deadline=deadline)
    except ProgramError as error:
        raise JournalError(str(error)) from error
    found: list[Entry] = []
    for record in Records().feed(ended.out):
        found += parse(record, found[-1].at if found else datetime.now(UTC))
    reason = None if found else why_nothing(query, ended.said, ended.status)
    if reason is not None:
        raise reason
    return tuple(found)
