"""The dashboard against a bare Textual app, each pair of starts back to back.

First paint, jobs on the screen, key to paint (also while a source works), idle CPU, bytes per idle minute and
memory, at several sizes of a crontab. Machines are noisy: trust the ratios, which are taken pair by pair.
"""

from __future__ import annotations

import itertools
import statistics
import subprocess
from pathlib import Path

from benchmarks.terminal import Terminal
from benchmarks.workspace import FIRST, HELLO, dashboard
from fedtui.demo.files import crontab_file

KEYS = 200


def starts(folder: Path, entries: int, rounds: int) -> dict[str, float]:
    """Seconds and ratios to a bare Textual app: something painted, the first rows, all rows."""
    texts = {"first_paint": "fedtui", "first_rows": FIRST, "all_rows": f"Jobs  {entries}"}
    bare: list[float] = []
    seconds: dict[str, list[float]] = {name: [] for name in texts}
    for _ in range(rounds):
        terminal = Terminal(HELLO)
        bare.append(terminal.wait_for("hello-is-painted"))
        terminal.close()
        terminal = Terminal(dashboard(folder))
        for name, text in texts.items():
            seconds[name].append(terminal.wait_for(text))
        terminal.close()
    found = {"hello_s": statistics.median(bare)}
    for name, times in seconds.items():
        found[f"{name}_s"] = statistics.median(times)
        found[f"{name}_ratio"] = statistics.median(
            time / base for time, base in zip(times, bare, strict=True)
        )
    return found


def keys(terminal: Terminal, count: int = KEYS) -> list[float]:
    """Milliseconds from each of `count` keys to its paint, ascending."""
    moves = itertools.islice(itertools.cycle((b"j", b"k")), count)
    return sorted(terminal.key_to_paint(key) * 1000 for key in moves)


def percentiles(name: str, times: list[float]) -> dict[str, float]:
    """The median and the 99th percentile of ascending times."""
    return {f"{name}_p50_ms": times[len(times) // 2], f"{name}_p99_ms": times[-1 - len(times) // 100]}


def at_rest(folder: Path, entries: int, idle: float) -> dict[str, float]:
    """Keys, idle CPU, bytes per idle minute and memory of an open dashboard; `idle` in seconds."""
    terminal = Terminal(dashboard(folder))
    terminal.wait_for(f"Jobs  {entries}")
    terminal.settle(quiet=1.5)
    found = percentiles("key", keys(terminal))
    terminal.settle(quiet=1.5)
    cpu, written = terminal.idle(idle)
    found |= {"idle_cpu_percent": cpu * 100, "idle_bytes_per_minute": written * 60 / idle}
    found["memory_mb"] = terminal.memory() / 1e6
    terminal.close()
    return found


def while_busy(folder: Path, entries: int) -> dict[str, float]:
    """Keys while the table is changed all the time, so that all of it is read and worked out again."""
    terminal = Terminal(dashboard(folder))
    terminal.wait_for(f"Jobs  {entries}")
    terminal.settle(quiet=1.5)
    table = crontab_file(folder)
    text = table.read_text()
    for name in ("one", "other"):
        (folder / name).write_text(f"{text}# {name}\n")
    changing = "while :; do cp one crontab; sleep 0.3; cp other crontab; sleep 0.3; done"
    with subprocess.Popen(["sh", "-c", changing], cwd=folder) as child:
        times = keys(terminal)
        child.kill()
    terminal.close()
    return percentiles("key_while_busy", times)


def measure(folder: Path, entries: int, rounds: int, idle: float) -> dict[str, float]:
    """Every figure of one workspace."""
    return {
        **starts(folder, entries, rounds),
        **at_rest(folder, entries, idle),
        **while_busy(folder, entries),
    }
