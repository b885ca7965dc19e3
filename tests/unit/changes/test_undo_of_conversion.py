"""The undo of a conversion whose timer was paused meanwhile, and of a step whose timer is gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fedtui import changes
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.edits import FileEdit, PausedTimerEdit, Restore, TableEdit, UnitEdit
from fedtui.changes.paused_timers import PausedTimers
from fedtui.changes.wording import Wording
from fedtui.crontab import Document
from fedtui.ports import Ports
from tests.unit.changes.fake_manager import Manager
from tests.unit.changes.table_file import TableFile

REPORT = b"* * * * * report\n"
OTHER = b"0 5 * * * other\n"
CONVERTED = UnitEdit("report.timer", True, (False, False), (True, True))
HELD = Restore("report.timer", user_manager=True, active=True, enabled=True)


@pytest.fixture
def manager() -> Manager:
    return Manager(active=False, enabled=False)


@pytest.fixture
def table(tmp_path: Path) -> TableFile:
    return TableFile(tmp_path / "crontab", "fed")


@pytest.fixture
def here(ports: Ports, table: TableFile, manager: Manager) -> Ports:
    return manager.port(replace(ports, crontabs={"fed": table}, user="fed"))


async def convert(table: TableFile, ports: Ports) -> None:
    table.path.write_bytes(REPORT + OTHER)
    key = Document.parse(REPORT + OTHER, user="fed").entries[0].id_key
    wording = Wording("convert", f"crontab:{key}", "report", "Convert.", "Converted.")
    wording = replace(wording, moves=((f"crontab:{key}", "user-timer:report.timer"),))
    edits = [CONVERTED, TableEdit("fed", "crontab", REPORT + OTHER, OTHER)]
    await changes.apply(await plan_change_set(wording, edits, ports), ports)


async def pause(ports: Ports) -> None:
    wording = Wording("pause", "user-timer:report.timer", "report.timer", "Pause.", "Paused.")
    edits = [
        PausedTimerEdit("report.timer", True, None, HELD),
        UnitEdit("report.timer", True, (True, True), (False, False)),
    ]
    await changes.apply(await plan_change_set(wording, edits, ports), ports)


@pytest.mark.parametrize("others", [b"", b"0 6 * * * third\n"])
async def test_a_job_paused_as_a_timer_comes_back_as_a_paused_line(
    here: Ports, table: TableFile, manager: Manager, others: bytes
) -> None:
    await convert(table, here)
    assert manager.active
    await pause(here)
    table.path.write_bytes(OTHER + others)
    plan = await changes.plan_undo(here, 1)
    assert "report.timer is off: its line comes back paused." in plan.summary
    await changes.apply(plan, here)
    assert table.path.read_bytes() == b"#fedtui:paused# " + REPORT + OTHER + others
    manager.there = False
    await changes.apply(await changes.plan_redo(here), here)
    assert table.path.read_bytes() == OTHER + others
    assert not manager.active


async def test_a_timer_that_was_only_stopped_comes_back_as_a_paused_line(
    here: Ports, table: TableFile, manager: Manager
) -> None:
    await convert(table, here)
    manager.active = False
    await changes.apply(await changes.plan_undo(here), here)
    assert table.path.read_bytes() == b"#fedtui:paused# " + REPORT + OTHER


async def test_a_timer_that_runs_comes_back_as_an_active_line(here: Ports, table: TableFile) -> None:
    await convert(table, here)
    plan = await changes.plan_undo(here)
    assert "paused" not in plan.summary
    await changes.apply(plan, here)
    assert table.path.read_bytes() == REPORT + OTHER


async def test_the_pause_of_a_timer_that_is_gone_can_be_taken_back(
    here: Ports, table: TableFile, manager: Manager
) -> None:
    await convert(table, here)
    await pause(here)
    await changes.apply(await changes.plan_undo(here, 1), here)
    manager.there, manager.asked = False, []
    plan = await changes.plan_undo(here)
    assert plan.summary.startswith("Undo: pause report.timer, ")
    assert "report.timer is gone: it is not switched on." in plan.summary
    await changes.apply(plan, here)
    assert "StartUnit" not in manager.asked
    assert PausedTimers(here.config).get("report.timer", user_manager=True) is None
    assert [
        step.id for step in await changes.undo_steps(here, 9) if not step.undone and step.undoes is None
    ] == []
    assert table.path.read_bytes() == b"#fedtui:paused# " + REPORT + OTHER


async def test_a_unit_that_the_same_undo_brings_back_is_switched_on(
    here: Ports, manager: Manager, tmp_path: Path
) -> None:
    file = tmp_path / "report.timer"
    file.write_bytes(b"[Timer]\n")
    manager.enabled = manager.active = True
    wording = Wording("convert", "user-timer:report.timer", "report.timer", "Convert.", "Converted.")
    edits = [
        replace(CONVERTED, before=(True, True), after=(False, False)),
        FileEdit(str(file), b"[Timer]\n", None),
    ]
    await changes.apply(await plan_change_set(wording, edits, here), here)
    manager.there = False
    plan = await changes.plan_undo(here)
    assert UnitEdit("report.timer", True, (False, False), (True, True)) in plan.change.edits
