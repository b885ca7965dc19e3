"""The environment of the user's login shell, asked for by starting that shell once. Blocking.

A login and interactive shell, as a new terminal gives one, on top of the environment that fedtui itself was
started with. It has no terminal, it is ended with all that it started after a deadline, and what its startup
files print is distinguished from the answer by a mark that nobody else writes.
"""

from __future__ import annotations

import os
import re
import secrets
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from fedtui.safe_text import decode
from fedtui.system.patience import seconds_left
from fedtui.system.processes import pids

DEADLINE = 5.0
"""Seconds for the startup files: users who wait longer for a prompt know it."""
_MOST = 4_000_000
_NO_TERMINAL = re.compile(r"job control|terminal process group|^logout$|can't access tty")
_CSH = ("csh", "tcsh")
# What a shell keeps for itself, or what tells of this one process only.
_ITS_OWN = frozenset({b"_", b"SHLVL", b"PWD", b"OLDPWD", b"COLUMNS", b"LINES"})


@dataclass(frozen=True, slots=True)
class ShellAnswer:
    """`environment` of the shell `program`; where `problem` says why it gave none, fedtui's own.

    `noise` is the first line that the startup files printed where nobody reads it, "" where they are quiet.
    """

    program: str
    environment: Mapping[bytes, bytes]
    problem: str = ""
    noise: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom to be while asking, which only root can choose."""

    uid: int
    gid: int
    groups: tuple[int, ...]


def ask_shell(
    program: str,
    base: Mapping[str, str],
    home: str,
    *,
    identity: Identity | None = None,
    deadline: float = DEADLINE,
) -> ShellAnswer:
    """Start `program` as a login shell in `home` and return what it gives to the programs it starts.

    `base` is the environment it is started with. Never raises: what goes wrong is the answer's `problem`.
    """
    own = cleaned({os.fsencode(name): os.fsencode(value) for name, value in base.items()})
    mark = secrets.token_hex(16)
    deadline = seconds_left(deadline)
    try:
        out, err, late = _run(_argv(program, mark), base, home, identity, mark.encode(), deadline)
    except (OSError, subprocess.SubprocessError) as error:
        return ShellAnswer(program, own, f"{program} could not be started: {_reason(error)}")
    before, found, rest = out.partition(b"\0" + mark.encode() + b"\0")
    answer, ended, _ = rest.rpartition(mark.encode())
    if found and ended:
        return ShellAnswer(program, cleaned(_parsed(answer)), noise=_first_line(before))
    if late:
        problem = f"{program} was not done with its startup files within {round(deadline, 1):g} s"
    elif len(out) >= _MOST:
        problem = f"{program} prints without end"
    else:
        said = _last_word(err) or _first_line(out)
        problem = f"{program} ended without an answer" + (f": {said}" if said else "")
    return ShellAnswer(program, own, problem, _first_line(out))


def cleaned(environment: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Without exported functions, and what every shell sets for itself."""
    return {
        name: value
        for name, value in environment.items()
        if name not in _ITS_OWN and not name.startswith(b"BASH_FUNC_")
    }


def _argv(program: str, mark: str) -> list[str]:
    """printf and env are all that it runs; the quoting is the same in every shell."""
    asked = f"printf '\\0%s\\0' {mark}; /usr/bin/env -0; printf '%s' {mark}"
    options = ["-i", "-c"] if os.path.basename(program) in _CSH else ["-l", "-i", "-c"]  # noqa: PTH119
    return [program, *options, asked]


def _run(
    argv: Sequence[str],
    base: Mapping[str, str],
    home: str,
    identity: Identity | None,
    mark: bytes,
    deadline: float,
) -> tuple[bytes, bytes, bool]:
    """What was printed, on both streams, and whether the deadline passed."""
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(base),
        cwd=home if os.path.isdir(home) else "/",  # noqa: PTH112
        start_new_session=True,
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=identity.groups if identity else None,
    )
    pipes = [pipe for pipe in (process.stdout, process.stderr) if pipe is not None]
    try:
        return _read(pipes, mark, time.monotonic() + deadline)
    finally:
        _end(process)


def _read(pipes: Sequence[IO[bytes]], mark: bytes, until: float) -> tuple[bytes, bytes, bool]:
    """Read both pipes up to the closing mark, their end, or `until` (monotonic seconds).

    A program left in the background keeps them open: their end is not waited for once the mark is there.
    """
    out, err = pipes
    got = {out: bytearray(), err: bytearray()}
    with selectors.DefaultSelector() as selector:
        for pipe in (out, err):
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            left = until - time.monotonic()
            if left <= 0:
                return bytes(got[out]), bytes(got[err]), True
            for key, _ in selector.select(left):
                pipe = out if key.fileobj is out else err
                data = os.read(pipe.fileno(), 65536)
                if not data:
                    selector.unregister(pipe)
                elif len(got[pipe]) < _MOST:
                    got[pipe] += data
            if got[out].count(mark) >= 2 or len(got[out]) >= _MOST:
                break
    return bytes(got[out]), bytes(got[err]), False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the shell and whatever its startup files left in its session, and reap it."""
    for pid in [process.pid, *_session(process.pid)]:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    with suppress(subprocess.TimeoutExpired):  # it cannot be killed now; what it has said is read already
        process.wait(timeout=2)


def _session(leader: int) -> list[int]:
    """The processes of a session; a profile with job control gives each a process group of its own."""
    found = []
    for pid in pids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader:
                found.append(pid)
    return found


def _parsed(answer: bytes) -> dict[bytes, bytes]:
    return dict(item.split(b"=", 1) for item in answer.split(b"\0") if b"=" in item)


def _first_line(text: bytes) -> str:
    lines = [line for line in decode(text[:2000]).splitlines() if line.strip()]
    return lines[0].strip()[:200] if lines else ""


def _last_word(text: bytes) -> str:
    """The last complaint, without what a shell always says where it has no terminal."""
    lines = [line.strip() for line in decode(text[-2000:]).splitlines()]
    return next((line[:200] for line in reversed(lines) if line and not _NO_TERMINAL.search(line)), "")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
