"""The terminal that a process was started from: what it can do, and an end of the process when it is gone.

A hang-up is often known from the terminal alone: the SIGHUP goes to the leader of its session, which may wait
for us (make), and nohup has it ignored. And a process ends only once all of its threads do, so a signal that
asks the event loop to leave is not enough where a thread waits in a write that the terminal does not take, or
in a source that does not answer.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Final

LOOK_EVERY = 1.0
"""Seconds between two looks: a hang-up does not wake a poll(2) that asks for nothing else."""

CLOSING = 0.1
"""Seconds in which the kernel closes a terminal whose other side was closed."""

GRACE = 1.3
"""Seconds in which the program may leave in order, once it was asked."""

LATEST = 1.9
"""Seconds after which the kernel ends it, whatever Python waits for."""


class TerminalWatch:
    """Asks the program to leave when one of `signals` comes or an output is gone, and ends it if it does not.

    `outputs` are file descriptors: terminals, pipes. A signal that is ignored (nohup) stays ignored.
    `leave` asks, from another thread; `restore` is called before the process is ended by force. Once the
    program was asked, `status` is its exit status: 128 and the signal, SIGHUP for an output that is gone.
    A context manager; with `signals` for the main thread only.
    """

    LOST: Final = 128 + signal.SIGHUP
    """The exit status where an output is gone."""

    def __init__(self, outputs: Sequence[int], signals: Sequence[int] = ()) -> None:
        self._outputs = outputs
        self._signals = [one for one in signals if signal.getsignal(one) is not signal.SIG_IGN]
        self._handlers: dict[int, object] = {}
        self.leave: Callable[[], object] = bool
        self.restore: Callable[[], object] = bool
        self.status: int | None = None

    def __enter__(self) -> TerminalWatch:
        self._wake, self._asks = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="fedtui-end", daemon=True)
        self._thread.start()
        if self._signals:
            # Written from C: the main thread, which runs Python's handlers, may wait for a lock or a file.
            self._waker = signal.set_wakeup_fd(self._asks, warn_on_full_buffer=False)
            self._handlers = {one: signal.signal(one, _wake_only) for one in self._signals}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handlers:
            for one, handler in self._handlers.items():
                signal.signal(one, handler)  # type: ignore[arg-type]  # what signal.signal returned
            signal.set_wakeup_fd(self._waker)
        self._left.set()
        self.ask(0)
        self._thread.join()
        if self.status is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
        os.close(self._wake)
        os.close(self._asks)

    def ask(self, number: int = signal.SIGHUP) -> None:
        """End the program as if this signal had come. From any thread."""
        with suppress(BlockingIOError):  # so much has been asked already
            os.write(self._asks, bytes([number]))

    def is_lost(self) -> bool:
        """Whether the program was asked to leave, or will be at the next look.

        A write can fail (EIO) a moment before the terminal is reported as gone; waits up to CLOSING for that.
        """
        return self.status is not None or bool(self._poll().poll(CLOSING * 1000))

    def _poll(self) -> select.poll:
        poll = select.poll()
        for output in self._outputs:
            poll.register(output, 0)  # what is reported unasked: POLLHUP, POLLERR
        return poll

    def _watch(self) -> None:
        poll = self._poll()
        poll.register(self._wake, select.POLLIN)
        while not self._left.is_set():
            for ready, _ in poll.poll(LOOK_EVERY * 1000):
                numbers = os.read(self._wake, 512) if ready == self._wake else bytes([signal.SIGHUP])
                for number in numbers:
                    if number in (signal.SIGHUP, *self._signals):
                        self._end(number)
                        return

    def _end(self, number: int) -> None:
        self.status = 128 + number
        signal.setitimer(signal.ITIMER_REAL, LATEST)
        with suppress(RuntimeError):  # the event loop is closed: it is leaving
            self.leave()
        if not self._left.wait(GRACE):
            self.restore()
            os._exit(self.status)


def _wake_only(_number: int, _frame: FrameType | None) -> None:
    """A signal with a handler is written to the wake-up descriptor; there is nothing else to do."""


def takes_output(fileno: int) -> bool:
    """Whether a short write would not wait. A terminal in which another write waits takes none."""
    poll = select.poll()
    poll.register(fileno, select.POLLOUT)
    return any(events == select.POLLOUT for _, events in poll.poll(0))


def is_dumb() -> bool:
    """Whether the terminal says of itself that it cannot position the cursor."""
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")
