"""The walk: one user's session from the first look to a lost terminal, in a real terminal of the box.

Each test is one step and goes on where the one before it stopped; after a step that failed the rest is
skipped. `fed` drives the installed program; the table and systemd are looked at from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.box.federation import MINUTE, TABLE, install, set_up, table
from tests.box.machine import Box, wait_until
from tests.box.terminal import Terminal

MINUTE_LOG = "/home/fed/logs/minute.log"
A_CRON_MINUTE = 75.0
THEIR_LINE = b"# a line of someone else\n"


class Walk:
    """The box, and the terminal in which fedtui runs now."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.terminal = self.open()
        self.failed = False

    def open(self) -> Terminal:
        """Start fedtui in a new terminal and wait for its jobs."""
        self.terminal = Terminal(self.box, ["fedtui"])
        self.terminal.wait_for("backup-notes.timer", timeout=20)
        return self.terminal

    def select(self, name: str) -> None:
        """Put the cursor on a job, by filtering for its name and dropping the filter again."""
        self.terminal.press("/")
        self.terminal.type(name)
        self.terminal.press("enter")

    def job_row(self, name: str) -> str:
        """The job's row in the table (the left pane)."""
        return next((row for row in self.terminal.rows() if re.match(rf"\s*\S\s+{re.escape(name)}\s", row)), "")

    def wait_row(self, name: str, pattern: str, timeout: float = 15.0) -> str:
        """Wait until the job's row matches `pattern`."""

        def look() -> str:
            row = self.job_row(name)
            return row if re.search(pattern, row) else ""

        try:
            return wait_until(look, timeout, f"the row of {name} matches {pattern!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen shows\n{self.terminal.text()}") from None

    def confirm(self) -> None:
        """Apply the plan that is shown."""
        self.terminal.wait_for("y apply")
        self.terminal.press("y")
        self.terminal.wait_gone("what will be done")

    def minute_log(self) -> bytes:
        """What the job of every minute wrote so far."""
        path = self.box.path(MINUTE_LOG)
        return path.read_bytes() if path.exists() else b""

    def timer(self, prop: str) -> str:
        """A property of the timer, from its manager."""
        return self.box.output(["systemctl", "--user", "show", "-P", prop, "backup-notes.timer"])


@pytest.fixture(scope="module")
def walk(box: Box) -> Iterator[Walk]:
    set_up(box)
    session = Walk(box)
    yield session
    session.terminal.hang_up()


@pytest.fixture(autouse=True)
def _in_order(walk: Walk, request: pytest.FixtureRequest) -> Iterator[None]:
    if walk.failed:
        pytest.skip("an earlier step of the walk failed")
    failures = request.session.testsfailed
    yield
    walk.failed = request.session.testsfailed > failures
