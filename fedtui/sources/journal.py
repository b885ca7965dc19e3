"""Reads the journal by `journalctl -o json`: the log of a unit or of one run of it, and what follows.

Fields are told apart by who wrote them: names with an underscore are journald's own word and cannot be
forged (systemd.journal-fields(7)). A message may be a string, an array of bytes, an array of messages, or
null; it may be huge.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fedtui.safe_text import decode, shown
from fedtui.sources.child import ChildError, running

PROGRAM = "journalctl"
FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_PID,SYSLOG_PID"
MAX_RECORD = 512 * 1024
"""Bytes of one JSON record that are read; a longer one is named, not shown."""

MAX_LINE = 4096
"""Characters of one line that are kept."""

GATHER = 0.05
"""Seconds for which entries are gathered before they are handed on together."""

_RESTART = (0.5, 1.0, 2.0, 5.0, 10.0)
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


async def read(
    query: Query, lines: int = 200, since: Sequence[str] = (), deadline: float = 15.0
) -> tuple[Entry, ...]:
    """The last entries, oldest first. Raises JournalError."""
    found: list[Entry] = []
    command = query.command(f"--lines={max(0, lines)}", *since)
    try:
        async with asyncio.timeout(deadline), aclosing(_run(query, command, 0.0)) as batches:
            async for batch in batches:
                found += batch
    except TimeoutError as error:
        raise JournalError(f"journalctl did not answer within {deadline:g} s") from error
    except ChildError as error:
        raise JournalError(str(error)) from error
    return tuple(found)


def _closed() -> JournalError:
    return JournalError(
        "the system's journal may not be read: you are not in the group adm",
        "sudo usermod -aG adm $USER, then log in again (the group systemd-journal does as well)",
        closed=True,
    )


async def _raise_for_nothing(query: Query, complaint: str, status: int) -> None:
    """journalctl gave no entries: raise JournalError where that is for want of rights, or a failure."""
    if any(sign in complaint for sign in _CLOSED_SIGNS):
        raise _closed()
    if query.of_system:
        readable = await asyncio.to_thread(system_journal_readable)
        if readable is None:
            raise JournalError("there is no journal on this machine")
        if not readable:
            raise _closed()
    if status:
        raise JournalError((complaint.strip().splitlines() or ["journalctl failed"])[-1])


async def unit_log(
    unit: str, user_manager: bool, run: OneRun | None = None, lines: int = 200
) -> tuple[Entry, ...]:
    """The last entries of a unit or of one run of it, oldest first. Raises JournalError."""
    return await read(unit_query(unit, user_manager, run), lines)


async def follow_unit(
    unit: str, user_manager: bool, run: OneRun | None = None, lines: int = 200
) -> AsyncGenerator[tuple[Entry, ...], None]:
    """The last entries of a unit or of one run, then what comes; in batches. Raises JournalError.

    Close it (contextlib.aclosing) to end the program behind it at once.
    """
    async with aclosing(follow(unit_query(unit, user_manager, run), lines)) as batches:
        async for batch in batches:
            yield batch


async def follow(
    query: Query, lines: int = 200, since: Sequence[str] = ()
) -> AsyncGenerator[tuple[Entry, ...], None]:
    """Entries in batches, until closed. A journalctl that ends is started again where it stopped.

    Raises JournalError where the journal cannot be read. `since` holds arguments for the first start.
    """
    place = [f"--lines={lines}", *since]
    failures = 0
    if query.of_system and not await asyncio.to_thread(system_journal_readable):
        await read(query, 1)  # a service that runs as this user may be seen all the same; else this raises
    while True:
        try:
            async with aclosing(_run(query, query.command("--follow", *place), GATHER)) as batches:
                async for batch in batches:
                    cursors = [entry.cursor for entry in batch if entry.cursor]
                    if cursors:
                        place = [f"--after-cursor={cursors[-1]}", "--lines=all"]
                    failures = 0
                    yield batch
        except ChildError as error:
            raise JournalError(str(error)) from error
        except JournalError as error:
            if error.closed or failures >= len(_RESTART):
                raise
        await asyncio.sleep(_RESTART[min(failures, len(_RESTART) - 1)])
        failures += 1


async def _run(query: Query, command: list[str], gather: float) -> AsyncGenerator[tuple[Entry, ...], None]:
    """Run journalctl once and hand on its entries; JournalError where it complained and gave none."""
    records = Records()
    last: datetime | None = None
    async with running(command, MAX_RECORD) as process:
        if process.stdout is None or process.stderr is None:
            raise ChildError(f"{PROGRAM} has no output")
        complaints = asyncio.get_running_loop().create_task(process.stderr.read(4096))
        try:
            while data := await _gathered(process.stdout, gather):
                found: list[Entry] = []
                for record in records.feed(data):
                    found += parse(record, found[-1].at if found else last or datetime.now(UTC))
                if found:
                    last = found[-1].at
                    yield tuple(found)
            complaint = (await complaints).decode("utf-8", "replace")
            status = await process.wait()
        finally:
            complaints.cancel()
    if last is None:
        await _raise_for_nothing(query, complaint, status)


async def _gathered(stream: asyncio.StreamReader, gather: float) -> bytes:
    """What has come, and what comes within a moment of it, up to a few hundred KiB; empty at the end."""
    data = await stream.read(2**18)
    if not data or not gather:
        return data
    with suppress(TimeoutError):
        async with asyncio.timeout(gather):
            while len(data) < 2**19 and (more := await stream.read(2**18)):
                data += more
    return data
