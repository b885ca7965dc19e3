"""The dashboard against a bare Textual app, in the same run: `make bench`.

Prints first paint, jobs on the screen, key to paint, idle CPU, bytes per idle minute and memory, at 20 and at
2,000 crontab entries, as figures and as ratios to the baseline. Machines are noisy: trust the ratios.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.schedule import figures as schedule_figures
from benchmarks.terminal import Terminal
from fedtui.demo.files import crontab_file, lay

HELLO = [sys.executable, str(Path(__file__).with_name("hello.py"))]
FIRST = "job-00000"


def workspace(folder: Path, entries: int) -> None:
    """A demo workspace with `entries` crontab lines, most of them rare."""
    lay(folder)
    lines = [
        f"# name: job-{number:05}\n{number % 60} {number // 60 % 24} * * {number % 7} "
        f"sh ~/federation/scripts/sync-learning-data.sh {number} >> ~/logs/{number % 50}.log 2>&1\n"
        for number in range(entries)
    ]
    crontab_file(folder).write_text("".join(lines))


def demo(folder: Path) -> list[str]:
    """The command that opens the dashboard on a workspace."""
    return [sys.executable, "-m", "fedtui", "demo", "--folder", str(folder)]


def until_shown(command: list[str], text: str, rounds: int) -> float:
    """Median seconds until `text` is on the screen."""
    times = []
    for _ in range(rounds):
        terminal = Terminal(command)
        times.append(terminal.wait_for(text))
        terminal.close()
    return statistics.median(times)


def measure(folder: Path, rounds: int, idle: float) -> dict[str, float]:
    """Every figure of one workspace."""
    hello = until_shown(HELLO, "hello-is-painted", rounds)
    paint = until_shown(demo(folder), "fedtui", rounds)
    jobs = until_shown(demo(folder), FIRST, rounds)
    terminal = Terminal(demo(folder))
    terminal.wait_for(FIRST)
    terminal.settle()
    keys = sorted(terminal.key_to_paint(key) for key in itertools.islice(itertools.cycle((b"j", b"k")), 100))
    terminal.settle()
    cpu, written = terminal.idle(idle)
    memory = terminal.memory()
    terminal.close()
    return {
        "hello_s": hello,
        "first_paint_s": paint,
        "first_paint_ratio": paint / hello,
        "jobs_on_screen_s": jobs,
        "jobs_on_screen_ratio": jobs / hello,
        "key_p50_ms": keys[len(keys) // 2] * 1000,
        "key_p99_ms": keys[-1] * 1000,
        "idle_cpu_percent": cpu * 100,
        "idle_bytes_per_minute": written * 60 / idle,
        "memory_mb": memory / 1e6,
    }


def median_seconds(command: list[str], rounds: int) -> float:
    """Median wall time of a whole process."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True, timeout=60)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def list_against_python(folder: Path, rounds: int) -> dict[str, float]:
    """`fedtui list --source crontab` against a bare interpreter."""
    bare = median_seconds([sys.executable, "-c", "pass"], rounds)
    listing = median_seconds([*demo(folder), "list", "--source", "crontab", "--json"], rounds)
    return {"python_s": bare, "list_s": listing, "list_ratio": listing / bare}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", type=float, default=30.0, help="seconds")
    options = parser.parse_args()
    figures: dict[str, dict[str, float]] = {"schedule": schedule_figures()}
    for entries in (20, 2000):
        with tempfile.TemporaryDirectory(prefix="fedtui-bench-") as name:
            workspace(Path(name), entries)
            figures[f"{entries} entries"] = measure(Path(name), options.rounds, options.idle)
            if entries == 20:
                figures["list"] = list_against_python(Path(name), options.rounds * 2)
    rounded = {group: {k: round(v, 3) for k, v in values.items()} for group, values in figures.items()}
    print(json.dumps(rounded, indent=2))


if __name__ == "__main__":
    main()
