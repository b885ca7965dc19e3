"""Which sources are read again after a change: those of its jobs, and no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fedtui import changes
from fedtui.changes.edits import (
    ChangeSet,
    Edit,
    FileEdit,
    FolderEdit,
    LingerEdit,
    RenameEdit,
    TableEdit,
    UnitEdit,
)
from fedtui.changes.plan import Plan
from fedtui.changes.touched_sources import touched_sources
from fedtui.model import SourceName
from fedtui.ports import Ports
from tests.unit.changes.table_file import TableFile

SYSTEM_UNIT = "/etc/systemd/system/a.timer"
TABLE = TableEdit("fed", "crontab", None, b"0 1 * * * backup\n")
TIMER = UnitEdit("a.timer", user_manager=True, before=(False, False), after=(True, True))


def plan_of(change: ChangeSet) -> Plan:
    return Plan("setup", "", "", "", (), (), change)


@pytest.mark.parametrize(
    ("edits", "touched"),
    [
        ([TABLE], {SourceName.CRONTAB}),
        ([TABLE, TIMER], {SourceName.CRONTAB, SourceName.USER_TIMER}),
        ([replace(TABLE, table="/etc/cron.d/a")], {SourceName.SYSTEM_CRONTAB}),
        ([FileEdit("/etc/cron.d/a", None, b"")], {SourceName.SYSTEM_CRONTAB}),
        ([replace(TIMER, user_manager=False)], {SourceName.SYSTEM_TIMER}),
        ([FileEdit(SYSTEM_UNIT, None, b"")], {SourceName.SYSTEM_TIMER}),
        ([RenameEdit(SYSTEM_UNIT, "/var/tmp/a.timer")], {SourceName.SYSTEM_TIMER}),
        ([LingerEdit("fed", before=False, after=True)], {SourceName.USER_TIMER}),
        ([FileEdit("/home/fed/sync.log", None, b""), FolderEdit("/home/fed/logs", there=True)], set()),
    ],
)
def test_a_change_set_touches_the_sources_of_its_edits(edits: list[Edit], touched: set[SourceName]) -> None:
    assert touched_sources(plan_of(ChangeSet(tuple(edits), "Done."))) == touched


async def test_a_line_and_its_undo_touch_the_crontab(ports: Ports, tmp_path: Path) -> None:
    world = replace(ports, user="fed", crontabs={"fed": TableFile(tmp_path / "crontab", "fed")})
    plan = await changes.plan_new(changes.Draft("5 5 * * *", "more", "more", ""), world)
    assert touched_sources(plan) == {SourceName.CRONTAB}
    await changes.apply(plan, world)
    assert touched_sources(await changes.plan_undo(world)) == {SourceName.CRONTAB}
