"""Running a small program to its end: an argument list, a known environment, a deadline, and no terminal.

Blocking, for what is done in a thread or by a verb without an event loop. `async_program` is the same for
callers in the event loop, and for long-running programs.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from fedtui.system.patience import seconds_left, waiting

# Only what a program needs: the caller's language, time zone and editor must not change what it says.
_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class ProgramError(Exception):
    """The program could not be started or did not end in time; the message is fit to show."""


class ProgramLate(ProgramError):
    """The program did not end in time. `running`: nor could it be killed."""

    def __init__(self, message: str, *, running: bool = False) -> None:
        super().__init__(message)
        self.running = running


class Ended(NamedTuple):
    """How a program ended: its exit status (negative: the signal), and what it printed."""

    status: int
    out: bytes
    err: bytes

    @property
    def said(self) -> str:
        """What it printed for people, one line per line, without surrounding blanks."""
        return self.err.decode("utf-8", "replace").strip()


def program_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment that every program we ask is given: the same words for the same answer."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {"PATH": _DEFAULT_PATH, **kept, "LC_ALL": "C.UTF-8", **extra}


def run_program(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    extra: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    deadline: float = 10.0,
    env: Mapping[bytes, bytes] | None = None,
    started: Callable[[subprocess.Popen[bytes]], None] | None = None,
    grace: float = 0.0,
    inherits: Sequence[int] = (),
) -> Ended:
    """Run `argv` in a session of its own and wait at most `deadline` seconds. Raises ProgramError.

    The session keeps the program from the terminal (a prompt, ctrl+c) and lets a late one be ended
    together with its children. `env` is the whole environment, where it is not to be ours; `started` is told
    of the process, for callers that may have to end it sooner. A late one is given `grace` seconds to clean
    up. `inherits` are descriptors that the program is given.
    """
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # LC_ALL=C: a table is bytes to all who touch it
            env=program_environment({"LC_ALL": "C", **(extra or {})}) if env is None else env,
            cwd=cwd,
            start_new_session=True,
            pass_fds=inherits,
        )
    except OSError as error:
        raise ProgramError(f"{argv[0]} could not be started: {error.strerror or error}") from error
    if started is not None:
        started(process)
    deadline = seconds_left(deadline)
    try:
        with waiting(os.path.basename(argv[0])):  # noqa: PTH119
            out, err = process.communicate(stdin, timeout=deadline)
    except subprocess.TimeoutExpired as error:
        end_program(process, grace)
        late = f"{' '.join(argv)} did not answer within {round(deadline, 1):g} s"
        raise ProgramLate(late, running=process.returncode is None) from error
    return Ended(process.returncode, out, err)


def end_program(process: subprocess.Popen[bytes], grace: float = 0.0) -> None:
    """Kill the program and its children; never wait for a pipe that a stray child keeps open.

    With a `grace` (seconds) they get a SIGTERM first: git takes its locks away then.
    """
    try:
        if grace:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=grace)
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    with suppress(subprocess.TimeoutExpired):  # it cannot be killed now: the caller's message says it
        process.wait(timeout=2)
