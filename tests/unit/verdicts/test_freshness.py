"""Whether what a job brings is too old, of jobs without a product: one judgement for rows and alerts."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.model import UNSEEN, CronStart, Freshness, Job, Outcome, Result, Run, Snapshot
from fedtui.verdicts import evidence
from fedtui.verdicts.freshness import freshness_of
from fedtui.verdicts.judge import standing_of
from tests.unit.health.rows import table

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RAN = Result(Outcome.UNKNOWN)


@pytest.fixture(autouse=True)
def awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "has_slept", lambda: False)


@pytest.fixture
def hourly() -> Job:
    (job,) = table("0 * * * * true\n")
    return replace(job, last_result=UNSEEN)


def ran(job: Job, ago: timedelta, result: Result) -> tuple[Job, tuple[Run, ...]]:
    at = NOW - ago
    run = Run("r", job.id, at, at, result)
    job = replace(job, last_run=at, last_result=result)
    return replace(job, standing=standing_of(job, (run,))), (run,)


def fresh(
    job: Job,
    runs: tuple[Run, ...] = (),
    *,
    since: timedelta | None = None,
    loaded: timedelta | None = None,
    starts: tuple[CronStart, ...] = (),
) -> Freshness | None:
    snapshot = Snapshot(NOW, (job,), runs={job.id: runs}, starts_since=since and NOW - since, starts=starts)
    in_force = NOW - loaded if loaded is not None else None
    return freshness_of(snapshot, lambda _: "", {}, None, lambda *_: in_force).get(job.id)


def test_a_job_of_which_nothing_is_known_is_not_judged(hourly: Job) -> None:
    assert fresh(hourly) is None
    assert fresh(hourly, since=24 * HOUR) is None
    assert fresh(hourly, loaded=24 * HOUR) is None


def test_where_every_start_is_seen_one_that_never_starts_is_stale(hourly: Job) -> None:
    assert fresh(hourly, since=24 * HOUR, loaded=HOUR) is None
    found = fresh(hourly, since=24 * HOUR, loaded=9 * HOUR)
    assert found is not None
    assert (found.stale, found.words) == (
        True,
        "cron's log names no start of it since 04:05:12, 9 h ago; more than 2 h is too old",
    )


def test_a_start_without_a_known_end_keeps_a_job_fresh_for_two_periods(hourly: Job) -> None:
    known = {"since": 24 * HOUR, "loaded": 24 * HOUR}
    assert fresh(*ran(hourly, HOUR, RAN), **known) == Freshness(False)
    found = fresh(*ran(hourly, 3 * HOUR, RAN), **known)
    assert found is not None
    assert (found.stale, found.words) == (
        True,
        "cron last started it at 10:05:12, 3 h ago; more than 2 h is too old",
    )
    assert fresh(*ran(hourly, 3 * HOUR, RAN)) is None, "nobody would have seen a later start"


def test_a_job_whose_log_has_not_grown_is_stale_unless_its_line_may_be_new(
    hourly: Job, tmp_path: Path
) -> None:
    log = tmp_path / "sync.log"
    log.write_text("done\n")
    job, runs = ran(replace(hourly, log_path=str(log)), 3 * HOUR, RAN)
    os.utime(log, ((NOW - HOUR).timestamp(),) * 2)
    assert fresh(job, runs) == Freshness(False, "it wrote to its log at 12:05:12", 7200.0)
    os.utime(log, ((NOW - 3 * HOUR).timestamp(),) * 2)
    assert fresh(job, runs) is None
    assert fresh(job, runs, loaded=timedelta(minutes=3)) is None
    found = fresh(job, runs, loaded=24 * HOUR)
    assert found is not None
    assert found.stale is True
    assert found.words.startswith("it has not been seen to run, and last wrote to its log at 10:05:12")


def test_skipped_runs_keep_no_job_fresh(hourly: Job) -> None:
    job, runs = ran(hourly, 3 * HOUR, Result(Outcome.OK, exit_code=0))
    at = NOW - timedelta(minutes=5)
    skipped = Run("s", job.id, at, at, Result(Outcome.SKIPPED, exit_code=0))
    job = replace(job, last_run=at, last_result=Result(Outcome.SKIPPED, exit_code=0))
    found = fresh(replace(job, standing=standing_of(job, (*runs, skipped))), (*runs, skipped))
    assert found is not None
    assert found.stale is True


def test_a_start_that_is_counted_for_none_may_be_the_jobs(hourly: Job) -> None:
    """Two lines with one command: cron's log does not say which of them it started."""
    known = {"since": 24 * HOUR, "loaded": 24 * HOUR}
    assert fresh(hourly, **known) is not None
    start = CronStart(hourly.user, "true", 7, NOW - HOUR)
    assert fresh(hourly, **known, starts=(start,)) is None
    other = fresh(hourly, **known, starts=(replace(start, user="ops"),))
    assert other is not None
    assert other.stale is True


def test_after_a_suspension_a_missing_start_proves_nothing(
    hourly: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "has_slept", lambda: True)
    assert fresh(*ran(hourly, 8 * HOUR, RAN), since=24 * HOUR, loaded=24 * HOUR) is None


def test_a_job_that_was_resumed_a_moment_ago_is_not_stale_for_its_last_good_run(hourly: Job) -> None:
    good = ran(hourly, 10 * HOUR, Result(Outcome.OK, exit_code=0))
    found = fresh(*good, loaded=timedelta(minutes=3))
    assert found is None or found.stale is None
    found = fresh(*good, loaded=24 * HOUR)
    assert found is not None
    assert found.stale is True
