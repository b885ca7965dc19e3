"""Overdue: only where the start would have been seen, and only after a second look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from itertools import takewhile

import pytest

from fedtui.cli.records import JsonRecords
from fedtui.model import CronStart, Job, Mark, NoStartProof, State
from fedtui.schedule.upcoming import runs_of
from fedtui.watching.overdue_tracker import OverdueTracker, last_promised
from tests.unit.watching.world import NOON, OK, World, after, cron_job, timer_job


class Seen:
    """What the attendance makes of a world whose clock the test moves."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ran = 0.0
        self.attendance = OverdueTracker(monotonic=lambda: self.ran)

    def at(self, seconds: float, job: Job) -> Job:
        """Look, so many seconds after noon; the process ran all the while."""
        self.ran = seconds
        self.world.job = job
        return self.attendance.revise(self.world.snapshot(after(seconds))).jobs[0]


def test_a_run_that_did_not_come_makes_a_job_overdue_after_grace_and_a_second_look() -> None:
    seen = Seen(World(starts_since=after(-600)))
    assert seen.at(-10, cron_job()).state is State.ON
    later = cron_job(next_run=after(300))
    assert seen.at(30, later).state is State.ON
    assert seen.at(61, later).state is State.ON
    assert seen.attendance.next_look == after(64)
    job = seen.at(64, later)
    assert (job.state, job.next_run) == (State.OVERDUE, NOON)
    assert job.state_reason == "due at 12:00:00, not started: cron's log names no start of it"
    record = JsonRecords(UTC).job(job, None)
    assert (record["state"], record["severity"]) == ("overdue", "error")


def test_it_is_looked_at_when_the_grace_is_over_without_any_news() -> None:
    seen = Seen(World(starts_since=after(-600)))
    seen.at(-10, cron_job())
    assert seen.attendance.next_look == after(60.5)


def test_after_the_clock_was_set_back_a_run_that_does_not_come_is_missed_at_its_new_time() -> None:
    seen = Seen(World(starts_since=after(-9000)))
    seen.at(-10, cron_job())
    seen.world.run(0.5, OK.marked(Mark.SET_BACK))
    early = after(-3600)
    assert seen.at(-3650, cron_job(next_run=early)).state is State.ON
    seen.at(-3539, cron_job(next_run=after(0)))
    job = seen.at(-3530, cron_job(next_run=after(0)))
    assert (job.state, job.next_run) == (State.OVERDUE, early)


def test_the_next_run_that_comes_ends_it() -> None:
    seen = Seen(World(starts_since=after(-600)))
    seen.at(-10, cron_job())
    for moment in (61, 64):
        seen.at(moment, cron_job(next_run=after(300)))
    seen.world.run(300.5)
    assert seen.at(302, cron_job(next_run=after(600))).state is State.ON


@pytest.mark.parametrize("log_since", [None, 600.0])
def test_a_missed_minute_that_has_left_the_log_stays_missed_until_a_start(log_since: float | None) -> None:
    seen = Seen(World(starts_since=after(-600)))
    seen.at(-10, cron_job())
    later = cron_job(next_run=after(90_000))
    assert [seen.at(moment, later).state for moment in (61, 64)] == [State.ON, State.OVERDUE]
    seen.world.starts_since = None if log_since is None else after(log_since)
    job = seen.at(86_000, later)
    assert (job.state, job.next_run) == (State.OVERDUE, NOON)
    assert job.state_reason.endswith("not started: cron's log names no start of it")
    seen.world.run(86_010)
    assert seen.at(86_020, later).state is State.ON


def test_a_proof_that_is_taken_back_ends_it_too() -> None:
    seen = Seen(World(no_start_proofs=[NoStartProof("crontab:1", NOON, "cron started nothing")]))
    seen.at(-10, cron_job())
    later = cron_job(next_run=after(300))
    assert [seen.at(moment, later).state for moment in (61, 64)] == [State.ON, State.OVERDUE]
    seen.world.no_start_proofs.clear()
    assert seen.at(90, later).state is State.ON


def test_without_a_witness_nothing_is_overdue() -> None:
    seen = Seen(World())
    seen.at(-10, cron_job())
    assert [seen.at(moment, cron_job(next_run=after(300))).state for moment in (61, 64, 90)] == [State.ON] * 3


def test_what_arrives_after_this_program_stood_still_is_no_miss() -> None:
    seen = Seen(World(starts_since=after(-600)))
    seen.at(-10, cron_job())
    later = cron_job(next_run=after(300))
    assert seen.at(200, later).state is State.ON
    seen.world.starts.append(CronStart("fed", "sh sync.sh", 7, after(1)))
    assert seen.at(203, later).state is State.ON


def test_a_schedule_that_was_just_changed_is_not_overdue_by_its_past() -> None:
    seen = Seen(World(starts_since=after(-600)))
    seen.at(-10, cron_job())
    changed = cron_job(schedule="30 * * * *", next_run=after(1800))
    assert [seen.at(moment, changed).state for moment in (50, 61, 65)] == [State.ON] * 3


def test_a_paused_job_is_paused_and_not_overdue() -> None:
    seen = Seen(World(starts_since=after(-600)))
    seen.at(-10, cron_job())
    paused = cron_job(state=State.PAUSED, next_run=None)
    assert [seen.at(moment, paused).state for moment in (61, 65)] == [State.PAUSED] * 2


def test_a_timer_is_overdue_by_what_systemd_says_after_its_grace() -> None:
    world = World(timer_job(), answered=after(10))
    seen = Seen(world)
    seen.at(-10, timer_job())
    assert seen.attendance.next_look == after(31.5)
    assert seen.attendance.to_ask == {"user-timers"}
    world.answered = after(32)
    assert seen.at(32, timer_job()).state is State.ON
    assert seen.at(35, timer_job()).state is State.OVERDUE


def test_a_timer_that_was_not_asked_since_is_not_overdue() -> None:
    seen = Seen(World(timer_job(), answered=after(10)))
    seen.at(-10, timer_job())
    assert [seen.at(moment, timer_job()).state for moment in (32, 36)] == [State.ON] * 2


def test_a_job_whose_run_continues_is_not_overdue() -> None:
    seen = Seen(World(starts_since=after(-600)))
    seen.at(-10, cron_job())
    running = replace(cron_job(next_run=after(300)), state=State.RUNNING, running_since=after(-500))
    assert [seen.at(moment, running).state for moment in (61, 65)] == [State.RUNNING] * 2


# What was due before this program began


def looked_back(world: World, in_force: float | None, seconds: float = 3700) -> Job:
    """What somebody who looks once makes of an hourly job, so many seconds after noon."""
    since = None if in_force is None else after(in_force)
    world.job = cron_job(schedule="0 * * * *", next_run=after(7200))
    return OverdueTracker(lambda *_: since, confirm=0.0).revise(world.snapshot(after(seconds))).jobs[0]


def test_a_run_that_was_missed_before_is_overdue_at_the_first_look() -> None:
    job = looked_back(World(starts_since=after(-600)), in_force=-900)
    assert (job.state, job.next_run) == (State.OVERDUE, after(3600))


def test_a_run_that_was_seen_is_not() -> None:
    world = World(starts_since=after(-600))
    world.run(3600.4)
    assert looked_back(world, in_force=-900).state is State.ON


def test_a_start_in_the_log_that_is_nobodys_run_is_not() -> None:
    world = World(starts_since=after(-600), starts=[CronStart("fed", "sh sync.sh", 7, after(3600.4))])
    assert looked_back(world, in_force=-900).state is State.ON


@pytest.mark.parametrize("in_force", [None, 3600.0, 3650.0])
def test_a_table_that_is_younger_than_the_run_says_nothing_of_it(in_force: float | None) -> None:
    assert looked_back(World(starts_since=after(-600)), in_force).state is State.ON


def test_a_log_that_is_younger_than_the_run_says_nothing_of_it() -> None:
    assert looked_back(World(starts_since=after(3601)), in_force=-900).state is State.ON
    assert looked_back(World(), in_force=-900).state is State.ON


def test_a_run_is_not_missed_within_its_grace() -> None:
    world = World(starts_since=after(-600))
    world.run(0.4)
    assert looked_back(world, in_force=-900, seconds=3655).state is State.ON


@pytest.mark.parametrize("schedule", ["* * * * *", "*/7 * * * *", "0 * * * *", "30 3 * * *", "0 0 30 2 *"])
def test_the_last_promise_is_the_last_run_before(schedule: str) -> None:
    job = cron_job(schedule=schedule, next_run=after(90_000))
    until, since = after(40_000), after(-90_000)
    expected = list(takewhile(lambda due: due <= until, runs_of(job, since)))
    found = last_promised(job, until, since)
    assert found == (expected[-1] if expected else None)
