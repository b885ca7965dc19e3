"""Fields as the generator of systemd-cron 1.15 reads them: as its own function answers for the same words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fedtui.schedule.cron import parse_schedule
from fedtui.schedule.errors import ScheduleError
from fedtui.schedule.fields import DAY, MINUTE, MONTH, WEEKDAY, FieldKind
from fedtui.schedule.systemd_cron_fields import read_systemd_cron


@pytest.mark.parametrize(
    ("kind", "word", "values"),
    [
        (MINUTE, "*/20", (0, 20, 40)),
        (MINUTE, "5", (5,)),
        (MINUTE, "5/15", (5,)),
        (MINUTE, "50-70/5", (50, 55)),
        (MINUTE, "3,1,58-59", (1, 3, 58, 59)),
        (DAY, "1-7", (1, 2, 3, 4, 5, 6, 7)),
        (DAY, "*/10", (1, 11, 21, 31)),
        (MONTH, "jan-mar", (1, 2, 3)),
        (MONTH, "dec", (11,)),
        (WEEKDAY, "mon-fri", (1, 2, 3, 4, 5)),
        (WEEKDAY, "7", (0,)),
        (WEEKDAY, "Sunday", (0,)),
    ],
)
def test_values(kind: FieldKind, word: str, values: tuple[int, ...]) -> None:
    assert read_systemd_cron(kind, word).values == values


GARBLED = [
    (MINUTE, "5~10"),
    (MINUTE, "60"),
    (MINUTE, "*/0"),
    (MINUTE, "1,,2"),
    (MONTH, "oct"),
    (DAY, "0"),
]


@pytest.mark.parametrize(("kind", "word"), GARBLED)
def test_no_timer_is_made(kind: FieldKind, word: str) -> None:
    with pytest.raises(ScheduleError, match="systemd-cron makes no timer"):
        read_systemd_cron(kind, word)


@pytest.mark.parametrize("word", ["5-7", "foo", "1,,2"])
def test_a_weekday_that_it_cannot_read_is_any_day(word: str) -> None:
    """The generator asks for a value in each field but this one: its timer gets no weekday."""
    field = read_systemd_cron(WEEKDAY, word)
    assert (field.values, field.text, field.ignored) == (tuple(range(7)), word, word)


def test_both_days_must_match() -> None:
    runs = parse_schedule("0 9 1-7 * 1", "systemd-cron").runs(
        datetime(2026, 12, 1, tzinfo=UTC), ZoneInfo("UTC")
    )
    assert next(runs) == datetime(2026, 12, 7, 9, tzinfo=ZoneInfo("UTC"))


def test_its_week_begins_on_monday() -> None:
    """`@weekly` becomes OnCalendar=weekly."""
    start, zone = datetime(2026, 12, 1, tzinfo=UTC), ZoneInfo("UTC")
    assert next(parse_schedule("@weekly", "systemd-cron").runs(start, zone)).strftime("%a %d") == "Mon 07"
    assert next(parse_schedule("@weekly", "cronie").runs(start, zone)).strftime("%a %d") == "Sun 06"
