"""Scores of one half, and what was missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fedtui.model import Severity
from tests.corpus.cases import Answer, identity
from tests.corpus.reading import CaseReading, Reading

LOWER_IS_BETTER = frozenset({"false errors", "false warnings", "false masks"})
"""The other scores are percentages that should rise."""


@dataclass
class Score:
    """Counts of one question, and the cases that answer it wrongly, each in a line."""

    hits: int = 0
    asked: int = 0
    misses: list[str] = field(default_factory=list, repr=False)  # a failed test prints the frozen half too

    def count(self, right: bool, miss: str, *, is_fault: bool = False) -> None:
        """Count one answer. `is_fault`: what is counted is what should not be."""
        self.asked += 1
        self.hits += right is not is_fault
        if not right:
            self.misses.append(miss)

    @property
    def percent(self) -> float:
        return round(100 * self.hits / self.asked, 1) if self.asked else 0.0


def scores_of(readings: Iterable[CaseReading]) -> dict[str, Score]:
    """Every score by its name."""
    found: dict[str, Score] = {}
    for one in readings:
        label = _label(one)
        for question, right, said, wanted in _questions(one):
            found.setdefault(question, Score()).count(
                right, f"{label}: {said or '-'}, not {wanted or '-'}", is_fault=question in LOWER_IS_BETTER
            )
        for question, severity in (("false errors", Severity.ERROR), ("false warnings", Severity.WARNING)):
            loud = {code for code, grade in one.reported.items() if grade is severity}
            false = sorted(loud - one.expected - one.allowed)
            text = f"{label}: {', '.join(false)}"
            found.setdefault(question, Score()).count(not false, text, is_fault=True)
        for code in sorted(one.expected):
            text = f"{label}: no {code}"
            found.setdefault("recall", Score()).count(code in one.reported, text)
    return found


def _questions(one: CaseReading) -> Iterator[tuple[str, bool, str, str]]:
    """Question, whether the answer is right, what was said, what is right."""
    for right, said in one.pairs:
        if right.state:
            yield "states", right.state == said.state, said.state, right.state
        if right.name is not None:
            yield "names", right.name == said.name, said.name, right.name
        yield from _secrets(right, said)
        if not right.runs:
            continue
        wanted = right.programs | ({right.script} - {""})
        yield "programs", wanted == said.programs, " ".join(sorted(said.programs)), " ".join(sorted(wanted))
        yield "scripts", right.script == said.script, said.script, right.script
        yield "folders", right.directory == said.directory, said.directory, right.directory
        yield "logs", right.log == said.log, said.log, right.log
    for _ in range(one.missing_rows):
        yield "states", False, "no row", "a row"


def _secrets(right: Answer, said: Reading) -> Iterator[tuple[str, bool, str, str]]:
    for secret in right.secrets:
        yield "secrets", secret not in said.shown, "shown", "masked"
    if not right.secrets:
        yield "false masks", not said.masks, "masked", "shown"


def _label(one: CaseReading) -> str:
    text = identity(one.case)
    if "unit" in one.case:
        return str(one.case["unit"])
    return str(one.case["path"]) if "path" in one.case else " ⏎ ".join(text.split("\n")).strip(" ⏎")
