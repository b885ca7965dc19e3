"""`fedtui list --source crontab` against a bare interpreter, pair by pair."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.workspace import crontab_list


def seconds(command: list[str]) -> float:
    """Wall time of a whole process."""
    begin = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True, timeout=60)
    return time.perf_counter() - begin


def measure(folder: Path, rounds: int) -> dict[str, float]:
    """Medians, and the median of the ratios."""
    pairs = [
        (seconds([sys.executable, "-c", "pass"]), seconds(crontab_list(folder))) for _ in range(rounds + 1)
    ][1:]
    return {
        "python_s": statistics.median(bare for bare, _ in pairs),
        "list_s": statistics.median(listing for _, listing in pairs),
        "list_ratio": statistics.median(listing / bare for bare, listing in pairs),
    }
