"""Undo steps in the formats of version 0.1, written out as that version wrote them."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes.edits import FileEdit, MaskEdit, PausedTimerEdit, Restore, UnitEdit
from fedtui.changes.old_steps import stored_change
from fedtui.history.database import UndoStep
from fedtui.ports import Ports
from tests.unit.changes.conftest import NOW
from tests.unit.changes.table_file import TableFile

OLD, NEW = b"0 1 * * * backup\n", b"#fedtui:paused# 0 1 * * * backup\n"


def packed(text: bytes | None) -> str | None:
    return None if text is None else base64.b64encode(zlib.compress(text)).decode()


def kept(ports: Ports, kind: str, payload: dict[str, Any], verb: str = "pause") -> int:
    return ports.history.add_undo(
        at=NOW, verb=verb, job_id="j", job_name="backup", summary="s", kind=kind, payload=json.dumps(payload)
    )


async def test_a_line_of_a_crontab(ports: Ports, tmp_path: Path) -> None:
    table = TableFile(tmp_path / "crontab", "fed")
    table.path.write_bytes(NEW)
    world = replace(ports, user="fed", crontabs={"fed": table})
    number = kept(
        world,
        "crontab",
        {"user": "fed", "table": "crontab", "before": packed(OLD), "after": packed(NEW), "undoes": None},
    )
    plan = await changes.plan_undo(world)
    assert plan.change.undoes == number
    await changes.apply(plan, world)
    assert table.read() == OLD
    await changes.apply(await changes.plan_redo(world), world)
    assert table.read() == NEW


async def test_the_settings(ports: Ports, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'ignore = ["FT001"]\n')
    payload = {"path": str(path), "before": None, "after": packed(path.read_bytes()), "undoes": None}
    kept(ports, "config-file", payload, "silence")
    await changes.apply(await changes.plan_undo(ports), ports)
    assert not path.exists()


def step(kind: str, payload: dict[str, Any]) -> UndoStep:
    return UndoStep(7, NOW, "pause", "j", "backup", "s", kind, json.dumps(payload))


def test_a_timer_that_was_paused_or_resumed() -> None:
    target = {"job_id": "j", "job_name": "backup", "unit": "backup.timer", "user_manager": False}
    restore = {
        "unit": "backup.timer",
        "user_manager": False,
        "active": True,
        "enabled": True,
        "hold": "",
        "links": [["/etc/systemd/system/timers.target.wants/backup.timer", "/lib/backup.timer"]],
    }
    payload = {"target": target, "pause": True, "restore": restore, "was": [True, "enabled", False]}
    links = (("/etc/systemd/system/timers.target.wants/backup.timer", "/lib/backup.timer"),)
    remembered = Restore("backup.timer", user_manager=False, active=True, enabled=True, links=links)
    assert stored_change(step("timer-state", payload)).edits == (
        PausedTimerEdit("backup.timer", user_manager=False, before=None, after=remembered),
        UnitEdit("backup.timer", False, (True, True), (False, False), links),
    )
    assert stored_change(step("timer-state", {**payload, "pause": False})).edits == (
        UnitEdit("backup.timer", False, (False, False), (True, True), links),
        PausedTimerEdit("backup.timer", user_manager=False, before=remembered, after=None),
    )
    masked = {**payload, "restore": {**restore, "hold": "mask", "links": []}}
    assert stored_change(step("timer-state", masked)).edits[-1] == MaskEdit(
        "backup.timer", False, False, True
    )


def test_a_drop_in() -> None:
    path = "/etc/systemd/system/backup.timer.d/zz-fedtui-schedule.conf"
    payload = {"target": {}, "path": path, "before": None, "after": packed(b"[Timer]\n"), "undoes": None}
    found = stored_change(step("timer-drop-in", payload))
    assert found.edits == (FileEdit(path, None, b"[Timer]\n"),)
    assert (found.made, found.finished) == (1, True)


async def test_one_of_a_later_version_is_left_alone_and_said(ports: Ports) -> None:
    number = kept(ports, "hologram", {"undoes": None})
    with pytest.raises(Refused, match=rf"Change {number} \(hologram\) was made by another version of fedtui"):
        await changes.plan_undo(ports, number)
