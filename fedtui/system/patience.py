"""How long an answer may be waited for, and what is being waited for now.

A verb that reads bounds everything below it by `patience`: each call to the outside (a program, a bus, a lock
of the database) takes `seconds_left` for its deadline. Threads and tasks that are started inside inherit the
bound. Each call is `waiting`, so that a verb that changes something can say what keeps it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")

LEAST = 0.2
"""Seconds that a call gets when the time is up: what answers at once is still heard."""

LOOK = 0.25
"""Seconds between two looks at whether a call that has not returned computes."""

NOTICE_AFTER = 2.0
"""Seconds of waiting for one thing until a verb that changes something says so."""

_END: ContextVar[float] = ContextVar("_END", default=float("inf"))
_waits: dict[object, tuple[str, float]] = {}
"""What is waited for, and since when on the monotonic clock."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Calls in this block end within `seconds`, or sooner where a block around it says so."""
    token = _END.set(min(_END.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _END.reset(token)


def seconds_left(usual: float) -> float:
    """The deadline of a call that otherwise has `usual` seconds."""
    return min(usual, max(LEAST, _END.get() - time.monotonic()))


def is_bounded() -> bool:
    """Whether there is a block of `patience` around."""
    return _END.get() < float("inf")


def patience_left(unbounded: float) -> float:
    """Seconds for facts that come beside an answer, with time to hand it on; `unbounded` without a bound."""
    return max(LEAST, _END.get() - time.monotonic() - 2 * LEAST) if is_bounded() else unbounded


def idle_deadline(seconds: float) -> Callable[[], float]:
    """How many seconds are left of so many in which this process does nothing.

    The time in which one of its threads computes, or waits for a processor, does not count: a slow or busy
    machine is no disk that hangs.
    """
    end, busy, most = time.monotonic() + seconds, _busy_seconds(), 0.0

    def left() -> float:
        nonlocal most
        most = max(most, _busy_seconds() - busy)  # what a thread waited is forgotten with the thread
        return end + most - time.monotonic()

    return left


def _busy_seconds() -> float:
    """For how long threads of this process used a processor, or have waited for one."""
    waited = 0
    for path in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):  # a thread that has just ended
            waited += int(path.read_text().split()[1])
    return time.process_time() + waited / 1e9


def in_time(calls: Mapping[K, Callable[[], T]], seconds: float) -> dict[K, T]:
    """The results of these calls, made side by side, of those that return by an `idle_deadline`.

    One that hangs (a dead network disk) is left behind in its thread. Raises what a call raised.
    """
    found: dict[K, T] = {}
    raised: list[Exception] = []

    def make(name: K, call: Callable[[], T]) -> None:
        try:
            found[name] = call()
        except Exception as error:  # noqa: BLE001  # raised below, in the caller's thread
            raised.append(error)

    threads = [
        threading.Thread(target=copy_context().run, args=(make, *one), daemon=True) for one in calls.items()
    ]
    left = idle_deadline(seconds)
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive() and (wait := left()) > 0:
            thread.join(min(wait, LOOK))
    if raised:
        raise raised[0]
    return dict(found)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """The block waits for `what`, named as in "waiting for systemd"."""
    mark = object()
    _waits[mark] = what, time.monotonic()
    try:
        yield
    finally:
        _waits.pop(mark, None)


def awaited() -> list[str]:
    """What has been waited for longer than `NOTICE_AFTER`, in order."""
    begun = time.monotonic() - NOTICE_AFTER
    return sorted({what for what, since in tuple(_waits.values()) if since <= begun})


@contextmanager
def wait_notices() -> Iterator[None]:
    """Say on standard error what the block has been waiting for, once for each."""
    done = threading.Event()

    def tell() -> None:
        told: set[str] = set()
        while not done.wait(0.25):
            late = awaited()
            for what in (one for one in late if one not in told):
                print(f"waiting for {what}: {NOTICE_AFTER:.0f} s", file=sys.stderr, flush=True)
            told = {*late}

    threading.Thread(target=tell, name="wait notices", daemon=True).start()
    try:
        yield
    finally:
        done.set()
