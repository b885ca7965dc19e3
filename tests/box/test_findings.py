"""The checks on a real Debian: a healthy one has nothing to say, a broken one says what is broken."""

from __future__ import annotations

import json
from typing import Any

from tests.box.machine import Box

UNITS = "/home/fed/.config/systemd/user/"


def check(box: Box, user: str = "fed") -> dict[str, Any]:
    done = box.run(["fedtui", "check", "--json"], user, timeout=60)
    assert done.returncode in (0, 1, 2), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def findings(box: Box, user: str = "fed") -> dict[str, dict[str, Any]]:
    return {finding["code"]: finding for finding in check(box, user)["findings"]}


def test_a_fresh_machine_shows_no_warning(own_box: Box) -> None:
    for user in ("fed", "ops", "root"):
        checked = check(own_box, user)
        loud = [one for one in checked["findings"] if one["severity"] != "note"]
        assert loud == [], user
        assert checked["unchecked"] == [], user
