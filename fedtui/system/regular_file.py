"""Opening files whose place others choose: a FIFO would make open(2) wait for ever, a device read(2)."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NULL = os.makedev(1, 3)


def require_regular(path: str | Path, facts: os.stat_result) -> None:
    """Raise OSError (EINVAL) for what is no regular file."""
    if not stat.S_ISREG(facts.st_mode):
        number = errno.EISDIR if stat.S_ISDIR(facts.st_mode) else errno.EINVAL
        reason = os.strerror(number) if number == errno.EISDIR else "not a regular file"
        raise OSError(number, reason, os.fspath(path))


@contextmanager
def open_regular(path: str | Path) -> Iterator[int]:
    """A descriptor to read from. Never waits; raises OSError, also for what is no regular file.

    /dev/null is taken for one: a link to it is a common way to have an empty file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        facts = os.fstat(descriptor)
        if not (stat.S_ISCHR(facts.st_mode) and facts.st_rdev == _NULL):
            require_regular(path, facts)
        yield descriptor
    finally:
        os.close(descriptor)


def read_regular(path: str | Path, most: int = -1) -> bytes:
    """The first `most` bytes of a file (negative: all). Raises OSError like `open_regular`."""
    with open_regular(path) as descriptor, open(descriptor, "rb", closefd=False) as file:
        return file.read(most)
