"""Runs of many jobs in true order, also across a clock change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from fedtui.model import CronFacts, Job, Location, SourceName, TimerFacts
from fedtui.schedule.cron import parse_schedule
from fedtui.schedule.upcoming import runs_of, upcoming

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=BERLIN)


def cron_job(
    name: str, schedule: str, now: datetime = NOW, zone: str = "Europe/Berlin", dialect: str = "debian"
) -> Job:
    facts = CronFacts("crontab", schedule.encode(), b"true", zone=zone, dialect=dialect)
    first = next(parse_schedule(schedule, dialect).runs(now, ZoneInfo(zone)), None)
    return Job(
        f"crontab:{name}",
        name,
        SourceName.CRONTAB,
        "fed",
        schedule,
        "",
        Location("crontab"),
        next_run=first,
        facts=facts,
    )


def timer_job(name: str, *runs: datetime) -> Job:
    place = Location(f"/etc/systemd/system/{name}")
    facts = TimerFacts(name, "x.service", False, "active", "enabled")
    job = Job(name, name, SourceName.SYSTEM_TIMER, "root", "", "", place, facts)
    return replace(job, next_run=runs[0], later_runs=runs[1:])


def shown(jobs: list[Job], after: datetime, count: int) -> list[str]:
    return [f"{at:%H:%M} {job.name}" for at, job in islice(upcoming(jobs, after), count)]


def test_the_pane_of_the_mock_up() -> None:
    evening = datetime(2026, 11, 24, 18, 30, tzinfo=BERLIN)
    jobs = [
        cron_job("sync", "0 * * * *"),
        cron_job("dashboard", "*/5 * * * *"),
        replace(cron_job("export", "0 2 * * 0"), next_run=None),
        cron_job("monitor", "*/10 * * * *"),
        timer_job("backup.timer", evening, evening + timedelta(days=1)),
    ]
    assert shown(jobs, NOW, count=6) == [
        "14:10 dashboard",
        "14:10 monitor",
        "14:15 dashboard",
        "14:20 dashboard",
        "14:20 monitor",
        "14:25 dashboard",
    ]
    ahead = takewhile(lambda run: run[0] <= evening, upcoming(jobs, NOW))
    within = [f"{at:%H:%M} {job.name}" for at, job in ahead]
    assert within[-3:] == ["18:30 dashboard", "18:30 monitor", "18:30 backup.timer"]
    assert len(within) == 53 + 27 + 4 + 1


def test_a_run_that_has_begun_since_is_passed_over() -> None:
    later = NOW + timedelta(minutes=7)
    jobs = [cron_job("dashboard", "*/5 * * * *"), timer_job("once.timer", NOW + timedelta(minutes=1))]
    assert shown(jobs, later, count=2) == ["14:15 dashboard", "14:20 dashboard"]


def test_true_order_in_the_repeated_hour() -> None:
    """02:30 summer time comes before 02:00 winter time, whatever the wall clock says."""
    now = datetime(2027, 10, 31, 1, 59, tzinfo=BERLIN)
    jobs = [
        cron_job("wild", "*/30 2 * * *", now),
        cron_job("fixed", "45 2 * * *", now),
        cron_job("three", "0 3 * * *", now),
    ]
    assert [f"{at.isoformat()[11:]} {job.name}" for at, job in islice(upcoming(jobs, now), 6)] == [
        "02:00:00+02:00 wild",
        "02:30:00+02:00 wild",
        "02:45:00+02:00 fixed",
        "02:00:00+01:00 wild",
        "02:30:00+01:00 wild",
        "03:00:00+01:00 three",
    ]


def test_runs_of_a_timer_end_with_what_is_known() -> None:
    first = datetime(2026, 11, 25, tzinfo=UTC)
    job = timer_job("daily.timer", first, first + timedelta(days=1))
    assert list(runs_of(job, NOW)) == [first, first + timedelta(days=1)]
    assert list(runs_of(job, first)) == [first + timedelta(days=1)]


def test_runs_of_a_job_that_promises_none() -> None:
    assert list(runs_of(replace(cron_job("paused", "* * * * *"), next_run=None), NOW)) == []


def test_cron_tz_of_cronie_makes_nothing_up() -> None:
    now = datetime(2027, 3, 27, 12, tzinfo=BERLIN)
    job = cron_job("zoned", "30 2 * * *", now, dialect="cronie")
    assert next(runs_of(job, now)).isoformat() == "2027-03-28T03:00:00+02:00"
    assert isinstance(job.facts, CronFacts)
    zoned = replace(job, facts=replace(job.facts, daemon_zone="Europe/Berlin"))
    assert next(runs_of(zoned, now)).isoformat() == "2027-03-29T02:30:00+02:00"


def test_an_unknown_zone_falls_back_to_that_of_the_next_run() -> None:
    job = cron_job("x", "0 0 * * *")
    assert isinstance(job.facts, CronFacts)
    odd = replace(job, facts=replace(job.facts, zone="/etc/localtime"))
    assert [at.isoformat() for at in islice(runs_of(odd, NOW), 1)] == ["2026-11-25T00:00:00+01:00"]


def test_a_schedule_of_another_dialect_keeps_what_its_source_knows() -> None:
    job = replace(cron_job("x", "0 0 * * *"), schedule="0 0 L * *")
    assert list(runs_of(job, NOW)) == [job.next_run]


def test_no_jobs_have_no_runs() -> None:
    assert list(upcoming([], NOW)) == []
