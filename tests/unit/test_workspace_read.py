"""The sources of a verb are asked side by side, and one that hangs is left behind and named."""

from __future__ import annotations

import asyncio
import getpass
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui import workspace as module
from fedtui.bus.port import Bus, BusError
from fedtui.config import Config
from fedtui.history.database import History
from fedtui.model import Answer, CronFacts, Job, Location, SourceName
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


class Asked(LookingSource):
    """Answers once `ready` says so."""

    def __init__(self, name: str, ready: Callable[[], object], jobs: tuple[Job, ...] = ()) -> None:
        self.name = name
        self._ready = ready
        self._jobs = jobs

    def look(self) -> Answer:
        self._ready()
        return Answer(self.name, NOW, self._jobs)

    async def watch(self) -> AsyncIterator[None]:
        yield None


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def place(tmp_path: Path, crontab: Callable[[], object], tables: Callable[[], object]) -> Workspace:
    async def no_bus(_user: bool) -> Bus:
        raise BusError(BusError.DISCONNECTED, "no such file")

    config = Config(state=tmp_path / "state")
    history = History(config.database)
    ports = Ports(config, getpass.getuser(), {}, no_bus, history, lambda: NOW)

    def sources(_: Workspace) -> dict[str, Callable[[], Source]]:
        return {
            "crontab": lambda: Asked("crontab", crontab),
            "system-tables": lambda: Asked("system-tables", tables, (JOB,)),
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
