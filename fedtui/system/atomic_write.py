"""Writing a file so that readers see the old text or the new one, and never a part. Blocking.

The one way in which fedtui writes over what is there: tables, drop-ins, records of runs.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fedtui.system import lock_file
from fedtui.system.safe_folder import UnsafeFolder, held_folder

_TEMPORARY = re.compile(r"\.(.+)\.\d+")


@contextmanager
def atomic_write(
    path: Path,
    data: bytes,
    *,
    mode: int = 0o600,
    owner: tuple[int, int] | None = None,
    at: int | None = None,
) -> Iterator[Path]:
    """`data` in a file of its own beside `path`, on the disk; rename it to `path`, or it is removed again.

    `owner` is (uid, gid), our own where it is not given; `at` the descriptor of the folder that `path` is
    relative to. Its name begins with a dot and holds more of them: cron takes no such file for a table,
    systemd none for a drop-in. Raises OSError.
    """
    sweep(path, at)
    part, stream = _temporary(path, at)
    try:
        with stream:
            stream.write(data)
            stream.flush()
            if owner is not None:
                os.fchown(stream.fileno(), *owner)
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
            yield part  # still open, and so locked, until it is renamed
    finally:
        with suppress(OSError):
            os.unlink(part, dir_fd=at)


def sweep(path: Path, at: int | None = None) -> None:
    """Remove what processes killed in `atomic_write` of `path` left; `at` as there."""
    with suppress(OSError, UnsafeFolder):
        if at is not None:
            _sweep(at, path.name)
        else:
            with held_folder(path.parent) as (folder, _):
                _sweep(folder, path.name)


def sweep_folder(folder: Path) -> None:
    """Remove what processes killed in `atomic_write` left of any file in `folder`, which is all ours."""
    with suppress(OSError, UnsafeFolder), held_folder(folder) as (at, _):
        _sweep(at)


def _sweep(at: int, wanted: str = "") -> None:
    owners = (os.geteuid(), os.fstat(at).st_uid)  # root hands over what it makes for others
    for name in os.listdir(f"/proc/self/fd/{at}"):  # noqa: PTH208 (the folder that is held, wherever it is)
        found = _TEMPORARY.fullmatch(name)
        if found and wanted in ("", found[1]):
            with suppress(OSError):
                facts = os.stat(name, dir_fd=at, follow_symlinks=False)
                if stat.S_ISREG(facts.st_mode) and facts.st_uid in owners:
                    _remove_unused(name, at)


def _remove_unused(name: str, at: int) -> None:
    # for writing, since NFS locks nothing else; a pipe in its place must not make us wait
    descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    try:
        if lock_file.is_abandoned(descriptor):
            os.unlink(name, dir_fd=at)
    finally:
        os.close(descriptor)


def _temporary(path: Path, at: int | None) -> tuple[Path, BinaryIO]:
    # Never one that is there: where others may write it could be a pipe, or a link to some file.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        part = path.with_name(f".{path.name}.{int.from_bytes(os.urandom(4), 'big')}")
        stream = os.fdopen(os.open(part, flags, 0o600, dir_fd=at), "wb")
        if lock_file.lock_new(stream.fileno()):
            return part, stream
        stream.close()


def write_atomically(path: Path, data: bytes, *, mode: int = 0o600, at: int | None = None) -> None:
    """Put `data` at `path` in one rename, on the disk before it returns. Raises OSError."""
    with atomic_write(path, data, mode=mode, at=at) as part:
        os.replace(part, path, src_dir_fd=at, dst_dir_fd=at)
