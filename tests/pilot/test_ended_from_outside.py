"""The program in a real terminal, ended by a signal: the terminal is given back as it was."""

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
from pathlib import Path

LEAVE = b"\x1b[?1049l"  # back from the alternate screen, xterm's ctlseqs


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


def test_a_terminated_dashboard_leaves_the_alternate_screen(tmp_path: Path) -> None:
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": str(tmp_path)}
    argv = [sys.executable, "-m", "fedtui", "demo", "--folder", str(tmp_path / "demo")]
    program = subprocess.Popen(argv, stdin=inside, stdout=inside, stderr=inside, env=environment)
    os.close(inside)
    try:
        _read_until(terminal, b"sync-learning-data")
        program.send_signal(signal.SIGTERM)
        _read_until(terminal, LEAVE)
        assert program.wait(timeout=30) == 0
    finally:
        program.kill()
        program.wait(timeout=30)
        os.close(terminal)
