"""The history in words: what an hour, a day, a job's durations say."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.model import Job, Location, Outcome, Result, Run, SourceName, TimerFacts, Trigger
from fedtui.presentation.glyphs import plain
from fedtui.presentation.history_text import (
    JobNames,
    curve,
    days,
    evidence,
    extremes,
    matching,
    rate_words,
    run_row,
    strip_line,
    summary_line,
    tally,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=BERLIN)


def run(hours_ago: float, outcome: Outcome = Outcome.OK, job: str = "crontab:1", **more: object) -> Run:
    start = NOW - timedelta(hours=hours_ago)
    result = Result(outcome, duration=more.pop("took", 1.0))  # type: ignore[arg-type]  # a test's shorthand
    return Run(f"{job}{hours_ago}", job, start, start, result, **more)  # type: ignore[arg-type]  # as above


def test_the_worst_run_of_an_hour_is_shown() -> None:
    found = days([run(0.01), run(0.02, Outcome.FAILED), run(1.2), run(1.3, Outcome.SKIPPED)], NOW, 1)
    assert found[0].hours[11:15] == (None, Outcome.SKIPPED, None, Outcome.FAILED)


def test_an_unknown_run_hides_an_ok_and_a_failure_hides_both() -> None:
    three = [run(0.01), run(0.02, Outcome.UNKNOWN)]
    assert days(three, NOW, 1)[0].hours[14] is Outcome.UNKNOWN
    assert days([*three, run(0.03, Outcome.FAILED)], NOW, 1)[0].hours[14] is Outcome.FAILED


def test_hours_to_come_are_blank_and_hours_without_a_run_are_dots() -> None:
    line = plain(strip_line(days([run(0.01)], NOW, 1)[0], NOW, 80))
    assert line == "Tue 24  " + "· " * 14 + "■ " + "  " * 9 + " 100.0 %"


def test_a_run_in_progress_is_no_outcome() -> None:
    going_on = Run("r", "crontab:1", NOW)
    assert days([going_on], NOW, 1)[0].hours[14] is None
    assert tally([going_on]).runs == 0


def test_what_is_unknown_counts_for_neither_side() -> None:
    counts = tally([run(1), run(2, Outcome.UNKNOWN), run(3, Outcome.SKIPPED), run(4, Outcome.WARNINGS)])
    assert (counts.runs, counts.good, counts.failed, counts.rate) == (4, 2, 0, 1.0)
    assert tally([run(1, Outcome.UNKNOWN)]).rate is None
    assert rate_words(None) == "–"


def test_a_rate_is_rounded_down_so_that_only_all_is_100() -> None:
    assert [rate_words(n / 10_000) for n in (10_000, 9_999, 5)] == ["100.0 %", "99.9 %", "0.0 %"]


def test_a_summary_says_what_failed_and_what_nobody_knows() -> None:
    runs = [run(1), run(30, Outcome.FAILED), run(31, Outcome.UNKNOWN)]
    words = "50.0 % ok of 2 known, 3 runs in 2 days   1 failed   1 unknown"
    assert plain(summary_line(runs, NOW)).rstrip() == words


def test_the_flakiest_needs_more_than_one_bad_day() -> None:
    few = [run(1, Outcome.FAILED, "crontab:new")]
    many = [run(n, Outcome.FAILED if n == 3 else Outcome.OK, "crontab:old", took=5.0) for n in range(1, 6)]
    lines = [plain(line) for line in extremes([*few, *many], JobNames({}))]
    assert lines == ["slowest     old (gone)          5 s", "flakiest    old (gone)          80 % ok"]


def test_a_curve_is_as_high_as_its_highest() -> None:
    assert [plain(line) for line in curve([1.0, 2.0, 4.0], 10, 2)] == ["  █", "▄██"]
    assert curve([], 10, 2) == []
    assert curve([0.0], 10, 2) == []


@settings(max_examples=100)
@given(st.lists(st.floats(0, 1e6), max_size=60), st.integers(1, 50), st.integers(1, 5))
def test_a_curve_never_leaves_its_room(took: list[float], width: int, height: int) -> None:
    rows = curve(took, width, height)
    assert len(rows) in (0, height)
    assert all(len(plain(row)) == min(width, len(took)) for row in rows)


def test_evidence_names_the_status_and_its_witness() -> None:
    result = Result(Outcome.OK, 0, evidence=("exit status, recorder", "12 lines read, output"))
    assert evidence(Run("r", "crontab:1", NOW, NOW, result)) == "exit 0, recorder; 12 lines read, output"
    killed = Result(Outcome.FAILED, signal="SIGKILL", evidence=("exit status, fedtui",))
    assert evidence(Run("r", "crontab:1", NOW, NOW, killed)) == "SIGKILL, fedtui"
    assert evidence(Run("r", "crontab:1", NOW, None, Result(Outcome.UNKNOWN))) == ""
    assert evidence(Run("r", "crontab:1", NOW, pid=7)) == "pid 7"


def test_outside_text_in_a_row_stays_text() -> None:
    nasty = Result(Outcome.FAILED, 1, reasons=("\x1b[31mred[/x]\n",))
    row = plain(run_row(Run("r", "crontab:\x1b[2J", NOW, NOW, nasty), JobNames({}), NOW, 120))
    assert "\x1b" not in row
    assert "\n" not in row


def test_a_run_has_the_name_of_its_job_as_it_is_now_or_was_last() -> None:
    facts = TimerFacts("b.timer", "b.service", True, "active", "enabled")
    timer = Job("user-timer:b.timer", "b.timer", SourceName.USER_TIMER, "fed", "", "", Location(""), facts)
    jobs = JobNames({timer.id: timer}, {"crontab:0": "nightly", "crontab:1": "b"}, {"crontab:1": timer.id})
    names = [jobs.name(run(1, job=job_id)) for job_id in ("crontab:0", "crontab:1", timer.id, "crontab:f00d")]
    assert names == ["nightly (gone)", "b.timer", "b.timer", "f00d (gone)"]
    assert [jobs.by(run(1, job=job_id)) for job_id in ("crontab:1", timer.id)] == ["cron", "timer"]
    took = [run(n, job=job_id, took=n) for n, job_id in enumerate(("crontab:1", timer.id, "crontab:1"), 3)]
    assert [plain(line) for line in extremes(took, jobs)] == ["slowest     b.timer             4 s"]


def test_the_filter_finds_jobs_outcomes_and_who_started_them() -> None:
    jobs = JobNames({})
    by_hand = run(1, Outcome.FAILED, trigger=Trigger.MANUAL)
    assert matching(by_hand, jobs, "failed r")
    assert matching(run(1, job="user-timer:b.timer"), jobs, "timer ok")
    assert not matching(run(1), jobs, "timer")
