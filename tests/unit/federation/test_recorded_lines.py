"""The pack's cron lines: recorded by default when they are new, or not, and what a user chose stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.changes.edits import TableEdit
from fedtui.config import Config
from fedtui.crontab import Document
from fedtui.federation.backends.placement import install_edits, removal_edits
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.setup.request import SetupRequest
from fedtui.federation.setup.setup_plan import _recorded_lines, _unrecorded
from fedtui.history.database import History
from fedtui.pack import Pack, read_pack, written
from fedtui.ports import Ports
from tests.fixtures.mockup_app import _no_bus
from tests.unit.changes.table_file import TableFile

NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=UTC)
MINE = b"# mine\n5 4 * * * echo mine\n"
PACK = Pack("/r", "conservative", "cron", "/l", "2026-11-24")


def job(key: str, script: str = "") -> ManagedJob:
    script = script or f"/r/it's 5%/{key}.sh"
    return ManagedJob(key, f"{key}-job", "", ("bash", script), "0 * * * *", f"/l/{key}.log")


@pytest.fixture
def table(tmp_path: Path) -> TableFile:
    path = tmp_path / "crontab"
    path.write_bytes(MINE)
    return TableFile(path, "fed")


@pytest.fixture
def ports(tmp_path: Path, table: TableFile) -> Ports:
    config = Config(tmp_path / "state")
    return Ports(config, "fed", {"fed": table}, _no_bus, History(config.database), lambda: NOW)


async def install(ports: Ports, table: TableFile, *keys: str, record: bool, recorded: bool) -> int:
    """Installs these jobs; returns how many lines more are recorded."""
    edits = await install_edits(
        [job(key) for key in keys], "cron", "", ports, record=record, recorded=recorded
    )
    for edit in edits:
        assert isinstance(edit, TableEdit)
        assert edit.after is not None
        table.path.write_bytes(edit.after)
    return _recorded_lines(edits, ports)


def recorded(table: TableFile) -> dict[str, bool]:
    entries = Document.parse(table.read() or b"", user="fed").entries
    return {entry.name: entry.recorder is not None for entry in entries}


async def test_new_lines_are_recorded_and_what_the_user_turned_off_stays_off(
    ports: Ports, table: TableFile
) -> None:
    assert await install(ports, table, "sync", "metrics", record=True, recorded=False) == 2
    assert recorded(table) == {"echo": False, "sync-job": True, "metrics-job": True}
    assert await install(ports, table, "sync", "metrics", record=True, recorded=True) == 0
    off = await install(ports, table, "sync", record=False, recorded=True)
    assert (off, recorded(table)["sync-job"]) == (-1, False)
    assert await install(ports, table, "sync", "metrics", "export", record=True, recorded=True) == 1
    assert recorded(table) == {"echo": False, "sync-job": False, "metrics-job": True, "export-job": True}
    for edit in await removal_edits(("sync", "metrics", "export"), "cron", "", ports):
        assert isinstance(edit, TableEdit)
        assert edit.after == MINE


async def test_without_it_nothing_is_recorded_and_what_the_user_records_stays_recorded(
    ports: Ports, table: TableFile
) -> None:
    assert await install(ports, table, "sync", record=False, recorded=False) == 0
    assert recorded(table) == {"echo": False, "sync-job": False}
    await install(ports, table, "sync", record=True, recorded=False)
    assert await install(ports, table, "sync", record=False, recorded=False) == 0
    assert recorded(table)["sync-job"] is True


async def test_a_line_that_cannot_be_recorded_is_scheduled_all_the_same_and_the_plan_says_so(
    ports: Ports, table: TableFile
) -> None:
    long = job("sync", f"/r/{'x' * 900}.sh")
    edits = await install_edits([long, job("metrics")], "cron", "", ports, record=True)
    assert _recorded_lines(edits, ports) == 1
    (said,) = _unrecorded(PACK, edits, ports)
    assert said.startswith("sync-job is not recorded: its line would have a command of 1")
    assert _unrecorded(replace(PACK, record=False), edits, ports) == []
    theirs = replace(ports, user="root", crontabs={"fed": table})
    edits = await install_edits([job("sync")], "cron", "fed", theirs, record=True)
    assert _recorded_lines(edits, ports) == 0
    assert _unrecorded(PACK, edits, theirs) == ["sync-job is not recorded: it is in the crontab of fed."]


def test_a_first_set_up_records_and_one_of_an_older_version_goes_on_without() -> None:
    assert SetupRequest().settled(None).record is True
    assert SetupRequest(record=False).settled(None).record is False
    older = read_pack(written(PACK).replace(b"record = true\n", b""))
    assert SetupRequest().settled(older).record is False
    assert SetupRequest(record=True).settled(older).record is True
    assert SetupRequest(root="/r", record=False).words() == ("setup", "--root", "/r", "--no-record")


def test_a_note_that_quotes_a_recorded_line_is_none(ports: Ports) -> None:
    quoted = b"# fedtui_run='true'; is what fedtui writes\n" + MINE
    assert _recorded_lines([TableEdit("fed", "crontab", MINE, quoted)], ports) == 0
