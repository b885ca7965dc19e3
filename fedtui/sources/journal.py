"""Reads the journal by `journalctl -o json`: the log of a unit or of one run of it, and what follows.

What is asked and what an answer means is in `journal_records`; here is the program, in the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime

from fedtui.sources.child import ChildError, running
from fedtui.sources.journal_records import (
    MAX_LINE,
    MAX_RECORD,
    PROGRAM,
    Entry,
    JournalError,
    OneRun,
    Query,
    Records,
    parse,
    system_journal_readable,
    unit_query,
    why_nothing,
)

__all__ = [
    "MAX_LINE",
    "Entry",
    "JournalError",
    "OneRun",
    "Query",
    "Records",
    "follow",
    "follow_unit",
    "parse",
    "read",
    "unit_log",
    "unit_query",
]

GATHER = 0.05
"""Seconds for which entries are gathered before they are handed on together."""

_RESTART = (0.5, 1.0, 2.0, 5.0, 10.0)


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
    if last is None and (error := await asyncio.to_thread(why_nothing, query, complaint, status)):
        raise error


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
