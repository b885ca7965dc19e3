"""The program in a real terminal: one that has no size, and one from which it is ended by a signal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LEAVE = b"\x1b[?1049l"  # back from the alternate screen, xterm's ctlseqs


@contextmanager
def demo(folder: Path, rows: int = 24, columns: int = 80) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The demo's dashboard in a terminal of that size, and the terminal's other side."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": str(folder)}
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    argv = [sys.executable, "-m", "fedtui", "demo", "--folder", str(folder / "demo")]
    program = subprocess.Popen(argv, stdin=inside, stdout=inside, stderr=inside, env=environment)
    os.close(inside)
    try:
        yield program, terminal
    finally:
        program.kill()
        program.wait(timeout=30)
        os.close(terminal)


def _read_until(terminal: int, words: bytes, seconds: float = 30) -> bytes:
    """What the program writes, up to and with `words`; fails with all of it."""
    seen, deadline = b"", time.monotonic() + seconds
    while words not in seen:
        left = deadline - time.monotonic()
        assert left > 0, seen[-2000:]
        if not select.select([terminal], [], [], left)[0]:
            continue
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # EIO: the other side is closed
            break
    assert words in seen, seen[-2000:]
    return seen


def test_a_terminal_without_a_size_is_taken_for_80x24_and_not_flooded(tmp_path: Path) -> None:
    """A serial console has none; two libraries that guessed it differently laid the screen out for ever."""
    with demo(tmp_path, rows=0, columns=0) as (program, terminal):
        _read_until(terminal, b"sync-learning-data")
        written, deadline = 0, time.monotonic() + 3
        while (left := deadline - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                written += len(os.read(terminal, 65536))
        assert written < 100_000
        assert program.poll() is None


def test_a_terminated_dashboard_leaves_the_alternate_screen(tmp_path: Path) -> None:
    with demo(tmp_path) as (program, terminal):
        _read_until(terminal, b"sync-learning-data")
        program.send_signal(signal.SIGTERM)
        _read_until(terminal, LEAVE)
        assert program.wait(timeout=30) == 0
