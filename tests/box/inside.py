"""Python run inside a box as one of its users, with this checkout on its path; what it shows comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.box.machine import CHECKOUT, Box

_HEAD = """\
import asyncio, json, os, subprocess, sys, time
from pathlib import Path
def show(value): print(json.dumps(value, default=str), flush=True)
"""


def inside(
    box: Box, code: str, user: str = "fed", *, timeout: float = 30.0, env: Mapping[str, str] | None = None
) -> Any:
    """Run `code` to its end; the value it gave to `show`, the last if several."""
    environment = {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"} | dict(env or {})
    done = box.run([sys.executable, "-c", _HEAD + code], user, env=environment, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def start_inside(box: Box, code: str, user: str = "fed") -> subprocess.Popen[bytes]:
    """Start `code`; each value given to `show` is a line of its standard output."""
    environment = {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}
    return box.popen([sys.executable, "-c", _HEAD + code], user, env=environment)


def shown(process: subprocess.Popen[bytes]) -> Any:
    """The next value that a program of `start_inside` gives to `show`; waits for it."""
    assert process.stdout is not None
    line = process.stdout.readline()
    return json.loads(line)
