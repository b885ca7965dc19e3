"""From systemd 255 on the enabling of one unit has it warn of every unit until it reads its files again."""

from __future__ import annotations

import pytest

from fedtui import changes
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.edits import Edit, MaskEdit, UnitEdit
from fedtui.changes.unit_edits import reloads_of
from fedtui.changes.wording import Wording
from fedtui.ports import Ports
from tests.unit.changes.fake_manager import Manager

WORDING = Wording("resume", "user-timer:x.service", "x.service", "Enable x.service.", "Enabled.")
ENABLE = UnitEdit("x.service", True, (False, True), (True, True))
MASK = MaskEdit("x.service", True, before=False, after=True)


@pytest.mark.parametrize(
    ("edit", "version", "reloads"),
    [
        (ENABLE, "252.39-1~deb12u1", 0),
        (ENABLE, "254", 0),
        (ENABLE, "255.4-1ubuntu8", 1),
        (ENABLE, "257.9-1", 1),
        (MASK, "252.39-1~deb12u1", 0),
        (MASK, "257.9-1", 1),
    ],
)
async def test_systemd_reads_its_files_again_where_it_would_warn(
    ports: Ports, edit: Edit, version: str, reloads: int
) -> None:
    manager = Manager(enabled=False, version=version)
    here = manager.port(ports)
    foreseen = True in await reloads_of([edit], here)
    assert foreseen is (reloads == 1 or isinstance(edit, MaskEdit)), "what it starts is said in the plan"
    plan = await plan_change_set(WORDING, [edit], here)
    await changes.apply(plan, here)
    assert manager.asked.count("Reload") == reloads
