"""Programs that are asked something from the event loop: run to their end, or read line by line.

An argument list, no terminal, the C locale, a session of its own so that nothing survives its end. A
child that is cancelled, late or no longer wanted is killed together with its children.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class ChildError(Exception):
    """The program could not be started or did not end in time; the message is fit to show."""


@dataclass(frozen=True, slots=True)
class Captured:
    """How a program ended: its exit status (negative: the signal) and what it printed."""

    status: int
    out: bytes
    err: bytes


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {"PATH": _DEFAULT_PATH, **kept, "LC_ALL": "C.UTF-8", **extra}


async def _start(
    argv: Sequence[str], extra: Mapping[str, str], limit: int = 2**16
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(extra),
            start_new_session=True,
            limit=limit,
        )
    except OSError as error:
        raise ChildError(f"{argv[0]} could not be started: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in an argument
        raise ChildError(f"{argv[0]} could not be started: {error}") from error


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill the process and its children, and reap it; at most two seconds."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(2.0):
                await process.wait()


async def capture(
    argv: Sequence[str], extra: Mapping[str, str] | None = None, deadline: float = 10.0
) -> Captured:
    """Run a program to its end. Raises ChildError when it cannot be started or is late (seconds)."""
    process = await _start(argv, extra or {})
    try:
        async with asyncio.timeout(deadline):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise ChildError(f"{' '.join(argv[:2])} did not answer within {deadline:g} s") from error
    finally:
        await asyncio.shield(end(process))
    return Captured(process.returncode or 0, out, err)


@asynccontextmanager
async def running(argv: Sequence[str], limit: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that goes on, with a line buffer of `limit` bytes; surely ended when the block is left."""
    process = await _start(argv, {}, limit)
    try:
        yield process
    finally:
        await asyncio.shield(end(process))
