"""Jobs of one minute, and where they are moved to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.model import CronFacts, Job, Location, SourceName, TimerFacts
from fedtui.schedule.contention import BusyMinute, Contention, busy_minutes
from fedtui.schedule.cron import parse_schedule

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=BERLIN)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=BERLIN)


def line(name: str, schedule: str, *, editable: bool = True) -> Job:
    first = next(parse_schedule(schedule).runs(NOW, BERLIN), None)
    facts = CronFacts("crontab", b"", b"true", zone=BERLIN.key)
    place = Location("crontab")
    return Job(
        name,
        name,
        SourceName.CRONTAB,
        "fed",
        schedule,
        "",
        place,
        next_run=first,
        editable=editable,
        facts=facts,
    )


def timer(name: str, *runs: datetime, delay: float = 0.0) -> Job:
    facts = TimerFacts(name, f"{name}.service", False, "active", "enabled", randomized_delay=delay)
    place = Location(name)
    first, *later = runs
    return Job(
        name,
        name,
        SourceName.USER_TIMER,
        "fed",
        "",
        "",
        place,
        next_run=first,
        later_runs=tuple(later),
        facts=facts,
    )


def test_jobs_at_midnight_are_spread_over_the_hour() -> None:
    jobs = [line("a", "0 0 * * *"), line("b", "@daily"), line("c", "0 0 * * 3"), line("d", "0 0,12 * * *")]
    assert busy_minutes([*jobs, line("e", "30 0 * * *")], NOW, least=4) == (
        BusyMinute(
            MIDNIGHT,
            ("a", "b", "c", "d"),
            1,
            (("b", "5 0 * * *"), ("c", "10 0 * * 3"), ("d", "15 0,12 * * *")),
        ),
    )
    assert busy_minutes(jobs, NOW, least=5) == ()


def test_what_cannot_be_moved_keeps_the_minute_and_the_others_leave_it() -> None:
    jobs = [line("system", "0 0 * * *", editable=False), timer("t", MIDNIGHT), line("mine", "0 0 * * *")]
    assert [pile.spread for pile in busy_minutes(jobs, NOW, least=3)] == [(("mine", "5 0 * * *"),)]


def test_the_seconds_of_a_timer_do_not_matter() -> None:
    jobs = [timer("t", MIDNIGHT + timedelta(seconds=40)), line("a", "@daily")]
    assert [pile.job_ids for pile in busy_minutes(jobs, NOW, least=2)] == [("t", "a")]


def test_a_random_delay_is_a_spread_already() -> None:
    assert busy_minutes([timer("t", MIDNIGHT, delay=900.0), line("a", "@daily")], NOW, least=2) == ()


def test_jobs_that_are_always_about_are_not_told_of() -> None:
    often = [line("a", "*/5 * * * *"), line("b", "* * * * *"), line("c", "*/10 * * * *")]
    assert busy_minutes([*often, line("d", "@daily")], NOW, least=2) == ()


def test_an_hourly_pile_is_told_once_and_the_larger_first() -> None:
    hourly = [line(name, "0 * * * *") for name in "ab"]
    daily = [line(name, "0 3 * * *") for name in "cd"]
    found = busy_minutes([*hourly, *daily], NOW, least=2)
    assert [(pile.job_ids, pile.times, pile.at.hour) for pile in found] == [(("a", "b", "c", "d"), 1, 3)]
    found = busy_minutes([*hourly, line("e", "30 3 * * *"), line("f", "30 3 * * *")], NOW, least=2)
    assert [(pile.job_ids, pile.times) for pile in found] == [(("a", "b"), 24), (("e", "f"), 1)]


def test_minute_lists_move_as_one_and_never_over_the_hour() -> None:
    jobs = [line("a", "0,30 4 * * *"), line("b", "0,30 4 * * *"), line("c", "0,50 4 * * *")]
    (pile, *_) = busy_minutes(jobs, NOW, least=3)
    assert pile.spread == (("b", "4,34 4 * * *"), ("c", "8,58 4 * * *"))
    late = [line("a", "59 4 * * *"), line("b", "59 4 * * *")]
    assert [pile.spread for pile in busy_minutes(late, NOW, least=2)] == [()]


def test_more_jobs_than_minutes() -> None:
    jobs = [line(str(number), "0 0 * * *") for number in range(200)]
    (pile,) = busy_minutes(jobs, NOW)
    assert len(pile.spread) == 199
    moved = dict(pile.spread)
    assert max(map(len, by_minute(replaced(jobs, moved)).values())) == 4


def replaced(jobs: list[Job], schedules: dict[str, str]) -> list[Job]:
    return [line(job.id, schedules.get(job.id, job.schedule)) for job in jobs]


def by_minute(jobs: list[Job]) -> dict[datetime, list[str]]:
    found: dict[datetime, list[str]] = {}
    for job in jobs:
        assert job.next_run is not None
        found.setdefault(job.next_run, []).append(job.id)
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 59), st.sampled_from(["0", "3", "0,12", "*/6"])), min_size=5, max_size=30
    )
)
def test_a_spread_changes_minutes_alone_and_makes_the_pile_smaller(times: list[tuple[int, str]]) -> None:
    jobs = [
        line(str(number), f"{minute // 20 * 20} {hours} * * *")
        for number, (minute, hours) in enumerate(times)
    ]
    for pile in busy_minutes(jobs, NOW, least=3):
        moved = dict(pile.spread)
        assert moved
        for job in jobs:
            if job.id in moved:
                assert moved[job.id].split()[1:] == job.schedule.split()[1:]
        staying = [job for job in jobs if job.id in pile.job_ids and job.id not in moved]
        assert len(staying) == 1


def test_ten_thousand_jobs() -> None:
    jobs = [line(str(number), f"{number % 60} {number % 24} * * *") for number in range(2_000)]
    found = busy_minutes(jobs, NOW, within=timedelta(days=1))
    assert all(len(pile.job_ids) >= 5 for pile in found)
    assert len(found) == len({(number % 60, number % 24) for number in range(2_000)})
    assert replace(found[0], spread=()).times == 1


FOUR = [line(name, "0 0 * * *") for name in "abcd"]


def test_who_types_the_minute_of_a_pile_is_offered_a_quieter_one() -> None:
    busy = line("e", "5 0 * * *")
    pitfall = Contention([*FOUR, busy], NOW).pitfall(line("new", "0 0 * * *"))
    assert pitfall is not None
    assert pitfall.text == (
        "4 other jobs start at 00:00 too, and each is slower for it. They are a, b, c and 1 more."
    )
    assert pitfall.schedules == ("10 0 * * *",), "at :05 there is one already"
    assert Contention(FOUR, NOW).pitfall(line("new", "10 0 * * *")) is None
    assert Contention(FOUR[:3], NOW).pitfall(line("new", "0 0 * * *")) is None


def test_the_job_itself_is_none_of_the_others() -> None:
    assert Contention(FOUR, NOW, but="a").pitfall(line("a", "0 0 * * *")) is None


def test_a_timer_in_a_pile_is_told_of_the_random_delay() -> None:
    pitfall = Contention(FOUR, NOW).pitfall(timer("t.timer", MIDNIGHT))
    assert pitfall is not None
    assert pitfall.text.endswith("RandomizedDelaySec= would spread them.")
    assert pitfall.schedules == ()
    assert Contention(FOUR, NOW).pitfall(timer("t.timer", MIDNIGHT, delay=600.0)) is None


def test_no_minute_is_offered_where_every_one_is_as_full() -> None:
    everywhere = [line(f"{name}{minute}", f"{minute} 0 * * *") for minute in range(60) for name in "abcd"]
    pitfall = Contention(everywhere, NOW).pitfall(line("new", "0 0 * * *"))
    assert pitfall is not None
    assert pitfall.schedules == ()


def test_a_timer_is_counted_once_a_minute_and_not_at_all_where_it_runs_all_the_time() -> None:
    jobs = [line(name, "0 0 * * *") for name in "abc"]
    twice = timer("twice", MIDNIGHT, MIDNIGHT + timedelta(seconds=30))
    often = timer("often", *(MIDNIGHT + timedelta(seconds=5 * step) for step in range(12)))
    minutely = timer("minutely", *(MIDNIGHT + timedelta(minutes=step) for step in range(12)))
    assert not busy_minutes([*jobs, twice, often, minutely], NOW, least=5)
    (pile,) = busy_minutes([*jobs, twice, often, minutely], NOW, least=4)
    assert pile.job_ids == ("a", "b", "c", "twice")
