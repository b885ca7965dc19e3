"""`setup --status` with a disk under a log that does not answer."""

from __future__ import annotations

import asyncio
import getpass
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.bus.port import Bus, BusError
from fedtui.config import Config
from fedtui.federation.profile import load_profile
from fedtui.federation.setup import status as module
from fedtui.federation.setup.placements import InstalledJobs
from fedtui.history.database import History
from fedtui.model import Snapshot
from fedtui.pack import Pack
from fedtui.ports import Ports
from fedtui.system.file_stamp import file_size

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_the_job_whose_log_hangs_is_named_and_the_others_are_known(
    tmp_path: Path, never: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_bus(_user: bool) -> Bus:
        raise BusError(BusError.DISCONNECTED, "no such file")

    async def none_installed(*_: object) -> InstalledJobs:
        return {}

    keys = [job.key for job in load_profile("conservative").jobs]
    hanging, *others = keys
    pack = Pack(
        *(str(tmp_path), "conservative", "cron", str(tmp_path), "2026-11-20"),
        scripts=dict.fromkeys(keys, "/x.sh"),
    )
    logs = {job.key: tmp_path / job.log for job in load_profile("conservative").jobs}
    for log in logs.values():
        log.write_bytes(b"12345")
    monkeypatch.setattr(module, "load_pack", lambda: pack)
    monkeypatch.setattr(module, "jobs_by_placement", none_installed)
    monkeypatch.setattr(module, "LOOK_DEADLINE", 1.0)
    monkeypatch.setattr(
        module, "file_size", lambda log: never.wait() if log == str(logs[hanging]) else file_size(log)
    )
    config = Config(state=tmp_path / "state")
    ports = Ports(config, getpass.getuser(), {}, no_bus, History(config.database), lambda: NOW)
    found = asyncio.run(module.read_status(Snapshot(NOW), ports))
    assert {job.key: job.log_size for job in found.jobs} == {hanging: None} | dict.fromkeys(others, 5)
    name = next(job.name for job in found.jobs if job.key == hanging)
    assert f"Could not look at log and product of {name} in time." in found.problems
