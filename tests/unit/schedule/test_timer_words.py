"""The words for systemd timers."""

from __future__ import annotations

import pytest

from fedtui.schedule.calendar import parse_calendar
from fedtui.schedule.patterns import CELLS
from fedtui.schedule.timer import describe_calendar, describe_monotonic, describe_timer, format_span
from tests.oracle.calendars import expressions
from tests.unit.schedule.word_reader import read_words


@pytest.mark.parametrize(
    ("expression", "long", "short"),
    [
        ("*-*-* 00:00:00", "daily 00:00", "daily 00:00"),
        ("Mon..Fri *-*-* 18:30:00", "Mon–Fri 18:30", "Mo–Fr 18:30"),
        ("Mon *-*-* 00:00:00", "Mon 00:00", "Mon 00:00"),
        ("Sun *-*-* 03:30:00", "Sun 03:30", "Sun 03:30"),
        ("Sat,Sun *-*-* 10:00:00", "Sat, Sun 10:00", "Sa,Su 10:00"),
        ("*:0/15", "every 15 min", "every 15 m"),
        ("*-*-* *:00/15:00", "every 15 min", "every 15 m"),
        ("*-*-* *:00:00", "hourly at :00", "hourly :00"),
        ("*-*-* 00/6:00:00", "every 6 h at :00", "every 6 h"),
        ("*-*-* 06,18:00:00", "daily 06:00, 18:00", "06:00,18:00"),
        ("*-*-01 00:00:00", "day 1, 00:00", "day 1 00:00"),
        ("*-01-01 00:00:00", "1 Jan, 00:00", "1 Jan 00:00"),
        ("Mon *-*-01..07 09:00:00", "days 1–7 if Mon, 09:00", "Mon *-*-01.…"),
        ("*-*-* *:*:00/30", "every 30 s", "every 30 s"),
        ("*-*-* 00:00:00 UTC", "daily 00:00 UTC", "*-*-* 00:00…"),
        ("*-*-* 09:00:00 Europe/Berlin", "daily 09:00 Europe/Berlin", "*-*-* 09:00…"),
        ("hourly", "hourly at :00", "hourly :00"),
        ("weekly", "Mon 00:00", "Mon 00:00"),
        # Not certain, so as it is: the last day of a month, one date, seconds, a range past Sunday.
        ("*-*~01 00:00:00", "*-*~01 00:00:00", "*-*~01 00:0…"),
        ("2026-12-24 18:00:00", "2026-12-24 18:00:00", "2026-12-24 …"),
        ("*-*-* 02:30:15", "*-*-* 02:30:15", "*-*-* 02:30…"),
        ("Fri..Mon *-*-* 10:00:00", "Fri..Mon *-*-* 10:00:00", "Fri..Mon *-…"),
        ("", "", "…"),
    ],
)
def test_calendar(expression: str, long: str, short: str) -> None:
    words = describe_calendar(expression)
    assert (words.long, words.short) == (long, short)


def test_calendar_sentence() -> None:
    assert describe_calendar("Mon..Fri *-*-* 18:30:00").sentence == "at 18:30 from Monday to Friday"
    assert describe_calendar("*-*-* 00:00:00 UTC").sentence == "at 00:00 every day, UTC time"


@pytest.mark.parametrize(
    ("pairs", "long", "short"),
    [
        ([("OnUnitActiveSec", 3600.0)], "1 h after each start", "start + 1 h"),
        ([("OnBootSec", 300.0)], "5 min after boot", "boot + 5 min"),
        (
            [("OnUnitActiveSec", 3600.0), ("OnBootSec", 300.0)],
            "5 min after boot, then 1 h after each start",
            "boot+5m, +1h",
        ),
        ([("OnUnitInactiveSec", 5400.0)], "1 h 30 min after each end", "end+1h30m"),
        ([("OnStartupSec", 60.0)], "1 min after systemd's start", "systemd+1m"),
        ([("OnBootSec", 0.0)], "at boot", "at boot"),
        ([], "no trigger", "no trigger"),
    ],
)
def test_monotonic(pairs: list[tuple[str, float]], long: str, short: str) -> None:
    words = describe_monotonic(pairs)
    assert (words.long, words.short) == (long, short)
    assert len(words.short) <= CELLS


def test_all_triggers_of_a_timer() -> None:
    both = describe_timer(["*-*-* 00:00:00"], [("OnBootSec", 300.0)])
    assert (both.long, both.short) == ("daily 00:00; 5 min after boot", "2 triggers")
    assert describe_timer(["*-*-* 00:00:00"]).long == "daily 00:00"
    assert describe_timer([]).long == "no trigger"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.25, "250 ms"),
        (90, "1 min 30 s"),
        (3600, "1 h"),
        (93784, "1 d 2 h 3 min 4 s"),
        (1e-6, "1 µs"),
    ],
)
def test_spans(seconds: float, words: str) -> None:
    assert format_span(seconds) == words


@pytest.mark.parametrize("expression", sorted(set(expressions(seed=20261124, count=400))))
def test_the_words_read_back_as_the_expression(expression: str) -> None:
    """Where words are given, they say what the expression says; the box holds that to systemd itself."""
    calendar, words = parse_calendar(expression), describe_calendar(expression)
    assert 0 < len(words.short) <= CELLS
    if calendar is None or words.long == expression or calendar.seconds != (0,):
        return
    read = read_words(words.long.removesuffix(f" {calendar.zone}"))
    assert read.times == {hour * 60 + minute for hour in calendar.hours for minute in calendar.minutes}
    assert read.days == {
        (month, day, weekday)
        for month in calendar.months
        for day in calendar.days
        for weekday in calendar.weekdays
    }


def test_most_expressions_get_words() -> None:
    asked = expressions(seed=20261124, count=400)
    assert sum(describe_calendar(one).long != one for one in asked) > 250
