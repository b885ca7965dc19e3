"""The store keeps the newest answer of each source, and a slow or dead source holds up nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui import store as store_module
from fedtui.history.database import History
from fedtui.model import (
    Answer,
    Checkup,
    CronFacts,
    Finding,
    Job,
    Location,
    LogSlice,
    Outcome,
    Problem,
    Result,
    Run,
    Severity,
    Snapshot,
    SourceName,
    State,
)
from fedtui.results import RuleBook
from fedtui.run_persistence import RunRecorder
from fedtui.sources.source import Source
from fedtui.store import Store

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)


def job(name: str, source: SourceName = SourceName.CRONTAB) -> Job:
    place, facts = Location("crontab", 1), CronFacts("crontab", b"", b"true")
    return Job(f"{source}:{name}", name, source, "fed", "* * * * *", "every minute", place, facts)


class Scripted:
    """A source whose answers the test gives, one at a time, and that speaks when told to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.answers: asyncio.Queue[Answer] = asyncio.Queue()
        self.changes: asyncio.Queue[None] = asyncio.Queue()
        self.asked: asyncio.Queue[None] = asyncio.Queue()

    async def read(self) -> Answer:
        self.asked.put_nowait(None)
        return await self.answers.get()

    async def watch(self) -> AsyncIterator[None]:
        while True:
            yield await self.changes.get()

    def read_since(self) -> bool:
        """Whether it was read since the last call."""
        read = not self.asked.empty()
        while not self.asked.empty():
            self.asked.get_nowait()
        return read

    def says(self, *names: str) -> None:
        self.answers.put_nowait(Answer(self.name, NOW, tuple(job(name) for name in names)))

    def changed(self, *names: str) -> None:
        self.says(*names)
        self.changes.put_nowait(None)


@asynccontextmanager
async def running(*sources: Source, check: store_module.HealthCheck | None = None) -> AsyncIterator[Store]:
    store = Store(sources, lambda: NOW, check)
    task = asyncio.create_task(store.run())
    try:
        yield store
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(store: Store, holds: Callable[[Snapshot], bool]) -> Snapshot:
    seen = asyncio.Event()
    store.subscribe(lambda snapshot: seen.set() if holds(snapshot) else None)
    if not holds(store.snapshot):
        await asyncio.wait_for(seen.wait(), 10)
    return store.snapshot


def names(snapshot: Snapshot) -> list[str]:
    return [one.name for one in snapshot.jobs]


async def test_what_a_source_says_is_in_the_snapshot_and_a_change_replaces_it() -> None:
    crontab = Scripted("crontab")
    crontab.says("sync")
    async with running(crontab) as store:
        assert store.snapshot.loading == {"crontab"}
        await until(store, lambda s: names(s) == ["sync"])
        assert store.snapshot.loading == frozenset()
        crontab.changed("sync", "export")
        await until(store, lambda s: names(s) == ["sync", "export"])


async def test_a_source_that_never_answers_holds_up_nobody() -> None:
    slow, crontab = Scripted("user-timers"), Scripted("crontab")
    crontab.says("sync")
    async with running(slow, crontab) as store:
        await until(store, lambda s: names(s) == ["sync"])
        assert store.snapshot.loading == {"user-timers"}


async def test_a_source_that_is_silent_too_long_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "READ_DEADLINE", 0.01)
    async with running(Scripted("user-timers")) as store:
        snapshot = await until(store, lambda s: bool(s.problems))
        assert snapshot.problems[0].message.startswith("user-timers has not answered")


async def test_a_late_answer_to_an_old_question_is_dropped() -> None:
    crontab = Scripted("crontab")
    store = Store((crontab,), lambda: NOW)
    old = asyncio.create_task(store.refresh())
    await asyncio.wait_for(crontab.asked.get(), 10)
    new = asyncio.create_task(store.refresh())
    await asyncio.wait_for(crontab.asked.get(), 10)
    # Both questions wait now; queues answer in order, so the first answer belongs to the old question.
    crontab.says("old")
    crontab.says("new")
    await asyncio.gather(old, new)
    assert names(store.snapshot) == ["new"]


async def test_a_refresh_of_some_jobs_asks_only_their_sources_and_checks_again() -> None:
    sources = [Scripted(name) for name in ("crontab", "system-tables", "user-timers", "system-timers")]

    class Checks:
        forgotten = 0

        def __call__(self, snapshot: Snapshot) -> Checkup:
            return Checkup()

        def forget(self) -> None:
            self.forgotten += 1

    checks = Checks()
    store = Store(sources, lambda: NOW, checks)
    for only, asked in (
        ({SourceName.CRONTAB}, ["crontab"]),
        ({SourceName.CRON_D, SourceName.SYSTEM_TIMER}, ["system-tables", "system-timers"]),
        ({SourceName.USER_TIMER}, ["user-timers"]),
        (set(), []),
        (None, ["crontab", "system-tables", "user-timers", "system-timers"]),
    ):
        for source in sources:
            if source.name in asked:
                source.says(f"job of {source.name}")
        await asyncio.wait_for(store.refresh(only), 10)
        assert [source.name for source in sources if source.read_since()] == asked
    assert checks.forgotten == 5


async def test_rows_come_in_the_order_of_the_sources_no_matter_which_answers_first() -> None:
    first, second = Scripted("crontab"), Scripted("system-tables")
    async with running(first, second) as store:
        second.says("system")
        await until(store, lambda s: names(s) == ["system"])
        first.says("mine")
        await until(store, lambda s: names(s) == ["mine", "system"])


async def test_a_bus_that_went_away_keeps_the_rows_greyed() -> None:
    timers = Scripted("user-timers")
    timers.answers.put_nowait(Answer("user-timers", NOW, (job("b.timer", SourceName.USER_TIMER),)))
    async with running(timers) as store:
        await until(store, lambda s: names(s) == ["b.timer"])
        problem = Problem("user-timers", "systemd's bus went away")
        timers.answers.put_nowait(Answer("user-timers", NOW, None, problems=(problem,)))
        timers.changes.put_nowait(None)
        snapshot = await until(store, lambda s: bool(s.problems))
        assert [one.state for one in snapshot.jobs] == [State.UNREACHABLE]


async def test_findings_are_those_of_the_newest_snapshot() -> None:
    class Checks:
        def __call__(self, snapshot: Snapshot, /) -> Checkup:
            found = (Finding("FT000", Severity.WARNING, one.name, one.name) for one in snapshot.jobs)
            return Checkup(tuple(found))

        def forget(self) -> None:
            """Nothing is remembered."""

    crontab = Scripted("crontab")
    crontab.says("sync")
    async with running(crontab, check=Checks()) as store:
        snapshot = await until(store, lambda s: bool(s.findings))
        assert [finding.title for finding in snapshot.findings] == ["sync"]


class Long(Scripted):
    """A source that has its first rows before the rest."""

    async def first_rows(self) -> Answer | None:
        return Answer(self.name, NOW, (job("first"),))


async def test_the_first_rows_of_a_long_table_are_shown_before_the_rest() -> None:
    crontab = Long("crontab")
    async with running(crontab) as store:
        snapshot = await until(store, lambda snapshot: bool(snapshot.jobs))
        assert (names(snapshot), snapshot.loading) == (["first"], {"crontab"})
        crontab.says("first", "second")
        snapshot = await until(store, lambda snapshot: len(snapshot.jobs) == 2)
        assert (names(snapshot), snapshot.loading) == (["first", "second"], frozenset())


async def test_many_rows_are_shown_before_their_checkup_and_not_as_healthy() -> None:
    crontab = Scripted("crontab")
    seen: list[tuple[int, frozenset[str], int]] = []
    bad = Finding("FT101", Severity.ERROR, "bad line", "A bad line.")
    async with running(crontab, check=lambda _: Checkup(findings=(bad,))) as store:
        store.subscribe(
            lambda snapshot: seen.append((len(snapshot.jobs), snapshot.loading, len(snapshot.findings)))
        )
        many = [f"job-{number}" for number in range(store_module.MANY + 1)]
        crontab.says(*many)
        await until(store, lambda snapshot: len(snapshot.findings) == 1)
    assert seen == [(len(many), {store_module.CHECKUP}, 0), (len(many), frozenset(), 1)]


async def test_a_run_is_in_the_database_before_it_is_shown_and_judged_after_that(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("[WARNING] slow\n")
    history = History(tmp_path / "history.db")
    recorder = RunRecorder(history, lambda: RuleBook({}, {}), lambda: NOW, dict, tmp_path / "freshness")
    exited = Result(Outcome.OK, 0, evidence=("exit status, recorder",))
    run = Run("rec", "crontab:sync", NOW, NOW, exited, log=LogSlice(str(log), 0))
    line = replace(job("sync"), facts=CronFacts("crontab", b"", b"true"))
    crontab = Scripted("crontab")
    crontab.answers.put_nowait(Answer("crontab", NOW, (line,), runs=(run,)))
    store = Store([crontab], lambda: NOW, None, recorder)
    shown: list[Outcome] = []

    def look(snapshot: Snapshot) -> None:
        for one in snapshot.runs.get("crontab:sync", ()):
            assert history.run(one.id) is not None, "shown, and not kept"
            assert one.result is not None
            shown.append(one.result.outcome)

    store.subscribe(look)
    task = asyncio.create_task(store.run())
    judged = await until(store, lambda seen: seen.jobs[:1] != () and seen.jobs[0].last_result.judged)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert shown == [Outcome.UNKNOWN, Outcome.WARNINGS]
    kept = history.run("rec")
    assert kept is not None
    assert kept.result == judged.jobs[0].last_result
