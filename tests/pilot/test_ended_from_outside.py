"""The program in a real terminal, ended by a signal: the terminal is given back as it was."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

LEAVE = b"\x1b[?1049l"  # back from the alternate screen, xterm's ctlseqs


def _read_until(terminal: int, words: bytes, seconds: float = 30) -> bytes:
    """What the program writes, up to and with `words`; fails with all of it."""
    seen, deadline = b"", time.monotonic() + seconds
    while words not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, seen
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # EIO: the other side is closed
            break
    assert words in seen, seen
    return seen


def test_a_terminated_dashboard_leaves_the_alternate_screen(tmp_path: Path) -> None:
    terminal, inside = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": str(tmp_path)}
    argv = [sys.executable, "-m", "fedtui", "demo", "--folder", str(tmp_path / "demo")]
    with subprocess.Popen(argv, stdin=inside, stdout=inside, stderr=inside, env=environment) as program:
        os.close(inside)
        _read_until(terminal, b"sync-learning-data")
        program.send_signal(signal.SIGTERM)
        _read_until(terminal, LEAVE)
        assert program.wait(timeout=30) == 0
    os.close(terminal)
