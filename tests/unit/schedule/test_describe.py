"""The words a user reads for a cron schedule, and that they say what the schedule does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.schedule.cron import parse_schedule
from fedtui.schedule.describe import describe
from fedtui.schedule.patterns import CELLS
from tests.unit.schedule.word_reader import read_words


@pytest.mark.parametrize(
    ("text", "long", "short"),
    [
        ("0 * * * *", "hourly at :00", "hourly :00"),
        ("*/5 * * * *", "every 5 min", "every 5 m"),
        ("*/10 * * * *", "every 10 min", "every 10 m"),
        ("0 */6 * * *", "every 6 h at :00", "every 6 h"),
        ("0 2 * * 0", "Sun 02:00", "Sun 02:00"),
        ("30 3 * * 0", "Sun 03:30", "Sun 03:30"),
        ("0 4 1 * *", "day 1, 04:00", "day 1 04:00"),
        ("30 18 * * 1-5", "Mon–Fri 18:30", "Mo–Fr 18:30"),
        ("0 0 * * *", "daily 00:00", "daily 00:00"),
        ("@daily", "daily 00:00", "daily 00:00"),
        ("@weekly", "Sun 00:00", "Sun 00:00"),
        ("@yearly", "1 Jan, 00:00", "1 Jan 00:00"),
        ("@reboot", "at boot", "at boot"),
        ("* * * * *", "every minute", "every min"),
        ("0,15,30,45 * * * *", "every 15 min", "every 15 m"),
        ("*/7 * * * *", "every 7 min from :00 to :56", ":00–:56/7 m"),
        ("2-59/15 * * * *", "every 15 min from :02", "15 m at :02"),
        ("5,20 * * * *", "hourly at :05, :20", ":05,:20"),
        ("0 3,15 * * *", "daily 03:00, 15:00", "03:00,15:00"),
        ("0 9-17 * * 1-5", "hourly 09:00–17:00, Mon–Fri", "0 9-17 * * …"),
        ("*/15 9-17 * * *", "every 15 min, 09:00–17:45", "15 m 9–17 h"),
        ("0 8-18/2 * * *", "every 2 h from 08:00 to 18:00", "8–18 h/2 :00"),
        ("0 0 * * 6,0", "Sat, Sun 00:00", "Sa,Su 00:00"),
        ("0 9 13 * fri", "day 13 or Fri, 09:00", "0 9 13 * fri"),
        ("0 9 */2 * 1", "odd days if Mon, 09:00", "0 9 */2 * 1"),
        ("17 4 */3 * *", "days 1, 4 … 31, 04:17", "17 4 */3 * *"),
        ("0 0 1 1,4,7,10 *", "day 1 of Jan, Apr, Jul, Oct, 00:00", "0 0 1 1,4,7…"),
        ("0 12 * 6-8 *", "daily 12:00, Jun–Aug", "0 12 * 6-8 *"),
        ("5 0,12 * * *", "every 12 h at :05", "12 h at :05"),
        ("15 1,7,13,19 * * *", "every 6 h from 01:15", "01:15/6 h"),
        ("0 1,2,3,7,9 * * *", "at :00, hours 1–3, 7, 9", "0 1,2,3,7,9…"),
        ("0 3-8 * * *", "hourly 03:00–08:00", "3–8 h :00"),
        ("* 9-17 * * *", "every minute, 09:00–17:59", "09:00–17:59"),
        ("20,40 */3 * * *", "at :20, :40, every 3rd hour from 0", "20,40 */3 *…"),
        ("0 0 20-10 * 1", "Mon 00:00", "Mon 00:00"),
        ("0 0 1 * 5-4", "day 1, 00:00", "day 1 00:00"),
        ("0 0 1 * 0-6", "daily 00:00", "daily 00:00"),
        ("* * 1 * *", "every minute on day 1", "* * 1 * *"),
        ("*/5 * * * 1", "every 5 min, Mon", "*/5 * * * 1"),
        ("0 0 1-7 6 1", "days 1–7 or Mon in Jun, 00:00", "0 0 1-7 6 1"),
        ("0 0 30 2 *", "never (30 February)", "never"),
        ("0 0 * * fri-sun", "never (fri-sun)", "never"),
    ],
)
def test_words(text: str, long: str, short: str) -> None:
    words = describe(parse_schedule(text))
    assert (words.long, words.short) == (long, short)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("*/7 * * * *", "every 7 min from :00 to :56 of each hour, 9 runs an hour"),
        ("*/5 * * * *", "every 5 min, 12 runs an hour"),
        ("0 * * * *", "at :00 of each hour, 24 runs a day"),
        ("0 2 * * 0", "at 02:00 on Sunday"),
        ("30 18 * * 1-5", "at 18:30 from Monday to Friday"),
        ("0 4 1 * *", "at 04:00 on day 1 of the month"),
        ("0 9 1-7 * 1", "at 09:00 on days 1–7 of the month or on Monday"),
        ("0 12 * 6-8 *", "at 12:00 every day from June to August"),
        ("0 0 1 1,4,7,10 *", "at 00:00 on day 1 of January, April, July and October"),
        ("0 0 30 2 *", "never: there is no 30 February"),
        ("0 0 31 4,6 *", "never: there is no 31 April or June"),
        ("0 22-2 * * *", "never: 22-2 runs backwards, which cron takes for no hour at all"),
        ("@reboot", "once each time the machine starts"),
    ],
)
def test_sentences(text: str, sentence: str) -> None:
    assert describe(parse_schedule(text)).sentence == sentence


def test_a_random_minute_is_not_dressed_as_a_known_one() -> None:
    words = describe(parse_schedule("0~30 4 * * *", "cronie"))
    assert words.long == "random: 0~30 4 * * *"
    assert words.sentence == (
        "cron chooses minute 0 to 30 when it loads the table, so its runs are not known"
    )


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    step = st.sampled_from([2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30])
    spans = st.tuples(number, number).map(sorted)
    return st.one_of(
        st.just("*"),
        number.map(str),
        step.map("*/{}".format),
        spans.map(lambda pair: f"{pair[0]}-{pair[1]}"),
        st.tuples(spans, step).map(lambda one: f"{one[0][0]}-{one[0][1]}/{one[1]}"),
        st.lists(number, min_size=2, max_size=4).map(lambda many: ",".join(map(str, many))),
    )


SCHEDULES = st.tuples(_field(0, 59), _field(0, 23), _field(1, 31), _field(1, 12), _field(0, 7)).map(" ".join)
EVERY_DAY = st.tuples(_field(0, 59), _field(0, 23)).map(lambda two: f"{two[0]} {two[1]} * * *")


@settings(max_examples=200, deadline=None)
@given(st.one_of(SCHEDULES, EVERY_DAY))
def test_the_words_read_back_as_the_schedule(text: str) -> None:
    schedule = parse_schedule(text)
    words = describe(schedule)
    assert 0 < len(words.short) <= CELLS
    if schedule.never_fires:
        assert words.long.startswith("never (")
        return
    meant = {
        (month, day, weekday)
        for month in schedule.months
        for day in range(1, 32)
        for weekday in range(7)
        if (
            (day in schedule.days or weekday in schedule.weekdays)
            if schedule.either_day
            else (day in schedule.days and weekday in schedule.weekdays)
        )
    }
    read = read_words(words.long)
    assert read.times == {hour * 60 + minute for hour in schedule.hours for minute in schedule.minutes}, words
    assert read.days == meant, words
    written = words.short == text or words.short.endswith("…")
    if not written:
        short = read_words(words.short)
        assert (short.times, short.days) == (read.times, read.days), words
