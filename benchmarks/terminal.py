"""A program in a pseudo-terminal, watched from outside: when its bytes come, and how many."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """Runs `command` in a pseudo-terminal of `columns` x `rows`; all times are monotonic seconds."""

    def __init__(self, command: Sequence[str], columns: int = 120, rows: int = 40) -> None:
        self.started = time.monotonic()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"})
            os.execvp(command[0], command)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.seen = b""

    def read(self, timeout: float) -> bytes:
        """What comes within `timeout` seconds, or nothing."""
        ready, _, _ = select.select([self._fd], [], [], timeout)
        if not ready:
            return b""
        try:
            chunk = os.read(self._fd, 65536)
        except OSError:
            return b""
        self.seen += chunk
        return chunk

    def wait_for(self, text: str, deadline: float = 60.0) -> float:
        """Seconds from the start until `text` was written to the screen."""
        wanted, end = text.encode(), time.monotonic() + deadline
        while wanted not in self.seen:
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} was not shown within {deadline} s")
            self.read(0.5)
        return time.monotonic() - self.started

    def settle(self, quiet: float = 0.5, deadline: float = 20.0) -> None:
        """Wait until nothing was written for `quiet` seconds."""
        end = time.monotonic() + deadline
        while time.monotonic() < end and self.read(quiet):
            pass

    def key_to_paint(self, key: bytes) -> float:
        """Seconds from a key until the screen changes for it."""
        while self.read(0.0):
            pass
        begin = time.monotonic()
        os.write(self._fd, key)
        self.read(2.0)
        return time.monotonic() - begin

    def answer(self, key: bytes, text: str, deadline: float = 10.0) -> float:
        """Seconds from a key until `text` is written, for screens that are written to all the time."""
        while self.read(0.0):
            pass
        self.seen, begin = b"", time.monotonic()
        os.write(self._fd, key)
        self.wait_for(text, deadline)
        return time.monotonic() - begin

    def bytes_for(self, key: bytes, quiet: float = 0.25) -> int:
        """Bytes written after a key until `quiet` seconds without any; a clock's tick may be among them."""
        while self.read(0.0):
            pass
        self.seen = b""
        os.write(self._fd, key)
        self.settle(quiet, deadline=2 * quiet)
        return len(self.seen)

    def idle(self, seconds: float) -> tuple[float, int]:
        """CPU share (0..1) and bytes written while nothing is done for `seconds`."""
        cpu, count, end = self._cpu(), 0, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            count += len(self.read(left))
        return (self._cpu() - cpu) / seconds, count

    def memory(self) -> int:
        """Proportional set size in bytes."""
        rows = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(row.split()[1]) for row in rows if row.startswith("Pss:")) * 1024

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)
