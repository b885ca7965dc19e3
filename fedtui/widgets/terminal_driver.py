"""Textual's driver, made to outlive its terminal: what is written to a terminal that is gone goes nowhere.

Textual's own writer thread ends with the first error, and the event loop then waits forever for its queue.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver

from fedtui.system.terminal_watch import takes_output

LEAVE = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""What `LinuxDriver.stop_application_mode` writes."""


class Outlet:
    """What Textual's writer thread uses of a text file, over a descriptor. The first error calls `lost`."""

    def __init__(self, fileno: int, encoding: str, lost: Callable[[], object]) -> None:
        self._fileno = fileno
        self._encoding = encoding
        self._lost = lost
        self._gone = False
        self._parts: list[str] = []

    def fileno(self) -> int:
        """The descriptor."""
        return self._fileno

    def write(self, text: str) -> None:
        """Keep text for the next `flush`."""
        self._parts.append(text)

    def flush(self) -> None:
        """Write what was kept; waits while the terminal takes nothing."""
        data = memoryview("".join(self._parts).encode(self._encoding, "backslashreplace"))
        self._parts.clear()
        while data and not self._gone:
            try:
                data = data[os.write(self._fileno, data) :]
            except BlockingIOError:  # a mode that another program set for all who have it open
                select.select([], [self._fileno], [])
            except OSError:
                self._gone = True
                self._lost()


class TerminalDriver(LinuxDriver):
    """Reads from and draws on a terminal that may go away; then it calls `app.lost`.

    Of Textual's private names it uses `_file` (where the writer thread writes to) and `_sigcont_application`;
    `tests/pilot/test_lost_terminal.py` notices where one vanishes.
    """

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._lost: Callable[[], object] = app.lost
        out = cast("TextIO", sys.__stdout__)
        self._file = cast("Any", Outlet(out.fileno(), out.encoding, self._lost))

    def run_input_thread(self) -> None:
        """Read keys until the terminal is gone."""
        try:
            super().run_input_thread()
        except OSError:
            self._lost()

    def _sigcont_application(self, *arguments: object) -> None:
        """Start again after a stop. A hang-up sends this signal, too: then there is nothing to start on."""
        if os.isatty(self.fileno):
            super()._sigcont_application(*arguments)


def giver_back() -> Callable[[], None]:
    """What gives the terminal back as it is now, without Textual: for one that does not leave in order."""
    modes = termios.tcgetattr(0)

    def give_back() -> None:
        # In the background this would stop the process that is to end.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
        with suppress(termios.error, OSError):
            termios.tcsetattr(0, termios.TCSANOW, modes)
            if takes_output(1):
                os.write(1, LEAVE)

    return give_back
