"""The sources of a verb are asked side by side, and one that hangs is left behind and named."""

from __future__ import annotations

import asyncio
import getpass
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui import workspace as module
from fedtui.bus.port import Bus, BusError
from fedtui.config import Config
from fedtui.health import RULES
from fedtui.history.database import History
from fedtui.model import Answer, CronFacts, Job, Location, Outcome, Result, Run, SourceName
from fedtui.ports import Ports
from fedtui.sources.source import LookingSource, Source
from fedtui.system.patience import patience
from fedtui.workspace import Workspace

NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=UTC)
JOB = Job(
    *("cron-d:1", "night", SourceName.CRON_D, "root", "", ""),
    Location("/etc/cron.d/x", 1),
    CronFacts("/etc/cron.d/x", b"", b""),
)
RUN = Run(
    *("cron-1", JOB.id, NOW - timedelta(minutes=5), NOW - timedelta(minutes=4)),
    result=Result(Outcome.OK, 0, evidence=("exit status, recorder",)),
)
"""Ended with exit status 0; nobody has read what it printed."""


class Asked(LookingSource):
    """Answers once `ready` says so."""

    def __init__(
        self, name: str, ready: Callable[[], object], jobs: tuple[Job, ...] = (), runs: tuple[Run, ...] = ()
    ) -> None:
        self.name = name
        self._ready = ready
        self._jobs = jobs
        self._runs = runs

    def look(self) -> Answer:
        self._ready()
        return Answer(self.name, NOW, self._jobs, runs=self._runs)

    async def watch(self) -> AsyncIterator[None]:
        yield None


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def place(
    tmp_path: Path,
    crontab: Callable[[], object],
    tables: Callable[[], object],
    history: Callable[[Config], History] = lambda config: History(config.database),
) -> Workspace:
    async def no_bus(_user: bool) -> Bus:
        raise BusError(BusError.DISCONNECTED, "no such file")

    config = Config(state=tmp_path / "state")
    ports = Ports(config, getpass.getuser(), {}, no_bus, history(config), lambda: NOW)

    def sources(_: Workspace) -> dict[str, Callable[[], Source]]:
        return {
            "crontab": lambda: Asked("crontab", crontab),
            "system-tables": lambda: Asked("system-tables", tables, (JOB,), (RUN,)),
            "own-runs": lambda: Asked("own-runs", lambda: None),
        }

    return Workspace(ports, sources, home=str(tmp_path), host="here", zone=UTC)


def test_a_source_that_hangs_is_named_and_the_others_have_answered(
    tmp_path: Path, never: threading.Event
) -> None:
    workspace = place(tmp_path, never.wait, lambda: None)

    async def read() -> None:
        with patience(0.5):
            await workspace.read()

    asyncio.run(read())
    assert [job.name for job in workspace.snapshot.jobs] == ["night"]
    assert [problem.source for problem in workspace.snapshot.troubles] == ["crontab"]
    assert workspace.snapshot.troubles[0].message.startswith("crontab has not answered for ")


def test_so_it_is_where_there_is_no_event_loop(
    tmp_path: Path, never: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_PATIENCE", 0.3)
    monkeypatch.setattr(module, "LEFT_BEHIND", 0.2)
    snapshot = place(tmp_path, never.wait, lambda: None).look((SourceName.CRONTAB, SourceName.CRON_D))
    assert [job.name for job in snapshot.jobs] == ["night"]
    assert [problem.source for problem in snapshot.troubles] == ["crontab"]


@pytest.mark.parametrize("loop", [True, False])
def test_the_sources_are_asked_at_once(tmp_path: Path, loop: bool) -> None:
    both = threading.Barrier(2, timeout=60)  # neither answers before the other was asked
    workspace = place(tmp_path, both.wait, both.wait)
    if loop:
        asyncio.run(workspace.read())
    else:
        workspace.look((SourceName.CRONTAB, SourceName.CRON_D))
    assert workspace.snapshot.troubles == ()


def test_an_error_of_a_source_is_raised_in_the_callers_thread(tmp_path: Path) -> None:
    def fail() -> None:
        raise LookupError("odd")

    with pytest.raises(LookupError, match="odd"):
        place(tmp_path, fail, lambda: None).look((SourceName.CRONTAB, SourceName.CRON_D))


@pytest.mark.parametrize("loop", [True, False])
def test_a_disk_that_hangs_under_the_history_leaves_the_jobs_and_no_run_that_is_ok(
    tmp_path: Path, never: threading.Event, monkeypatch: pytest.MonkeyPatch, loop: bool
) -> None:
    class Hanging(History):
        def keep_runs(self, runs: Iterable[Run]) -> int:
            return int(never.wait())

    workspace = place(tmp_path, lambda: None, lambda: None, lambda config: Hanging(config.database))
    with patience(0.5):
        if loop:
            asyncio.run(workspace.read())
        else:
            workspace.look((SourceName.CRONTAB, SourceName.CRON_D))
    snapshot = workspace.snapshot
    assert [job.name for job in snapshot.jobs] == ["night"]
    assert [problem.message for problem in snapshot.troubles] == [
        "Not all output of the runs could be read in time."
    ]
    results = [run.result for run in snapshot.runs[JOB.id]] + [job.last_result for job in snapshot.jobs]
    assert [result and result.outcome for result in results] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    never.set()
    assert workspace.snapshot is snapshot  # what ends later changes nothing that was said


def test_checks_that_hang_have_not_passed(
    tmp_path: Path, never: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FACTS_DEADLINE", 0.5)
    workspace = place(tmp_path, lambda: None, lambda: None)
    asyncio.run(workspace.read())
    monkeypatch.setitem(vars(workspace), "checkup", lambda _: never.wait())
    with patience(0.5):
        snapshot = workspace.checked()
    assert (snapshot.findings, snapshot.passed) == ((), ())
    assert {code for one in snapshot.unchecked for code in one.codes} == set(RULES)
