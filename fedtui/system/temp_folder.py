"""Private temporary folders, and the removal of those whose maker was killed. Blocking.

A lock on the folder itself (flock(2)) says that it is in use: a process id could not, since containers may
share /tmp. systemd-tmpfiles(8) leaves locked folders alone, too.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fedtui.system import atomic_write, lock_file

# Not "fedtui-table-": releases up to 0.1 remove such folders by a process id that they read from the name.
PREFIX = "fedtui-tmp-"

_OURS = re.compile(PREFIX + "[0-9a-f]{16}")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class TempFolder:
    """A new folder of mode 0700 at `path`, in `place` or where temporary files belong.

    There the path is one plain word to any shell. A program that is given the descriptor `lock` keeps the
    folder from being swept after our own end. Raises OSError.
    """

    def __init__(self, place: Path | None = None) -> None:
        place = place or next(_places(), None)
        if place is None:
            raise FileNotFoundError(errno.ENOENT, "no temporary folder can be written", "/tmp")  # noqa: S108
        sweep(place)
        self.path, self.lock = _make(place)

    def __enter__(self) -> TempFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the folder; what two attempts cannot remove is left to the next sweep."""
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)  # the error of one call may have been a passing one
        os.close(self.lock)


def sweep(place: Path | None = None) -> None:
    """Remove our folders in `place`, by default in all of the usual ones, that no process holds any more."""
    for folder in _places() if place is None else (place,):
        with suppress(OSError):
            at = os.open(folder, _FOLDER & ~os.O_NOFOLLOW)
            try:
                for name in os.listdir(at):  # noqa: PTH208 (the folder that is held)
                    if _OURS.fullmatch(name):
                        _remove_unused(name, at)
            finally:
                os.close(at)


def sweep_leftovers(state: Path) -> None:
    """Remove whatever killed processes left, in the state folder and where temporary files belong."""
    sweep()
    folders = [state]
    with suppress(OSError):  # the folder above may not be ours to enter
        folders += state.glob("*/")
    for folder in folders:
        sweep(folder)
        atomic_write.sweep_folder(folder)


def _remove_unused(name: str, at: int) -> None:
    with suppress(OSError):
        lock = os.open(name, _FOLDER, dir_fd=at)
        try:
            if os.fstat(lock).st_uid == os.geteuid() and lock_file.is_abandoned(lock):
                shutil.rmtree(name, ignore_errors=True, dir_fd=at)
        finally:
            os.close(lock)


def _make(place: Path) -> tuple[Path, int]:
    while True:
        path = place / f"{PREFIX}{os.urandom(8).hex()}"
        path.mkdir(mode=0o700)
        try:
            lock = os.open(path, _FOLDER)
        except FileNotFoundError:
            continue  # a sweep was quicker
        except OSError:
            path.rmdir()
            raise
        if lock_file.lock_new(lock):
            return path, lock
        os.close(lock)


def _places() -> Iterator[Path]:
    for name in (os.environ.get("TMPDIR", ""), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 (made private)
        with suppress(OSError):
            mode = Path(name).stat().st_mode
            shared = mode & stat.S_IWOTH and not mode & stat.S_ISVTX  # anybody could put another in its place
            if _PLAIN_PATH.fullmatch(name) and os.access(name, os.W_OK | os.X_OK) and not shared:
                yield Path(name)
