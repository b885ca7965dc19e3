"""A pseudo-terminal of the box with a program in it, and a reader of what the program draws.

The terminal is one of the box's own (its devpts), so the program inside finds /dev/tty and its name. What it
writes is fed to pyte, a terminal emulator; tests look at the emulated screen as a user would.
"""

from __future__ import annotations

import array
import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

from tests.box.machine import Box, T, wait_until

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
}
# Requests with a private marker that pyte would print in part (keyboard protocol, version, modifyOtherKeys).
_UNKNOWN = re.compile(rb"\x1b\[[<=>][0-9;]*[ -/]*[@-~]")
_UNFINISHED = re.compile(rb"\x1b(\[[<=>]?[0-9;]*)?\Z")
# ioctl numbers of <asm-generic/ioctls.h>: the slave's number, unlock the slave, open the slave.
_TIOCGPTN, _TIOCSPTLCK, _TIOCGPTPEER = 0x80045430, 0x40045431, 0x5441


class Terminal:
    """A program in a terminal of `columns` x `lines`; a context manager that hangs up at its end."""

    def __init__(
        self,
        box: Box,
        argv: Sequence[str | Path],
        user: str = "fed",
        *,
        columns: int = 120,
        lines: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self.received = 0
        self._master, slave, self.device = _open_pty(box, box.user(user).uid)
        self.resize(columns, lines)
        variables = {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | dict(env or {})
        command = box.command(argv, user, cwd=cwd, env=variables, terminal=True)
        try:
            self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave)
        finally:
            os.close(slave)
        self._stop = os.eventfd(0)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal a new size, as dragging its window would."""
        with self._lock:
            self._screen.resize(lines, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text: str | bytes) -> None:
        """Send text as it is."""
        os.write(self._master, text.encode() if isinstance(text, str) else text)

    def press(self, *keys: str) -> None:
        """Send keys by name: a character, a name of `KEYS`, or `ctrl+` and a letter."""
        for key in keys:
            if key.startswith("ctrl+"):
                self.type(chr(ord(key[-1].upper()) - 64))
            else:
                self.type(key if len(key) == 1 else KEYS[key])

    def rows(self) -> list[str]:
        """The screen, row by row, without trailing blanks."""
        with self._lock:
            return [row.rstrip() for row in self._screen.display]

    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.rows())

    def row(self, text: str) -> str:
        """The first row that shows `text`, or "" ."""
        return next((row for row in self.rows() if text in row), "")

    def wait_for(self, text: str, timeout: float = 15.0) -> str:
        """Wait until the screen shows `text` (in one row); returns that row."""
        return self._wait(lambda: self.row(text), timeout, f"the screen shows {text!r}")

    def wait_for_last(self, row: str, timeout: float = 15.0) -> None:
        """Wait until `row` is all of the last row that is not blank, as a shell's prompt is when it waits."""
        self._wait(lambda: self.text().rstrip().endswith(f"\n{row}"), timeout, f"the last row is {row!r}")

    def wait_for_match(self, pattern: str, timeout: float = 15.0) -> re.Match[str]:
        """Wait until a row matches the regular expression `pattern` somewhere; returns the match."""

        def look() -> re.Match[str] | None:
            return next((found for row in self.rows() if (found := re.search(pattern, row))), None)

        found = self._wait(look, timeout, f"a row matches {pattern!r}")
        assert found is not None
        return found

    def wait_gone(self, text: str, timeout: float = 15.0) -> None:
        """Wait until the screen does not show `text` any more."""
        self._wait(lambda: not self.row(text), timeout, f"{text!r} is gone from the screen")

    def _wait(self, look: Callable[[], T], timeout: float, what: str) -> T:
        try:
            return wait_until(look, timeout, what, pause=0.02)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows\n{self.text()}") from None

    def wait_end(self, timeout: float = 15.0) -> int:
        """Wait for the program to end; returns its exit status."""
        status = self.process.wait(timeout=timeout)
        self._reader.join(timeout=timeout)
        return status

    def hang_up(self) -> None:
        """Close the terminal as a lost SSH session would: the program gets SIGHUP. Safe to call twice."""
        if self._master < 0:
            return
        os.eventfd_write(self._stop, 1)
        self._reader.join(timeout=10)
        os.close(self._stop)
        os.close(self._master)  # not while the reader waits in it: the kernel would keep it open
        self._master = -1
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
            raise AssertionError("the program outlived its terminal by 10 s") from None

    def _read(self) -> None:
        """Feed the emulator till the program's last writer is gone (the kernel then answers EIO)."""
        rest = b""
        while True:
            ready, _, _ = select.select([self._master, self._stop], [], [])
            if self._stop in ready:
                return
            try:
                chunk = os.read(self._master, 65536)
            except OSError:
                return
            self.received += len(chunk)
            data = _UNKNOWN.sub(b"", rest + chunk)
            cut = _UNFINISHED.search(data)
            rest = data[cut.start() :] if cut else b""
            with self._lock:
                self._stream.feed(data[: len(data) - len(rest)])


def _open_pty(box: Box, owner: int) -> tuple[int, int, str]:
    """A new pseudo-terminal of the box: master, slave, and its name inside. `owner` may open it by name."""
    master = os.open(box.path("/dev/pts/ptmx"), os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    number = array.array("i", [0])
    fcntl.ioctl(master, _TIOCSPTLCK, struct.pack("i", 0))
    fcntl.ioctl(master, _TIOCGPTN, number)
    slave = fcntl.ioctl(master, _TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    os.fchown(slave, owner, -1)
    return master, slave, f"/dev/pts/{number[0]}"
