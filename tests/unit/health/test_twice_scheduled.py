"""FT135: one script that a line and a timer run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fedtui.model import Location, SourceName, State
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
        assert finding.title == "a is run by a crontab and by a user timer"
        assert finding.sentence == "/srv/a.sh is run by crontab:1 and by a.timer."
    assert "FT135" not in by_code(*table(LINE.format(line) * 2))  # FT121


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (("/srv/a.sh", "/srv/a.sh >> /var/log/a.log 2>&1"), "a is run by a crontab and by /etc/cron.d"),
        (("/srv/a.sh", "/srv/a.sh"), None),  # FT121
        (("/srv/a.sh one", "/srv/a.sh two"), None),
    ],
)
def test_a_script_of_two_tables(lines: tuple[str, str], title: str | None) -> None:
    (own,), (other,) = (table(LINE.format(line)) for line in lines)
    other = replace(other, id="cron.d:x", source=SourceName.CRON_D, location=Location("/etc/cron.d/x", 1))
    finding = by_code(own, other).get("FT135")
    assert (finding.title if finding else None) == title
    if finding:
        assert finding.sentence == "/srv/a.sh is run by crontab:1 and by /etc/cron.d/x:1."
