"""A line under systemd-cron and the timer made of it are one row, and no run of another line is its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fedtui.model import Job, Location, Outcome, Result, Run, SourceName, State, TimerFacts
from fedtui.sources.generated_timers import NO_TIMER, fold_generated
from fedtui.system.cron_daemon import CronDaemon
from tests.unit.health.rows import NOW, table

DAEMON = CronDaemon(True, "systemd-cron", "cron.target is active")
LINES = '*/2 * * * *   date  -u\n* * * * * [ "$A" = "b c" ] && exit 3\n*/2 * * * * date -u\n'
MADE = NOW - timedelta(minutes=10)


def made_timer(number: int, line: str, *, user: str = "fed", state: State = State.ON) -> Job:
    """A timer as systemd-cron 1.15 makes it of a line of fed's table."""
    unit = f"cron-{user}-{user}-{number}.timer"
    facts = TimerFacts(
        unit=unit,
        activates=unit.replace(".timer", ".service"),
        user_manager=False,
        active_state="active" if state is State.ON else "inactive",
        unit_file_state="generated",
        fragment=f"/run/systemd/generator/{unit}",
        description=f'[Timer] "{line}"',
        made_at=MADE.timestamp(),
    )
    return Job(
        f"system-timer:{unit}",
        unit,
        SourceName.SYSTEM_TIMER,
        user,
        "*:0/2",
        "every 2 min",
        Location(facts.fragment),
        facts,
        state=state,
        next_run=NOW + timedelta(seconds=90 + number) if state is State.ON else None,
    )


def run_of(timer: Job, ago: timedelta) -> Run:
    at = NOW - ago
    return Run("abc", timer.id, at, at, Result(Outcome.FAILED, exit_code=3))


def test_each_line_takes_the_next_run_of_its_own_timer() -> None:
    lines = table(LINES, daemon=DAEMON)
    texts = ("*/2 * * * * date -u", '* * * * * [ "$A" = "b c" ] && exit 3', "*/2 * * * * date -u")
    timers = [made_timer(number, text) for number, text in enumerate(texts)]
    folded = fold_generated([*lines, *timers], complete=True)
    assert [job.id for job in folded.jobs] == [line.id for line in lines]
    assert [job.next_run for job in folded.jobs] == [timer.next_run for timer in timers]
    assert {job.state for job in folded.jobs} == {State.ON}


def test_a_run_counts_for_the_line_only_after_its_unit_was_made() -> None:
    [line] = table("*/2 * * * * date -u\n", daemon=DAEMON)
    timer = made_timer(0, "*/2 * * * * date -u")
    folded = fold_generated([line, timer], complete=True)
    assert [run.job_id for run in folded.runs([run_of(timer, timedelta(minutes=1))])] == [line.id]
    assert list(folded.runs([run_of(timer, timedelta(minutes=11))])) == []
    other = replace(run_of(timer, timedelta(minutes=11)), job_id="system-timer:other.timer")
    assert list(folded.runs([other])) == [other]


@pytest.mark.parametrize(
    ("complete", "state", "reason"), [(True, State.NOT_LOADED, NO_TIMER), (False, State.ON, "")]
)
def test_a_line_without_a_timer_is_not_loaded_once_all_timers_are_known(
    complete: bool, state: State, reason: str
) -> None:
    lines = table("*/2 * * * * date -u\n", daemon=DAEMON)
    another = made_timer(0, "*/2 * * * * date -u", user="eve")
    job, kept = fold_generated([*lines, another], complete=complete).jobs
    assert (job.state, job.state_reason) == (state, reason)
    assert kept == another  # whose table this user may not read


def test_a_line_whose_timer_is_not_active_does_not_run() -> None:
    lines = table("*/2 * * * * date -u\n", daemon=DAEMON)
    stopped = made_timer(0, "*/2 * * * * date -u", state=State.OFF)
    [job] = fold_generated([*lines, stopped], complete=True).jobs
    assert (job.state, job.next_run) == (State.SCHEDULER_DOWN, None)
    [job] = fold_generated([*lines, replace(stopped, state=State.UNREACHABLE)], complete=True).jobs
    assert job.state is State.ON  # of a systemd that does not answer nothing is known


def test_a_timer_that_outlives_its_line_is_seen() -> None:
    """systemd-cron misses a change while it reads another one: the old timer goes on running the job."""
    [paused] = table("#fedtui:paused# */2 * * * * date -u\n", daemon=DAEMON)
    timer = made_timer(0, "*/2 * * * * date -u")
    folded = fold_generated([paused, timer], complete=True)
    assert folded.jobs == (paused, timer)
    run = run_of(timer, timedelta(minutes=1))
    assert list(folded.runs([run])) == [run]


def test_a_unit_that_runs_since_before_it_was_made_runs_another_line() -> None:
    [line] = table("*/2 * * * * date -u\n", daemon=DAEMON)
    for ago, state in ((11, State.ON), (1, State.RUNNING)):
        since = NOW - timedelta(minutes=ago)
        timer = replace(made_timer(0, "*/2 * * * * date -u"), state=State.RUNNING, running_since=since)
        [job] = fold_generated([line, timer], complete=True).jobs
        assert (job.state, job.running_since) == (state, since if state is State.RUNNING else None)


def test_a_line_for_the_boot_has_no_timer_after_it() -> None:
    [line] = table("@reboot date -u\n", daemon=DAEMON)
    assert fold_generated([line], complete=True).jobs == (line,)


def test_timers_of_another_cron_stay_rows() -> None:
    lines = table("*/2 * * * * date -u\n")
    timer = made_timer(0, "*/2 * * * * date -u")
    assert fold_generated([*lines, timer], complete=True).jobs == (*lines, timer)
