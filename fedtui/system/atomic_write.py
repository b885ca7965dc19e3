"""Writing a file so that readers see the old text or the new one, and never a part. Blocking.

The one way in which fedtui writes over what is there: tables, drop-ins, records of runs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fedtui.system.safe_folder import UnsafeFolder, held_folder


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
    part = path.with_name(f".{path.name}.{threading.get_native_id()}")
    # Never one that is there: where others may write it could be a pipe, or a link to some file.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileNotFoundError):
        os.unlink(part, dir_fd=at)
    try:
        with os.fdopen(os.open(part, flags, 0o600, dir_fd=at), "wb") as stream:
            stream.write(data)
            stream.flush()
            if owner is not None:
                os.fchown(stream.fileno(), *owner)
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        yield part
    finally:
        with suppress(OSError):
            os.unlink(part, dir_fd=at)


def sweep(path: Path) -> None:
    """Remove what a process killed in `atomic_write` left. Only while nobody else can be writing `path`."""
    with suppress(OSError, UnsafeFolder), held_folder(path.parent) as (at, _):
        for name in os.listdir(f"/proc/self/fd/{at}"):  # noqa: PTH208 (the folder that is held, wherever it is)
            if name.startswith(f".{path.name}.") and name[len(path.name) + 2 :].isdecimal():
                with suppress(OSError):
                    os.unlink(name, dir_fd=at)


def write_atomically(path: Path, data: bytes, *, mode: int = 0o600, at: int | None = None) -> None:
    """Put `data` at `path` in one rename, on the disk before it returns. Raises OSError."""
    with atomic_write(path, data, mode=mode, at=at) as part:
        os.replace(part, path, src_dir_fd=at, dst_dir_fd=at)
