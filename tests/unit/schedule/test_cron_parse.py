"""What the daemons accept and refuse, worded as cron words it, and how a line of a table is split."""

from __future__ import annotations

import pytest

from fedtui.schedule.cron import ScheduleError, parse_schedule, split_schedule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("60 * * * *", "bad minute: 60 is not between 0 and 59"),
        ("5/15 * * * *", "bad minute: 5/15 has a step without a range; write 5-59/N"),
        ("*/0 * * * *", "bad minute: */0: the step must be 1 or more"),
        ("1,,2 * * * *", "bad minute: ',' is not a number"),
        ("1, * * * *", "bad minute: a number is missing"),
        ("~5 * * * *", "bad minute: '~' is not a number"),
        ("-5 * * * *", "bad minute: '-' is not a number"),
        ("H * * * *", "bad minute: 'H' is not a number"),
        ("\ufeff5 * * * *", "bad minute: '\\ufeff' is not a number"),
        ("0" * 1000 + " * * * *", "bad minute: a number of more than 999 digits"),
        ("5-9/2147483647 * * * *", "bad minute: 5-9/2147483647: the step is too large"),
        ("0 0 */2147483647 * *", "bad day-of-month: */2147483647: the step is too large"),
        ("0 24 * * *", "bad hour: 24 is not between 0 and 23"),
        ("0 0 L * *", "bad day-of-month: 'L' is not a number"),
        ("0 0 ? * *", "bad day-of-month: '?' is not a number"),
        ("0 0 1 foo *", "bad month: 'foo' is not a month (jan to dec) or number"),
        ("0 0 * * Monday", "bad day-of-week: 'Monday' is not a weekday (sun to sat) or number"),
        ("0 0 * * 5L", "bad day-of-week: '5L' is not a weekday (sun to sat) or number"),
        ("0 0 * * 8", "bad day-of-week: 8 is not between 0 and 7"),
        ("0 0 * *", "bad day-of-week: a weekday (sun to sat) or number is missing"),
        ("", "bad minute: a number is missing"),
        ("@Daily", "bad time specifier: @Daily must be in lower case: @daily"),
        ("@every 5m", "bad time specifier: @every is unknown; cron knows @reboot @yearly @annually @monthly"),
        ("* * * * * *", "bad command: '*' follows the schedule"),
        ("0 0 * * * root", "bad command: 'root' follows the schedule"),
        ("0 0 * * *\n* * * * * evil", "bad command: a schedule is one line"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(text)
    assert caught.value.message.startswith(message)
    assert caught.value.cron_words == message.partition(":")[0]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("*/20 * * * *", (0, 20, 40)),
        ("  7 * * * * ", (7,)),
        ("50-59/4,3\t* * * *", (3, 50, 54, 58)),
        ("1#2 * * * *", (1,)),
        ("4294967301 * * * *", (5,)),  # atoi(3) keeps 32 bits
        ("@hourly", (0,)),
    ],
)
def test_minutes(text: str, minutes: tuple[int, ...]) -> None:
    assert parse_schedule(text).minutes == minutes


def test_names_and_sunday() -> None:
    schedule = parse_schedule("0 0 1 JAN-mar,Dec fri-7,MON")
    assert schedule.months == (1, 2, 3, 12)
    assert schedule.weekdays == (0, 1, 5, 6)
    assert schedule.either_day
    assert not schedule.wildcard


def test_ignored_text_is_kept_for_a_warning() -> None:
    assert [field.ignored for field in parse_schedule("5;x 0 1–5 * *").fields] == [";x", "", "–5", "", ""]


@pytest.mark.parametrize(
    ("line", "split"),
    [
        (b"0 2 * * 0 bash x", ("0 2 * * 0", 10)),
        (b"  0\t2 * *\t 0\tbash x", ("0\t2 * *\t 0", 13)),
        (b"@daily  run", ("@daily", 8)),
        (b"\t@reboot", ("@reboot", 8)),
        (b"5;x * * * * caf\xe9", ("5;x * * * *", 12)),
        (b"5\xe9 * * * * x", ("5\xe9 * * * *", 11)),
        ("* * * * *", ("* * * * *", 9)),
        ("0 0 * * mon é", ("0 0 * * mon", 12)),
    ],
)
def test_split(line: bytes | str, split: tuple[str, int]) -> None:
    assert split_schedule(line) == split


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"* * * * * * x", "bad command"),
        (b"@daily * x", "bad command"),
        (b"* * * * \xff x", "bad month"),
        (b"5\xff * * * * x", "bad minute"),
        (b"\xef\xbb\xbf5 * * * * x", "bad minute"),
        (b"0 0 * *", "bad day-of-week"),
    ],
)
def test_split_refused(line: bytes, words: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        split_schedule(line)
    assert caught.value.cron_words == words


def test_a_star_may_be_a_user_name_in_a_system_table() -> None:
    assert split_schedule(b"0 0 * * * * x", system=True) == ("0 0 * * *", 10)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5;x * * * *", "bad minute"),
        ("*-5 * * * *", "bad minute"),
        ("9~5 * * * *", "bad minute"),
        ("0 0 5-70 * *", "bad day-of-month"),
    ],
)
def test_cronie_refuses(text: str, words: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(text, "cronie")
    assert caught.value.cron_words == words


def test_cronie_chooses_a_minute_that_nobody_knows() -> None:
    schedule = parse_schedule("0~30 ~ * * *", "cronie")
    assert [(one.low, one.high) for one in schedule.random] == [(0, 30), (0, 23)]
    assert not schedule.never_fires


def test_a_range_over_the_end_of_the_week() -> None:
    weekdays = {
        name: parse_schedule("0 0 * * fri-sun", name).weekdays for name in ("debian", "cronie", "busybox")
    }
    assert weekdays == {"debian": (), "cronie": (), "busybox": (0, 5, 6)}
    with pytest.raises(ScheduleError, match="runs backwards"):
        parse_schedule("0 0 * * fri-sun", "bcron")


def test_cronie_needs_a_command() -> None:
    with pytest.raises(ScheduleError, match="bad command"):
        split_schedule(b"@daily ", "cronie")
    assert split_schedule(b"-@daily root x", "cronie", system=True) == ("@daily", 8)


def test_unknown_dialect() -> None:
    with pytest.raises(ValueError, match="vixie"):
        parse_schedule("* * * * *", "vixie")
