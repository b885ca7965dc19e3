"""Follow one invocation of a unit: what it writes to the journal or to its log file, and how it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import open_systemd
from fedtui.config import ConfigError
from fedtui.history.database import HistoryError
from fedtui.logs.journal import UnitInvocation, follow_unit
from fedtui.logs.journal_query import JournalError
from fedtui.logs.journal_records import MANAGER
from fedtui.model import Run
from fedtui.ports import Ports
from fedtui.results import RunOutputText, judge
from fedtui.results.reading import CapturedOutput
from fedtui.runs.output_tail import OutputTail, read_new
from fedtui.runs.run_text import renewal_at
from fedtui.runs.start_unit import POLL, UnitRun, main_pid, until_end

QUIET = 0.5
"""Seconds of silence, after the manager's record of the end, until a run's output is taken for complete."""
AFTERMATH = 5.0
"""Seconds after the end of a run for which its output, and that record, are waited for at most."""
SLACK = timedelta(seconds=1)
"""How much earlier than a unit's change of state its manager may have recorded the end."""
LINES = 5000

UnitUpdates = asyncio.Queue[bytes | Run | Refused | JournalError | datetime]
"""Output, the run, why it cannot be followed or read, and when the manager wrote something in the journal."""


async def follow(run: UnitRun, ports: Ports) -> AsyncGenerator[tuple[bytes, Run | None]]:
    """Output as it comes, and the run: at once, and last with its result. Raises Refused."""
    news: UnitUpdates = asyncio.Queue()
    parts: list[Coroutine[Any, Any, None]] = [_state(run, ports, news), _journal(run, ports, news)]
    if run.log is not None:
        parts.append(_log(OutputTail(run.log, run.log_offset, run.log_before.encode("latin-1")), news))
    tasks = [asyncio.create_task(part) for part in parts]
    ended: Run | None = None
    recorded = datetime.min.replace(tzinfo=UTC)
    deadline = 0.0
    printed, unread = CapturedOutput(), ""
    try:
        while ended is None or time.monotonic() < deadline:
            try:
                async with asyncio.timeout(_patience(ended, recorded, deadline)):
                    item = await news.get()
            except TimeoutError:
                break
            if isinstance(item, Refused):
                raise item
            if isinstance(item, datetime):
                recorded = item
                continue
            if isinstance(item, JournalError):
                unread = "; ".join(filter(None, (item.message, item.advice)))
                yield f"[fedtui: its output cannot be shown: {unread}]\n".encode(), None
            elif isinstance(item, bytes):
                printed.add(item)
                yield item, None
            elif item.end is None:
                yield b"", item
            else:
                ended, deadline = item, time.monotonic() + AFTERMATH
        output = printed.output()
        if unread:
            output = RunOutputText(tuple(part for part in output.parts if part.data), unread)
        yield b"", None if ended is None else await asyncio.to_thread(_judged, ended, run, output, ports)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _patience(ended: Run | None, recorded: datetime, deadline: float) -> float | None:
    """Seconds to wait for more: a busy journald may write a run's lines seconds after its end."""
    if ended is None or ended.end is None:
        return None
    return QUIET if recorded >= ended.end - SLACK else deadline - time.monotonic()


def _judged(ended: Run, unit: UnitRun, output: RunOutputText, ports: Ports) -> Run:
    """The run with what its output says, kept in the database. Raises Refused where the rules are none."""
    if ended.result is None:
        return ended
    try:
        rules = ports.rules.of(unit.job_id.partition(":")[2], unit.job_id)
    except ConfigError as error:
        raise Refused(f"The output was not judged: {error}.", "The run itself is over.") from error
    product = renewal_at(unit.product, ended.start, ended.end, ports.config.freshness)
    result = judge(ended.result, output, rules, product=product)
    run = replace(ended, result=result)
    with suppress(HistoryError):  # systemd and its journal have the facts, too
        ports.history.keep_runs((run,))
    return run


async def _state(run: UnitRun, ports: Ports, news: UnitUpdates) -> None:
    try:
        async for seen in until_end(run, ports):
            news.put_nowait(seen)
    except Refused as refused:
        news.put_nowait(refused)


async def _journal(run: UnitRun, ports: Ports, news: UnitUpdates) -> None:
    """The lines of this run alone; what the manager says of it is not the job's output."""
    start = datetime.fromtimestamp(run.start, UTC)
    try:
        one = UnitInvocation(run.id, await _main_pid(run, ports), start)
        async with aclosing(follow_unit(run.unit, run.user_manager, one, LINES)) as batches:
            async for batch in batches:
                lines = [f"{entry.text}\n" for entry in batch if entry.identifier != MANAGER]
                if lines:
                    news.put_nowait("".join(lines).encode("utf-8", "surrogateescape"))
                for entry in batch:
                    if entry.identifier == MANAGER and not entry.text.startswith("Start"):
                        news.put_nowait(entry.at)
    except JournalError as error:
        news.put_nowait(error)
    except Refused:
        pass  # the bus is gone: `_state` says so
    news.put_nowait(datetime.max.replace(tzinfo=UTC))  # nothing more is read: nothing is waited for


async def _main_pid(run: UnitRun, ports: Ports) -> int:
    if run.main_pid or not run.unit.endswith(".service"):
        return run.main_pid
    async with open_systemd(ports.bus, ports.user, user_manager=run.user_manager) as systemd:
        return await main_pid(systemd, await systemd.load(run.unit), run.id, looks=20)


async def _log(tail: OutputTail, news: UnitUpdates) -> None:
    while True:
        tail, data = await asyncio.to_thread(read_new, tail)
        if data:
            news.put_nowait(data)
        else:
            await asyncio.sleep(POLL)
