"""`python -m tests.killpoints`: every fault at every point of every case; then a table of figures.

The cases on lines are tried in a demo folder, those on timers and on a real crontab in the booted machine.
What is finished lies in build/killpoints/, one file for each state of the code: an interrupted run continues
there. `--case`, `--phase` and `--fault` choose; `--at` tries one point and prints what is wrong there.
`--report` tries nothing and prints what is known: how to repeat each wrong point, and the table.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.box.machine import Box, why_not
from tests.killpoints import booted, demo
from tests.killpoints.faults import CHECKOUT, FAULTS, code_digest
from tests.killpoints.trial import PHASES, SEED, MakeTrial, Outcome, Point, Trial, Wrong, report, sample

RESULTS = CHECKOUT / "build" / "killpoints"
FAST = Path("/dev/shm")
"""Syncing to memory costs nothing; no power is cut here."""


class Results:
    """The outcomes of one state of the code, kept as JSON lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: dict[Point, Outcome] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    point, (hit, call, wrong) = json.loads(line)
                except ValueError:
                    continue  # it was being written when we were killed
                self.outcomes[Point(*point)] = Outcome(hit, call, tuple(Wrong(*one) for one in wrong))

    def add(self, point: Point, outcome: Outcome) -> None:
        self.outcomes[point] = outcome
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps([point, outcome]) + "\n")

    def next_point(self, case: str, phase: str, fault: str) -> int | None:
        """The first point that was not tried; None where all were."""
        at = 1
        while (done := self.outcomes.get(Point(case, phase, fault, at))) is not None:
            if not done.hit:
                return None
            at += 1
        return at

    def tried(self) -> Iterator[tuple[Point, Outcome]]:
        """The points that are some, and runs without a fault that were wrong."""
        return ((point, outcome) for point, outcome in self.outcomes.items() if outcome.hit or outcome.wrong)


def table(results: Results) -> str:
    """The figures, in Markdown: points, and how many of them are wrong, by kind."""
    tried = list(results.tried())
    kinds = sorted({wrong.kind for _, outcome in tried for wrong in outcome.wrong})
    lines = [
        "| fault | points | wrong |" + "".join(f" {kind} |" for kind in kinds),
        "| --- |" + " ---: |" * (2 + len(kinds)),
    ]
    for name in (*FAULTS, "all"):
        mine = [outcome for point, outcome in tried if name in (point.fault, "all")]
        wrong = sum(bool(outcome.wrong) for outcome in mine)
        counts = Counter(kind for outcome in mine for kind in {wrong.kind for wrong in outcome.wrong})
        lines.append(f"| {name} | {len(mine)} | {wrong} |" + "".join(f" {counts[kind]} |" for kind in kinds))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try what was not tried yet; 0 where nothing is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.killpoints", description=__doc__)
    parser.add_argument(
        "--case", action="append", choices=[case.name for case in (*demo.CASES, *booted.CASES)]
    )
    parser.add_argument("--phase", action="append", choices=PHASES)
    parser.add_argument("--fault", action="append", choices=list(FAULTS))
    parser.add_argument("--at", type=int)
    parser.add_argument("--sample", type=int, help="try so many random points of each command, not all")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--results", type=Path, help="another file of results")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the folder is removed
    results = Results(options.results or RESULTS / f"{code_digest()}.jsonl")
    if options.at is not None:
        return _one(options)
    if not options.report:
        _try_all(results, options)
    print(*report(results.tried()), sep="\n")
    print(table(results))
    return 1 if any(outcome.wrong for _, outcome in results.tried()) else 0


def _one(options: argparse.Namespace) -> int:
    for trial in _trials(options):
        outcome = trial.attempt(FAULTS[options.fault[0]], options.at)
        print(f"{outcome.call if outcome.hit else 'no such point'}")
        for wrong in outcome.wrong:
            print(f"{wrong.kind}: {wrong.detail}")
        if outcome.wrong:
            return 1
    return 0


def _try_all(results: Results, options: argparse.Namespace) -> None:
    names = options.fault or list(FAULTS)
    for trial in _trials(options, results):
        key = trial.case.name, trial.phase
        if options.sample:
            for point, outcome in sample(trial, SEED, options.sample, names):
                results.add(point, outcome)
        for name in () if options.sample else names:
            while (at := results.next_point(*key, name)) is not None:
                outcome = trial.attempt(FAULTS[name], at)
                results.add(Point(*key, name, at), outcome)
        mine = [outcome for point, outcome in results.tried() if point[:2] == key]
        bad = sum(bool(outcome.wrong) for outcome in mine)
        print(f"{' '.join(key)}: {len(mine)} points, {bad} wrong", file=sys.stderr, flush=True)


def _trials(options: argparse.Namespace, results: Results | None = None) -> Iterator[Trial]:
    """The trials that are asked for; with `results`, of which something is left to try."""
    with tempfile.TemporaryDirectory(prefix="killpoints-", dir=FAST if FAST.is_dir() else None) as folder:
        for cases, place in ((demo.CASES, demo.demo_trials), (booted.CASES, _boot)):
            wanted = [
                (case, phase)
                for case in cases
                for phase in options.phase or PHASES
                if case.name in (options.case or [case.name])
                and (results is None or _is_left(results, case.name, phase, options))
            ]
            if not wanted:
                continue
            if place is _boot and (reason := why_not()):
                print(f"Not tried: {reason}", file=sys.stderr)
                continue
            with place(Path(folder)) as make_trial:
                for case, phase in wanted:
                    yield make_trial(case, phase)


@contextmanager
def _boot(folder: Path) -> Iterator[MakeTrial]:
    with Box() as box, booted.box_trials(box, folder) as make_trial:
        yield make_trial


def _is_left(results: Results, case: str, phase: str, options: argparse.Namespace) -> bool:
    names = options.fault or FAULTS
    return any(results.next_point(case, phase, fault) is not None for fault in names)


if __name__ == "__main__":
    sys.exit(main())
