"""`python -m benchmarks`: every figure, as JSON.

`--quick` takes a few seconds and is for trying a change out; `--only` names groups of figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import dashboard, listing, logs, recorder, schedule, workspace

SIZES = (20, 2000, workspace.MOST)


def main() -> None:
    """Measure and print JSON; what is measured now is said on standard error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7, help="starts of each program")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds")
    parser.add_argument("--quick", action="store_true", help="two rounds, ten idle seconds")
    parser.add_argument("--only", action="append", help="a group of figures; may be repeated")
    options = parser.parse_args()
    rounds, idle = (2, 10.0) if options.quick else (options.rounds, options.idle)
    workspace.be_like_installed()
    figures: dict[str, dict[str, float]] = {}
    for name, measure in groups(rounds, idle).items():
        if options.only is None or name in options.only:
            print(f"measuring {name}", file=sys.stderr)
            figures[name] = {key: round(value, 3) for key, value in measure().items()}
    print(json.dumps(figures, indent=2))


def groups(rounds: int, idle: float) -> dict[str, Callable[[], dict[str, float]]]:
    """What can be measured, by name."""

    def of_size(entries: int) -> Callable[[], dict[str, float]]:
        def measure() -> dict[str, float]:
            with laid(entries) as folder:
                return dashboard.measure(folder, entries, rounds, idle)

        return measure

    def listed() -> dict[str, float]:
        with laid(20) as folder:
            return listing.measure(folder, rounds * 4)

    def logged() -> dict[str, float]:
        with laid(20) as folder:
            return logs.measure(folder)

    sizes = {f"{entries} entries": of_size(entries) for entries in SIZES}
    return {
        "schedule": schedule.figures,
        "list": listed,
        "logs": logged,
        "recorder": lambda: recorder.measure(rounds),
        **sizes,
    }


@contextmanager
def laid(entries: int) -> Iterator[Path]:
    """A workspace of that size, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fedtui-bench-") as name:
        workspace.make(Path(name), entries)
        yield Path(name)


main()
