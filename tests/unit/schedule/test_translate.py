"""Cron schedules as OnCalendar= expressions and back: the same minutes, or the reason why not."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.schedule.calendar import parse_calendar
from fedtui.schedule.cron import parse_schedule
from fedtui.schedule.translate import TranslationError, clock_words, to_calendar, to_cron
from tests.oracle.calendars import expressions

NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=UTC)
FOUR_YEARS = (29_930_000, 29_930_000 + 4 * 366 * 1440)
"""Wall-clock minutes from November 2026 on, a leap day among them."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 * * * *", ("*-*-* *:00:00",)),
        ("*/5 * * * *", ("*-*-* *:00..55/5:00",)),
        ("* * * * *", ("*-*-* *:*:00",)),
        ("0 2 * * 0", ("Sun *-*-* 02:00:00",)),
        ("0 2 * * 7", ("Sun *-*-* 02:00:00",)),
        ("0 2 1 * *", ("*-*-01 02:00:00",)),
        ("30 4 1,15 * fri", ("*-*-01,15 04:30:00", "Fri *-*-* 04:30:00")),
        ("30 4 */2 * fri", ("Fri *-*-01..31/2 04:30:00",)),
        ("0 9 1-31 * 1", ("*-*-* 09:00:00",)),
        ("0 9 30 2 1", ("*-02-30 09:00:00", "Mon *-02-* 09:00:00")),
        ("0 9-17 * jan-mar mon-FRI", ("Mon..Fri *-01..03-* 09..17:00:00",)),
        ("0 22 * * 5-7", ("Fri..Sun *-*-* 22:00:00",)),
        ("15 1,3 * * 0,1", ("Mon,Sun *-*-* 01,03:15:00",)),
        ("@weekly", ("Sun *-*-* 00:00:00",)),
    ],
)
def test_to_calendar(text: str, expected: tuple[str, ...]) -> None:
    assert to_calendar(parse_schedule(text)).calendar == expected


def test_a_reboot_is_no_calendar_time() -> None:
    found = to_calendar(parse_schedule("@reboot"))
    assert (found.calendar, found.at_boot) == ((), True)


def test_a_zone_of_its_own_is_named() -> None:
    assert to_calendar(parse_schedule("0 9 * * *", "cronie"), "Europe/Berlin").calendar == (
        "*-*-* 09:00:00 Europe/Berlin",
    )


@pytest.mark.parametrize(
    ("text", "dialect", "reason"),
    [("0 0 30 2 *", "debian", "never runs"), ("0~30 4 * * *", "cronie", "0~30 is a time .* by chance")],
)
def test_what_no_timer_can_say(text: str, dialect: str, reason: str) -> None:
    with pytest.raises(TranslationError, match=reason):
        to_calendar(parse_schedule(text, dialect))


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    step = st.integers(1, 35)
    pairs = st.tuples(number, number).map(sorted)
    one = st.one_of(
        st.just("*"),
        step.map("*/{}".format),
        number.map(str),
        pairs.map(lambda pair: f"{pair[0]}-{pair[1]}"),
        st.tuples(pairs, step).map(lambda both: f"{both[0][0]}-{both[0][1]}/{both[1]}"),
    )
    return st.one_of(one, st.lists(one, min_size=2, max_size=3).map(",".join))


SCHEDULES = st.tuples(_field(0, 59), _field(0, 23), _field(1, 31), _field(1, 12), _field(0, 7)).map(" ".join)


def walls_of(calendars: tuple[str, ...]) -> list[int]:
    found: set[int] = set()
    for text in calendars:
        calendar = parse_calendar(text)
        assert calendar is not None, text
        assert calendar.seconds == (0,)
        found |= set(islice(calendar.wall_minutes(*FOUR_YEARS), 500))
    return sorted(found)[:500]


@settings(max_examples=150, deadline=None)
@given(SCHEDULES)
def test_the_same_minutes_there_and_back(text: str) -> None:
    schedule = parse_schedule(text)
    if schedule.never_fires:
        with pytest.raises(TranslationError):
            to_calendar(schedule)
        return
    calendar = to_calendar(schedule).calendar
    expected = list(islice(schedule.wall_minutes(*FOUR_YEARS), 500))
    assert walls_of(calendar) == expected
    back = parse_schedule(to_cron(calendar))
    assert list(islice(back.wall_minutes(*FOUR_YEARS), 500)) == expected


def test_random_expressions_of_timers_name_the_same_minutes_in_a_crontab() -> None:
    said = 0
    for text in expressions(20261125, 600):
        try:
            fields = to_cron([text])
        except TranslationError:
            continue
        said += 1
        found = list(islice(parse_schedule(fields).wall_minutes(*FOUR_YEARS), 500))
        assert found == walls_of((text,)), (text, fields)
    assert said > 200


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        (["*-*-* *:00/5:00"], "*/5 * * * *"),
        (["hourly"], "0 * * * *"),
        (["Mon..Fri *-*-* 18:30:00"], "30 18 * * 1-5"),
        (["*-*-01 04:30:00", "Fri *-*-* 04:30:00"], "30 4 1 * 5"),
        (["*-*-* 06:00:00", "*-*-* 18:00:00", "*-*-* 12:00:00"], "0 6-18/6 * * *"),
        (["Fri *-*-01..31/2 04:30:00"], "30 4 */2 * 5"),
        (["Mon *-*-01..07 09:00:00"], "0 9 */31,2-7 * 1"),
        (["Mon,Sun *-*-13 09:00:00"], "0 9 13 * */7,1"),
        (["Mon *-*-01..07 09:00:00 Europe/Berlin"], ""),
    ],
)
def test_to_cron(lines: list[str], fields: str) -> None:
    if fields:
        assert to_cron(lines) == fields
    else:
        with pytest.raises(TranslationError, match="Europe/Berlin"):
            to_cron(lines)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["*-*-* *:*:00/30"], "seconds"),
        (["2027-01-01 00:00:00"], "years"),
        (["*-*~01 00:00:00"], "end of the month"),
        (["*-*-* 00:00:00 UTC"], "time zone UTC"),
        (["Mon *-*-08..14 09:00:00"], "either of the two"),
        (["*-*-* 06:00:00", "*-*-* 18:30:00"], "2 OnCalendar= lines"),
        ([], "no OnCalendar="),
    ],
)
def test_what_no_crontab_can_say(lines: list[str], reason: str) -> None:
    with pytest.raises(TranslationError, match=reason):
        to_cron(lines)


def test_the_machines_own_zone_may_be_named() -> None:
    assert to_cron(["*-*-* 09:00:00 Europe/Berlin"], "Europe/Berlin") == "0 9 * * *"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("30 2 * * *", "the clock goes from 02:00 to 03:00: cron makes up for the run of 02:30, a timer"),
        ("*/30 * * * *", "goes back from 03:00 to 02:00: cron repeats the runs of 02:00 and 02:30, a timer"),
        ("0 12 * * *", ""),
    ],
)
def test_where_they_part_at_a_change_of_the_clock(text: str, words: str) -> None:
    found = clock_words(parse_schedule(text), ZoneInfo("Europe/Berlin"), NOW)
    assert words in found
    assert bool(words) == bool(found)
    assert clock_words(parse_schedule(text), UTC, NOW) == ""
