"""Runs a piece of Python inside the box with the checkout importable, and reads back what it prints."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.box.machine import CHECKOUT, Box

HEAD = """
import asyncio, json, subprocess, time
from contextlib import aclosing
from datetime import UTC, datetime

def now(): return datetime.now(UTC)
def sh(*argv): subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
"""


def run_inside(box: Box, code: str, user: str = "fed", timeout: float = 60.0) -> Any:
    """The JSON that `code` prints; it must end well and say nothing on standard error."""
    environment = {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = box.run([sys.executable, "-c", HEAD + code], user, env=environment, timeout=timeout)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)
