"""What the evidence on a job comes to: each condition on both sides of its limit, and not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fedtui.model import (
    NEVER_RAN,
    UNSEEN,
    Condition,
    Job,
    Judgement,
    Mark,
    Outcome,
    ProductAge,
    Result,
    Run,
    Severity,
    State,
)
from fedtui.verdicts.evidence import JobEvidence
from fedtui.verdicts.judge import failures_in_a_row, holds, judge, standing_of
from tests.unit.health.rows import table

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OK = Result(Outcome.OK, exit_code=0)
FAILED = Result(Outcome.FAILED, exit_code=12)
RAN = Result(Outcome.UNKNOWN)
ERROR_IN_LOG = Result(Outcome.UNKNOWN, warnings=1, errors=1)
SKIPPED = Result(Outcome.SKIPPED, exit_code=0, reasons=("locked",))
WARNED = Result(Outcome.WARNINGS, exit_code=0, warnings=1)
WITH_ERROR = replace(WARNED, errors=1)
NOT_RENEWED = WARNED.marked(Mark.PRODUCT)
RUNNING = None


def row(*results: Result | None, **facts: object) -> tuple[Job, tuple[Run, ...]]:
    """An hourly job whose runs ended so, the last of them now, oldest first."""
    (job,) = table("0 * * * * true\n")
    runs = tuple(
        Run(f"r{n}", job.id, NOW - HOUR * back, None if result is None else NOW - HOUR * back, result)
        for n, (back, result) in enumerate(zip(range(len(results) - 1, -1, -1), results, strict=True))
    )
    ended = [run for run in runs if run.result is not None]
    if ended:
        facts = {"last_run": ended[-1].start, "last_result": ended[-1].result} | facts
    return replace(job, **facts), runs  # type: ignore[arg-type]  # shorthand


@pytest.mark.parametrize(
    ("results", "failed_ago", "runs_since", "severity"),
    [
        ((OK, FAILED), 0, 0, Severity.ERROR),
        ((FAILED, OK), None, 0, None),
        ((FAILED, RAN), 1, 1, Severity.ERROR),
        ((OK, FAILED, RAN, ERROR_IN_LOG, RAN), 3, 3, Severity.ERROR),
        ((FAILED, RAN, OK, RAN), None, 0, Severity.NOTE),
        ((FAILED, SKIPPED), 1, 1, Severity.ERROR),
        ((FAILED, WARNED), None, 0, Severity.WARNING),
        ((FAILED, WITH_ERROR), 1, 1, Severity.ERROR),
        ((FAILED, NOT_RENEWED), None, 0, Severity.WARNING),
        ((FAILED, WARNED, WITH_ERROR), None, 0, Severity.WARNING),
        ((FAILED, RUNNING), 1, 0, Severity.ERROR),
        ((OK, ERROR_IN_LOG), None, 0, Severity.WARNING),
        ((RAN,), None, 0, Severity.NOTE),
        ((OK,), None, 0, None),
    ],
)
def test_a_failure_lasts_until_a_run_is_known_to_be_good(
    results: tuple[Result | None, ...], failed_ago: int | None, runs_since: int, severity: Severity | None
) -> None:
    verdict = standing_of(*row(*results))
    at = None if failed_ago is None else NOW - HOUR * failed_ago
    assert (verdict.failed_at, verdict.runs_since, verdict.severity) == (at, runs_since, severity)


@pytest.mark.parametrize(
    ("job", "condition", "expected"),
    [
        (row(OK, FAILED), Condition.FAILED, True),
        (row(FAILED, OK), Condition.FAILED, False),
        (row(FAILED, WITH_ERROR), Condition.FAILED, True),
        (row(WITH_ERROR), Condition.FAILED, None),
        (row(RAN), Condition.FAILED, None),
        (row(RAN), Condition.UNPROVEN, True),
        (row(OK), Condition.UNPROVEN, False),
        (row(last_result=UNSEEN), Condition.NEVER_SEEN, True),
        (row(last_result=NEVER_RAN), Condition.NEVER_SEEN, True),
        (row(RAN), Condition.NEVER_SEEN, False),
        (row(OK, state=State.OVERDUE, next_run=NOW), Condition.LATE, True),
        (row(OK, next_run=NOW), Condition.LATE, None),
        (row(OK, state=State.RUNNING, running_since=NOW), Condition.LATE, False),
        (row(OK, state=State.BAD_LINE, next_run=None), Condition.HELD, True),
        (row(OK, state=State.SCHEDULER_DOWN, next_run=None), Condition.HELD, None),
        (row(OK, state=State.UNREACHABLE, next_run=None), Condition.HELD, None),
        (row(OK, next_run=NOW), Condition.HELD, False),
        (row(OK), Condition.STALE, None),
    ],
)
def test_a_condition_holds_or_not_or_is_not_known(
    job: tuple[Job, tuple[Run, ...]], condition: Condition, expected: bool | None
) -> None:
    assert by(job, limit=None if condition is Condition.STALE else 7200.0, condition=condition) is expected


def judged(job: tuple[Job, tuple[Run, ...]], **facts: object) -> tuple[Judgement, ...]:
    evidence = {"limit": 7200.0} | facts
    return judge(JobEvidence(*job, **evidence), NOW)  # type: ignore[arg-type]  # shorthand


def by(
    job: tuple[Job, tuple[Run, ...]], condition: Condition = Condition.STALE, **facts: object
) -> bool | None:
    return holds(judged(job, **facts), condition).holds


def test_a_job_is_stale_once_its_last_good_end_is_older_than_the_limit() -> None:
    job, runs = row(OK)
    for age, stale in ((7200.0, False), (7201.0, True)):
        at = NOW - timedelta(seconds=age)
        run = replace(runs[0], start=at, end=at)
        assert by((replace(job, last_run=at), (run,))) is stale


def test_without_a_limit_or_a_good_end_nothing_is_said_of_staleness() -> None:
    assert by(row(OK), limit=None) is None
    assert by(row(FAILED)) is None
    assert by(row(FAILED), first_seen=NOW - 3 * HOUR) is True


def test_a_source_that_has_nothing_newer_is_no_alarm_unless_the_user_set_the_limit() -> None:
    old = ProductAge("p.jsonl", NOW - 5 * HOUR, what="the newest data in", modified=NOW)
    judgement = holds(judged(row(OK), product=old), Condition.STALE)
    assert (judgement.holds, judgement.words) == (
        False,
        "ran well at 13:05:12; the newest data is 5 h old, its source has none newer",
    )
    assert by(row(OK), product=old, own_limit=True) is True
    judgement = holds(judged(row(WITH_ERROR), product=old), Condition.STALE)
    assert (judgement.holds, judgement.words) == (
        True,
        "the newest data in p.jsonl is from 08:05:12, 5 h ago; more than 2 h is too old",
    )
    assert by(row(FAILED), product=old) is True
    unwritten = replace(old, modified=NOW - 5 * HOUR)
    assert by(row(OK), product=unwritten) is True


def test_a_paused_job_is_not_judged() -> None:
    assert judged(row(FAILED, state=State.PAUSED)) == ()


def test_only_a_start_ends_that_a_job_is_late() -> None:
    assert by(row(OK, next_run=NOW), Condition.LATE, late_since=NOW + HOUR) is None
    assert by(row(OK, next_run=NOW), Condition.LATE, late_since=NOW - HOUR) is False


def test_a_failure_between_two_looks_is_told_though_a_good_run_followed() -> None:
    found = judged(row(OK, FAILED, OK), judged_until=NOW - 2 * HOUR)
    held = [one.holds for one in found if one.condition is Condition.FAILED]
    assert held == [True, False]


def test_what_the_scheduler_says_of_a_run_that_nobody_saw_counts_if_it_is_newer() -> None:
    """A unit whose ExecStartPre= failed has no main process, and no run is made of it."""
    job, runs = row(OK)
    at = NOW + timedelta(minutes=5)
    failed = standing_of(replace(job, last_run=at, last_result=FAILED), runs)
    assert (failed.failed, failed.failed_at, failed.runs_since) == (FAILED, at, 0)
    older = standing_of(replace(job, last_run=NOW - HOUR, last_result=FAILED), runs)
    assert older.failed is None


def test_a_good_run_that_began_before_the_failure_ended_does_not_answer_it() -> None:
    job, _ = row(OK)
    long = Run("long", job.id, NOW - 2 * HOUR, NOW, FAILED)
    short = Run("short", job.id, NOW - HOUR, NOW - timedelta(minutes=55), OK)
    standing = standing_of(replace(job, last_run=short.start, last_result=OK), (long, short))
    assert (standing.failed, standing.failed_at) == (FAILED, NOW)
    next_one = Run("next", job.id, NOW, NOW, OK)
    assert standing_of(job, (long, short, next_one)).failed is None


def test_a_failure_behind_more_runs_than_a_snapshot_keeps_is_judged_all_the_same() -> None:
    job, runs = row(FAILED, *[RAN] * 30)
    merged = replace(job, standing=standing_of(job, runs))
    assert by((merged, runs[-24:]), Condition.FAILED) is True


def test_skipped_runs_end_no_row_of_failures() -> None:
    assert failures_in_a_row(row(OK, FAILED, FAILED, SKIPPED)[1]) == 2


def test_a_run_that_does_not_end_is_stale_once_it_is_older_than_the_limit() -> None:
    for hours, stale in ((1, False), (72, True)):
        hanging = row(last_result=UNSEEN, running_since=NOW - hours * HOUR)
        assert by(hanging) is stale
