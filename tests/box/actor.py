"""The tests' end of acting.py: one call is one action in a new process inside the box."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.box.machine import CHECKOUT, Box

SCRIPT = CHECKOUT / "tests" / "box" / "acting.py"


ENVIRONMENT = {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}


class Actor:
    """Acts as one user of a box."""

    def __init__(self, box: Box, user: str = "fed") -> None:
        self.box = box
        self.user = user

    def __call__(self, verb: str, *arguments: str, timeout: float = 60.0) -> Any:
        """What the action said: JSON with its outcome, {"refused": ...} or {"stale": ...}."""
        command = [sys.executable, "-P", SCRIPT, verb, *arguments]
        done = self.box.run(command, self.user, env=ENVIRONMENT, timeout=timeout)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)

    def begin(self, verb: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start an action and return once it has said that it is under way, on standard error."""
        command = [sys.executable, "-P", SCRIPT, verb, *arguments]
        process = self.box.popen(command, self.user, env=ENVIRONMENT, stderr=subprocess.PIPE)
        assert process.stderr is not None
        assert process.stderr.readline() == b"under way\n"
        return process

    def ended(self, process: subprocess.Popen[bytes]) -> Any:
        """What an action that was begun has said in the end."""
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b""), err
        return json.loads(out)
