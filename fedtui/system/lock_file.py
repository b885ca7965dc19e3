"""A lock that only one process of all holds: a file that is locked, and that stays where it is. Blocking.

The lock is the kernel's (flock(2)), so it ends with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from contextvars import ContextVar
from pathlib import Path

HELD: ContextVar[int | None] = ContextVar("HELD", default=None)
"""The lock under which a change is being made. A program that is given this descriptor holds the lock, too,
so that it stays taken where we are killed and the program still writes."""


def take(path: Path, *, wait: bool = False) -> int:
    """The descriptor that holds the lock until it is closed; its folder is made where it is not there.

    Raises BlockingIOError where another process holds it and `wait` does not say to wait for that, and
    OSError where the file cannot be opened.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
