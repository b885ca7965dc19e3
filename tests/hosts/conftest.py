"""Fixtures: `daemon`, the name of each base in turn, and `host`, a machine that is booted from it for a file;
`name`, that of each kind of host that lacks something, and `bare`, such a one.

The tests of one host share a machine and run in the order in which they are written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.box.base import BASES
from tests.box.machine import why_not
from tests.hosts.host import Host
from tests.hosts.kinds import KINDS, BareHost


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what boots a host, so that `make test` leaves it out."""
    for item in items:
        if {"host", "bare"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.host)


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in BASES]
)
def daemon(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def host(daemon: str) -> Iterator[Host]:
    _need_boxes()
    with Host(base=BASES[daemon]) as machine:
        yield machine


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in KINDS]
)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def bare(name: str) -> Iterator[BareHost]:
    _need_boxes()
    with BareHost(KINDS[name]) as machine:
        yield machine


def _need_boxes() -> None:
    reason = why_not()
    if reason and os.environ.get("CI"):
        pytest.fail(f"the hosts must be tested in CI: {reason}")
    if reason:
        pytest.skip(reason)
