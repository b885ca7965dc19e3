"""Programs that are asked something from the event loop: run to their end, or read line by line.

As in `program`: an argument list, no terminal, a known environment, a session of its own so that nothing
survives its end. A child that is cancelled, late or no longer wanted is killed together with its children.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from fedtui.system.patience import seconds_left, waiting
from fedtui.system.program import Ended, ProgramError, ProgramLate, program_environment


async def _start(
    argv: Sequence[str], extra: Mapping[str, str], limit: int = 2**16
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=program_environment(extra),
            start_new_session=True,
            limit=limit,
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        reason = getattr(error, "strerror", None) or error
        raise ProgramError(f"{argv[0]} could not be started: {reason}") from error


async def terminate(process: asyncio.subprocess.Process) -> None:
    """Kill the process and its children, and reap it; at most two seconds."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(2.0):
                await process.wait()


async def capture(
    argv: Sequence[str], extra: Mapping[str, str] | None = None, deadline: float = 10.0
) -> Ended:
    """Run a program to its end. Raises ProgramError when it cannot be started or is late (seconds)."""
    process = await _start(argv, extra or {})
    deadline = seconds_left(deadline)
    try:
        with waiting(os.path.basename(argv[0])):  # noqa: PTH119
            async with asyncio.timeout(deadline):
                out, err = await process.communicate()
    except TimeoutError as error:
        raise ProgramLate(f"{' '.join(argv[:2])} did not answer within {round(deadline, 1):g} s") from error
    finally:
        await asyncio.shield(terminate(process))
    return Ended(process.returncode or 0, out, err)


@asynccontextmanager
async def running_program(argv: Sequence[str], limit: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A running program with a line buffer of `limit` bytes; surely ended when the block is left."""
    process = await _start(argv, {}, limit)
    try:
        yield process
    finally:
        await asyncio.shield(terminate(process))
