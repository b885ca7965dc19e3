"""What one picture says when several witnesses speak of the same run, or none does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fedtui.crontab.recorder_wrapper import with_recorder
from fedtui.history.lineage import records_of
from fedtui.merging import LOGGED, logged_runs, merge, with_runs
from fedtui.model import (
    Answer,
    CronFacts,
    CronStart,
    Job,
    Location,
    Mark,
    Outcome,
    Problem,
    Result,
    Run,
    Scheduler,
    Snapshot,
    SourceName,
    State,
    Trigger,
)

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
SEEN = Result(Outcome.UNKNOWN, evidence=("start seen in the process table, no exit status",))


def job(key: str = "crontab:1", source: SourceName = SourceName.CRONTAB, **more: object) -> Job:
    place, facts = Location("crontab", 1), CronFacts("crontab", b"", b"true")
    base = Job(key, "sync", source, "fed", "0 * * * *", "hourly at :00", place, facts)
    return replace(base, **more)  # type: ignore[arg-type]  # a test's shorthand


def run(seconds_ago: float, result: Result | None = SEEN, **more: object) -> Run:
    start = NOW - timedelta(seconds=seconds_ago)
    end = None if result is None else start + timedelta(seconds=1)
    sighting = result is None or result.outcome is Outcome.UNKNOWN
    name = f"{'cron-' if sighting else ''}{seconds_ago}"
    return replace(Run(name, "crontab:1", start, end, result), **more)  # type: ignore[arg-type]


def answers(*given: Answer) -> dict[str, Answer]:
    return {answer.source: answer for answer in given}


def test_two_sightings_of_one_run_are_one_run_with_both_evidences() -> None:
    grew = Result(Outcome.UNKNOWN, evidence=("log grew at 14:05:01",))
    snapshot = merge(
        answers(
            Answer("crontab", NOW, (job(),)),
            Answer("activity", NOW, (), runs=(run(12.0),)),
            Answer("cron-log", NOW, (), runs=(run(11.0, grew),)),
        ),
        Snapshot(NOW),
        NOW,
    )
    (seen,) = snapshot.runs["crontab:1"]
    assert seen.result is not None
    assert seen.result.outcome is Outcome.UNKNOWN
    assert set(seen.result.evidence) == {*SEEN.evidence, *grew.evidence}
    assert snapshot.jobs[0].last_run == NOW - timedelta(seconds=12)


def test_a_sighting_never_becomes_ok_and_a_known_exit_status_outranks_it() -> None:
    failed = run(12.0, Result(Outcome.FAILED, exit_code=3))
    snapshot = merge(
        answers(
            Answer("crontab", NOW, (job(),)),
            Answer("own-runs", NOW, (), runs=(failed,)),
            Answer("activity", NOW, (), runs=(run(11.5),)),
        ),
        Snapshot(NOW),
        NOW,
    )
    assert snapshot.jobs[0].last_result.outcome is Outcome.FAILED
    assert snapshot.jobs[0].last_result.exit_code == 3
    assert len(snapshot.runs["crontab:1"]) == 1


def test_a_run_by_hand_and_a_scheduled_run_are_two_runs() -> None:
    by_hand = run(12.0, Result(Outcome.OK, exit_code=0), trigger=Trigger.MANUAL)
    snapshot = merge(
        answers(
            Answer("crontab", NOW, (job(),)),
            Answer("own-runs", NOW, (), runs=(by_hand,)),
            Answer("activity", NOW, (), runs=(run(5.0),)),
        ),
        Snapshot(NOW),
        NOW,
    )
    assert [one.trigger for one in snapshot.runs["crontab:1"]] == [Trigger.MANUAL, Trigger.SCHEDULE]
    assert snapshot.jobs[0].last_result.outcome is Outcome.UNKNOWN


def test_an_open_run_makes_the_job_running_and_keeps_the_last_result() -> None:
    shown = with_runs(job(), (run(60, Result(Outcome.OK, exit_code=0)), run(12, None)), NOW)
    assert shown.state is State.RUNNING
    assert shown.running_since == NOW - timedelta(seconds=12)
    assert shown.last_result.outcome is Outcome.OK


def test_a_paused_job_that_still_runs_stays_paused() -> None:
    shown = with_runs(job(state=State.PAUSED), (run(12, None),), NOW)
    assert shown.state is State.PAUSED
    assert shown.running


def test_a_source_that_cannot_tell_keeps_its_rows_unreachable_without_a_countdown() -> None:
    timer = job("user-timer:b.timer", SourceName.USER_TIMER, next_run=NOW + timedelta(hours=1))
    known = merge(answers(Answer("user-timers", NOW, (timer,))), Snapshot(NOW), NOW)
    lost = Answer("user-timers", NOW, None, problems=(Problem("user-timers", "systemd's bus went away"),))
    snapshot = merge(answers(lost), known, NOW)
    assert snapshot.jobs[0].state is State.UNREACHABLE
    assert snapshot.jobs[0].next_run is None
    assert snapshot.jobs[0].state_reason == "systemd's bus went away"
    assert snapshot.problems == lost.problems


def test_a_source_that_looked_and_found_nothing_clears_its_rows() -> None:
    known = merge(answers(Answer("crontab", NOW, (job(),))), Snapshot(NOW), NOW)
    assert merge(answers(Answer("crontab", NOW, ())), known, NOW).jobs == ()


def test_a_scheduler_seen_down_outranks_one_that_could_not_be_asked() -> None:
    down = Answer("system-timers", NOW, (), schedulers=(Scheduler("cron", False, "inactive"),))
    unsure = Answer("crontab", NOW, (), schedulers=(Scheduler("cron", None),))
    for order in ((down, unsure), (unsure, down)):
        (cron,) = merge(answers(*order), Snapshot(NOW), NOW).schedulers
        assert cron.up is False


def cron_line(key: str, schedule: str, command: bytes) -> Job:
    return job(key, schedule=schedule, facts=CronFacts("crontab", b"", command, zone="UTC"))


def test_a_start_in_crons_log_is_a_run_of_the_line_with_that_user_and_command() -> None:
    start = CronStart("fed", "echo h\\303\\251", 4711, NOW)
    other = CronStart("eve", "echo h\\303\\251", 4712, NOW)
    line = cron_line("crontab:1", "* * * * *", "echo hé".encode())
    (seen,) = logged_runs((start, other), (line,))
    assert (seen.job_id, seen.start) == ("crontab:1", NOW)
    assert seen.result == LOGGED


def test_a_recorded_line_is_known_in_the_log_by_what_cron_was_given() -> None:
    given = with_recorder(b"echo h", "1a2b3c4d", "/r/record")
    line = job("crontab:1", facts=CronFacts("crontab", b"", b"echo h", zone="UTC", recorded_as=given))
    (seen,) = logged_runs((CronStart("fed", given.decode(), 4711, NOW),), (line,))
    assert seen.job_id == "crontab:1"


def test_equal_commands_are_told_apart_by_whose_minute_it_was() -> None:
    hourly, at_five = cron_line("crontab:1", "0 * * * *", b"x"), cron_line("crontab:1-2", "5 * * * *", b"x")
    (seen,) = logged_runs((CronStart("fed", "x", 1, NOW),), (hourly, at_five))
    assert seen.job_id == "crontab:1-2"
    every_minute = cron_line("crontab:1-3", "* * * * *", b"x")
    assert list(logged_runs((CronStart("fed", "x", 1, NOW),), (at_five, every_minute))) == []


@pytest.mark.parametrize(
    ("ago", "trigger", "shown"), [(60.0, "manual", None), (3.0, "manual", 3), (60.0, "schedule", 3)]
)
def test_a_trace_counts_until_a_run_was_seen_and_after_one_by_hand(
    ago: float, trigger: str, shown: int | None
) -> None:
    trace = run(5.0, Result(Outcome.UNKNOWN, evidence=("its mail came then",)), trigger=Trigger.UNKNOWN)
    failed = run(ago, Result(Outcome.FAILED, exit_code=3), trigger=Trigger(trigger))
    table = Answer("crontab", NOW, (job(),))
    activity = Answer("cron-activity", NOW, (), runs=(trace,))
    snapshot = merge(answers(table, activity), Snapshot(NOW), NOW)
    assert snapshot.jobs[0].last_result.outcome is Outcome.UNKNOWN
    assert snapshot.jobs[0].last_run == trace.start
    snapshot = merge(
        answers(table, activity, Answer("own-runs", NOW, (), runs=(failed,))), Snapshot(NOW), NOW
    )
    assert snapshot.jobs[0].last_result.exit_code == shown


def seen_by(name: str, *runs: Run) -> Answer:
    return Answer(name, NOW, (), runs=runs)


def one_run(*accounts: Run) -> Run:
    sightings = [seen_by(f"witness {number}", account) for number, account in enumerate(accounts)]
    snapshot = merge(answers(Answer("crontab", NOW, (job(),)), *sightings), Snapshot(NOW), NOW)
    (only,) = snapshot.runs["crontab:1"]
    return only


def test_what_is_seen_to_run_outranks_a_line_in_the_log_that_it_began() -> None:
    logged = run(11.0, LOGGED, id="cron-log")
    shown = one_run(run(12.0, None, id="cron-process"), logged)
    assert (shown.id, shown.end, shown.result) == ("cron-process", None, None)
    assert shown.also == ("cron-log",)


def test_a_run_that_ended_long_ago_by_one_account_is_not_thrown_over_by_an_older_one() -> None:
    judged = Result(Outcome.WARNINGS, 0, warnings=3, judged=True)
    plain = Result(Outcome.OK, 0, evidence=("exit status, systemd",))
    for accounts in ((judged, plain), (plain, judged)):
        shown = one_run(*(run(60.0, result, id="a" * 32) for result in accounts))
        assert shown.result is not None
        assert (shown.result.outcome, shown.result.warnings) == (Outcome.WARNINGS, 3)


def test_the_one_who_started_a_run_knows_its_trigger() -> None:
    done = Result(Outcome.OK, 0)
    accounts = [run(60.0, done, id="a" * 32, trigger=t) for t in (Trigger.OTHER, Trigger.MANUAL)]
    assert one_run(*accounts).trigger is Trigger.MANUAL


def test_two_named_runs_a_few_seconds_apart_are_two() -> None:
    timer = [
        run(seconds, result, id=key * 32) for seconds, result, key in ((9.0, Result(Outcome.OK, 0), "a"),)
    ]
    timer.append(run(4.0, None, id="b" * 32))
    snapshot = merge(answers(Answer("crontab", NOW, (job(),)), seen_by("timers", *timer)), Snapshot(NOW), NOW)
    assert [one.id[0] for one in snapshot.runs["crontab:1"]] == ["a", "b"]


def test_a_run_that_took_no_measurable_time_keeps_its_duration_of_zero() -> None:
    recorded = Result(Outcome.OK, 0, duration=0.0, evidence=("exit status, recorder",))
    shown = one_run(run(60.0, recorded), run(60.0))
    assert shown.result is not None
    assert shown.result.duration == 0.0


def test_an_account_that_names_the_others_takes_them_in() -> None:
    recorded = run(60.0, Result(Outcome.OK, 0), id="record", also=("cron-17-1",))
    sighting = run(90.0, id="cron-17-1")
    assert one_run(sighting, recorded).id == "record"


def test_the_evidence_of_a_known_exit_status_does_not_say_that_there_is_none() -> None:
    known = Result(Outcome.FAILED, 3, evidence=("exit status, recorder",))
    seen = Result(Outcome.UNKNOWN, evidence=("start seen in the process table",)).marked(Mark.NO_STATUS)
    logged = LOGGED
    recorded = run(60.0, known, id="record", also=("cron-17-1", "cron-17-2"))
    shown = one_run(recorded, run(60.0, seen, id="cron-17-1"), run(60.0, logged, id="cron-17-2"))
    assert shown.result is not None
    assert shown.result.known_from == (
        "exit status, recorder",
        "start seen in the process table",
        "start seen in cron's log",
    )


def test_settle_is_given_every_run_and_the_snapshot_the_latest() -> None:
    given: list[Run] = []

    def settle(_: object, runs: Mapping[str, tuple[Run, ...]]) -> Mapping[str, tuple[Run, ...]]:
        given.extend(runs["crontab:1"])
        return runs

    many = [run(60.0 * number, id=f"cron-{number}") for number in range(40)]
    snapshot = merge(
        answers(Answer("crontab", NOW, (job(),)), seen_by("log", *many)), Snapshot(NOW), NOW, (), settle
    )
    assert len(given) == 40
    assert snapshot.runs["crontab:1"] == tuple(given[-24:])


def moved(*more: Answer) -> dict[str, Answer]:
    """A line of the crontab with a run on record that is now in /etc/cron.d, and the answers besides it."""
    old = job("crontab:1")
    records = tuple(records_of((old,), {old.id}).values())
    return answers(
        Answer("crontab", NOW, ()),
        Answer("system-tables", NOW, (job("cron.d:2", SourceName.CRON_D),)),
        Answer("user-timers", NOW, ()),
        Answer("system-timers", NOW, ()),
        Answer("own-runs", NOW, (), runs=(run(60.0),), records=records),
        *more,
    )


def test_a_line_that_moved_has_each_of_its_runs_once() -> None:
    again = run(60.0, job_id="cron.d:2", result=replace(SEEN, evidence=("start seen in cron's log",)))
    later = run(30.0, job_id="cron.d:2")
    snapshot = merge(moved(Answer("cron-log", NOW, (), runs=(again, later))), Snapshot(NOW), NOW)
    assert list(snapshot.runs) == ["cron.d:2"]
    first, second = snapshot.runs["cron.d:2"]
    assert (first.id, second.id) == ("cron-60.0", "cron-30.0")
    assert first.result is not None
    assert set(first.result.evidence) == {*SEEN.evidence, "start seen in cron's log"}


@pytest.mark.parametrize("of", ["crontab:1", "cron.d:2"])
def test_of_a_line_that_moved_what_is_stamped_ahead_is_no_last_run(of: str) -> None:
    ahead = run(-7200.0, Result(Outcome.OK, 0), job_id=of)
    moving = moved(Answer("recorder", NOW, (), runs=(run(90.0, job_id="cron.d:2"),)))
    moving["own-runs"] = replace(moving["own-runs"], runs=(run(300.0), ahead))
    snapshot = merge(moving, Snapshot(NOW), NOW)
    assert [one.id for one in snapshot.runs["cron.d:2"]] == ["cron-300.0", "-7200.0", "cron-90.0"]
    assert snapshot.jobs[0].last_result.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("name", ["crontab", "system-tables", "user-timers", "system-timers"])
@pytest.mark.parametrize("how", ["loading", "late", "not asked"])
def test_heirs_by_name_wait_until_every_source_of_jobs_has_answered(name: str, how: str) -> None:
    moving = moved()
    assert merge(moving, Snapshot(NOW), NOW).heirs == {"crontab:1": "cron.d:2"}
    if how == "late":
        moving[name] = replace(moving[name], late="its times")
    elif how == "not asked":
        del moving[name]
    snapshot = merge(moving, Snapshot(NOW), NOW, loading=[name] if how == "loading" else [])
    assert snapshot.heirs == {}
    moving["own-runs"] = replace(moving["own-runs"], moves=(("crontab:1", "cron.d:2"),))
    if name not in ("crontab", "system-tables"):
        certain = merge(moving, Snapshot(NOW), NOW, loading=[name] if how == "loading" else [])
        assert certain.heirs == {"crontab:1": "cron.d:2"}, "a change of ours needs no other source"
