"""The clock changes of a zone, found from nothing but its offsets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from fedtui.schedule.cron import parse_schedule
from fedtui.schedule.daemon import changes


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", ["2027-03-28T03:00:00+02:00 +60", "2027-10-31T02:00:00+01:00 -60"]),
        ("Australia/Lord_Howe", ["2027-04-04T01:30:00+10:30 -30", "2027-10-03T02:30:00+11:00 +30"]),
        ("UTC", []),
    ],
)
def test_changes_of_a_year(zone: str, expected: list[str]) -> None:
    year = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    assert [f"{at.isoformat()} {jump:+}" for at, jump in changes(ZoneInfo(zone), *year)] == expected


def test_a_change_at_the_edges_belongs_to_the_span_it_ends() -> None:
    moment = datetime(2027, 3, 28, 1, tzinfo=UTC)
    berlin, minute = ZoneInfo("Europe/Berlin"), timedelta(minutes=1)
    assert len(list(changes(berlin, moment - minute, moment))) == 1
    assert list(changes(berlin, moment, moment + minute)) == []


def test_a_day_that_was_left_out() -> None:
    """Samoa had no 30 December 2011: a jump of a day is too large for the daemon to make up for."""
    apia = ZoneInfo("Pacific/Apia")
    runs = parse_schedule("0 6 * * *").runs(datetime(2011, 12, 29, tzinfo=apia), apia)
    assert [next(runs).day for _ in range(3)] == [29, 31, 1]


def test_a_zone_without_a_name() -> None:
    zone = timezone(timedelta(hours=5, minutes=45))
    first = next(parse_schedule("0 9 * * *").runs(datetime(2027, 1, 1, 9, tzinfo=zone), zone))
    assert first.isoformat() == "2027-01-02T09:00:00+05:45"


def test_the_end_of_the_calendar_ends_the_search() -> None:
    late = datetime(9998, 12, 31, 23, 58, tzinfo=UTC)
    assert [at.isoformat() for at in parse_schedule("* * * * *").runs(late, UTC)] == [
        "9998-12-31T23:59:00+00:00"
    ]
