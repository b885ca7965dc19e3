"""A machine of files: the state folder, and jobs that really run under the user who runs the tests."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.bus.port import Bus, BusError
from fedtui.config import Config
from fedtui.history.database import History
from fedtui.model import CronFacts, Job, Location, SourceName
from fedtui.ports import Ports

NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=UTC)


async def no_bus(_user: bool) -> Bus:
    raise BusError(BusError.DISCONNECTED, "no such file")


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    config = Config(state=tmp_path / "state")
    return Ports(
        config=config,
        user=getpass.getuser(),
        crontabs={},
        bus=no_bus,
        history=History(config.database),
        clock=lambda: NOW,
    )


@pytest.fixture
def cron_job(tmp_path: Path) -> Callable[..., Job]:
    """Makes the job of one cron line; its HOME is a folder of the test's own."""
    home = tmp_path / "home"
    home.mkdir()

    def make(
        command: bytes,
        *,
        stdin: bytes | None = None,
        environment: tuple[tuple[bytes, bytes], ...] = (),
        job_id: str = "crontab:00000001",
        log_path: str | None = None,
    ) -> Job:
        facts = CronFacts(
            table="crontab",
            raw=b"* * * * * " + command,
            command=command,
            stdin=stdin,
            environment=((b"HOME", str(home).encode()), *environment),
        )
        return Job(
            id=job_id,
            name="probe",
            source=SourceName.CRONTAB,
            user=getpass.getuser(),
            schedule="* * * * *",
            schedule_text="every minute",
            location=Location("crontab", 1),
            command=command.decode("latin-1"),
            log_path=log_path,
            facts=facts,
        )

    return make
