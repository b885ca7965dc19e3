"""A cron daemon as an oracle: what it accepts, and in which minutes it starts a job."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.oracle.expressions import Stretch
from tests.oracle.text import decoded, encoded

RUNNING_BEFORE = 2 * 86400
"""Seconds that the daemon has been running for when a stretch begins."""


class Cron:
    """A daemon on a virtual clock (see harness.h). Every text is Latin-1: a character is a byte.

    `dialect` is the name that fedtui has for its rules.
    """

    def __init__(self, dialect: str, harness: Path) -> None:
        self.dialect = dialect
        self._harness = str(harness)

    def read(self, lines: Sequence[str]) -> list[tuple[str, ...]]:
        """What the daemon makes of each line of root's table.

        ("JOB", flags, minutes, hours, days, months, weekdays, command), ("ENV", "name=value"),
        ("ERR", complaint) or ("END",) for a comment or a blank line.
        """
        answers = self._ask(["check"], lines, "UTC")
        return [tuple(map(decoded, answer.split("\t"))) for answer in answers]

    def starts(
        self, schedules: Sequence[str], stretch: Stretch, cap: int, table_zone: str = ""
    ) -> list[list[int] | None]:
        """The first `cap` minutes since the epoch in the stretch that each is started in; None: refused.

        The daemon's own zone is the stretch's, `table_zone` what the table sets CRON_TZ to.
        """
        begin, until = stretch.after * 60 - RUNNING_BEFORE, stretch.until * 60
        arguments = ["run", str(begin), str(stretch.after * 60), str(until), str(cap)]
        arguments += [table_zone] if table_zone else []
        answers = self._ask(arguments, schedules, stretch.zone)
        return [None if answer == "ERR" else list(map(int, answer.split())) for answer in answers]

    def _ask(self, arguments: list[str], lines: Sequence[str], zone: str) -> list[str]:
        asked = "".join(f"{encoded(line)}\n" for line in lines)
        done = subprocess.run(
            [self._harness, *arguments],
            input=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
            timeout=300,
            check=True,
            env={"TZ": zone},
        )
        answers = done.stdout.split("\n")[:-1]
        if len(answers) != len(lines):
            raise AssertionError(f"{len(lines)} lines asked, {len(answers)} answered")
        return answers
