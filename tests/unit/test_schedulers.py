"""A third scheduler cannot be forgotten: its kind is asked for only where mypy would miss it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import fedtui

ROOT = Path(fedtui.__file__).parents[1]
KINDS = {"CronFacts", "TimerFacts"}


def product() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("fedtui", "screens"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def kinds_in(pattern: ast.AST) -> set[str]:
    """The kinds of facts that a pattern names."""
    classes = (each.cls for each in ast.walk(pattern) if isinstance(each, ast.MatchClass))
    return {each.id for each in classes if isinstance(each, ast.Name)} & KINDS


def is_exhaustive(match: ast.Match) -> bool:
    """Whether the last case hands what is left to `assert_never`."""
    last = match.cases[-1]
    calls = [each for each in last.body if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call)]
    names = [each.value.func for each in calls if isinstance(each.value, ast.Call)]
    rest = last.pattern
    while isinstance(rest, ast.MatchAs) and rest.pattern is not None:
        rest = rest.pattern
    return (
        isinstance(rest, ast.MatchAs)
        and last.guard is None
        and any(isinstance(one, ast.Name) and one.id == "assert_never" for one in names)
    )


def questions(tree: ast.Module) -> Iterator[int]:
    """The lines that ask for a job's kind in a way that mypy cannot hold against a third one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Match):
            if any(kinds_in(case.pattern) for case in node.cases) and not is_exhaustive(node):
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            if node.func.id in ("isinstance", "issubclass") and named & KINDS:
                yield node.lineno
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Attribute) and side.attr == "scheduler" for side in sides):
                yield node.lineno
            if any(isinstance(side, ast.Call) and kind_of(side) for side in sides):
                yield node.lineno


def kind_of(call: ast.Call) -> bool:
    """Whether the call is `type(... .facts)`."""
    named = isinstance(call.func, ast.Name) and call.func.id == "type"
    return named and any(isinstance(each, ast.Attribute) and each.attr == "facts" for each in call.args)


def test_the_kind_of_a_job_is_asked_for_only_where_a_third_kind_would_be_missed_by_mypy() -> None:
    assert [f"{path}:{line}" for path, tree in product() for line in questions(tree)] == []


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(job.facts, TimerFacts)",
        "isinstance(job.facts, (int, CronFacts))",
        "job.facts.scheduler == 'cron'",
        "type(job.facts) is CronFacts",
        "match job.facts:\n    case CronFacts():\n        pass",
        "match job.facts:\n    case CronFacts(zone=zone):\n        pass\n    case _:\n        pass",
        "match job.facts:\n  case TimerFacts():\n    pass\n  case _ as x if x:\n    assert_never(x)",
    ],
)
def test_each_way_to_ask_is_seen(code: str) -> None:
    assert list(questions(ast.parse(code))) == [1]


def test_a_match_that_mypy_can_check_is_no_such_question() -> None:
    code = "match job.facts:\n  case CronFacts():\n    pass\n  case _ as never:\n    assert_never(never)"
    assert list(questions(ast.parse(code))) == []
