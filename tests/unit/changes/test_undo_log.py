"""What undo and redo mean next, as a session reads: change, change, undo, undo, redo."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fedtui.changes.undo_log import next_redo, next_undo, undone_ids, with_states
from fedtui.history.database import UndoStep

AT = datetime(2026, 11, 24, tzinfo=UTC)


class Log:
    """The steps of a session, newest first, as the history would hold them."""

    def __init__(self) -> None:
        self.steps: list[UndoStep] = []

    def add(self, verb: str, undoes: int | None = None, *, prepared: bool = False) -> int:
        number = len(self.steps) + 1
        step = UndoStep(number, AT, verb, "", "", "", "edits", "", prepared=prepared, undoes=undoes)
        self.steps.insert(0, step)
        return number

    def do(self, word: str) -> None:
        """One word of a session; "c" is a change."""
        if word == "c":
            self.add("change")
            return
        step = next_undo(self.steps) if word == "undo" else next_redo(self.steps)
        assert step is not None
        self.add(word, step.id)

    @property
    def in_force(self) -> list[int]:
        """The changes in force, oldest first, counted from 1."""
        changes = [step for step in reversed(self.steps) if step.undoes is None]
        return [number for number, step in enumerate(changes, 1) if step.id not in undone_ids(self.steps)]


@pytest.mark.parametrize(
    ("session", "in_force"),
    [
        ("c c c", [1, 2, 3]),
        ("c c c undo", [1, 2]),
        ("c c c undo undo", [1]),
        ("c c c undo undo undo", []),
        ("c c c undo undo redo", [1, 2]),
        ("c c c undo undo redo redo", [1, 2, 3]),
        ("c c c undo redo undo redo undo", [1, 2]),
        ("c c undo c undo undo", []),
        ("c c undo undo redo undo", []),
        ("c c undo undo redo redo undo undo redo", [1]),
    ],
)
def test_a_session(session: str, in_force: list[int]) -> None:
    log = Log()
    for word in session.split():
        log.do(word)
    assert log.in_force == in_force


@pytest.mark.parametrize("session", ["", "c", "c undo redo", "c undo c", "c c undo redo"])
def test_where_there_is_nothing_to_redo(session: str) -> None:
    log = Log()
    for word in session.split():
        log.do(word)
    assert next_redo(log.steps) is None


@pytest.mark.parametrize("session", ["", "c undo", "c c undo undo", "c undo redo undo"])
def test_where_there_is_nothing_to_undo(session: str) -> None:
    log = Log()
    for word in session.split():
        log.do(word)
    assert next_undo(log.steps) is None


def test_an_undo_that_was_cut_short_comes_first() -> None:
    log = Log()
    first = log.add("change")
    log.add("change")
    cut = log.add("undo", 2, prepared=True)
    step = next_undo(log.steps)
    assert step is not None
    assert (step.id, step.undoes) == (cut, 2)
    assert log.in_force == [1, 2]
    assert first == 1


def test_a_change_undone_by_its_number_is_passed_over() -> None:
    log = Log()
    for _ in range(3):
        log.add("change")
    log.add("undo", 2)
    assert log.in_force == [1, 3]
    log.do("undo")
    log.do("undo")
    assert log.in_force == []
    log.do("redo")
    assert log.in_force == [1]


def test_an_undo_of_an_undo_by_an_older_version_counts_as_a_redo() -> None:
    log = Log()
    log.add("change")
    log.add("undo", 1)
    log.add("undo", 2)
    log.steps[1] = log.steps[1]._replace(undone=True)
    log.steps[2] = log.steps[2]._replace(undone=True)
    assert log.in_force == [1]
    step = next_undo(log.steps)
    assert step is not None
    assert step.id == 1


def test_of_the_undos_and_redos_of_one_change_the_list_calls_the_latest_in_force() -> None:
    log = Log()
    for word in ["c", "undo", "redo", "undo"]:
        log.do(word)
    shown = [(step.id, step.verb, step.undone) for step in with_states(log.steps)]
    assert shown == [(4, "undo", False), (3, "redo", True), (2, "undo", True), (1, "change", True)]


def test_an_undo_with_nothing_to_take_back_is_not_redone() -> None:
    log = Log()
    log.do("c")
    log.do("undo")
    log.steps[0] = log.steps[0]._replace(kind="mark")
    assert next_redo(log.steps) is None
    assert log.in_force == []
