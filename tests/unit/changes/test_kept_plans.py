"""Plans that are kept and applied by their ids."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes.kept_plans import keep_plan, kept_plan
from fedtui.changes.plan import Conflict
from fedtui.ports import Ports
from tests.unit.changes.conftest import NOW
from tests.unit.changes.table_file import TableFile

TABLE = b"0 1 * * * backup\n"


@pytest.fixture
def table(tmp_path: Path) -> TableFile:
    (tmp_path / "crontab").write_bytes(TABLE)
    return TableFile(tmp_path / "crontab", "fed")


@pytest.fixture
def world(ports: Ports, table: TableFile) -> Ports:
    return replace(ports, user="fed", crontabs={"fed": table})


async def a_plan(world: Ports) -> changes.Plan:
    return await changes.plan_new(changes.Draft("5 5 * * *", "more", "more", "a note"), world)


def later(world: Ports, **span: int) -> Ports:
    return replace(world, clock=lambda: NOW + timedelta(**span))


def file_of(world: Ports) -> Path:
    (path,) = (world.config.state / "plans").iterdir()
    return path


async def test_a_kept_plan_is_the_plan_and_can_be_applied_within_an_hour(
    world: Ports, table: TableFile
) -> None:
    plan = replace(await a_plan(world), moves=(("crontab:a", "crontab:b"),))
    kept = kept_plan(keep_plan(plan, world), later(world, minutes=59))
    assert kept == plan
    await changes.apply(kept, world)
    assert world.history.jobs()[1] == plan.moves
    assert table.read() == TABLE + b"# a note\n# name: more\n5 5 * * * more\n"


async def test_one_whose_base_moved_is_refused(world: Ports, table: TableFile) -> None:
    plan_id = keep_plan(await a_plan(world), world)
    table.path.write_bytes(b"7 7 * * * theirs\n")
    with pytest.raises(Conflict, match="Someone changed the crontab of fed after your plan was made"):
        await changes.apply(kept_plan(plan_id, world), world)
    assert table.read() == b"7 7 * * * theirs\n"


async def test_an_undo_that_is_kept_undoes(world: Ports, table: TableFile) -> None:
    await changes.apply(await a_plan(world), world)
    await changes.apply(kept_plan(keep_plan(await changes.plan_undo(world), world), world), world)
    assert table.read() == TABLE
    assert [(step.verb, step.undone) for step in await changes.undo_steps(world, 5)] == [
        ("undo", False),
        ("new", True),
    ]


async def test_on_another_machine_it_is_refused(world: Ports, table: TableFile) -> None:
    plan_id = keep_plan(await a_plan(world), replace(world, host="node1"))
    with pytest.raises(Refused, match=f"Plan {plan_id} was made on node1"):
        kept_plan(plan_id, replace(world, host="node2"))


async def test_after_an_hour_it_is_refused_and_the_next_one_removes_it(world: Ports) -> None:
    plan = await a_plan(world)
    plan_id = keep_plan(plan, world)
    with pytest.raises(Refused, match="older than an hour"):
        kept_plan(plan_id, later(world, minutes=61))


async def test_it_is_private_and_another_users_or_shared_file_is_no_plan(world: Ports) -> None:
    plan_id = keep_plan(await a_plan(world), world)
    path = file_of(world)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o660)
    with pytest.raises(Refused, match="its file is not this user's alone"):
        kept_plan(plan_id, world)
    path.rename(path.with_name("real"))
    path.symlink_to(path.with_name("real"))
    with pytest.raises(Refused, match="cannot be read"):
        kept_plan(plan_id, world)


@pytest.mark.parametrize("plan_id", ["../../crontab", "", "0" * 11, "0123456789abcdef"])
async def test_no_path_is_an_id(world: Ports, plan_id: str) -> None:
    with pytest.raises(Refused, match="is no id of a kept plan"):
        kept_plan(plan_id, world)


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps({"at": NOW.timestamp()})])
async def test_a_damaged_file_is_refused_in_words(world: Ports, text: str) -> None:
    plan_id = keep_plan(await a_plan(world), world)
    file_of(world).write_text(text)
    with pytest.raises(Refused, match=r"cannot be read|older than an hour"):
        kept_plan(plan_id, world)
