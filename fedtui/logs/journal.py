"""Reads the journal by `journalctl -o json`: what is there, what follows, and the log of a unit.

Fields differ by who wrote them: names with an underscore are journald's own word and cannot be
forged (systemd.journal-fields(7)). When the writer of a line has ended before journald looked at it, the
line has no unit: in a user's services the output of one brief run in four is lost so. Such a line still
has its pid, and systemd still knows the pid of the last run; that is how it is found.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from fedtui.logs.journal_query import PROGRAM, JournalError, Query, explain_empty, not_run
from fedtui.logs.journal_records import MANAGER, MAX_RECORD, JournalEntry, JournalReader, parse_record
from fedtui.system.async_program import capture, running_program
from fedtui.system.patience import seconds_left
from fedtui.system.program import ProgramError

SETTLE = 0.15
"""Seconds after the manager's line until a brief run's output is in the journal."""

GATHER = 0.05
"""Seconds for which entries are gathered before they are handed on together."""

_RESTART = (0.5, 1.0, 2.0, 5.0, 10.0)


async def read_journal(
    query: Query, lines: int = 200, since: Sequence[str] = (), deadline: float = 15.0
) -> tuple[JournalEntry, ...]:
    """The last entries, oldest first. Raises JournalError."""
    found: list[JournalEntry] = []
    command = query.command(f"--lines={max(0, lines)}", *since)
    deadline = seconds_left(deadline)
    try:
        async with asyncio.timeout(deadline), aclosing(_run(query, command, 0.0)) as batches:
            async for batch in batches:
                found += batch
    except TimeoutError as error:
        raise JournalError(f"{PROGRAM} did not answer within {round(deadline, 1):g} s") from error
    except ProgramError as error:
        raise not_run(error) from error
    return tuple(found)


async def follow_journal(
    query: Query, lines: int = 200, since: Sequence[str] = ()
) -> AsyncGenerator[tuple[JournalEntry, ...], None]:
    """Entries in batches, until closed. A journalctl that ends is started again where it stopped.

    Raises JournalError where the journal cannot be read. `since` holds arguments that bound the first look.
    What is there is read on its own: `journalctl --follow --lines=N` was seen to leave out entries that
    were written while it started.
    """
    place = [f"--since=@{time.time():.6f}", "--lines=all"]
    first = await read_journal(query, lines, since)  # where nothing is seen for want of rights, this raises
    if first:
        place = _after(first) or place
        yield first
    failures = 0
    while True:
        try:
            async with aclosing(_run(query, query.command("--follow", *place), GATHER)) as batches:
                async for batch in batches:
                    place = _after(batch) or place
                    failures = 0
                    yield batch
        except ProgramError as error:
            raise not_run(error) from error
        except JournalError as error:
            if error.closed or failures >= len(_RESTART):
                raise
        await asyncio.sleep(_RESTART[min(failures, len(_RESTART) - 1)])
        failures += 1


def _after(entries: Sequence[JournalEntry]) -> list[str]:
    """The arguments that continue after these entries; empty where none has a cursor."""
    cursors = [entry.cursor for entry in entries if entry.cursor]
    return [f"--after-cursor={cursors[-1]}", "--lines=all"] if cursors else []


async def _run(
    query: Query, command: list[str], gather: float
) -> AsyncGenerator[tuple[JournalEntry, ...], None]:
    """Run journalctl once and hand on its entries; JournalError where it complained and gave none."""
    records = JournalReader()
    last: datetime | None = None
    async with running_program(command, MAX_RECORD) as process:
        if process.stdout is None or process.stderr is None:
            raise ProgramError(f"{PROGRAM} has no output")
        complaints = asyncio.get_running_loop().create_task(process.stderr.read(4096))
        try:
            while data := await _gathered(process.stdout, gather):
                found: list[JournalEntry] = []
                for record in records.feed(data):
                    found += parse_record(record, found[-1].at if found else last or datetime.now(UTC))
                if found:
                    last = found[-1].at
                    yield tuple(found)
            complaint = (await complaints).decode("utf-8", "replace")
            status = await process.wait()
        finally:
            complaints.cancel()
    if last is None:
        reason = await asyncio.to_thread(explain_empty, query, complaint, status)
        if reason is not None:
            raise reason


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


@dataclass(frozen=True, slots=True)
class UnitInvocation:
    """One run of a unit: its invocation id, and, where known, its main process and its start.

    Without the pid, lines of a run that ended at once may be missing.
    """

    invocation: str
    main_pid: int = 0
    start: datetime | None = None


def unit_query(unit: str, user_manager: bool, run: UnitInvocation | None = None) -> Query:
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
    return Query(tuple(terms), not user_manager, f"@{run.start.timestamp() - 1:.0f}")


async def unit_log(
    unit: str, user_manager: bool, run: UnitInvocation | None = None, lines: int = 200
) -> tuple[JournalEntry, ...]:
    """The last entries of a unit or of one run of it, oldest first. Raises JournalError."""
    entries = await read_journal(unit_query(unit, user_manager, run), lines)
    if run is None and user_manager:
        return _merged(entries, await _strays(unit), ())[-lines:]
    return entries


async def follow_unit(
    unit: str, user_manager: bool, run: UnitInvocation | None = None, lines: int = 200
) -> AsyncGenerator[tuple[JournalEntry, ...], None]:
    """The last entries of a unit or of one run, then what comes; in batches. Raises JournalError.

    Close it (contextlib.aclosing) to end the program behind it at once.
    """
    given: set[str] = set()
    async with aclosing(follow_journal(unit_query(unit, user_manager, run), lines)) as batches:
        async for batch in batches:
            if run is None and user_manager and any(map(_ended_or_brief, batch)):
                await asyncio.sleep(SETTLE)
                strays = await _strays(unit)
                merged = _merged(batch, strays, given)
                given = {entry.cursor for entry in strays}
                yield merged
            else:
                yield batch


def _ended_or_brief(entry: JournalEntry) -> bool:
    """A word of the manager after which there may be lines without a unit: "Starting" comes too early."""
    return entry.identifier == MANAGER and not entry.text.startswith("Starting ")


def _merged(
    entries: Sequence[JournalEntry], strays: Sequence[JournalEntry], given: Collection[str]
) -> tuple[JournalEntry, ...]:
    """Both in the order of time; equal times stay as they are."""
    new = [entry for entry in strays if entry.cursor not in given]
    return tuple(sorted((*entries, *new), key=lambda entry: entry.at)) if new else tuple(entries)


async def _strays(unit: str) -> tuple[JournalEntry, ...]:
    """The lines of the last run of a user's service that journald gave no unit, as far as is known."""
    show = ["systemctl", "--user", "show", "--property=ExecMainPID,ExecMainStartTimestamp"]
    try:
        ended = await capture([*show, "--timestamp=unix", "--", unit], deadline=5.0)
        values = dict(line.split("=", 1) for line in ended.out.decode().splitlines() if "=" in line)
        pid, start = int(values["ExecMainPID"]), int(values["ExecMainStartTimestamp"].lstrip("@"))
    except (ProgramError, KeyError, ValueError):
        return ()
    if not pid:
        return ()
    terms = (f"_PID={pid}", "_TRANSPORT=stdout", f"_UID={os.getuid()}")
    query = Query(terms, since=f"@{start - 1}")
    try:
        return tuple(entry for entry in await read_journal(query, 1000) if not entry.user_unit)
    except JournalError:
        return ()
