"""One command of one case, tried with a fault at each of its points, and what is wrong after it."""

from __future__ import annotations

import json
import os
import random
import shlex
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from tests.killpoints.faults import FAULTS, Fault, Met, code_digest

PHASES = ("change", "undo")
UNDO = ("undo", "--yes")
REPEATS = 3
"""An undo that was cut short is repeated at most so often."""
UNFIT = ("Traceback", "error of its own", "Internal error")
"""What no error that comes from outside may look like."""


class Case(NamedTuple):
    """A verb, tried in the world that `before` leaves, and its undo, tried in that which `between` leaves.

    In `undo`, {id} is the id of the verb's undo step. `whole` is False where a kill, or a read-only file
    system, may leave a part made.
    """

    name: str
    verb: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    between: tuple[tuple[str, ...], ...] = ()
    undo: tuple[str, ...] = UNDO
    whole: bool = True


class World(Protocol):
    """Where the commands run: a demo folder, or a user of the booted machine."""

    listing: tuple[str, ...]
    """Options of `list` for the jobs that the cases are about."""

    def run(
        self, argv: Sequence[str], fault: Fault | None = None, at: int = 0, *, count: bool = False
    ) -> Met:
        """Run a verb, with a fault at a point, or counting the points of that fault."""

    def look(self) -> Hashable:
        """All that a change may change, to the byte, once nothing works on it any more."""

    def save(self) -> Any:
        """The whole world, for `restore`."""

    def restore(self, saved: Any) -> None: ...

    def files(self) -> frozenset[str]:
        """The files, but for the kept texts of tables."""

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """The kept texts of tables."""


class Wrong(NamedTuple):
    kind: str
    detail: str


class Outcome(NamedTuple):
    """What came of a fault at a point; `hit` is False where the command has no such point."""

    hit: bool
    call: str
    wrong: tuple[Wrong, ...]


class StepsUnreadable(Exception):
    """`fedtui undo --list` failed."""


class Trial:
    """The command of one phase ("change" or "undo") of a case, with the worlds around it as expected."""

    def __init__(self, world: World, case: Case, phase: str, pristine: Any) -> None:
        self.world, self.case, self.phase = world, case, phase
        world.restore(pristine)
        for argv in case.before:
            self._clean(argv)
        first = world.look()
        older = {step["id"] for step in self.steps()}
        self.argv = case.verb
        texts = set(world.kept())
        if phase == "undo":
            self._clean(case.verb)
            made = next(step["id"] for step in self.steps() if step["id"] not in older)
            for argv in case.between:
                self._clean(argv)
            self.argv = tuple(word.format(id=made) for word in case.undo)
        self.start = world.save()
        before = self.steps()
        self.old, self.old_steps = world.look(), _active(before)
        self._clean(self.argv)
        after = self.steps()
        self.new, self.new_steps = world.look(), _active(after)
        # the step that an undo takes back, which for a redo is not the redo's own
        still = {step["id"] for step in after if not step["undone"]}
        self.taken_back = {step["id"] for step in before if not step["undone"]} - still
        assert self.taken_back or phase == "change", f"{case.name}: undo marks no step as undone"
        assert self.new != self.old, f"{case.name}: {self.phase} changes nothing"
        if phase == "change":
            self._clean(UNDO)
            assert world.look() == first, f"{case.name}: undo leads elsewhere"
        self.end = world.look()
        self.jobs = self._jobs()
        self.files = world.files()
        self.texts = {text for _, text in {*texts, *world.kept()}}

    def count(self, fault: Fault) -> Met:
        """A clean run of the command: how many points it has for `fault`."""
        self.world.restore(self.start)
        return self.world.run(self.argv, fault, count=True)

    def steps(self) -> list[dict[str, Any]]:
        """What `fedtui undo --list` says, the newest first."""
        listed = self.world.run(("undo", "--list", "--json"))
        if listed.status != 0:
            raise StepsUnreadable(listed.err)
        return _rows(listed.out)

    def attempt(self, fault: Fault, at: int) -> Outcome:
        """The command with `fault` at point `at`, and all that is wrong then."""
        self.world.restore(self.start)
        met = self.world.run(self.argv, fault, at)
        wrong = []
        try:
            for one in self._wrong(met, fault):
                wrong.append(one)  # not list(): what was found before the steps failed counts
        except StepsUnreadable as error:
            wrong.append(Wrong("list", f"undo --list: {error}"))
        return Outcome(met.hit, met.call, tuple(wrong))

    def _wrong(self, met: Met, fault: Fault) -> Iterator[Wrong]:
        now = self.world.look()
        whole = now in (self.old, self.new)
        yield from self._wrong_end(met, fault, made=now == self.new)
        rolls_back = fault.is_error and not fault.lasts
        if not whole and (self.case.whole or rolls_back):
            yield Wrong("state", f"neither old nor new: {now!r}")
        steps = self.steps()
        expected = self.new_steps if now == self.new else self.old_steps
        found = _active(steps)
        if whole:
            for name in expected - found:
                yield Wrong("step missing", name)
            for name in found - expected:
                yield Wrong("step false", name)
            if any(step["cut_short"] for step in steps):
                yield Wrong("cut short", f"is said of a whole change: {_said(steps)}")
        elif found == self.old_steps and self.phase == "change":
            yield Wrong("step missing", "of a change that is made in part")
        if self.phase == "undo":
            yield from self._repeat(steps)
        else:
            yield from self._undo(again=now == self.old and found == expected)
        yield from self._wrong_rest()

    def _wrong_end(self, met: Met, fault: Fault, *, made: bool) -> Iterator[Wrong]:
        """How the command itself ended."""
        said = f"exit status {met.status}: {met.err.strip()[-400:]}"
        if met.status is None:
            yield Wrong("hang", said)
        if not met.hit:
            if met.status != 0 or not made:
                yield Wrong("without a fault", said)
            return
        if not fault.is_error:
            return
        if met.status == 0 and not made:
            yield Wrong("status", "0, and the change is not in force")
        if any(word in met.err for word in UNFIT):
            yield Wrong("traceback", met.err.strip()[-400:])
        elif met.status and not met.err.strip():
            yield Wrong("silent", said)

    def _undo(self, *, again: bool) -> Iterator[Wrong]:
        """Undo leads back, also from a change that was made `again` after one that was not."""
        if again:
            met = self.world.run(self.argv)
            if met.status != 0 or self.world.look() != self.new:
                yield Wrong("again", f"exit status {met.status}: {met.err.strip()[-400:]}")
        met = self.world.run(UNDO)
        if self.world.look() != self.end:
            yield Wrong("undo", f"leads elsewhere; exit status {met.status}: {met.err.strip()[-400:]}")
        elif met.status != 0:
            yield Wrong("undo", f"exit status {met.status}: {met.err.strip()[-400:]}")

    def _repeat(self, steps: list[dict[str, Any]]) -> Iterator[Wrong]:
        """The undo, repeated until its step is undone, leads back."""
        said = ""
        for _ in range(REPEATS):
            if all(step["undone"] for step in steps if step["id"] in self.taken_back):
                break
            met = self.world.run(self.argv)
            said = f"exit status {met.status}: {met.err.strip()[-400:]}"
            steps = self.steps()
        else:
            yield Wrong("undo", f"cannot be finished: {said}")
        if self.world.look() != self.end:
            yield Wrong("undo", f"leads elsewhere; {said}")

    def _wrong_rest(self) -> Iterator[Wrong]:
        """What is left, and whether the jobs can be listed."""
        for name in sorted(self.world.files() - self.files):
            yield Wrong("left", name)
        for name, text in self.world.kept():
            if text not in self.texts:
                yield Wrong("kept text", f"{name} holds {len(text)} bytes of no table that was")
        jobs = self._jobs()
        if jobs != self.jobs:
            yield Wrong(
                "list", f"exit status {jobs[0]}: {[job for job in jobs[1] if job not in self.jobs[1]]}"
            )

    def _jobs(self) -> tuple[int | None, list[Any]]:
        met = self.world.run(("list", "--json", *self.world.listing))
        try:
            jobs = _rows(met.out)
        except ValueError:
            return met.status, [met.err]
        return met.status, sorted((job["name"], job["schedule"], job["state"]) for job in jobs)

    def _clean(self, argv: tuple[str, ...]) -> None:
        met = self.world.run(argv)
        assert met.status == 0, f"{self.case.name}: {argv}: {met}"


def _rows(text: str) -> list[dict[str, Any]]:
    """A JSON answer: a list, bare or the only one in its envelope."""
    found = json.loads(text)
    return found if isinstance(found, list) else next(v for v in found.values() if isinstance(v, list))


def _active(steps: list[dict[str, Any]]) -> Counter[str]:
    """The steps that can be undone: how many of which verb on which job."""
    return Counter(f"{step['verb']} {step['name']}" for step in steps if not step["undone"])


def _said(steps: list[dict[str, Any]]) -> str:
    return "; ".join(f"{step['id']} {step['summary']}" for step in steps if step["cut_short"])


MakeTrial = Callable[[Case, str], Trial]
SEED = int(os.environ.get("FEDTUI_SEED") or int(code_digest(), 16) % 10**9)
"""The same for one state of the code, which so passes or fails each time; a change tries other points."""


def kills(usual: int) -> int:
    """How many points of each command a sample has."""
    return int(os.environ.get("FEDTUI_KILLS") or usual)


class Point(NamedTuple):
    case: str
    phase: str
    fault: str
    at: int


def sample(
    trial: Trial, seed: int, count: int, names: Sequence[str] = tuple(FAULTS)
) -> Iterator[tuple[Point, Outcome]]:
    """`count` points of all, and one more of crontab's editor where that is run."""
    chance = random.Random(f"{seed} {trial.case.name} {trial.phase}")
    for number in range(count + 1):
        fault = FAULTS[chance.choice(names)]
        clean = trial.count(fault)
        first, last = clean.editor if number == count else (1, clean.calls)
        if first:
            at = chance.randint(first, last)
            yield Point(trial.case.name, trial.phase, fault.name, at), trial.attempt(fault, at)


def report(tried: Iterable[tuple[Point, Outcome]]) -> list[str]:
    """Each wrong point: how to repeat it, the call, and what is wrong."""
    lines = []
    for point, outcome in tried:
        if outcome.wrong:
            words = ["--case", point.case, "--phase", point.phase, "--fault", point.fault, "--at"]
            lines.append(f"{shlex.join(words)} {point.at}   # {outcome.call}")
            lines += [f"    {wrong.kind}: {' '.join(wrong.detail.split())[:400]}" for wrong in outcome.wrong]
    return lines
