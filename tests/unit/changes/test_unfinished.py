"""Changes that are cut short: by a kill at any moment, by an error after the write."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedtui import changes
from fedtui.action_result import Applied, Refused
from fedtui.changes import file_edits, unfinished
from fedtui.changes.apply_edit import EditExecutor
from fedtui.changes.change_journal import ChangeJournal, StoredChange
from fedtui.changes.edits import Edit, FileEdit, TableEdit
from fedtui.changes.old_steps import stored_change
from fedtui.changes.pending_edits import resume_undo, undo_edits
from fedtui.changes.plan import Conflict
from fedtui.changes.request import Request
from fedtui.engine import Engine
from fedtui.model import Snapshot
from fedtui.ports import Ports
from fedtui.system import lock_file
from fedtui.system.atomic_write import sweep, write_atomically
from fedtui.system.crontab_port import CrontabError
from tests.box.machine import wait_until
from tests.unit.changes.conftest import NOW
from tests.unit.changes.table_file import TableFile

OLD = b"# mine\n0 1 * * * backup\n"
NEW = OLD + b"# name: more\n5 5 * * * more\n"
DRAFT = changes.Draft("5 5 * * *", "more", "more", "")


class _Killed(BaseException):
    pass


class Fragile(TableFile):
    """A table of which a write can be cut short, before it (`early`) or after it (`late`)."""

    early: BaseException | None = None
    late: BaseException | None = None
    unreadable = False

    def read(self) -> bytes | None:
        if self.unreadable:
            raise CrontabError("crontab did not answer within 10 s")
        return super().read()

    def replace(self, base: bytes | None, table: bytes | None) -> None:
        early, late, self.early, self.late = self.early, self.late, None, None
        if early is not None:
            raise early
        super().replace(base, table)
        if late is not None:
            raise late


@pytest.fixture
def table(tmp_path: Path) -> Fragile:
    path = tmp_path / "crontab"
    path.write_bytes(OLD)
    return Fragile(path, "fed")


@pytest.fixture
def world(ports: Ports, table: Fragile) -> Ports:
    return replace(ports, user="fed", crontabs={"fed": table})


async def added(world: Ports) -> Applied:
    return await changes.apply(await changes.plan_new(DRAFT, world), world)


async def undone(world: Ports) -> Applied:
    applied = await changes.apply(await changes.plan_undo(world), world)
    if applied.undo_id is not None:
        changes.seen(applied.undo_id, world)
    return applied


def steps(world: Ports) -> list[tuple[str, bool]]:
    """Verb and "taken back" of each step, newest first; none of them unfinished."""
    assert world.history.prepared_undo() == []
    return [(step.verb, step.undone) for step in world.history.undo_steps()]


async def test_the_step_is_on_the_disk_before_the_change(
    world: Ports, table: Fragile, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TableFile.replace
    seen: list[str] = []

    def looks(port: TableFile, base: bytes | None, new: bytes | None) -> None:
        seen.extend(step.verb for step in world.history.prepared_undo())
        real(port, base, new)

    monkeypatch.setattr(TableFile, "replace", looks)
    await added(world)
    await undone(world)
    assert seen == ["new", "undo"]


async def test_killed_before_the_write_there_is_nothing_to_undo(world: Ports, table: Fragile) -> None:
    table.early = _Killed()
    with pytest.raises(_Killed):
        await added(world)
    with pytest.raises(Refused, match=r"There is nothing to undo\."):
        await changes.plan_undo(world)
    assert (table.read(), steps(world)) == (OLD, [])


async def test_killed_after_the_write_the_change_can_be_undone(world: Ports, table: Fragile) -> None:
    table.late = _Killed()
    with pytest.raises(_Killed):
        await added(world)
    assert table.read() == NEW
    assert (await undone(world)).message == "Undone: new more."
    assert (table.read(), steps(world)) == (OLD, [("undo", False), ("new", True)])


@pytest.mark.parametrize("when", ["early", "late"])
async def test_runs_follow_a_change_that_was_killed_only_if_it_was_made(
    world: Ports, table: Fragile, when: str
) -> None:
    plan = replace(await changes.plan_new(DRAFT, world), moves=(("crontab:a", "crontab:b"),))
    setattr(table, when, _Killed())
    with pytest.raises(_Killed):
        await changes.apply(plan, world)
    assert world.history.jobs()[1] == ()
    await unfinished.recover_if_needed(world)
    assert world.history.jobs()[1] == (plan.moves if when == "late" else ())


@pytest.mark.parametrize("moment", ["early", "late"])
async def test_what_a_kill_left_is_found_out_though_others_edited_since(
    world: Ports, table: Fragile, moment: str
) -> None:
    setattr(table, moment, _Killed())
    with pytest.raises(_Killed):
        await added(world)
    table.path.write_bytes(b"7 7 * * * theirs\n" + (table.read() or b""))
    offered = [step.verb for step in await changes.undo_steps(world, 5)]
    assert offered == (["new"] if moment == "late" else [])


@pytest.mark.parametrize("moment", ["early", "late"])
@pytest.mark.parametrize("their_diff", [b"", b"7 7 * * * theirs\n"])
async def test_a_killed_undo_repeated_ends_in_the_old_text(
    world: Ports, table: Fragile, moment: str, their_diff: bytes
) -> None:
    applied = await added(world)
    setattr(table, moment, _Killed())
    with pytest.raises(_Killed):
        await undone(world)
    table.path.write_bytes(their_diff + (table.read() or b""))
    plan = await changes.plan_undo(world)
    done = "Undone: new more." if moment == "early" else "Undo of more was done already."
    assert (await changes.apply(plan, world)).message == done
    assert table.read() == their_diff + OLD
    assert steps(world) == [("undo", False), ("new", True)]
    with pytest.raises(Refused, match=f"Change {applied.undo_id} was undone already"):
        await changes.plan_undo(world, applied.undo_id)


async def test_a_killed_undo_of_a_line_that_somebody_edited_since_is_not_called_done(
    world: Ports, table: Fragile
) -> None:
    await added(world)
    table.early = _Killed()
    with pytest.raises(_Killed):
        await undone(world)
    edited = NEW.replace(b"more", b"much more")
    table.path.write_bytes(edited)
    with pytest.raises(Refused, match=r"changed since"):
        await changes.plan_undo(world)
    assert table.read() == edited
    assert [step.undone for step in world.history.undo_steps() if step.verb == "new"] == [False]


async def test_a_resumed_undo_does_not_trust_what_was_made_before_the_kill(
    world: Ports, table: Fragile
) -> None:
    await added(world)
    table.late = _Killed()
    with pytest.raises(_Killed):
        await undone(world)
    (step,) = world.history.prepared_undo()
    kept = stored_change(step)._replace(made=1)
    table.path.write_bytes(NEW)  # put back by hand
    made, left, _ = await resume_undo(kept, world)
    assert (made, [type(edit) for edit in left]) == ((), [TableEdit])


async def test_an_undo_that_another_process_finished_meanwhile_is_not_resumed(
    world: Ports, table: Fragile
) -> None:
    await added(world)
    journal = ChangeJournal(await changes.plan_undo(world), world)
    await undone(world)
    await changes.apply(await changes.plan_redo(world), world)
    with pytest.raises(Refused, match="is not being made any more"):
        journal.note(0)
    assert table.read() == NEW


async def test_a_file_that_a_boot_removed_is_as_it_was_before(
    world: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drop-in below /run, written twice: the undo of each has nothing to take back."""
    second = FileEdit("/run/fedtui-test-nothing/x.conf", b"first", b"second")
    kept = StoredChange((second,), 1, finished=True)
    assert await undo_edits(kept, world) == ((), ())


async def test_a_job_that_cron_would_have_to_start_is_said_to_wait_for_it(
    world: Ports, table: Fragile
) -> None:
    down = replace(world, cron_up=lambda: False)
    plan = await changes.plan_new(DRAFT, down)
    assert plan.warnings == ("cron is not running: nothing starts it before cron does.",)
    assert (await changes.plan_new(DRAFT, world)).warnings == ()


async def test_only_the_undo_of_a_whole_change_is_redone_by_its_number(world: Ports, table: Fragile) -> None:
    await added(world)
    table.path.write_bytes(OLD)  # taken back by hand: the undo only marks the step
    undo = (await undone(world)).undo_id or 0
    with pytest.raises(Refused, match=f"Change {undo} cannot be redone"):
        await changes.plan_undo(world, undo)


async def test_a_later_change_finishes_the_killed_undo(world: Ports, table: Fragile) -> None:
    first = await added(world)
    table.late = _Killed()
    with pytest.raises(_Killed):
        await undone(world)
    await changes.apply(await changes.plan_new(changes.Draft("@daily", "later", "later", ""), world), world)
    await undone(world)
    assert table.read() == OLD
    with pytest.raises(Refused, match="Change 1 was undone already"):
        await changes.plan_undo(world, first.undo_id)
    assert (table.read(), world.history.prepared_undo()) == (OLD, [])


async def test_what_somebody_took_back_by_hand_is_only_marked(world: Ports, table: Fragile) -> None:
    await added(world)
    table.path.write_bytes(OLD)
    plan = await changes.plan_undo(world)
    assert plan.summary.endswith("Everything is already as it was before: only the step is marked.")
    table.path.write_bytes(NEW)
    with pytest.raises(Conflict):
        await changes.apply(plan, world)
    await undone(world)
    assert table.read() == OLD


@pytest.mark.parametrize("error", [CrontabError("/tmp/x: Input/output error"), OSError(5, "I/O error")])
async def test_a_change_with_an_error_after_the_write_is_rolled_back(
    world: Ports, table: Fragile, error: Exception
) -> None:
    table.late = error
    with pytest.raises(Refused) as refused:
        await added(world)
    assert refused.value.untouched.startswith("What had been done before was rolled back")
    assert (table.read(), steps(world)) == (OLD, [])


async def test_an_error_before_the_write_leaves_nothing_to_undo(world: Ports, table: Fragile) -> None:
    table.early = CrontabError("There is no temporary folder to write in.", "Make /tmp writable.")
    with pytest.raises(Refused, match="no temporary folder"):
        await added(world)
    assert (table.read(), steps(world)) == (OLD, [])


async def test_what_cannot_be_told_now_is_told_later(world: Ports, table: Fragile) -> None:
    plan = await changes.plan_new(DRAFT, world)
    table.late = _Killed()
    with pytest.raises(_Killed):
        await changes.apply(plan, world)
    table.unreadable = True
    with pytest.raises(Refused, match="did not answer"):
        await changes.plan_undo(world)
    table.unreadable = False
    await undone(world)
    assert table.read() == OLD


HOLDS = """
import asyncio, sys
from pathlib import Path
from typing import Any
from types import SimpleNamespace
from fedtui.system import lock_file
from fedtui.changes.unfinished import change_lock
from fedtui.history.database import History
from fedtui.system.program import run_program

async def main():
    state = Path(sys.argv[1])
    world = SimpleNamespace(config=SimpleNamespace(state=state), history=History(state / "history.db"))
    async with change_lock(world):
        print("held", flush=True)
        held = lock_file.HELD.get()
        assert held is not None
        await asyncio.to_thread(run_program, ["sleep", "2"], inherits=[held])

asyncio.run(main())
"""


async def test_a_program_that_outlives_a_killed_change_keeps_the_next_one_waiting(
    world: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = world.config.state
    holder = subprocess.Popen([sys.executable, "-c", HOLDS, state], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    wait_until(lambda: _children(holder.pid), 5, "the program is started")
    holder.kill()
    holder.communicate()
    monkeypatch.setattr(unfinished, "PATIENCE", 0.1)
    with pytest.raises(Conflict, match="Another change is being made"):
        await added(world)
    monkeypatch.setattr(unfinished, "PATIENCE", 20.0)
    await added(world)
    assert lock_file.HELD.get() is None


def _children(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text().split()]


def test_what_a_kill_left_beside_a_file_goes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    write_atomically(path, b"ascii = true\n")
    (tmp_path / ".config.toml.123").write_bytes(b"half")
    (tmp_path / ".config.toml.mine").write_bytes(b"somebody's")
    sweep(path)
    assert {one.name for one in tmp_path.iterdir()} == {"config.toml", ".config.toml.mine"}


@pytest.mark.parametrize("late", [False, True])
async def test_a_killed_change_of_the_settings_is_undone_and_its_killed_undo_finished(
    ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "config/fedtui/config.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"ascii = true\n")
    real = file_edits.apply_file_edit

    def killed(edit: Any, world: Ports, backup: bool) -> None:
        if late:
            real(edit, world, backup)
        raise _Killed

    for verb in ("silence", "undo"):
        if verb == "undo" and not late:
            await changes.apply(await changes.plan_silence("FT001", None, ports), ports)
        monkeypatch.setattr(file_edits, "apply_file_edit", killed)
        if verb == "silence":
            plan = await changes.plan_silence("FT001", None, ports)
        else:
            plan = await changes.plan_undo(ports)
        with pytest.raises(_Killed):
            await changes.apply(plan, ports)
        monkeypatch.setattr(file_edits, "apply_file_edit", real)
    await undone(ports)
    assert path.read_bytes() == b"ascii = true\n"
    assert steps(ports) == [("undo", False), ("silence", True)]


async def test_the_same_request_works_at_once_after_a_kill_between_its_folder_and_its_file(
    ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    engine, real = Engine(ports, lambda: Snapshot(NOW)), EditExecutor.make
    request = Request("silence", (), {"code": "FT001"})

    async def killed(executor: EditExecutor, edit: Edit) -> None:
        await real(executor, edit)
        if edit.path == str(tmp_path / "config"):  # type: ignore[union-attr]  # all are folders or files
            raise _Killed

    monkeypatch.setattr(EditExecutor, "make", killed)
    with pytest.raises(_Killed):
        await engine.apply(await engine.plan(request))
    monkeypatch.setattr(EditExecutor, "make", real)
    assert (tmp_path / "config").is_dir()
    await engine.apply(await engine.plan(request))
    assert "FT001" in (tmp_path / "config/fedtui/config.toml").read_text()
    await undone(ports)
    assert not (tmp_path / "config").exists()
    assert steps(ports) == [("undo", False), ("silence", True)]


async def test_a_write_whose_task_is_cancelled_keeps_the_lock_until_it_is_done(
    world: Ports, table: Fragile, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, begun, may_write = TableFile.replace, threading.Event(), threading.Event()

    def slow(port: TableFile, base: bytes | None, new: bytes | None) -> None:
        begun.set()
        assert may_write.wait(30)
        real(port, base, new)

    monkeypatch.setattr(TableFile, "replace", slow)
    plan = await changes.plan_new(DRAFT, world)
    task = asyncio.create_task(changes.apply(plan, world))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(BlockingIOError):  # nobody may judge the step while its change is still to come
        lock_file.take(world.config.state / "change.lock")
    may_write.set()
    monkeypatch.setattr(unfinished, "PATIENCE", 20.0)
    await undone(world)
    assert table.read() == OLD


async def test_a_step_that_cannot_be_read_does_not_block_later_changes(world: Ports, table: Fragile) -> None:
    table.late = _Killed()
    with pytest.raises(_Killed):
        await added(world)
    table.late = None
    with world.history.writing() as connection:
        connection.execute("UPDATE undo SET payload = '{}'")
    await changes.apply(await changes.plan_new(changes.Draft("@daily", "later", "later", ""), world), world)
    assert b"later" in (table.read() or b"")


async def test_what_somebody_put_back_by_hand_after_a_redo_is_passed_by(world: Ports, table: Fragile) -> None:
    await changes.apply(await changes.plan_new(changes.Draft("@daily", "early", "early", ""), world), world)
    await added(world)
    for plan in (changes.plan_undo, changes.plan_redo):
        changes.seen((await changes.apply(await plan(world), world)).undo_id or 0, world)
    early = OLD + b"# name: early\n@daily early\n"
    assert (table.read() or b"").startswith(early)
    table.path.write_bytes(early)
    assert (await undone(world)).message == "Undone: new more."
    assert table.read() == early
    assert (await undone(world)).message == "Undone: new early."
    assert table.read() == OLD


async def test_a_change_on_another_machine_of_a_shared_home_is_left_alone(
    world: Ports, table: Fragile
) -> None:
    there = replace(world, host="node1")
    applied = await added(there)
    here = replace(world, host="node2")
    with pytest.raises(Refused, match=r"There is nothing to undo\."):
        await changes.plan_undo(here)
    with pytest.raises(Refused, match=r"was made on node1\. .* Undo it there\."):
        await changes.plan_undo(here, applied.undo_id)
    table.early = _Killed()
    with pytest.raises(_Killed):
        await changes.apply(await changes.plan_new(changes.Draft("1 1 * * *", "x", "x", ""), there), there)
    await changes.undo_steps(here, 5)
    assert [step.host for step in world.history.prepared_undo()] == ["node1"]
    assert (await undone(there)).message == "Undone: new more."


async def test_the_undo_of_an_undo_by_its_number_is_a_redo_and_that_of_a_redo_an_undo(
    world: Ports, table: Fragile
) -> None:
    await added(world)
    undo = (await undone(world)).undo_id or 0
    plan = await changes.plan_undo(world, undo)
    assert (plan.verb, plan.summary) == ("redo", "Redo: new more.")
    redo = (await changes.apply(plan, world)).undo_id or 0
    assert table.read() == NEW
    plan = await changes.plan_undo(world, redo)
    assert (plan.verb, plan.change.undoes) == ("undo", 1)
    await changes.apply(plan, world)
    assert table.read() == OLD
    with pytest.raises(Refused, match=f"Change {redo} was undone already"):
        await changes.plan_undo(world, redo)


async def test_a_step_whose_edits_a_newer_version_knows_is_named(world: Ports, table: Fragile) -> None:
    number = world.history.add_undo(
        at=world.clock(),
        verb="pause",
        job_id="",
        job_name="",
        summary="",
        kind="edits",
        payload='{"parts": [{"kind": "Hologram"}], "made": 1, "finished": true}',
    )
    with pytest.raises(Refused, match=f"Change {number} cannot be read"):
        await changes.plan_undo(world)


async def test_an_undo_of_several_jobs_names_them(world: Ports, table: Fragile) -> None:
    plan = replace(await changes.plan_new(DRAFT, world), jobs=(("crontab:1", "a"), ("crontab:2", "b")))
    await changes.apply(plan, world)
    assert (await changes.plan_undo(world)).jobs == (("crontab:1", "a"), ("crontab:2", "b"))


async def test_a_plan_that_was_applied_already_says_so(world: Ports, table: Fragile) -> None:
    plan = await changes.plan_new(DRAFT, world)
    await changes.apply(plan, world)
    with pytest.raises(Refused, match=r"This was applied already\. Nothing was changed\."):
        await changes.apply(plan, world)


async def test_an_undo_that_another_process_is_about_to_show_does_not_swallow_the_next(
    world: Ports, table: Fragile
) -> None:
    await changes.apply(await changes.plan_new(changes.Draft("@daily", "early", "early", ""), world), world)
    await added(world)
    await changes.apply(await changes.plan_undo(world), world)  # made, not shown yet, and alive
    assert (await undone(world)).message == "Undone: new early."
    assert table.read() == OLD
