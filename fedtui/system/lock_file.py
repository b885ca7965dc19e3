"""A lock that only one process of all holds: a file that is locked, and that stays where it is. Blocking.

The lock is the kernel's (flock(2)), so it ends with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


def share(path: Path) -> int:
    """The descriptor of a lock that several processes may hold; `is_free` tells whether any does."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with suppress(OSError):  # a file system without locks: each looks free
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_free(path: Path) -> bool:
    """Whether no process holds the lock."""
    try:
        os.close(take(path))
    except BlockingIOError:
        return False
    return True


@contextmanager
def hold(path: Path, *, wait: bool = False, busy: Exception | None = None) -> Iterator[None]:
    """`take` for the length of a block. Raises `busy` in place of BlockingIOError where it is given."""
    try:
        descriptor = take(path, wait=wait)
    except BlockingIOError as error:
        raise busy or error from None
    try:
        yield
    finally:
        os.close(descriptor)


def lock_new(descriptor: int) -> bool:
    """Lock a file or folder that was just made; False where a sweep found it before, and removes it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # a file system without locks: no sweep gets one there either
    return os.fstat(descriptor).st_nlink > 0


def is_abandoned(descriptor: int) -> bool:
    """Whether no process holds what `lock_new` locked. If so, it is locked until `descriptor` is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
