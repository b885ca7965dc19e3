"""Root makes things where another user may rename: no link of theirs is followed, whenever it comes.

The other user is real (a uid of its own, in a process of its own), and so are the folders.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes import file_edits, git_edits
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.edits import Edit, FileEdit, FolderEdit, RecorderEdit, RemoteUrlEdit, RenameEdit
from fedtui.changes.plan import EditState
from fedtui.changes.recorder_place import apply_recorder_edit, state_of
from fedtui.changes.wording import Wording
from fedtui.config import Config, load
from fedtui.ports import Ports
from fedtui.system.atomic_write import sweep
from fedtui.system.git_checkout import GitEnvironment
from fedtui.system.paths import xdg_folder
from fedtui.system.safe_folder import folder_fault, held_folder

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make things for others")

USER, OTHER = (48101, 48101), (48102, 48102)


def swap_for_ever(home: Path, secret: Path) -> NoReturn:
    """As the user: put a link to root's folder in place of `home/logs` and take it away, again and again."""
    logs = home / "logs"
    for number in itertools.count():
        for step in (
            lambda aside: logs.rename(aside),
            lambda _: logs.symlink_to(secret),
            lambda _: logs.unlink(),
            lambda aside: aside.rmdir(),
        ):
            with suppress(OSError):
                step(home / f"aside{number}")
    raise AssertionError


def as_user(work: Callable[[], NoReturn]) -> int:
    """A process of the user that does the work; its pid."""
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(USER[1])
        os.setuid(USER[0])
        work()
    return pid


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder of root's that others can go through, as pytest's own cannot."""
    folder = Path(tempfile.mkdtemp(prefix="fedtui-as-root-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(base: Path) -> Path:
    return made(base / "home", USER)


@pytest.fixture
def secret(base: Path) -> Path:
    folder = made(base / "secret", (0, 0), 0o700)
    (folder / "key").write_text("root's")
    (folder / "key").chmod(0o600)
    return folder


def made(path: Path, owner: tuple[int, int], mode: int = 0o755) -> Path:
    path.mkdir()
    os.chown(path, *owner)
    path.chmod(mode)
    return path


def facts(folder: Path) -> list[tuple[str, int, int, int]]:
    """Names, owners and modes of a folder and all in it."""
    found = [(path, path.lstat()) for path in (folder, *sorted(folder.rglob("*")))]
    return [(path.name, one.st_uid, one.st_gid, stat.S_IMODE(one.st_mode)) for path, one in found]


WORDING = Wording("setup", "", "the federation", "Set it up.", "Set up.")


async def apply(parts: list[Edit], ports: Ports) -> None:
    plan = await plan_change_set(WORDING, parts, ports)
    await changes.apply(plan, ports)


def test_a_loop_of_swaps_never_leads_root_elsewhere(home: Path, secret: Path, ports: Ports) -> None:
    before = facts(secret)
    attack = as_user(lambda: swap_for_ever(home, secret))
    refused = done = 0
    try:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            for part in (
                FolderEdit(str(home / "logs"), True, 0o755, USER),
                FolderEdit(str(home / "logs/in"), True, 0o755, USER),
                FileEdit(str(home / "logs/sync.log"), None, b"", 0o644, USER, grows=True),
                FileEdit(str(home / "logs/key"), b"root's", None, grows=True),
                FolderEdit(str(home / "logs"), False),
            ):
                try:
                    file_edits.apply_file_edit(part, ports)
                    done += 1
                except Refused:
                    refused += 1
    finally:
        os.kill(attack, signal.SIGKILL)
        os.waitpid(attack, 0)
    assert facts(secret) == before
    assert (secret / "key").read_text() == "root's"
    assert refused
    assert done


VARIANTS: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "a link at the end": (
        lambda home, secret: (home / "logs").symlink_to(secret),
        "home/logs is a symbolic link that the user 48101 can change",
    ),
    "a link at a parent": (
        lambda home, secret: (made(home / "a", USER) / "logs").symlink_to(secret),
        "home/a/logs is a symbolic link that the user 48101 can change",
    ),
    "a folder of root's": (
        lambda home, _: made(home / "logs", (0, 0), 0o700),
        "home/logs belongs to root in a folder of the user 48101's, who can replace it",
    ),
    "a folder of somebody else's": (
        lambda home, _: made(home / "logs", OTHER),
        "home/logs belongs to the user 48102 in a folder of the user 48101's, who can replace it",
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
async def test_what_is_in_the_way_refuses_the_plan(
    variant: str, home: Path, secret: Path, ports: Ports
) -> None:
    prepare, said = VARIANTS[variant]
    prepare(home, secret)
    before = facts(home.parent)
    folder = home / ("a/logs/x" if variant == "a link at a parent" else "logs/x")
    for part in (
        FolderEdit(str(folder), True, 0o755, USER),
        FileEdit(str(folder / "sync.log"), None, b"", 0o644, USER),
    ):
        with pytest.raises(Refused) as refused:
            await apply([part], ports)
        assert said in str(refused.value)
        assert "Nothing was changed." in str(refused.value)
        with pytest.raises(Refused):
            file_edits.apply_file_edit(part, ports)
    assert said in folder_fault(folder, USER[0])
    assert facts(home.parent) == before


async def test_a_home_is_not_written_to_for_another(home: Path, ports: Ports) -> None:
    for owner, name in ((OTHER, "the user 48102"), (None, "root")):
        with pytest.raises(Refused, match=f"home is controlled by the user 48101, not by {name}"):
            await apply([FileEdit(str(home / "x.log"), None, b"", owner=owner)], ports)
    assert list(home.iterdir()) == []


async def test_a_folder_that_anybody_may_write_to_is_not_gone_through(base: Path, ports: Ports) -> None:
    made(base / "open", (0, 0), 0o777)
    made(base / "open/logs", USER)
    with pytest.raises(Refused, match="open can be written by anybody, who can replace logs in it"):
        await apply([FileEdit(str(base / "open/logs/x.log"), None, b"", owner=USER)], ports)
    assert list((base / "open/logs").iterdir()) == []


def recorder_of(folder: Path) -> Path:
    return Config(folder / "state").recorder


PLACES: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "a link in place of the recorder's folder": (
        lambda folder, secret: (made(folder / "state", (0, 0)) / "recorder").symlink_to(secret),
        "state belongs to root in a folder of the user 48101's",
    ),
    "a link in place of the state folder": (
        lambda folder, secret: (folder / "state").symlink_to(secret),
        "home/state is a symbolic link that the user 48101 can change",
    ),
    "nothing": (lambda *_: None, "home is controlled by the user 48101, not by root"),
    "a link in a folder of the user's": (
        lambda folder, secret: (made(folder / "state", USER) / "recorder").symlink_to(secret),
        "state/recorder is a symbolic link that the user 48101 can change",
    ),
    "links in place of logs and runs": (
        lambda folder, secret: [
            (made(folder / "state", USER) / "recorder").mkdir(),
            (recorder_of(folder) / "logs").symlink_to(secret),
        ],
        "state/recorder belongs to root in a folder of the user 48101's",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_roots_recorder_is_put_nowhere_that_another_user_can_lead_it(
    place: str, home: Path, secret: Path
) -> None:
    prepare, said = PLACES[place]
    prepare(home, secret)
    before = facts(home.parent)
    edit = RecorderEdit((("0a1b2c3d", "/var/log/x.log"), ("key", None)))
    with pytest.raises(Refused, match=said):
        apply_recorder_edit(edit, Config(home / "state"))
    assert state_of(edit, Config(home / "state")) is EditState.BEFORE
    assert facts(home.parent) == before
    assert (secret / "key").read_text() == "root's"


def test_a_loop_of_swaps_never_leads_roots_recorder_elsewhere(home: Path, secret: Path) -> None:
    """The folder that is swapped is the one of the recorder's links."""
    before, folder = facts(secret), made(home / "logs", USER)
    edit = RecorderEdit((("0a1b2c3d", "/var/log/x.log"), ("key", None)))
    attack = as_user(lambda: swap_for_ever(home, secret))
    try:
        until = time.monotonic() + 2
        while time.monotonic() < until:
            with suppress(Refused):
                apply_recorder_edit(edit, Config(folder))
    finally:
        os.kill(attack, signal.SIGKILL)
        os.waitpid(attack, 0)
    assert facts(secret) == before
    assert (secret / "key").read_text() == "root's"


def test_roots_recorder_is_put_in_roots_own_folder(base: Path) -> None:
    edit, config = RecorderEdit((("0a1b2c3d", "/var/log/x.log"),)), Config(base / "a/state")
    apply_recorder_edit(edit, config)
    assert state_of(edit, config) is EditState.AFTER
    assert (config.recorder / "logs/0a1b2c3d").readlink() == Path("/var/log/x.log")
    assert {mode for _, _, _, mode in facts(base / "a") if mode != 0o777} == {0o700}
    apply_recorder_edit(RecorderEdit((("0a1b2c3d", None),)), config)
    assert list((config.recorder / "logs").iterdir()) == []


def test_links_of_roots_own_are_followed(base: Path, home: Path) -> None:
    (base / "homes").symlink_to(base)
    with held_folder(base / "homes/home") as (descriptor, owner):
        assert (os.fstat(descriptor).st_ino, owner) == (home.stat().st_ino, USER[0])
    assert folder_fault(base / "homes/home/logs/new", USER[0]) == ""


async def test_what_is_made_belongs_to_the_user_and_goes_again(home: Path, ports: Ports) -> None:
    parts: list[Edit] = [
        FolderEdit(str(home / "logs"), True, 0o750, USER),
        FileEdit(str(home / "logs/sync.log"), None, b"", 0o644, USER, grows=True),
    ]
    await apply(parts, ports)
    assert facts(home)[1:] == [("logs", *USER, 0o750), ("sync.log", *USER, 0o644)]
    await changes.apply(await changes.plan_undo(ports), ports)
    assert list(home.iterdir()) == []
    await changes.apply(await changes.plan_redo(ports), ports)
    assert facts(home)[1:] == [("logs", *USER, 0o750), ("sync.log", *USER, 0o644)]


async def test_the_undo_of_a_removal_gives_the_folder_back_to_its_user(home: Path, ports: Ports) -> None:
    made(home / "logs", USER, 0o700)
    await apply([FolderEdit(str(home / "logs"), False)], ports)
    assert list(home.iterdir()) == []
    await changes.apply(await changes.plan_undo(ports), ports)
    assert facts(home)[1:] == [("logs", *USER, 0o700)]


@pytest.mark.parametrize("moved", [True, False])
async def test_a_swap_while_a_folder_is_made_is_told(
    moved: bool, home: Path, secret: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the worst moment: between the folder's making and its new owner and mode."""
    before, logs, real = facts(secret), home / "logs", os.mkdir

    def swapped(name: str, mode: int, *, dir_fd: int | None = None) -> None:
        real(name, mode, dir_fd=dir_fd)
        if name == "in":
            if moved:
                (logs / "in").rename(home / "away")
            else:
                (logs / "in").rmdir()
            (logs / "in").symlink_to(secret)

    monkeypatch.setattr(os, "mkdir", swapped)
    parts: list[Edit] = [
        FolderEdit(str(logs), True, 0o755, USER),
        FolderEdit(str(logs / "in"), True, 0o755, USER),
    ]
    with pytest.raises(Refused) as refused:
        await apply(parts, ports)
    told = str(refused.value)
    assert f"Somebody put something else in place of {logs}/in while it was made." in told
    assert f"The new folder, empty and mode 0700, was moved away from {logs}/in." in told
    assert f"These stay, since they are in use by now: {logs}." in told
    assert "nothing is changed" not in told.lower()
    assert facts(secret) == before
    assert logs.is_dir()
    assert (home / "away").is_dir() == moved


@pytest.mark.parametrize("kind", ["hard link", "fifo", "link"])
async def test_something_in_place_of_the_file_is_neither_written_nor_moved(
    kind: str, home: Path, secret: Path, ports: Ports
) -> None:
    logs = made(home / "logs", USER)
    trap = logs / "sync.log"
    if kind == "hard link":
        os.link(secret / "key", trap)
    elif kind == "fifo":
        os.mkfifo(trap)
    else:
        trap.symlink_to(secret / "key")
    before = facts(secret)
    new = FileEdit(str(trap), None, b"mine\n", 0o666, USER)
    with pytest.raises(Refused):
        await apply([new], ports)
    with pytest.raises(Refused):
        file_edits.apply_file_edit(new, ports)
    if kind != "hard link":
        kept = made(home.parent / "kept", (0, 0), 0o700)
        with pytest.raises(Refused, match=r"sync\.log is no plain file"):
            file_edits.apply_file_edit(RenameEdit(str(trap), str(kept / "sync.log")), ports)
        assert list(kept.iterdir()) == []
    assert facts(secret) == before
    assert (secret / "key").read_text() == "root's"
    assert [path.name for path in logs.iterdir()] == ["sync.log"]


def test_the_file_beside_is_never_one_that_is_there(home: Path, secret: Path, ports: Ports) -> None:
    """A hard link or a pipe that looks like what a kill left is not written to, and not waited for."""
    logs = made(home / "logs", USER)
    part = logs / ".sync.log.7"
    os.link(secret / "key", part)
    before = facts(secret)
    file_edits.apply_file_edit(FileEdit(str(logs / "sync.log"), None, b"mine\n", 0o666, USER), ports)
    assert facts(secret) == before
    assert (secret / "key").read_text() == "root's"
    os.mkfifo(part)
    file_edits.apply_file_edit(FileEdit(str(logs / "other.log"), None, b"mine\n", 0o666, USER), ports)
    assert (logs / "sync.log").read_bytes() == (logs / "other.log").read_bytes() == b"mine\n"


def test_what_a_kill_left_is_not_removed_through_a_link(home: Path, secret: Path) -> None:
    logs = made(home / "logs", USER)
    for folder in (logs, secret):
        (folder / ".sync.log.7").write_text("half")
    (home / "led").symlink_to(secret)
    os.lchown(home / "led", *USER)
    sweep(home / "led/sync.log")
    sweep(logs / "sync.log")
    assert (secret / ".sync.log.7").exists()
    assert not (logs / ".sync.log.7").exists()


def test_a_log_is_moved_across_file_systems(home: Path, ports: Ports) -> None:
    log = home / "sync.log"
    log.write_bytes(b"line\n" * 300_000)
    os.chown(log, *USER)
    log.chmod(0o640)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        if Path(other).stat().st_dev == home.stat().st_dev:
            pytest.skip("one file system holds both")
        target = Path(other, "sync.log")
        file_edits.apply_file_edit(RenameEdit(str(log), str(target)), ports)
        assert not log.exists()
        assert target.read_bytes() == b"line\n" * 300_000
        assert facts(Path(other))[1:] == [("sync.log", *USER, 0o640)]


def test_root_keeps_nothing_in_the_home_of_another(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert xdg_folder("XDG_STATE_HOME", ".local/state") == Path("/root/.local/state")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(made(home / "conf", (0, 0))))
    assert xdg_folder("XDG_CONFIG_HOME", ".config") == Path("/root/.config")
    config = load()
    assert config.state == Path("/root/.local/state/fedtui")
    assert config.notes == (
        f"HOME is the home of {USER[0]}: as root, fedtui keeps its files in /root/.local/state/fedtui.",
    )
    monkeypatch.setenv("XDG_STATE_HOME", str(home.parent / "of-root"))
    assert load().state == home.parent / "of-root/fedtui"


async def test_the_change_set_says_what_stays(
    home: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that others used meanwhile is not empty any more when the rest is taken back."""
    logs = home / "logs"

    make = file_edits.apply_file_edit

    def fails(part: FolderEdit, ports: Ports, backup: bool) -> None:
        if part.path.endswith("second"):
            (logs / "theirs").write_text("")
            raise Refused("No room.")
        make(part, ports, backup)

    monkeypatch.setattr(file_edits, "apply_file_edit", fails)
    parts: list[Edit] = [
        FolderEdit(str(logs), True, owner=USER),
        FolderEdit(str(home / "second"), True, owner=USER),
    ]
    with pytest.raises(Refused) as refused:
        await apply(parts, ports)
    assert str(refused.value) == (
        "No room. What had been done before was rolled back. "
        f"These stay, since they are in use by now: {logs}."
    )
    assert (logs / "theirs").exists()


def test_git_changes_the_repository_of_a_user_as_that_user(base: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    repository = made(base / "repo", (nobody.pw_uid, nobody.pw_gid))
    given = GitEnvironment.of_owner(repository)
    assert given is not None
    for words in (("init", "-q"), ("remote", "add", "origin", "https://host/a.git")):
        assert given.run(("git", "-C", str(repository), *words)).status == 0
    git_edits.apply_git_edit(RemoteUrlEdit(str(repository), "origin", "https://host/a.git", "git@host:a.git"))
    config = repository / ".git/config"
    assert "url = git@host:a.git" in config.read_text()
    assert config.owner() == "nobody"
    assert GitEnvironment.of_owner(base) is None
