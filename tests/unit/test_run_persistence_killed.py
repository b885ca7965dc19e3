"""kill -9 at any moment loses no row that was shown: the whole way from witnesses to what is published.

A process of its own runs the real store, as dashboard, watchman and verbs do; whatever it publishes is told
to the test, and must be in the database when it is gone.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from fedtui.history.database import History
from fedtui.model import Answer, CronFacts, Job, Location, Outcome, Result, Run, Snapshot, SourceName
from fedtui.results import RuleBook
from fedtui.run_persistence import RunRecorder
from fedtui.store import Store

Row = tuple[str, str, int | None]
JOBS = tuple(
    Job(
        *(f"crontab:{n}", f"job-{n}", SourceName.CRONTAB, "fed", "* * * * *", "", Location("crontab", n)),
        facts=CronFacts("crontab", b"", b"true"),
    )
    for n in range(3)
)


class Table:
    """The jobs, which do not change."""

    name = "crontab"

    async def read(self) -> Answer:
        return Answer(self.name, datetime.now(UTC), JOBS)

    async def watch(self) -> AsyncIterator[None]:
        while True:
            await asyncio.sleep(3600)
            yield


class Witness:
    """Sees runs of every job begin and end, faster than any scheduler."""

    name = "witness"

    def __init__(self) -> None:
        self.runs: list[Run] = []

    async def read(self) -> Answer:
        return Answer(self.name, datetime.now(UTC), (), runs=tuple(self.runs[-60:]))

    async def watch(self) -> AsyncIterator[None]:
        begin = datetime(2026, 11, 24, tzinfo=UTC)
        for number in range(1_000_000):
            await asyncio.sleep(0.002)
            start = begin + timedelta(minutes=number // 2)
            result = Result(Outcome.FAILED, number % 200 + 1, evidence=("seen",)) if number % 2 else None
            end = start + timedelta(seconds=1) if result is not None else None
            self.runs += [Run(f"{number // 2}-{job.id}", job.id, start, end, result) for job in JOBS]
            yield


def _row(run: Run) -> Row:
    known = run.result
    return run.id, "goes on" if known is None else known.outcome.value, known and known.exit_code


def _show(path: Path, sender: Connection) -> None:
    """What a screen does, but for the drawing: each new row is told the moment that it is published."""
    history = History(path)
    recorder = RunRecorder(
        *(history, lambda: RuleBook({}, {}), lambda: datetime.now(UTC)),
        rows=dict,
        freshness=path.parent / "freshness",
    )
    store = Store((Table(), Witness()), lambda: datetime.now(UTC), recorder=recorder)
    said: set[Row] = set()

    def show(snapshot: Snapshot) -> None:
        rows = {_row(run) for runs in snapshot.runs.values() for run in runs} - said
        if rows:
            said.update(rows)
            sender.send(rows)

    store.subscribe(show)
    asyncio.run(store.run())


def test_a_kill_at_any_moment_loses_no_row_that_was_published(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    for number, wait in enumerate((0.15, 0.4, 0.73)):
        here, there = context.Pipe(duplex=False)
        path = tmp_path / f"{number}.db"
        shower = context.Process(target=_show, args=(path, there))
        shower.start()
        there.close()
        assert here.poll(30)
        shown: set[Row] = set(here.recv())
        until = time.monotonic() + wait
        while time.monotonic() < until:
            if here.poll(0.001):
                shown |= here.recv()
        shower.kill()
        shower.join(30)
        while here.poll(0):
            try:
                shown |= here.recv()
            except (EOFError, OSError):
                break
        kept = {run.id: run for run in History(path).runs(limit=100_000)}
        assert len(shown) > 3
        for run_id, outcome, code in shown:
            assert run_id in kept, "a row that was shown is in the database"
            if outcome != "goes on":  # a later account may say more, never less
                assert _row(kept[run_id]) == (run_id, outcome, code)
