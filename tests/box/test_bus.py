"""Both bus adapters keep the port's contract, against the real bus of a booted machine."""

from __future__ import annotations

import sys

import pytest

from tests.box.bus_contract import CHECKS
from tests.box.machine import CHECKOUT, Box

PYTHONS = {"dbus-fast": sys.executable, "pydbus": "/usr/bin/python3"}
"""pydbus needs PyGObject, which the machine's own Python has and ours has not."""

DISRUPTIVE = ("owner_changes", "losing")
"""Checks that restart the user's manager or bus: last, so that no other check meets the restart."""


@pytest.mark.parametrize("kind", PYTHONS)
@pytest.mark.parametrize("check", sorted(CHECKS, key=lambda name: name in DISRUPTIVE))
def test_contract(box: Box, kind: str, check: str) -> None:
    command = ["env", f"PYTHONPATH={CHECKOUT}", "PYTHONDONTWRITEBYTECODE=1", "PYTHONWARNINGS=ignore"]
    script = CHECKOUT / "tests" / "box" / "bus_contract.py"
    done = box.run([*command, PYTHONS[kind], script, kind, check], timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
