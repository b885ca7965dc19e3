"""What a killed process leaves is removed by the next one; what is in use, a link or another user's stays."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fedtui.system import lock_file
from fedtui.system.atomic_write import sweep_folder, write_atomically
from fedtui.system.temp_folder import PREFIX, TempFolder, sweep, sweep_leftovers

NAMED = f"{PREFIX}0123456789abcdef"
"""A folder with such a name is swept, if nothing else speaks against it."""

MAKES_A_FOLDER = """
import sys
from fedtui.system.temp_folder import TempFolder
folder = TempFolder()
(folder.path / "base").write_text("a table")
print(folder.path, flush=True)
sys.stdin.read()
"""

WRITES = """
import sys
from pathlib import Path
from fedtui.system.atomic_write import atomic_write
with atomic_write(Path(sys.argv[1]), b"new"):
    print("written", flush=True)
    sys.stdin.read()
"""

HANDS_ON_THE_LOCK = """
import subprocess, sys
from fedtui.system.temp_folder import TempFolder
folder = TempFolder()
child = subprocess.Popen(["sleep", "60"], pass_fds=[folder.lock], stdout=subprocess.DEVNULL)
print(folder.path, child.pid, flush=True)
sys.stdin.read()
"""


@contextmanager
def process(code: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python process, and the line that it printed; it is killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as made:
        try:
            assert made.stdout is not None
            yield made, made.stdout.readline().strip()
        finally:
            made.kill()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary folders are made."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_of_a_live_process_stays_and_of_a_killed_one_goes(place: Path) -> None:
    with process(MAKES_A_FOLDER) as (maker, path):
        with TempFolder() as other:
            assert names(place) == sorted((Path(path).name, other.path.name))
            assert other.path.stat().st_mode & 0o777 == 0o700
        assert (Path(path) / "base").read_text() == "a table"
        maker.kill()
        maker.wait()
        with TempFolder() as other:
            assert names(place) == [other.path.name]
    assert names(place) == []


def test_a_program_that_was_given_the_lock_keeps_the_folder(place: Path) -> None:
    with process(HANDS_ON_THE_LOCK) as (maker, printed):
        path, child = printed.split()
        maker.kill()
        maker.wait()
        sweep()
        assert names(place) == [Path(path).name]
        os.kill(int(child), signal.SIGKILL)
        lock = os.open(path, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)  # waits for the child's end
        os.close(lock)
        sweep()
    assert names(place) == []


def test_only_folders_of_ours_are_swept_and_no_link_is_followed(place: Path) -> None:
    kept = place / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (place / f"{PREFIX}{'a' * 16}").symlink_to(kept)
    (place / f"{PREFIX}{'b' * 16}").write_text("a file")
    os.mkfifo(place / f"{PREFIX}{'c' * 16}")
    (place / f"{PREFIX}notes").mkdir()
    (place / NAMED).mkdir()
    (place / NAMED / "link").symlink_to(kept)
    before = names(place)
    sweep()
    assert names(place) == [name for name in before if name != NAMED]
    assert names(kept) == ["file"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can remove what is another user's")
def test_root_leaves_the_folder_of_another_user(place: Path) -> None:
    (place / NAMED).mkdir()
    os.chown(place / NAMED, 1000, 1000)
    sweep()
    assert names(place) == [NAMED]
    os.chown(place / NAMED, 0, 0)
    sweep()
    assert names(place) == []


def test_a_folder_that_anybody_may_change_is_no_place(place: Path) -> None:
    place.chmod(0o777)
    with TempFolder() as folder:
        assert folder.path.parent != place
    place.chmod(0o1777)
    with TempFolder() as folder:
        assert folder.path.parent == place


def test_a_folder_swept_before_it_was_locked_is_made_again(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = []

    def swept_first(descriptor: int) -> bool:
        if not locks:
            sweep(place)
        locks.append(descriptor)
        return lock_new(descriptor)

    lock_new = lock_file.lock_new
    monkeypatch.setattr(lock_file, "lock_new", swept_first)
    with TempFolder() as folder:
        assert names(place) == [folder.path.name]
    write_atomically(place / "file", b"whole")
    assert len(locks) == 3
    assert names(place) == ["file"]


def test_the_part_of_a_killed_write_goes_with_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "history"
    with process(WRITES, str(path)) as (writer, _):
        (left,) = names(tmp_path)
        write_atomically(path, b"other")
        sweep_folder(tmp_path)
        assert names(tmp_path) == sorted((left, "history"))
        writer.kill()
        writer.wait()
        write_atomically(tmp_path / "history.db", b"another file")
        assert left in names(tmp_path)
        write_atomically(path, b"third")
        assert names(tmp_path) == ["history", "history.db"]


def test_the_dashboard_removes_what_is_left_in_the_state_folder(place: Path) -> None:
    state = place / "state"
    (state / "runs").mkdir(parents=True)
    with process(WRITES, str(state / "theme")), process(WRITES, str(state / "runs/run.json")):
        pass
    (state / "runs" / NAMED).mkdir()
    (place / NAMED).mkdir()
    (state / "runs" / ".hidden").touch()
    sweep_leftovers(state)
    assert [*names(place), *names(state), *names(state / "runs")] == ["state", "runs", ".hidden"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_the_part_that_root_had_handed_over_goes_and_that_of_a_third_user_stays(tmp_path: Path) -> None:
    os.chown(tmp_path, 1000, 1000)
    for uid, name in ((0, ".log.1"), (1000, ".log.2"), (1001, ".log.3")):
        (tmp_path / name).touch()
        os.chown(tmp_path / name, uid, uid)
    (tmp_path / ".log.4").symlink_to("/dev/null")
    os.mkfifo(tmp_path / ".log.5")
    write_atomically(tmp_path / "log", b"text")
    assert names(tmp_path) == [".log.3", ".log.4", ".log.5", "log"]


def test_a_state_folder_below_one_that_is_not_ours_to_enter_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "glob", refused)
    sweep_leftovers(tmp_path / "state")
