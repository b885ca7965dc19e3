"""The log: a file of 10 GB opened at its end, and 100,000 lines a second followed for ten seconds."""

from __future__ import annotations

import asyncio
import itertools
import os
import resource
import sys
import threading
import time
from contextlib import aclosing
from pathlib import Path

from benchmarks.dashboard import percentiles
from benchmarks.terminal import Terminal
from benchmarks.workspace import FIRST, dashboard
from fedtui.logs.log_file import LogFile
from fedtui.logs.log_follower import LogFollower

HUGE = 10_000_000_000
RATE = 100_000
SECONDS = 10


def open_huge(folder: Path) -> dict[str, float]:
    """Milliseconds to the last 500 lines of a sparse file of 10 GB, and what it adds to the process in MB."""
    path = folder / "huge.log"
    with path.open("wb") as file:
        file.truncate(HUGE)
        file.seek(HUGE)
        file.write(b"\n" + b"14:00:00 a line of the usual length, with some words in it\n" * 2000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    lines = LogFile(path).tail(500)
    spent = time.perf_counter() - begin
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    path.unlink()
    if len(lines) != 500:
        raise AssertionError(f"{len(lines)} lines instead of 500")
    return {"open_10_gb_ms": spent * 1000, "open_10_gb_grows_mb": grown / 1000}


def write_lines(path: Path, rate: int, duration: int) -> int:
    """Append numbered lines to a log, a hundredth of a second's worth at a time; returns how many."""
    batch, written, begin = rate // 100, 0, time.monotonic()
    with path.open("ab", buffering=0) as file:
        for step in range(duration * 100):
            numbers = range(written, written + batch)
            file.write(
                b"".join(b"14:00:00 line %09d of a job that says much\n" % number for number in numbers)
            )
            written += batch
            time.sleep(max(0.0, begin + (step + 1) / 100 - time.monotonic()))
    return written


async def _followed(path: Path, expected: int) -> tuple[int, bool, float]:
    """How many lines a follower has given, whether all in order, and seconds after the last was written."""
    count, in_order, last = 0, True, -1
    async with asyncio.timeout(SECONDS * 6), aclosing(LogFollower(str(path), 10).follow()) as events:
        async for event in events:
            for line in event.lines:
                if b" line " in line:
                    number = int(line.split()[2])
                    in_order, last, count = in_order and number == last + 1, number, count + 1
            if count >= expected:
                break
    return count, in_order, time.monotonic()


def follow_fast(folder: Path) -> dict[str, float]:
    """A follower of a log that grows by 100,000 lines a second: how many it lost, how far it is behind."""
    path = folder / "fast.log"
    path.write_bytes(b"begin\n")
    ended: list[float] = []

    def write() -> None:
        pid = os.fork()  # a process of its own: the writer must not wait for the follower
        if pid == 0:
            time.sleep(0.5)
            write_lines(path, RATE, SECONDS)
            os._exit(0)
        os.waitpid(pid, 0)
        ended.append(time.monotonic())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        count, in_order, at = asyncio.run(_followed(path, RATE * SECONDS))
    except TimeoutError:
        count, in_order, at = 0, False, time.monotonic()
    writer.join()
    path.unlink()
    return {
        "followed_lines": count,
        "lost_lines": RATE * SECONDS - count,
        "in_order": float(in_order),
        "behind_s": at - ended[0],
    }


def keys_while_following(folder: Path) -> dict[str, float]:
    """Key to paint in the dashboard while the log pane follows 100,000 lines a second for ten seconds."""
    log = folder / "logs" / "0.log"
    log.write_bytes(b"begin\n")
    terminal = Terminal(dashboard(folder))
    terminal.wait_for(FIRST)
    terminal.settle(quiet=1.5)
    code = (
        "from benchmarks.logs import write_lines; from pathlib import Path;"
        f"write_lines(Path({str(log)!r}), {RATE}, {SECONDS})"
    )
    pid = os.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])
    terminal.wait_for("of a job that says")
    times: list[float] = []
    end = time.monotonic() + SECONDS - 2
    for key, title in itertools.cycle(((b"2", "2 Next runs"), (b"4", "4 Health"))):
        if time.monotonic() > end:
            break
        times.append(terminal.answer(key, title) * 1000)
        time.sleep(0.02)
    os.waitpid(pid, 0)
    terminal.close()
    return percentiles("key_while_following", sorted(times))


def measure(folder: Path) -> dict[str, float]:
    """Every figure of logs."""
    return {**open_huge(folder), **follow_fast(folder), **keys_while_following(folder)}
