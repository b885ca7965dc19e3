"""The tests' end of acting.py: one call is one action in a new process inside the box."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.box.machine import CHECKOUT, Box

SCRIPT = CHECKOUT / "tests" / "box" / "acting.py"


class Actor:
    """Acts as one user of a box."""

    def __init__(self, box: Box, user: str = "fed") -> None:
        self.box = box
        self.user = user

    def __call__(self, verb: str, *arguments: str, timeout: float = 60.0) -> Any:
        """What the action said: JSON with its outcome, {"refused": ...} or {"stale": ...}."""
        environment = {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-P", SCRIPT, verb, *arguments]
        done = self.box.run(command, self.user, env=environment, timeout=timeout)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)
