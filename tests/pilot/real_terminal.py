"""fedtui as a process in a pseudo-terminal of the kernel's own, over a demo workspace."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from fedtui.demo.files import lay

LEAVE = b"\x1b[?1049l"  # back from the alternate screen, xterm's ctlseqs
TICKS = os.sysconf("SC_CLK_TCK")


def fedtui(folder: Path, *words: str) -> list[str]:
    """The command line over the demo workspace in `folder`."""
    return [sys.executable, "-m", "fedtui", "demo", "--folder", str(folder / "demo"), *words]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The test's own, but a terminal that can do everything, and a state folder of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    return kept | {"TERM": "xterm-256color", "XDG_STATE_HOME": str(folder)} | more


@contextmanager
def laid(folder: Path) -> Iterator[Path]:
    """A demo workspace in `folder` whose clock somebody keeps: runs are promised. Its watches end with it."""
    lay(folder / "demo")
    with (folder / "demo/scheduler.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            if (folder / "demo/state/watches").exists():
                argv = fedtui(folder, "watch", "--stop", "sync-learning-data")
                subprocess.run(argv, env=environment(folder), stdout=subprocess.DEVNULL, timeout=60)


class Program:
    """fedtui with `words` in a terminal; `prefix` starts it. Or `code`, as a program of its own in Python.
    A context manager that kills what is left.

    Without a prefix it has no controlling terminal: no SIGHUP can reach it. `stderr` is the terminal, too,
    unless given.
    """

    def __init__(
        self,
        folder: Path,
        *words: str,
        prefix: Sequence[str] = (),
        code: str = "",
        rows: int = 24,
        columns: int = 80,
        stderr: int | None = None,
        **variables: str,
    ) -> None:
        self.terminal, inside = pty.openpty()
        self.device = os.ttyname(inside)
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.modes = termios.tcgetattr(inside)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code] if code else [*prefix, *fedtui(folder, *words)],
            stdin=inside,
            stdout=inside,
            stderr=inside if stderr is None else stderr,
            env=environment(folder, **variables),
        )
        os.close(inside)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for pid in (*_children(self.process.pid), self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=30)
        self.hang_up()

    def hang_up(self) -> None:
        """Close the other side of the terminal. Safe to call twice."""
        if self.terminal >= 0:
            os.close(self.terminal)
        self.terminal = -1

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.terminal, keys)

    def read_until(self, words: bytes, seconds: float = 30) -> bytes:
        """What the program writes, up to and with `words`; fails with all of it."""
        seen, deadline = b"", time.monotonic() + seconds
        while words not in seen:
            left = deadline - time.monotonic()
            assert left > 0, seen[-2000:]
            if not select.select([self.terminal], [], [], left)[0]:
                continue
            try:
                seen += os.read(self.terminal, 65536)
            except OSError:  # EIO: the other side is closed
                break
        assert words in seen, seen[-2000:]
        return seen

    def read_for(self, seconds: float) -> bytes:
        """What the program writes within that time."""
        seen, deadline = b"", time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                seen += os.read(self.terminal, 65536)
        return seen

    def flow(self, *, on: bool) -> None:
        """ctrl+q and ctrl+s, which work at any terminal whose modes do not forbid it."""
        inside = os.open(self.device, os.O_RDWR | os.O_NOCTTY)
        termios.tcflow(inside, termios.TCOON if on else termios.TCOOFF)
        os.close(inside)

    def modes_now(self) -> list[object]:
        """The terminal's modes."""
        return list(termios.tcgetattr(self.terminal))

    def cpu(self) -> float:
        """The seconds of processor that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def is_still(self) -> bool:
        """Whether it has come to rest: it used next to nothing for half a second."""
        before = self.cpu()
        time.sleep(0.5)
        return self.cpu() - before < 0.03


def outcome_of(folder: Path, job: str) -> str | None:
    """How the newest run of a job of the demo ended; None while it runs."""
    argv = fedtui(folder, "show", job, "--json")
    shown = subprocess.run(argv, env=environment(folder), capture_output=True, check=True, timeout=60)
    result = json.loads(shown.stdout)["job"]["runs"][-1]["result"]
    return None if result is None else str(result["status"])


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    """Wait till it is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    """The processes that a wrapper started."""
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
