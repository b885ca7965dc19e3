"""Fixtures that give a test a booted machine: `box` is shared by the whole run, `own_box` is the test's own.

A test that uses either is marked `box`. Where no box can be had it is skipped with the reason; with CI set
in the environment that is a failure, so that a green run means that the booted tests have run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.box.machine import Box, why_not


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a box, so that `-m 'not box'` leaves it out."""
    for item in items:
        if {"box_possible"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.box)


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
