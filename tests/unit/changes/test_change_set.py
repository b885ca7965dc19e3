"""Compound changes on real files, a real git and a table in a file: made whole or not at all, and undone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fedtui import changes
from fedtui.action_result import Applied, Refused
from fedtui.changes import unfinished
from fedtui.changes.apply_edit import EditExecutor
from fedtui.changes.change_journal import StoredChange, read_stored, to_payload
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.edits import (
    Edit,
    FileEdit,
    FolderEdit,
    LingerEdit,
    RemoteUrlEdit,
    RenameEdit,
    TableEdit,
    UnitEdit,
    WorktreeEdit,
    inverse,
)
from fedtui.changes.pending_edits import NothingToChange
from fedtui.changes.plan import Conflict, Plan
from fedtui.changes.undo_log import CUT_SHORT
from fedtui.changes.wording import Wording
from fedtui.ports import Ports
from fedtui.system import temp_folder
from fedtui.system.crontab_port import CrontabError
from tests.unit.changes.table_file import TableFile

WORDING = Wording("setup", "", "the federation", "Set it up.", "Set up.")
LINE = b"0 1 * * * backup\n"


@pytest.fixture
def table(tmp_path: Path) -> TableFile:
    return TableFile(tmp_path / "crontab", "fed")


@pytest.fixture
def here(ports: Ports, table: TableFile) -> Ports:
    return replace(ports, crontabs={"fed": table}, user="fed")


async def planned(parts: list[Edit], ports: Ports) -> Plan:
    return await plan_change_set(WORDING, parts, ports)


async def made(parts: list[Edit], ports: Ports) -> Applied:
    return await changes.apply(await planned(parts, ports), ports)


async def undone(ports: Ports) -> Applied:
    return await shown(await changes.apply(await changes.plan_undo(ports), ports), ports)


async def redone(ports: Ports) -> Applied:
    return await shown(await changes.apply(await changes.plan_redo(ports), ports), ports)


async def shown(applied: Applied, ports: Ports) -> Applied:
    if applied.undo_id is not None:
        changes.seen(applied.undo_id, ports)
    return applied


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"(folder)"
        for path in folder.rglob("*")
    }


async def test_a_change_set_is_made_undone_and_made_again(
    here: Ports, table: TableFile, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "old").write_bytes(b"was here\n")
    (home / "old").chmod(0o640)
    start = tree(home)
    parts: list[Edit] = [
        FileEdit(str(home / "a/b/new.conf"), None, b"new\n"),
        FileEdit(str(home / "old"), b"was here\n", b"is here\n", mode=0o600),
        RenameEdit(str(home / "old"), str(home / "a/moved")),
        TableEdit("fed", "crontab", None, LINE),
    ]
    applied = await made(parts, here)
    assert (applied.message, applied.undo_id) == ("Set up.", 1)
    after = tree(home)
    assert after == {"a": b"(folder)", "a/b": b"(folder)", "a/b/new.conf": b"new\n", "a/moved": b"is here\n"}
    assert table.read() == LINE
    assert (await undone(here)).message == "Undone: setup the federation."
    assert (tree(home), table.read()) == (start, None)
    assert (home / "old").stat().st_mode & 0o777 == 0o640
    assert (await redone(here)).message == "Redone: setup the federation."
    assert (tree(home), table.read()) == (after, LINE)


async def test_what_is_so_already_is_left_out_and_nothing_is_nothing(here: Ports, tmp_path: Path) -> None:
    parts: list[Edit] = [FolderEdit(str(tmp_path), there=True), FileEdit(str(tmp_path / "f"), None, b"x")]
    plan = await planned(parts, here)
    assert [step.text for step in plan.steps if step.verb == "write"] == [f"{tmp_path / 'f'}  mode 0644"]
    await changes.apply(plan, here)
    with pytest.raises(NothingToChange):
        await planned(parts, here)


async def test_a_private_text_is_not_shown(here: Ports, tmp_path: Path) -> None:
    secret = FileEdit(str(tmp_path / "f"), None, b"url = mailto://me:hunter2@host\n", 0o600, private=True)
    plan = await planned([secret], here)
    assert "hunter2" not in repr((plan.diffs, plan.steps, plan.summary))
    await changes.apply(plan, here)
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600


async def test_others_meanwhile_make_it_stale_and_nothing_is_written(
    here: Ports, table: TableFile, tmp_path: Path
) -> None:
    parts: list[Edit] = [
        FileEdit(str(tmp_path / "f"), None, b"x"),
        TableEdit("fed", "crontab", None, LINE),
    ]
    plan = await planned(parts, here)
    table.path.write_bytes(b"# theirs\n")
    with pytest.raises(Conflict) as stale:
        await changes.apply(plan, here)
    assert [line.text for diff in stale.value.their_diff for line in diff.lines] == ["# theirs"]
    assert not (tmp_path / "f").exists()
    assert here.history.last_undo() is None


async def test_an_edit_that_fails_has_those_before_it_taken_back(
    here: Ports, table: TableFile, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    plan = await planned(
        [
            TableEdit("fed", "crontab", None, LINE),
            FileEdit(str(tmp_path / "one"), None, b"1"),
            FileEdit(str(kept / "two"), None, b"2"),
        ],
        here,
    )
    kept.rmdir()
    with pytest.raises(Refused, match="rolled back: nothing is changed") as refused:
        await changes.apply(plan, here)
    assert "two" in refused.value.message
    assert (table.read(), (tmp_path / "one").exists()) == (None, False)
    assert here.history.last_undo() is None


async def test_what_cannot_be_taken_back_is_named_and_can_be_undone_later(
    here: Ports, table: TableFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    plan = await planned(
        [
            TableEdit("fed", "crontab", None, LINE),
            FileEdit(str(one), None, b"1"),
            FileEdit(str(two), None, b"2"),
        ],
        here,
    )
    real = EditExecutor.make

    async def interfered(maker: EditExecutor, part: Edit) -> None:
        if isinstance(part, FileEdit) and part.path == str(two):
            one.write_bytes(b"theirs")
            raise Refused("The disk is full.")
        await real(maker, part)

    monkeypatch.setattr(EditExecutor, "make", interfered)
    with pytest.raises(Refused, match=r"one .*u takes it back"):
        await changes.apply(plan, here)
    assert (table.read(), one.read_bytes()) == (None, b"theirs")
    monkeypatch.undo()
    step = here.history.last_undo()
    assert step is not None
    assert step.summary.startswith(CUT_SHORT)
    with pytest.raises(Refused, match="one was changed since"):
        await changes.plan_undo(here)
    one.write_bytes(b"1")
    assert "1 of 3 parts had been made" in (await changes.plan_undo(here)).summary
    await undone(here)
    assert not one.exists()


async def test_units_that_cannot_be_copied_for_a_check_are_refused(
    here: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(temp_folder, "_places", lambda: iter([tmp_path / "missing"]))
    unit = tmp_path / "systemd/user/a.service"
    with pytest.raises(Refused, match=r"copied for a check: .*/missing/.*: No such file or directory\."):
        await planned([FileEdit(str(unit), None, b"[Service]\n")], here)


@pytest.mark.parametrize("verb", ["setup", "undo"])
async def test_what_only_tidies_up_is_not_offered_to_u(
    here: Ports, table: TableFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    table.path.write_bytes(b"# mine\n")
    await made([TableEdit("fed", "crontab", b"# mine\n", LINE)], here)
    new = tmp_path / "d/new"
    edits: list[Edit] = [FileEdit(str(new), None, b"1")]
    if verb == "undo":
        await made(edits, here)
    plan = await (planned(edits, here) if verb == "setup" else changes.plan_undo(here))
    real = EditExecutor.make

    async def read_only(maker: EditExecutor, edit: Edit) -> None:
        if edit != plan.change.edits[0]:
            raise Refused("Read-only file system.")
        await real(maker, edit)

    monkeypatch.setattr(EditExecutor, "make", read_only)
    with pytest.raises(Refused) as refused:
        await changes.apply(plan, here)
    monkeypatch.undo()
    says = {"setup": "The next change cleans that up.", "undo": "u finishes it once that is possible."}
    assert refused.value.advice == says[verb]
    assert new.parent.is_dir()
    offered = [(step.verb, step.undone) for step in await changes.undo_steps(here, 9)]
    assert offered == [("undo", False), ("setup", True), ("setup", False)][0 if verb == "undo" else 2 :]
    assert not new.parent.exists()
    if verb == "undo":  # repeated, it goes no further back
        assert (await undone(here)).message == "Undo of the federation was done already."
    assert table.read() == LINE


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("during", [False, True])
async def test_one_that_is_killed_at_any_edit_can_be_undone(
    here: Ports, table: TableFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, during: bool
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "old").write_bytes(b"old")
    table.path.write_bytes(b"# mine\n")
    start = tree(home)
    plan = await planned(
        [
            FolderEdit(str(home / "d"), there=True),
            FileEdit(str(home / "d/f"), None, b"1"),
            TableEdit("fed", "crontab", b"# mine\n", b"# mine\n" + LINE),
            RenameEdit(str(home / "old"), str(home / "d/new")),
            FileEdit(str(home / "last"), None, b"9"),
        ],
        here,
    )
    count = 0
    real = EditExecutor.make

    async def killed(maker: EditExecutor, part: Edit) -> None:
        nonlocal count
        if count == at and not during:
            raise _Killed
        await real(maker, part)
        if count == at:
            raise _Killed  # the part is made, and nobody noted it
        count += 1

    monkeypatch.setattr(EditExecutor, "make", killed)
    with pytest.raises(_Killed):
        await changes.apply(plan, here)
    monkeypatch.undo()
    step = here.history.last_undo()
    assert step is not None
    assert step.summary == f"{CUT_SHORT}Set it up."
    if at == 0 or (at == 1 and not during):  # nothing or an empty folder was made: nothing to undo
        with pytest.raises(Refused, match="There is nothing to undo"):
            await changes.plan_undo(here)
        assert (tree(home), table.read(), here.history.undo_steps()) == (start, b"# mine\n", [])
        return
    plan = await changes.plan_undo(here)
    assert ("cut short" in plan.summary) == (at < 4 or not during)
    await changes.apply(plan, here)
    assert (tree(home), table.read()) == (start, b"# mine\n")
    closed = here.history.undo(step.id)
    assert closed is not None
    assert closed.undone


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("during", [False, True])
async def test_an_undo_that_is_killed_at_any_edit_is_finished_by_the_next(
    here: Ports, table: TableFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, during: bool
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "old").write_bytes(b"old")
    table.path.write_bytes(b"# mine\n")
    start = tree(home)
    parts: list[Edit] = [
        FolderEdit(str(home / "d"), there=True),
        FileEdit(str(home / "old"), b"old", b"edited"),
        TableEdit("fed", "crontab", b"# mine\n", b"# mine\n" + LINE),
        RenameEdit(str(home / "old"), str(home / "d/new")),
        FileEdit(str(home / "last"), None, b"9"),
    ]
    done = await made(parts, here)
    after = tree(home), table.read()
    count = 0
    real = EditExecutor.make

    async def killed(maker: EditExecutor, part: Edit) -> None:
        nonlocal count
        if count == at and not during:
            raise _Killed
        await real(maker, part)
        if count == at:
            raise _Killed
        count += 1

    monkeypatch.setattr(EditExecutor, "make", killed)
    with pytest.raises(_Killed):
        await undone(here)
    monkeypatch.undo()
    table.path.write_bytes((table.read() or b"") + b"5 5 * * * theirs\n")
    whole = at == 4 or (at == 3 and during)  # removing the folder is left to the recovery
    done_now = "Undo of the federation was done already." if whole else "Undone: setup the federation."
    assert (await undone(here)).message == done_now
    assert (tree(home), table.read()) == (start, b"# mine\n5 5 * * * theirs\n")
    steps = here.history.undo_steps()
    assert [(step.verb, step.undone) for step in steps] == [("undo", False), ("setup", True)]
    assert done.undo_id == steps[-1].id
    table.path.write_bytes(b"# mine\n")
    await redone(here)  # the undo is whole, and can itself be taken back
    assert (tree(home), table.read()) == after


async def test_an_edit_that_fails_with_an_error_of_its_own_is_taken_back(
    here: Ports, table: TableFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await planned(
        [FileEdit(str(tmp_path / "f"), None, b"1"), TableEdit("fed", "crontab", None, LINE)], here
    )
    real = TableFile.replace

    def fails(port: TableFile, base: bytes | None, new: bytes | None) -> None:
        real(port, base, new)
        if new is not None:
            raise OSError(5, "Input/output error", "/tmp/x")

    monkeypatch.setattr(TableFile, "replace", fails)
    with pytest.raises(Refused, match="rolled back: nothing is changed"):
        await changes.apply(plan, here)
    assert ((tmp_path / "f").exists(), table.read(), here.history.undo_steps()) == (False, None, [])


async def test_an_error_while_one_part_is_taken_back_leaves_out_no_other(
    here: Ports, table: TableFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "d/two"
    two.parent.mkdir()
    plan = await planned(
        [
            FileEdit(str(one), None, b"1"),
            TableEdit("fed", "crontab", None, LINE),
            FileEdit(str(two), None, b"2"),
        ],
        here,
    )
    two.parent.rmdir()
    real = TableFile.replace

    def fails(port: TableFile, base: bytes | None, new: bytes | None) -> None:
        if new is None:
            raise OSError(5, "Input/output error", "/tmp/x")
        real(port, base, new)

    monkeypatch.setattr(TableFile, "replace", fails)
    with pytest.raises(Refused, match=r"two: No such file .* in force: the crontab of fed .*output error"):
        await changes.apply(plan, here)
    assert (one.exists(), table.read()) == (False, LINE)
    monkeypatch.undo()
    await undone(here)
    assert table.read() is None


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function after which crontab(1) does not answer, until `monkeypatch.undo`."""

    def read(_port: TableFile) -> bytes | None:
        raise CrontabError("crontab did not answer within 10 s")

    return lambda: monkeypatch.setattr(TableFile, "read", read)


@pytest.mark.parametrize("killed", [False, True])
async def test_the_undo_step_stays_while_the_first_part_cannot_be_read(
    here: Ports,
    table: TableFile,
    monkeypatch: pytest.MonkeyPatch,
    unreadable: Callable[[], None],
    *,
    killed: bool,
) -> None:
    plan = await planned([TableEdit("fed", "crontab", None, LINE)], here)
    real = EditExecutor.make

    async def late(maker: EditExecutor, part: Edit) -> None:
        await real(maker, part)
        unreadable()
        raise _Killed if killed else Refused("crontab did not answer within 10 s.")

    monkeypatch.setattr(EditExecutor, "make", late)
    with pytest.raises(_Killed if killed else Refused) as raised:
        await changes.apply(plan, here)
    if isinstance(raised.value, Refused):
        assert "Still in force: the crontab of fed" in raised.value.untouched
    await changes.undo_steps(here, 5)
    monkeypatch.undo()
    assert table.read() == LINE
    await undone(here)
    assert table.read() is None


async def test_a_killed_first_part_can_be_undone_though_others_edited_its_table_since(
    here: Ports, table: TableFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await planned([TableEdit("fed", "crontab", None, LINE)], here)
    real = EditExecutor.make

    async def killed(maker: EditExecutor, part: Edit) -> None:
        await real(maker, part)
        raise _Killed

    monkeypatch.setattr(EditExecutor, "make", killed)
    with pytest.raises(_Killed):
        await changes.apply(plan, here)
    monkeypatch.undo()
    table.path.write_bytes(b"5 5 * * * theirs\n" + LINE)
    await undone(here)
    assert table.read() == b"5 5 * * * theirs\n"


async def test_an_undo_keeps_what_others_wrote_into_the_table_since(
    here: Ports, table: TableFile, tmp_path: Path
) -> None:
    table.path.write_bytes(b"# mine\n")
    await made(
        [
            TableEdit("fed", "crontab", b"# mine\n", b"# mine\n" + LINE),
            FileEdit(str(tmp_path / "f"), None, b"1"),
        ],
        here,
    )
    table.path.write_bytes(b"# mine\n" + LINE + b"5 5 * * * theirs\n")
    plan = await changes.plan_undo(here)
    assert "Other lines were changed since; they stay" in plan.summary
    await changes.apply(plan, here)
    assert table.read() == b"# mine\n5 5 * * * theirs\n"
    assert not (tmp_path / "f").exists()


async def test_a_file_that_was_changed_since_is_not_taken_away(here: Ports, tmp_path: Path) -> None:
    await made([FileEdit(str(tmp_path / "f"), None, b"1")], here)
    (tmp_path / "f").write_bytes(b"theirs")
    with pytest.raises(Refused, match="changed since"):
        await changes.plan_undo(here)
    assert (tmp_path / "f").read_bytes() == b"theirs"


async def test_a_folder_goes_only_where_it_is_empty(here: Ports, tmp_path: Path) -> None:
    await made([FolderEdit(str(tmp_path / "d"), there=True, mode=0o750)], here)
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o750
    (tmp_path / "d/theirs").write_bytes(b"")
    await undone(here)
    assert (tmp_path / "d/theirs").exists()


async def test_a_link_is_not_replaced_by_a_file(here: Ports, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"x")
    (tmp_path / "link").symlink_to("there")
    with pytest.raises(Refused, match="symbolic link to there"):
        await planned([FileEdit(str(tmp_path / "link"), b"x", b"y")], here)


async def test_two_changes_are_not_made_at_once(
    here: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    plan = await planned([FileEdit(str(tmp_path / "f"), None, b"1")], here)
    here.config.state.mkdir(parents=True)
    monkeypatch.setattr(unfinished, "PATIENCE", 0.1)
    with (here.config.state / "change.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="Another change"):
            await changes.apply(plan, here)
    assert not (tmp_path / "f").exists()


def git(folder: Path, *words: str) -> str:
    argv = ["git", "-C", str(folder), "-c", "user.name=fed", "-c", "user.email=fed@host", *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "file").write_text("theirs\n")
    git(folder, "add", "file")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "remote", "add", "origin", "https://host/repo.git")
    (folder / "file").write_text("being edited\n")
    return folder


async def test_git_edits_leave_the_checkout_alone(here: Ports, checkout: Path, tmp_path: Path) -> None:
    place = tmp_path / "own/worktree"
    parts: list[Edit] = [
        RemoteUrlEdit(str(checkout), "origin", "https://host/repo.git", "git@host:repo.git"),
        FolderEdit(str(place.parent), there=True, mode=0o700),
        WorktreeEdit(str(checkout), str(place), "automation/federated-sync", there=True),
    ]
    before = git(checkout, "status", "--porcelain", "--branch")
    plan = await planned(parts, here)
    commands = [" ".join(step.command) for step in plan.steps if step.command]
    assert f"git -C {checkout} remote set-url origin git@host:repo.git" in commands
    await changes.apply(plan, here)
    assert git(place, "branch", "--show-current") == "automation/federated-sync"
    assert (place / "file").read_text() == "theirs\n"
    assert git(checkout, "remote", "get-url", "origin") == "git@host:repo.git"
    assert git(checkout, "status", "--porcelain", "--branch") == before
    await undone(here)
    assert not place.parent.exists()
    assert git(checkout, "remote", "get-url", "origin") == "https://host/repo.git"
    assert git(checkout, "branch", "--list", "automation/federated-sync").strip()
    await redone(here)
    assert git(place, "branch", "--show-current") == "automation/federated-sync"


async def test_a_url_that_others_change_while_the_first_edits_are_made_is_theirs(
    here: Ports, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "note"
    plan = await planned(
        [
            FileEdit(str(note), None, b"first\n"),
            RemoteUrlEdit(str(checkout), "origin", "https://host/repo.git", "git@host:repo.git"),
        ],
        here,
    )
    made = EditExecutor.make

    async def meanwhile(executor: EditExecutor, edit: Edit) -> None:
        await made(executor, edit)
        git(checkout, "remote", "set-url", "origin", "https://theirs/repo.git")

    monkeypatch.setattr(EditExecutor, "make", meanwhile)
    with pytest.raises(Refused) as refused:
        await changes.apply(plan, here)
    assert str(refused.value).startswith("Someone changed the URL of origin in ")
    assert "What had been done before was rolled back" in str(refused.value)
    assert git(checkout, "remote", "get-url", "origin").strip() == "https://theirs/repo.git"
    assert not note.exists()


async def test_a_worktree_with_unsaved_work_is_not_removed(
    here: Ports, checkout: Path, tmp_path: Path
) -> None:
    place = tmp_path / "worktree"
    await made([WorktreeEdit(str(checkout), str(place), "side", there=True)], here)
    (place / "work").write_text("unsaved")
    with pytest.raises(Refused, match="git refuses"):
        await undone(here)
    assert (place / "work").read_text() == "unsaved"


async def test_a_worktree_is_made_again_and_one_whose_disk_is_not_mounted_is_not_forgotten(
    here: Ports, checkout: Path, tmp_path: Path
) -> None:
    mine, their_diff = tmp_path / "mine", tmp_path / "theirs"
    git(checkout, "worktree", "add", "-q", "-b", "side", str(mine))
    git(checkout, "worktree", "add", "-q", "-b", "theirs", str(their_diff))
    mine.rename(tmp_path / "gone")
    their_diff.rename(tmp_path / "elsewhere")
    await made([WorktreeEdit(str(checkout), str(mine), "side", there=True)], here)
    assert (mine / "file").read_text() == "theirs\n"
    assert str(their_diff) in git(checkout, "worktree", "list")


ONE_OF_EACH: tuple[Edit, ...] = (
    TableEdit("fed", "crontab", None, b"\xff\0"),
    FileEdit("/f", b"a", None, 0o600, (1, 2), True, False, 0o644, (0, 0)),
    FolderEdit("/d", there=False),
    RenameEdit("/a", "/b"),
    UnitEdit("x.timer", True, (False, False), (True, True)),
    LingerEdit("fed", before=False, after=True),
    RemoteUrlEdit("/r", "origin", "a", "b"),
    WorktreeEdit("/r", "/w", "side", there=True),
)


def test_every_kind_of_part_is_kept_as_it_was() -> None:
    parts = ONE_OF_EACH
    kept = StoredChange(parts, 3, finished=False, jobs=(("crontab:1", "a"),), moves=(("a", "b"),))
    assert read_stored(to_payload(kept)) == kept
    assert tuple(inverse(inverse(part)) for part in parts) == parts


def test_the_steps_of_earlier_versions_are_read_and_written() -> None:
    """What is in a user's history.db keeps the names that it was written with."""
    names = ["TableText", "FileText", "Folder", "Renamed", "UnitSwitch", "Lingering", "RemoteUrl", "Worktree"]
    record = {"kind": "FileText", "path": "/f", "before": None, "after": None, "mode": 0o644}
    old = json.dumps({"parts": [record], "made": 1, "finished": True})
    assert read_stored(old) == StoredChange((FileEdit("/f", None, None),), 1, finished=True)
    written = json.loads(to_payload(StoredChange(ONE_OF_EACH, 8, finished=True)))
    assert [part["kind"] for part in written["parts"]] == names


async def test_an_undo_makes_the_folder_anew_that_somebody_took_away(here: Ports, tmp_path: Path) -> None:
    path = tmp_path / "units" / "a.conf"
    path.parent.mkdir()
    path.write_bytes(b"old\n")
    await made([FileEdit(str(path), b"old\n", None)], here)
    path.parent.rmdir()
    await undone(here)
    assert path.read_bytes() == b"old\n"
