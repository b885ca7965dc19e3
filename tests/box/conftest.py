"""Fixtures that give a test a booted machine: `box` is shared by the whole run, `own_box` is the test's own.

A test that uses either is marked `box`. Where no box can be had it is skipped with the reason; with CI set
in the environment that is a failure, so that a green run means that the booted tests have run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.box.machine import Box, why_not

LONGEST = (
    "test_federation_story",
    "test_story_environment",
    "test_watch",
    "test_federation_setup",
    "test_git_sync",
    "test_walk",
    "test_alerts",
    "test_results",
    "test_convert",
    "test_placing",
    "test_findings_true",
)
"""Files that wait for minutes of a real cron, the longest first: side by side they are no longer than one."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a box, so that `-m 'not box'` leaves it out; begin with what takes longest."""
    for item in items:
        if {"box_possible"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.box)
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def box_possible() -> None:
    reason = why_not()
    if reason and os.environ.get("CI"):
        pytest.fail(f"the booted tests must run in CI: {reason}")
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def session_box(box_possible: None) -> Iterator[Box]:
    with Box() as machine:
        yield machine


@pytest.fixture(scope="module")
def box(session_box: Box) -> Box:
    """The machine that all tests of a run share, its users' homes and crontabs emptied for each module.

    What a test does to the machine outside those homes it must undo; where it cannot, it wants `own_box`.
    """
    session_box.reset()
    return session_box


@pytest.fixture
def own_box(box_possible: None) -> Iterator[Box]:
    """A freshly booted machine for this test alone: for stopping daemons, breaking the bus, and the like."""
    with Box() as machine:
        yield machine
