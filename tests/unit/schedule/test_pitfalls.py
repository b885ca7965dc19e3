"""The warnings of the reschedule dialog, word for word."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from fedtui.schedule.clock_changes import clock_changes
from fedtui.schedule.cron import CronSchedule, parse_schedule
from fedtui.schedule.pitfalls import Pitfall, find_pitfalls
from tests.oracle.zones import JUMPS, made_up, zone_named
from tests.unit.schedule.test_describe import SCHEDULES

BERLIN = ZoneInfo("Europe/Berlin")
FORWARD = "On Sun 28 Mar 2027 the clock goes from 02:00 to 03:00"
BACK = "On Sun 31 Oct 2027 the clock goes back from 03:00 to 02:00"
NOW = datetime(2026, 11, 24, 14, 5, tzinfo=BERLIN)


def found(text: str, dialect: str = "debian", zone: ZoneInfo = BERLIN) -> list[tuple[str, str]]:
    return [(trap.code, trap.text) for trap in find_pitfalls(parse_schedule(text, dialect), zone, NOW)]


def test_the_trap_of_the_mock_up() -> None:
    assert find_pitfalls(parse_schedule("*/7 * * * *"), BERLIN, NOW) == (
        Pitfall(
            "uneven-step",
            "uneven steps",
            "*/7 starts again every hour. From :56 to :00 is 4 min, not 7.",
            ("*/6", "*/5", "*/10"),
            ("*/6 * * * *", "*/5 * * * *", "*/10 * * * *"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("*/45 * * * *", "*/45 starts again every hour. From :45 to :00 is 15 min, not 45."),
        ("*/100 * * * *", "*/100 starts again every hour, so it stands for :00 alone."),
        ("3-59/7 4 * * *", "3-59/7 starts again every hour. From :59 to :03 is 4 min, not 7."),
        ("0 */5 * * *", "*/5 starts again every day. From 20:00 to 00:00 is 4 h, not 5."),
        ("0 0 */2 * *", "*/2 starts again every month: after day 31 comes day 1."),
        ("0 0 * * */2", "*/2 starts again every week. From Saturday to Sunday is 1 day, not 2."),
        ("0 0 1 */5 *", "*/5 starts again every year. From November to January is 2 months, not 5."),
    ],
)
def test_uneven_steps(text: str, said: str) -> None:
    assert found(text) == [("uneven-step", said)]


@pytest.mark.parametrize(
    "text",
    [
        "*/5 * * * *",
        "0 */6 * * *",
        "0 9-17/2 * * *",
        "10-20/5 * * * *",
        "1-59/2 * * * *",
        "@daily",
        "@reboot",
    ],
)
def test_no_trap(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "codes", "schedules"),
    [
        ("0 0 * * fri-sun", ["never-fires", "backwards-range"], ("0 0 * * 5-7",)),
        ("0 0 * * sat-mon", ["never-fires", "backwards-range"], ("0 0 * * 6-7,1",)),
        ("0 22-2 * * *", ["never-fires", "backwards-range"], ("0 22-23,0-2 * * *",)),
        ("5;x * * * *", ["ignored-text"], ("5 * * * *",)),
        ("0~30 * * * *", ["ignored-text"], ("0 * * * *",)),
        ("0 3 1–5 * *", ["ignored-text"], ("0 3 1 * *",)),
    ],
)
def test_a_better_schedule_is_offered(text: str, codes: list[str], schedules: tuple[str, ...]) -> None:
    warned = find_pitfalls(parse_schedule(text), ZoneInfo("UTC"), NOW)
    assert [trap.code for trap in warned] == codes
    assert warned[-1].schedules == schedules


def test_a_range_that_stands_for_nothing_beside_one_that_runs() -> None:
    said = "22-2 runs backwards: cron takes it for nothing, not for a span over the end."
    assert found("0 22-2,12 * * *") == [("backwards-range", said)]


def test_never_fires() -> None:
    assert found("0 0 30 2 *") == [("never-fires", "Never: there is no 30 February.")]


def test_either_day() -> None:
    runs = (
        "Either day field is enough: it runs on days 1–7 of the month or on Monday, not only where both hold."
    )
    assert found("0 9 1-7 * 1") == [("either-day", f"{runs} For both, test one of them in the command.")]
    assert found("0 9 1 * 0-6")[0][1].startswith("One day field covers every day and either is enough")
    assert found("0 9 * * 1") == []
    assert found("0 9 */2 * *")[0][0] == "uneven-step"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "30 2 * * *",
            [("dst-moved", f"{FORWARD}: the run of 02:30 starts at 03:00.")],
        ),
        (
            "*/30 2 * * *",
            [
                ("dst-skipped", f"{FORWARD}: the runs of 02:00 and 02:30 are left out."),
                ("dst-doubled", f"{BACK}: the runs of 02:00 and 02:30 happen twice."),
            ],
        ),
        (
            "0-59/5 2 * * *",
            [("dst-moved", f"{FORWARD}: the runs of 02:00, 02:05, 02:10 … start at 03:00.")],
        ),
        ("30 4 * * *", []),
        ("30 2 * * 1", []),
        ("*/5 * * * *", []),
    ],
)
def test_clock_changes_of_the_coming_year(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 0-23 * * *", [("dst-pause", f"{BACK}: it does not run from 02:00 to 03:00 the second time.")]),
        ("30 * * * *", []),
    ],
)
def test_jobs_of_every_hour(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("text", ["0 2 * * *", "*/60 2 * * *"])
def test_clock_changes_of_any_size_are_told_as_the_daemon_acts(jump: int, text: str) -> None:
    """02:00 is the first minute that the made-up zones leave out in March and repeat in October."""
    zone, schedule = zone_named(made_up(jump)), parse_schedule(text)
    codes = {trap.code for trap in find_pitfalls(schedule, zone, NOW)}
    forward, back = (runs_of_a_day(schedule, change.moment) for change in clock_changes(zone, NOW))
    moment = next(clock_changes(zone, NOW)).moment
    assert ("dst-skipped" in codes) == (forward == [])
    assert ("dst-moved" in codes) == (forward == [moment] and jump >= 5)
    assert ("dst-doubled" in codes) == (len(back) == 2)


def runs_of_a_day(schedule: CronSchedule, day: datetime) -> list[datetime]:
    evening = datetime(day.year, day.month, day.day - 1, 23, 59, tzinfo=day.tzinfo)
    assert day.tzinfo is not None
    runs = islice(schedule.runs(evening, day.tzinfo), 3)
    return [at for at in runs if at.date() == day.date()]


def test_every_run_falls_into_the_gap() -> None:
    assert found("*/5 2 25-31 3 */7")[0] == (
        "never-fires",
        "Never: each of its times is one that the clock leaves out.",
    )


def test_no_clock_changes_no_trap() -> None:
    assert found("30 2 * * *", zone=ZoneInfo("UTC")) == []


def test_a_random_time() -> None:
    assert found("~ 4 * * *", "cronie") == [
        ("random", "Cron chooses minute 0 to 59 when it loads the table, so its runs are not known.")
    ]


@settings(max_examples=100, deadline=None)
@given(SCHEDULES)
def test_every_schedule_offered_is_one(text: str) -> None:
    """What a trap offers can be taken: cron accepts it, it fires, and that trap is gone."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    for trap in find_pitfalls(parse_schedule(text), BERLIN, now):
        for schedule in trap.schedules:
            again = find_pitfalls(parse_schedule(schedule), BERLIN, now)
            assert trap.text not in [other.text for other in again], schedule
