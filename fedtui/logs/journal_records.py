"""One record of `journalctl -o json` as entries. Pure.

A message may be a string, an array of bytes, an array of messages, or null; it may be huge. See
journalctl(1), "--output=json", and systemd.journal-fields(7).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fedtui.safe_text import decode, sanitize_and_mask

MANAGER = "systemd"
"""The identifier of what a manager itself says of a unit: its lines are no output of the job, and tell that a
run began or ended.
"""

MAX_RECORD = 512 * 1024
"""Bytes of one JSON record that are read; a longer one is named, not shown."""

MAX_LINE = 4096
"""Characters of one line that are kept."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of the journal. `at` is aware, in UTC; `priority` 0 (emergency) to 7 (debug), syslog(3).

    `text` is the line as it was logged, `message` the same fit to be shown. `user_unit` is the unit of a
    user manager that journald saw the writer in.
    """

    at: datetime
    priority: int
    text: str
    identifier: str = ""
    pid: int | None = None
    cursor: str = ""
    user_unit: str = ""

    @property
    def message(self) -> str:
        """The line without control sequences and secrets."""
        return sanitize_and_mask(self.text)


class JournalReader:
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


def parse_record(record: bytes | None, last: datetime) -> list[JournalEntry]:
    """The entries of one record: one for each line of its message. `last` dates what cannot be read."""
    if record is None:
        return [
            JournalEntry(last, 6, f"(a message of more than {MAX_RECORD // 1024} KiB; journalctl shows it)")
        ]
    try:
        fields = json.loads(record)
        at = _instant(fields["__REALTIME_TIMESTAMP"])
    except (ValueError, KeyError, TypeError):
        return []
    message = _text(fields.get("MESSAGE"))
    priority = _number(fields.get("PRIORITY"))
    identifier = sanitize_and_mask(_text(fields.get("SYSLOG_IDENTIFIER")))
    pid = _number(fields.get("SYSLOG_PID")) or _number(fields.get("_PID"))
    cursor, user_unit = str(fields.get("__CURSOR", "")), str(fields.get("_SYSTEMD_USER_UNIT", ""))
    lines = message.rstrip("\n").split("\n")
    priority = 6 if priority is None else priority
    return [JournalEntry(at, priority, _line(line), identifier, pid, cursor, user_unit) for line in lines]


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
