"""FT135: one script that a line and a timer run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fedtui.model import State
from tests.unit.health.rows import by_code, table, timer

LINE = "0 1 * * * {}\n"


@pytest.mark.parametrize(
    ("line", "service", "state", "user", "found"),
    [
        ("/srv/a.sh", "/srv/a.sh", State.ON, "fed", True),
        ("cd /srv && ./a.sh >> a.log 2>&1", "/bin/sh /srv/a.sh", State.ON, "fed", True),
        ("flock -n /tmp/l /srv/a.sh 'home dir'", '/srv/a.sh "home dir"', State.ON, "fed", True),
        ("/srv/a.sh home", "/srv/a.sh mail", State.ON, "fed", False),
        ("/srv/a.sh", "/srv/b.sh", State.ON, "fed", False),
        ("restic backup", "restic backup", State.ON, "fed", False),  # no script
        ("/srv/a.sh", "/srv/a.sh", State.PAUSED, "fed", False),
        ("/srv/a.sh", "/srv/a.sh", State.OFF, "fed", False),
        ("/srv/a.sh", "/srv/a.sh", State.ON, "ann", False),
    ],
)
def test_a_script_of_a_line_and_a_timer(
    tmp_path: Path, line: str, service: str, state: State, user: str, found: bool
) -> None:
    unit = replace(timer(tmp_path, "[Timer]\nOnCalendar=daily\n", state=state), command=service, user=user)
    rows = (*table(LINE.format(line)), unit)
    finding = by_code(*rows).get("FT135")
    assert (finding is not None) is found
    if finding:
        assert finding.title == "a is run by cron and by systemd"
        assert finding.sentence == "/srv/a.sh is run by crontab:1 and by a.timer."
    assert "FT135" not in by_code(*table(LINE.format(line) * 2))  # FT121
