"""A run of a unit that is followed: what could not be read is no output of the job's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.model import Outcome, Result, Run
from fedtui.ports import Ports
from fedtui.runs import follow_unit
from fedtui.runs.start_unit import UnitRun

START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
UNIT = UnitRun("a" * 32, "user-timer:a.timer", "a.service", True, START.timestamp(), main_pid=7)


async def followed(ports: Ports) -> tuple[bytes, Run | None]:
    printed, last = b"", None
    async for data, run in follow_unit.follow(UNIT, ports):
        printed += data
        last = run or last
    return printed, last


def test_a_journal_that_cannot_be_read_is_no_line_of_the_job(
    tmp_path: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def until_end(run: UnitRun, ports: Ports) -> AsyncIterator[Run]:
        yield run.to_run()
        await asyncio.sleep(0.1)
        ended = Result(Outcome.OK, 0, duration=1.0, evidence=("exit status, systemd",))
        yield Run(run.id, run.job_id, START, START + timedelta(seconds=1), ended)

    monkeypatch.setattr(follow_unit, "until_end", until_end)
    monkeypatch.setenv("PATH", str(tmp_path))
    printed, run = asyncio.run(followed(ports))
    assert printed.startswith(b"[fedtui: its output cannot be shown: ")
    assert run is not None
    assert run.result is not None
    assert run.result.evidence[0] == "exit status, systemd"
    assert len(run.result.evidence) == 2
    assert run.result.evidence[1].startswith("output not read: ")
    assert not run.result.marks
