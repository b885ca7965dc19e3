"""Runs of named schedules, each known from the daemon itself (recorded with its own main loop)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from fedtui.schedule.cron import parse_schedule

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def runs(text: str, after: str, zone: ZoneInfo, count: int, dialect: str = "debian") -> list[str]:
    """The next `count` runs after a wall-clock time, as "MM-DD HH:MM+ZZ:ZZ"."""
    start = datetime.fromisoformat(after).replace(tzinfo=zone)
    found = islice(parse_schedule(text, dialect).runs(start, zone), count)
    return [at.strftime("%m-%d %H:%M") + at.isoformat()[19:] for at in found]


@pytest.mark.parametrize(
    ("text", "after", "zone", "expected"),
    [
        # Berlin, 28 March 2027: 02:00 becomes 03:00.
        ("30 2 * * *", "2027-03-27T12:00", BERLIN, ["03-28 03:00+02:00", "03-29 02:30+02:00"]),
        ("0,30 2 * * *", "2027-03-27T12:00", BERLIN, ["03-28 03:00+02:00", "03-29 02:00+02:00"]),
        ("0 2,3 * * *", "2027-03-27T12:00", BERLIN, ["03-28 03:00+02:00", "03-29 02:00+02:00"]),
        ("*/30 2 * * *", "2027-03-27T12:00", BERLIN, ["03-29 02:00+02:00", "03-29 02:30+02:00"]),
        ("0-59/30 2 * * *", "2027-03-27T12:00", BERLIN, ["03-28 03:00+02:00", "03-29 02:00+02:00"]),
        ("*/30 * * * *", "2027-03-28T01:15", BERLIN, ["03-28 01:30+01:00", "03-28 03:00+02:00"]),
        # Berlin, 31 October 2027: 03:00 becomes 02:00.
        ("30 2 * * *", "2027-10-30T12:00", BERLIN, ["10-31 02:30+02:00", "11-01 02:30+01:00"]),
        ("30 * * * *", "2027-10-31T01:45", BERLIN, ["10-31 02:30+02:00", "10-31 02:30+01:00"]),
        ("*/30 2 * * *", "2027-10-31T02:15", BERLIN, ["10-31 02:30+02:00", "10-31 02:00+01:00"]),
        ("30 0-23 * * *", "2027-10-31T01:45", BERLIN, ["10-31 02:30+02:00", "10-31 03:30+01:00"]),
        ("@daily", "2027-10-30T12:00", BERLIN, ["10-31 00:00+02:00", "11-01 00:00+01:00"]),
        ("@hourly", "2027-10-31T01:45", BERLIN, ["10-31 02:00+02:00", "10-31 02:00+01:00"]),
        # New York, 14 March and 7 November 2027.
        ("15 2 * * *", "2027-03-13T12:00", NEW_YORK, ["03-14 03:00-04:00", "03-15 02:15-04:00"]),
        ("15 1 * * *", "2027-11-06T12:00", NEW_YORK, ["11-07 01:15-04:00", "11-08 01:15-05:00"]),
        ("*/15 1 * * *", "2027-11-07T01:40", NEW_YORK, ["11-07 01:45-04:00", "11-07 01:00-05:00"]),
        # Lord Howe changes by half an hour: 3 October (02:00 to 02:30) and 4 April 2027 (02:00 to 01:30).
        ("10 2 * * *", "2027-10-02T12:00", LORD_HOWE, ["10-03 02:30+11:00", "10-04 02:10+11:00"]),
        ("*/10 2 * * *", "2027-10-02T12:00", LORD_HOWE, ["10-03 02:30+11:00", "10-03 02:40+11:00"]),
        ("45 1 * * *", "2027-04-03T12:00", LORD_HOWE, ["04-04 01:45+11:00", "04-05 01:45+10:30"]),
        ("45 * * * *", "2027-04-04T01:15", LORD_HOWE, ["04-04 01:45+11:00", "04-04 01:45+10:30"]),
    ],
)
def test_clock_changes(text: str, after: str, zone: ZoneInfo, expected: list[str]) -> None:
    assert runs(text, after, zone, 2) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Neither day field begins with *: one is enough (2027-02-01 is a Monday).
        ("0 9 1-7 * 1", ["02-01 09:00+00:00", "02-02 09:00+00:00", "02-03 09:00+00:00"]),
        ("0 9 13 * fri", ["02-05 09:00+00:00", "02-12 09:00+00:00", "02-13 09:00+00:00"]),
        # One begins with *: both must match.
        ("0 9 */2 * 1", ["02-01 09:00+00:00", "02-15 09:00+00:00", "03-01 09:00+00:00"]),
        ("0 9 1 * */2", ["04-01 09:00+00:00", "05-01 09:00+00:00", "06-01 09:00+00:00"]),
        ("0 9 * * 7", ["02-07 09:00+00:00", "02-14 09:00+00:00", "02-21 09:00+00:00"]),
        ("0 9 * * 5-7", ["02-05 09:00+00:00", "02-06 09:00+00:00", "02-07 09:00+00:00"]),
        ("*/7 9 1 2 *", ["02-01 09:00+00:00", "02-01 09:07+00:00", "02-01 09:14+00:00"]),
        ("*/100 9 1 2 *", ["02-01 09:00+00:00", "02-01 09:00+00:00", "02-01 09:00+00:00"]),
        ("0~30 9 * 2 *", ["02-01 09:00+00:00", "02-02 09:00+00:00", "02-03 09:00+00:00"]),
        ("5;x 9 * * *", ["02-01 09:05+00:00", "02-02 09:05+00:00", "02-03 09:05+00:00"]),
        ("007 9 31 * *", ["03-31 09:07+00:00", "05-31 09:07+00:00", "07-31 09:07+00:00"]),
    ],
)
def test_days_and_elements(text: str, expected: list[str]) -> None:
    assert runs(text, "2027-01-31T12:00", ZoneInfo("UTC"), 3) == expected


def test_29_february_on_a_weekday_waits_for_decades() -> None:
    after = datetime(2028, 3, 1, tzinfo=UTC)
    sundays = islice(parse_schedule("0 0 29 2 */7").runs(after, UTC), 4)
    assert [at.year for at in sundays] == [2032, 2060, 2088, 2128]


@pytest.mark.parametrize(
    "text", ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 * * fri-sun", "0 22-2 * * *", "30-10 * * * *"]
)
def test_schedules_that_never_fire(text: str) -> None:
    schedule = parse_schedule(text)
    assert schedule.never_fires
    assert list(schedule.runs(datetime(2027, 1, 1, tzinfo=UTC), UTC)) == []


def test_30_february_or_a_weekday_fires() -> None:
    assert runs("0 0 30 2 1", "2027-01-31T12:00", ZoneInfo("UTC"), 1) == ["02-01 00:00+00:00"]


def test_every_start_falls_into_the_gap_so_the_search_ends() -> None:
    schedule = parse_schedule(
        "*/5 2 25-31 3 */7"
    )  # the hour that Berlin leaves out on the last Sunday of March
    assert not schedule.never_fires
    assert list(schedule.runs(datetime(2027, 1, 1, tzinfo=UTC), BERLIN)) == []


def test_strictly_later_and_aware() -> None:
    noon = datetime(2027, 1, 1, 12, tzinfo=UTC)
    schedule = parse_schedule("0 12 * * *")
    assert next(schedule.runs(noon - timedelta(microseconds=1), UTC)) == noon
    assert next(schedule.runs(noon, UTC)) == noon + timedelta(days=1)
    with pytest.raises(ValueError, match="aware"):
        schedule.runs(datetime(2027, 1, 1), UTC)  # noqa: DTZ001


def test_asked_inside_the_repeated_hour() -> None:
    """At 02:10 the second time, a fixed job of 02:30 has had its run; a wildcard one will have another."""
    second = datetime(2027, 10, 31, 2, 10, fold=1, tzinfo=BERLIN)
    assert next(parse_schedule("30 2 * * *").runs(second, BERLIN)).isoformat() == "2027-11-01T02:30:00+01:00"
    assert (
        next(parse_schedule("*/30 2 * * *").runs(second, BERLIN)).isoformat() == "2027-10-31T02:30:00+01:00"
    )


def test_reboot_has_no_known_run() -> None:
    schedule = parse_schedule("@reboot")
    assert schedule.reboot
    assert not schedule.never_fires
    assert list(schedule.runs(datetime(2027, 1, 1, tzinfo=UTC), UTC)) == []


def test_cronie_with_a_zone_of_its_own_makes_nothing_up() -> None:
    after = datetime(2027, 3, 27, 12, tzinfo=BERLIN)
    schedule = parse_schedule("30 2 * * *", "cronie")
    plain = schedule.runs(after, BERLIN, BERLIN)
    assert next(plain).isoformat() == "2027-03-29T02:30:00+02:00"
    after = datetime(2027, 10, 30, 12, tzinfo=BERLIN)
    found = list(islice(schedule.runs(after, BERLIN, BERLIN), 2))
    assert [at.isoformat() for at in found] == ["2027-10-31T02:30:00+02:00", "2027-11-01T02:30:00+01:00"]
    utc = ZoneInfo("UTC")
    lost = schedule.runs(datetime(2027, 10, 30, 12, tzinfo=utc), utc, ZoneInfo("America/Sao_Paulo"))
    assert next(lost).isoformat() == "2027-10-31T02:30:00+00:00"
    early = parse_schedule("30 1 * * *", "cronie").runs(datetime(2027, 10, 30, 12, tzinfo=utc), utc, BERLIN)
    assert next(early).isoformat() == "2027-11-01T01:30:00+00:00"  # in Berlin's second hour of 02:00
