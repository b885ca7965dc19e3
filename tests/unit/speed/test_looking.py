"""A list without an event loop says what a list with one says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.config import Config
from fedtui.demo.workspace import demo_workspace
from fedtui.model import Snapshot
from fedtui.workspace import LOOKED_AT, SOURCES_OF, Workspace

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
TABLE = "# name: sync\n*/5 * * * * sh ~/sync.sh >> ~/sync.log 2>&1\n61 * * * * no minute\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "crontab").write_text(TABLE)
    return demo_workspace(Config(state=tmp_path / "state"), folder, clock=lambda: NOW)


def facts(snapshot: Snapshot) -> list[tuple[str, str, str]]:
    return [(job.id, job.state.value, job.state_reason) for job in snapshot.jobs]


def test_look_and_read_agree(workspace: Workspace) -> None:
    looked = workspace.look(["crontab"])
    read = asyncio.run(workspace.read(["crontab"]))
    assert len(looked.jobs) == 2
    assert facts(looked) == facts(read)
    assert (looked.jobs, looked.schedulers, looked.problems) == (read.jobs, read.schedulers, read.problems)


def test_every_source_that_a_list_looks_at_can_be_looked_at(tmp_path: Path) -> None:
    from fedtui.machine import host_workspace

    host = host_workspace(Config(state=tmp_path / "state"))
    asked = {name for source in LOOKED_AT for name in SOURCES_OF[source]} | {"own-runs"}
    assert [name for name in sorted(asked) if not callable(getattr(host.source(name), "look", None))] == []
