"""How often a job runs, from which follows how old what it brings may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fedtui.model import State
from fedtui.schedule.period import period_of
from tests.unit.health.rows import NOW, table, timer

HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("schedule", "period"),
    [
        ("* * * * *", 60.0),
        ("*/5 * * * *", 300.0),
        ("0 * * * *", HOUR),
        ("*/7 * * * *", 420.0),  # ... :49, :56, :00
        ("0 2 * * 0", 7 * DAY),
        ("0 2 1 * *", 31 * DAY),
        ("*/5 8-18 * * 1-5", 2 * DAY + 13 * HOUR + 300.0),  # the weekend, from Friday 18:55 to Monday 8:00
        ("@daily", DAY),
        ("@reboot", None),
        ("0 0 30 2 *", None),
    ],
)
def test_the_period_is_the_longest_wait_between_two_runs(schedule: str, period: float | None) -> None:
    (job,) = table(f"{schedule} true\n")
    assert period_of(job, NOW) == period


def test_the_period_is_known_though_nothing_will_start_the_job() -> None:
    (job,) = table("0 * * * * true\n")
    assert period_of(replace(job, next_run=None, state=State.SCHEDULER_DOWN), NOW) == HOUR


def test_the_period_of_a_timer(tmp_path: Path) -> None:
    runs = tuple(NOW + timedelta(hours=n) for n in (1, 3, 4))
    calendar = replace(timer(tmp_path, "", calendar=("*-*-* 00/2",)), next_run=runs[0], later_runs=runs[1:])
    assert period_of(calendar, NOW) == 2 * HOUR
    repeated = timer(tmp_path, "", monotonic=(("OnBootSec", 60.0), ("OnUnitActiveSec", 900.0)))
    assert period_of(repeated, NOW) == 900.0
    assert period_of(timer(tmp_path, "", monotonic=(("OnBootSec", 60.0),)), NOW) is None
