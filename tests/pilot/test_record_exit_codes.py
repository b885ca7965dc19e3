"""C on the dashboard: this job, all that lack exit codes, or never again; each shown before `y`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fedtui.config import Config
from fedtui.crontab import Document
from fedtui.history.database import History
from fedtui.model import CronFacts, Job, Location, Snapshot, SourceName
from fedtui.ports import Ports
from tests.fixtures import mockup_data as mock
from tests.fixtures.mockup_app import MockupApp, _no_bus, screen_text
from tests.pilot.test_job_actions import says
from tests.unit.changes.table_file import TableFile

TABLE = b"0 1 * * * first\n0 2 * * * second\n0 3 * * * third\n"


def jobs_of(table: TableFile) -> tuple[Job, ...]:
    return tuple(
        Job(
            *(f"crontab:{entry.id_key}", entry.name, SourceName.CRONTAB, mock.USER, entry.schedule, "daily"),
            Location("crontab", entry.line_number),
            CronFacts(
                *("crontab", entry.raw, entry.command),
                record_key=entry.recorder.key if entry.recorder is not None else "",
            ),
            editable=True,
        )
        for entry in Document.parse(table.read() or b"", user=mock.USER).entries
    )


def snapshot_of(table: TableFile) -> Snapshot:
    jobs = jobs_of(table)
    left = tuple(job.id for job in jobs if not job.facts.record_key)
    return Snapshot(mock.NOW, (*jobs, mock.NOTES), mock.UP, unrecorded=left)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Pilot[None], MockupApp, TableFile]]:
    """The dashboard over a crontab in a file: three jobs that lack exit codes, the cursor on the first."""
    table = TableFile(folder / "crontab", mock.USER)
    table.path.write_bytes(TABLE)
    config = Config(folder / "state")
    ports = Ports(config, mock.USER, {mock.USER: table}, _no_bus, History(config.database), lambda: mock.NOW)
    app = MockupApp(snapshot_of(table), ports=ports)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await pilot.pause()
        yield pilot, app, table


def recorded(table: TableFile) -> list[bool]:
    return [b"fedtui_run=" in line for line in (table.read() or b"").splitlines()]


async def test_all_that_lack_exit_codes_in_one_plan_and_the_offer_ends(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, app, table):
        assert "1 of 4 jobs record exit codes (C: record the other 3)" in screen_text(app)
        await pilot.press("C")
        text = await says(pilot, lambda text: "1  record exit codes of first" in text)
        assert "2  record exit codes of 3 jobs: all that lack them" in text
        assert "3  do not offer it again: silence FT309" in text
        await pilot.press("2")
        text = await says(pilot, lambda text: "what will be done" in text)
        assert "Wraps the lines of 3 jobs, first, second and third in fedtui's recorder" in text
        assert table.read() == TABLE
        await pilot.press("y")
        await says(pilot, lambda text: "3 jobs are recorded from their next runs on." in text)
        assert recorded(table) == [True, True, True]
        app.fixed.post(snapshot_of(table))
        await says(pilot, lambda text: "record exit codes (C" not in text)


async def test_this_one_then_the_others_or_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, app, table):
        await pilot.press("C")
        await says(pilot, lambda text: "1  record exit codes of first" in text)
        await pilot.press("1")
        await says(pilot, lambda text: "Wraps the line in fedtui's recorder" in text)
        await pilot.press("y")
        await says(pilot, lambda text: "first is recorded from its next run on." in text)
        assert recorded(table) == [True, False, False]
        app.fixed.post(snapshot_of(table))
        await says(pilot, lambda text: "2 of 4 jobs record exit codes" in text)
        await pilot.press("C")
        text = await says(pilot, lambda text: "1  stop recording first" in text)
        assert "2  record exit codes of 2 jobs: all that lack them" in text
        await pilot.press("1")
        await says(pilot, lambda text: "restores the original line" in text)
        await pilot.press("y")
        await says(pilot, lambda text: "first is no longer recorded." in text)
        assert table.read() == TABLE


async def test_refused_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    async with opened(tmp_path) as (pilot, app, table):
        await pilot.press("C")
        await says(pilot, lambda text: "3  do not offer it again" in text)
        await pilot.press("3")
        await says(pilot, lambda text: 'ignore = ["FT309"]' in text)
        await pilot.press("y")
        await says(pilot, lambda text: "Silenced FT309." in text)
        assert (tmp_path / "config/fedtui/config.toml").read_text() == 'ignore = ["FT309"]\n'
        app.fixed.post(replace(snapshot_of(table), unrecorded=()))
        await says(pilot, lambda text: "exit codes (C" not in text)
        await pilot.press("C")
        await says(pilot, lambda text: "Wraps the line in fedtui's recorder" in text)
        assert table.read() == TABLE


async def test_on_a_timer_only_the_others_are_offered(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, _, _):
        await pilot.press("G")
        await says(pilot, lambda text: "backup-notes" in text)
        await pilot.press("C")
        text = await says(pilot, lambda text: "1  record exit codes of 3 jobs" in text)
        assert "2  do not offer it again" in text
