"""The kinds of fault, and the process whose children meet them."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

CHECKOUT = Path(__file__).resolve().parents[2]
SHIM_SOURCE = Path(__file__).with_name("shim.c")
SERVER = Path(__file__).with_name("server.py")

# Classes of calls, as shim.c has them.
READ, CREATE, WRITE, SYNC, NAME, REMOVE, MODE, LOCK, DESCRIPTOR, FORK, WAIT, BUS = (1 << n for n in range(12))
CHANGES = CREATE | WRITE | SYNC | NAME | REMOVE | MODE


class Fault(NamedTuple):
    """What happens at a point: `action` as shim.c takes it, to calls of which classes."""

    name: str
    action: str
    classes: int
    lasts: bool = False

    @property
    def is_error(self) -> bool:
        """Whether the program lives on, and has to say what went wrong."""
        return self.action.isdecimal()


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("kill", "kill", CHANGES & ~SYNC | LOCK | FORK | WAIT | BUS),
        Fault("half", "half", WRITE),
        Fault("ENOSPC", str(errno.ENOSPC), CREATE | WRITE | SYNC | NAME),
        Fault("EIO", str(errno.EIO), READ | CHANGES),
        Fault("EROFS", str(errno.EROFS), CREATE | NAME | REMOVE | MODE, lasts=True),
        Fault("EMFILE", str(errno.EMFILE), READ | CREATE | DESCRIPTOR | FORK),
    )
}
"""A kill before a sync leaves what one before the next call leaves: no power is cut. A file system that has
become read-only stays so; the others happen once."""


class Met(NamedTuple):
    """How a program ended that may have met a fault. `status` is None where it had to be ended."""

    status: int | None
    out: str
    err: str
    calls: int = 0
    hit: bool = False
    call: str = ""
    editor: tuple[int, int] = (0, 0)
    """The first and the last point that the editor of crontab(1) has; 0 where it was not run."""


def build_shim(folder: Path) -> Path:
    """The library, compiled into `folder`."""
    made = folder / "killpoints.so"
    command = ["gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", made, SHIM_SOURCE, "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    return made


_STATE = struct.Struct("iiii240s")


class Shared:
    """The file that shim.c counts in."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def reset(self) -> None:
        """Begin a count."""
        self.path.write_bytes(bytes(_STATE.size))
        self.path.chmod(0o666)

    def complete(self, met: Met, world: str) -> Met:
        """`met` with what was counted; paths are shown relative to `world`."""
        calls, hits, first, last, call = _STATE.unpack(self.path.read_bytes())
        text = call.partition(b"\0")[0].decode(errors="replace").replace(f"{world}/", "")
        return met._replace(calls=calls, hit=hits > 0, call=text, editor=(first, last))


def spec(fault: Fault | None, at: int, state: str, roots: Sequence[str], *, count: bool = False) -> str:
    """$KILLPOINTS for `fault` at point `at`; with `count` it only counts the points."""
    if fault is None:
        return ""
    action = "none" if count else fault.action
    return f"{state}|{':'.join(roots)}|{at}|{action}|{fault.classes}|{int(fault.lasts)}|0"


class Server:
    """A process with fedtui loaded, whose children each run one verb: no start of Python for each point."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment)
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in: IO[bytes] = self._process.stdin
        self._out: IO[bytes] = self._process.stdout

    def run(self, argv: Sequence[str], environment: Mapping[str, str], armed: str, timeout: float) -> Met:
        """Run `fedtui ARGV` in a child that is armed with `armed` (see `spec`; empty: not at all)."""
        request = {"argv": list(argv), "env": dict(environment), "armed": armed, "timeout": timeout}
        self._in.write(json.dumps(request).encode() + b"\n")
        self._in.flush()
        answer = json.loads(self._out.readline())
        return Met(answer["status"], answer["out"], answer["err"])

    def close(self) -> None:
        self._in.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()
        self._out.close()


def local_server(shim: Path) -> Server:
    """A server on this machine."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG", "USER", "LOGNAME") if name in os.environ},
        "LC_ALL": "C.UTF-8",
        "LD_PRELOAD": str(shim),
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Server([sys.executable, "-P", SERVER], environment)


def code_digest() -> str:
    """Names the state of the code that is tried, and of that which tries it."""
    digest = hashlib.sha256()
    for folder in ("fedtui", "tests/killpoints"):
        for path in sorted((CHECKOUT / folder).rglob("*")):
            if path.suffix in (".py", ".sh", ".c", ".toml") and not path.is_symlink():
                digest.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
