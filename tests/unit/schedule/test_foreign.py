"""Other dialects through croniter, and croniter as a second opinion on the own type."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest
from croniter import croniter
from hypothesis import assume, given, settings

from fedtui.schedule.cron import ScheduleError, parse_schedule, split_schedule
from fedtui.schedule.describe import describe
from fedtui.schedule.foreign import LABEL, parse_other
from tests.unit.schedule.test_describe import SCHEDULES

START = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("0 0 12 L * ?", ["2026-11-30T12:00:00+00:00", "2026-12-31T12:00:00+00:00"]),
        ("0 0 * * 5#2", ["2026-12-11T00:00:00+00:00", "2027-01-08T00:00:00+00:00"]),
        ("0 0 12 1W * ?", ["2026-12-01T12:00:00+00:00", "2027-01-01T12:00:00+00:00"]),
        ("30 */5 * * * *", ["2026-11-24T14:05:30+00:00", "2026-11-24T14:10:30+00:00"]),
        ("0 0 30 2 *", []),
    ],
)
def test_other_dialects(text: str, runs: list[str]) -> None:
    schedule = parse_other(text)
    assert [at.isoformat() for at in islice(schedule.runs(START, UTC), 2)] == runs
    assert schedule.words.sentence == f"{text} ({LABEL})"


def test_only_its_host_knows_a_hashed_time() -> None:
    schedule = parse_other("H 4 * * *")
    assert schedule.hashed
    assert list(schedule.runs(START, UTC)) == []
    assert not parse_other("0 4 * MAR THU").hashed


def test_what_nobody_understands() -> None:
    with pytest.raises(ScheduleError, match="bad schedule"):
        parse_other("every tuesday")


@settings(max_examples=100, deadline=None)
@given(SCHEDULES)
def test_croniter_agrees_on_plain_lines_in_utc(text: str) -> None:
    schedule = parse_schedule(text)
    assume(not schedule.never_fires)
    # Known differences: a day field that begins with * and has a step; weekdays with a 7; 0-0.
    assume(not any(field.star and field.text != "*" for field in (schedule.fields[2], schedule.fields[4])))
    elements = [element for field in schedule.fields for element in field.elements]
    assume(not any(element.low == element.high and "-" in element.text for element in elements))
    assume("7" not in schedule.fields[4].text)
    other = croniter(text, START, implement_cron_bug=True)
    expected = [other.get_next(datetime) for _ in range(5)]
    assert list(islice(schedule.runs(START, UTC), 5)) == expected


@settings(max_examples=100, deadline=None)
@given(SCHEDULES)
def test_another_daemon_s_schedule_is_what_croniter_computes(text: str) -> None:
    """The fields, which words and traps are made from, say the same as the runs."""
    try:
        schedule = parse_schedule(text, "other")
    except ScheduleError:
        return
    if schedule.never_fires:
        return
    expected = list(islice(schedule.runs(START, UTC), 5))
    assert len(expected) == 5
    first = int(START.timestamp()) // 60 + 1
    walls = list(islice(schedule.wall_minutes(first, first + 60 * 24 * 366 * 9), 5))
    assert walls == [int(at.timestamp()) // 60 for at in expected][: len(walls)]
    assert walls
    elements = [element for field in schedule.fields for element in field.elements]
    # For croniter `0-6` written out is `*`, which for the day rule it is not.
    assume(len(set(schedule.fields[4].values)) < 7 or schedule.fields[4].star)
    assume(len(set(schedule.fields[2].values)) < 31 or schedule.fields[2].star)
    # For croniter `1-1` is every weekday, which is no daemon's opinion.
    assume(not any(element.low == element.high and "-" in element.text for element in elements))
    times = croniter(text, START)
    assert [times.get_next(datetime) for _ in range(5)] == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 0 * * fri-sun", "Fri–Sun 00:00"),
        ("0 22-2 * * *", "at :00, hours 0–2, 22, 23"),
        ("0 9 */2 * 1", "odd days or Mon, 09:00"),
        ("@daily", "daily 00:00"),
        ("@reboot", "at boot"),
        ("0 0 30 2 *", "never (30 February)"),
    ],
)
def test_words_for_another_daemon(text: str, words: str) -> None:
    assert describe(parse_schedule(text, "other")).long == words


@pytest.mark.parametrize("text", ["5;x * * * *", "30-10/7 * * * *", "* * * * * *", "0 0 L * *"])
def test_another_daemon_refuses(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse_schedule(text, "other")


def test_a_line_of_another_daemon_s_table() -> None:
    assert split_schedule(b"0 0 * * fri-sun x", "other") == ("0 0 * * fri-sun", 16)
