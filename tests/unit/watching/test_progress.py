"""The verdict on each cycle: what came, what did not, and what cannot be known."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.model import (
    CronStart,
    Finding,
    Mark,
    NoStartProof,
    Outcome,
    Result,
    Severity,
    State,
    TimerFacts,
    Trigger,
)
from fedtui.presentation.glyphs import plain
from fedtui.presentation.watch_text import bar_line, cycle_row, headline
from fedtui.watching.expected_run import Watch, WatchVerdict
from fedtui.watching.progress import CannotWatch, begin_watch, extended
from tests.unit.watching.world import COMMAND, NOON, OK, Disk, World, after, cron_job, every_minute, timer_job

UNKNOWN = Result(Outcome.UNKNOWN, evidence=("start seen in the process table",))


def test_cycles_that_end_well_are_good_and_so_is_the_watch() -> None:
    world = World()
    watch = world.begin()
    assert [cycle.due for cycle in watch.cycles] == [NOON, after(60)]
    assert [cycle.grace_until for cycle in watch.cycles] == [after(60), after(120)]
    world.at(-2)
    world.disk.size = 150
    world.run(0.4)
    assert world.at(1.5).cycles[0].verdict is WatchVerdict.RUNNING
    first = world.at(2.5).cycles[0]
    assert (first.verdict, first.late, first.log_lines, first.log_bytes) == (WatchVerdict.GOOD, 0.4, 3, 50)
    world.at(58)
    world.run(60.6)
    watch = world.at(70)
    assert watch.finished
    assert (watch.verdict, watch.count(WatchVerdict.GOOD)) == (WatchVerdict.GOOD, 2)


def test_a_run_by_hand_is_no_cycle() -> None:
    world = World()
    world.begin()
    world.run(1, trigger=Trigger.MANUAL)
    assert world.at(10).cycles[0].verdict is WatchVerdict.WAITING


def test_a_failed_run_fails_its_cycle_with_its_reasons() -> None:
    world = World()
    world.begin(1)
    world.run(1, Result(Outcome.FAILED, 127, duration=0.1, reasons=("sh: 1: qdrant: not found",)))
    watch = world.at(5)
    assert watch.verdict is WatchVerdict.FAILED
    assert watch.cycles[0].reasons == ("exit 127", "sh: 1: qdrant: not found")


def test_an_unknown_exit_status_proves_nothing() -> None:
    world = World()
    world.begin(1)
    world.run(1, replace(UNKNOWN, duration=2.0))
    assert world.at(8).cycles[0].verdict is WatchVerdict.RUNNING
    watch = world.at(14)
    assert watch.verdict is WatchVerdict.UNPROVEN
    assert watch.cycles[0].reasons == ("its exit status is not known",)


def test_an_exit_status_that_proves_nothing_says_why() -> None:
    world = World()
    world.begin(1)
    why = "pipe: exit 0 is that of tee, it does not say how a ended"
    world.run(1, Result(Outcome.UNKNOWN, 0, duration=2.0, reasons=(why,), judged=True))
    watch = world.at(9)
    assert watch.verdict is WatchVerdict.UNPROVEN
    assert watch.cycles[0].reasons == ("exit 0 proves nothing", why)


def test_a_better_witness_that_comes_in_time_decides() -> None:
    world = World()
    world.begin(1)
    world.run(1, replace(UNKNOWN, duration=2.0))
    world.at(8)
    world.run(1, OK)
    assert world.at(9).verdict is WatchVerdict.GOOD


def test_a_start_in_the_log_is_no_end_while_the_process_is_seen() -> None:
    world = World(cron_job(running_since=after(1)))
    world.begin(1)
    world.run(1, UNKNOWN)
    assert world.at(40).cycles[0].verdict is WatchVerdict.RUNNING


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (Result(Outcome.WARNINGS, 0, warnings=3, reasons=("3 warnings: line 12",)), WatchVerdict.GOOD),
        (Result(Outcome.SKIPPED, 0, reasons=("no work",)), WatchVerdict.GOOD),
        (Result(Outcome.SKIPPED, 1, reasons=("locked",)).marked(Mark.LOCKED), WatchVerdict.UNPROVEN),
        (Result(Outcome.FAILED, signal="SIGKILL"), WatchVerdict.FAILED),
    ],
)
def test_what_each_outcome_says_of_its_cycle(result: Result, verdict: WatchVerdict) -> None:
    world = World()
    world.begin(1)
    world.run(1, replace(result, duration=1.0))
    watch = world.at(20)
    assert watch.cycles[0].verdict is verdict
    assert set(result.reasons) <= set(watch.cycles[0].reasons)


def test_a_product_that_was_not_renewed_fails_a_cycle_whatever_its_status() -> None:
    world = World(disk=Disk(newer=False))
    world.begin(1, product="/data/metrics.json")
    world.run(1)
    watch = world.at(20)
    assert watch.verdict is WatchVerdict.FAILED
    assert watch.cycles[0].reasons == ("its product was not renewed: /data/metrics.json",)


# Cycles that did not come


def test_no_start_in_a_log_that_can_be_read_is_a_miss_after_its_grace() -> None:
    world = World(starts_since=after(-300))
    world.begin(1)
    assert world.at(60).cycles[0].verdict is WatchVerdict.WAITING
    watch = world.at(61.5)
    assert watch.verdict is WatchVerdict.FAILED
    assert watch.cycles[0].reasons == ("it did not start: cron's log names no start of it",)


def test_a_start_in_the_log_that_cannot_be_told_apart_is_no_miss() -> None:
    world = World(starts_since=after(-300), starts=[CronStart("fed", "sh sync.sh", 7, after(1))])
    world.begin(1)
    assert world.at(65).verdict is WatchVerdict.UNPROVEN


def test_a_log_that_begins_after_the_cycle_was_due_says_nothing() -> None:
    world = World(starts_since=after(5))
    world.begin(1)
    assert world.at(65).verdict is WatchVerdict.UNPROVEN


def test_the_kernels_count_proves_a_miss_to_a_user_without_the_log() -> None:
    world = World(no_start_proofs=[NoStartProof("crontab:1", NOON, "cron started nothing")])
    world.begin(1)
    watch = world.at(65)
    assert watch.verdict is WatchVerdict.FAILED
    assert watch.cycles[0].reasons == ("it did not start: cron started nothing",)


def test_without_a_witness_a_cycle_that_was_not_seen_is_unproven() -> None:
    world = World()
    world.begin(1)
    watch = world.at(65)
    assert watch.verdict is WatchVerdict.UNPROVEN
    assert "cannot be ruled out" in watch.cycles[0].reasons[0]


def test_a_cycle_at_which_nobody_looked_is_unproven() -> None:
    world = World(since=after(30))
    world.begin(1)
    assert world.at(65).cycles[0].reasons == ("nobody looked while it was due, and nothing tells of it now",)


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (State.SCHEDULER_DOWN, "cron is not running", "its scheduler is down: cron is not running"),
        (State.NOT_LOADED, "bad minute", "cron does not load its table: bad minute"),
    ],
)
def test_a_job_that_is_held_back_misses_its_cycle(state: State, reason: str, words: str) -> None:
    world = World()
    world.begin(1)
    world.job = cron_job(state=state, state_reason=reason, next_run=None)
    assert world.at(65).cycles[0].reasons == (f"it did not start: {words}",)


def row(watch: Watch, number: int, at: float, width: int = 118) -> list[str]:
    """What the user reads of a cycle, without the blanks."""
    return re.split(r" {2,}", plain(cycle_row(watch, number, after(at), width)).strip())


def test_a_paused_job_is_neither_due_nor_missed_and_its_watch_continues_on_resume() -> None:
    world = World()
    world.begin(2)
    world.at(-20)
    world.job = cron_job(state=State.PAUSED, next_run=None)
    for seconds in (-10, 13, 65, 200):
        watch = world.at(seconds)
        assert row(watch, 1, seconds) == ["‖ 1 of 2", "later", "–", "–", "paused", "–", "–", "paused"]
        assert plain(bar_line(watch, after(seconds), 118)) == "Paused: resume the job to continue the watch."
        assert plain(headline(watch, after(seconds))) == "0 of 2 good so far"
    world.job = cron_job(next_run=after(240))
    watch = world.at(210)
    assert [cycle.due for cycle in watch.cycles] == [after(240), after(300)]
    assert row(watch, 1, 210)[1:5] == ["12:04:00", "in 0:30", "–", "waiting"]
    world.run(240.2)
    world.run(300.2)
    assert world.at(310).verdict is WatchVerdict.GOOD


def test_a_run_that_came_before_the_pause_still_counts() -> None:
    world = World()
    world.begin(1)
    world.job = cron_job(state=State.PAUSED, next_run=None)
    world.at(20)
    world.run(0.3)  # reported late
    assert world.at(21).verdict is WatchVerdict.GOOD


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90), st.booleans()), max_size=12))
def test_a_job_that_keeps_its_promises_is_never_failed_for_its_pauses(looks: list[tuple[int, bool]]) -> None:
    world = World(starts_since=NOON - timedelta(hours=1))
    world.begin(3)
    now, paused = -30, False
    for seconds, change in looks:
        for _ in range(seconds):
            now += 1
            if not paused and now % 60 == 0:
                world.run(now)
                world.starts.append(CronStart("fed", COMMAND.decode(), 1, after(now)))
            paused ^= change and _ == seconds - 1
            world.job = cron_job(state=State.PAUSED, next_run=None) if paused else cron_job()
            assert world.at(now + 0.5).verdict is not WatchVerdict.FAILED


def test_a_job_that_is_gone_misses_its_cycle() -> None:
    world = World()
    world.begin(1)
    world.job = None
    watch = world.at(-10)
    assert watch.verdict is WatchVerdict.FAILED
    assert watch.cycles[0].causes == ("it is gone: its line or its unit was removed",)


def test_nothing_is_judged_while_the_table_could_not_be_read() -> None:
    world = World()
    world.begin(1)
    world.job = None
    snapshot = replace(world.snapshot(after(65)), answered={})
    from fedtui.watching.progress import WatchContext, advance_watch

    assert world.watch is not None
    look = WatchContext(snapshot, after(65), world.since, world.disk, every_minute)
    assert advance_watch(world.watch, look) == world.watch


def test_what_the_doctor_found_is_the_likely_cause_and_decides_where_no_trace_was_seen() -> None:
    missing = Finding(
        "FT110", Severity.ERROR, "script is missing", "sync runs a script that is not there.", ("/x.sh",),
        job_id="crontab:1",
    )  # fmt: skip
    failed = replace(missing, code="FT301", sentence="The last run failed.")
    world = World(findings=[failed, missing])
    world.begin(1)
    watch = world.at(65)
    assert watch.verdict is WatchVerdict.FAILED
    assert watch.cycles[0].causes == ("FT110 sync runs a script that is not there (/x.sh)",)


def test_a_run_whose_end_nobody_saw_is_unproven_and_not_waited_for_for_ever() -> None:
    world = World()
    world.begin(1)
    world.run(1, None)
    assert world.at(30).cycles[0].verdict is WatchVerdict.RUNNING
    world.runs.clear()
    watch = world.at(40)
    assert watch.cycles[0].reasons == ("it began, but nobody saw how it ended",)
    assert watch.verdict is WatchVerdict.UNPROVEN


# A clock that was set back


@pytest.mark.parametrize("back", [3600.0, 120.0])
def test_after_the_clock_was_set_back_the_cycles_to_come_are_those_of_the_new_time(back: float) -> None:
    world = World()
    world.begin(3)
    world.run(0.5)
    assert world.at(5).count(WatchVerdict.GOOD) == 1
    world.since = after(20 - back)
    due = after(60 - back)
    assert [cycle.due for cycle in world.at(20 - back).cycles] == [NOON, due, due + timedelta(seconds=60)]
    world.run(60.5 - back)
    assert world.at(70 - back).count(WatchVerdict.GOOD) == 2
    watch = world.at(260 - back)
    assert watch.finished
    assert watch.cycles[2].reasons == ("no start was seen, but one too short to be seen cannot be ruled out",)


@pytest.mark.parametrize("end", [OK, UNKNOWN])
def test_a_cycle_whose_run_ended_before_the_clock_was_set_back_is_judged_at_once(end: Result) -> None:
    world = World()
    world.begin(1)
    world.run(0.5, None)
    assert world.at(1).cycles[0].verdict is WatchVerdict.RUNNING
    world.runs[0] = replace(world.runs[0], end=after(1.5), result=end)
    assert world.at(-3600).finished


def test_a_cycle_whose_run_began_before_the_clock_was_set_back_is_not_waited_for_for_ever() -> None:
    world = World()
    world.begin(1)
    world.run(0.5, None)
    world.at(1)
    world.runs.clear()
    assert world.at(-3600).cycles[0].verdict is WatchVerdict.UNPROVEN


def test_a_run_keeps_its_cycle_when_its_stamp_moves_with_the_clock() -> None:
    world = World()
    world.begin(1)
    world.run(0.5, None)
    world.at(1)
    moved = replace(world.runs[0], start=after(-3599), end=after(-3590), result=OK)
    world.runs[0] = moved
    assert world.at(-3580).verdict is WatchVerdict.GOOD


def test_a_run_of_before_the_clock_was_set_back_is_no_cycle_of_after_it() -> None:
    world = World()
    world.begin(1, at=-3630)
    old = OK.marked(Mark.SET_BACK)
    world.run(-3599.5, old)
    assert world.at(-3590).cycles[0].verdict is WatchVerdict.WAITING
    world.run(-3599, Result(Outcome.FAILED, 3))
    assert world.at(-3580).verdict is WatchVerdict.FAILED


# What is promised


def test_a_run_that_is_due_at_once_is_left_out() -> None:
    watch = begin_watch(cron_job(), 2, after(-1), every_minute)
    assert [cycle.due for cycle in watch.cycles] == [after(60), after(120)]


def test_a_new_schedule_moves_the_cycles_that_are_still_to_come() -> None:
    world = World()
    world.begin(2)
    world.run(0.5)
    world.at(10)
    assert world.watch is not None

    def every_five(job: object, moment: datetime) -> list[datetime]:
        return [after(300), after(600)]

    from fedtui.watching.progress import WatchContext, advance_watch

    look = WatchContext(world.snapshot(after(20)), after(20), world.since, world.disk, every_five)
    assert [cycle.due for cycle in advance_watch(world.watch, look).cycles] == [NOON, after(300)]


def test_nothing_promised_is_nothing_to_watch() -> None:
    with pytest.raises(CannotWatch, match=r"sync has no next run to watch: it is paused\."):
        begin_watch(cron_job(state=State.PAUSED, next_run=None), 3, NOON, every_minute)


def test_more_cycles_come_behind_those_that_are_there() -> None:
    world = World()
    world.watch = extended(world.begin(1), 2)
    assert world.at(-20).cycles[1].due == after(60)


def test_grace_is_counted_in_real_seconds_over_a_change_of_the_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    due = datetime(2026, 10, 25, 2, 59, 30, tzinfo=berlin)
    watch = begin_watch(cron_job(next_run=due), 1, due - timedelta(minutes=1), lambda job, moment: [due])
    assert watch.cycles[0].grace_until == due.astimezone(UTC) + timedelta(seconds=60)


# Timers


def test_a_timers_grace_is_its_accuracy_its_random_delay_and_half_a_minute() -> None:
    job = timer_job()
    assert isinstance(job.facts, TimerFacts)
    facts = replace(job.facts, accuracy=60.0, randomized_delay=20.0)
    watch = begin_watch(replace(job, facts=facts), 1, after(-60), every_minute)
    assert watch.cycles[0].grace_until == after(110)


def test_a_timer_that_still_waits_after_its_grace_missed_its_cycle() -> None:
    world = World(timer_job())
    world.begin(1)
    world.job = timer_job(state=State.OVERDUE)
    watch = world.at(33)
    assert watch.cycles[0].reasons == ("it did not start: systemd has not started it: the timer still waits",)


def test_a_timer_whose_row_is_older_than_its_grace_proves_nothing() -> None:
    world = World(timer_job(), answered=after(20))
    world.begin(1)
    world.job = timer_job(state=State.OVERDUE)
    assert world.at(33).verdict is WatchVerdict.UNPROVEN


def test_a_service_that_its_condition_held_back_is_told_by_the_row() -> None:
    world = World(timer_job())
    world.begin(1)
    skipped = Result(Outcome.SKIPPED, reasons=("ConditionPathExists",))
    world.job = timer_job(last_run=after(0.2), last_result=skipped)
    assert world.at(5).verdict is WatchVerdict.GOOD


def test_a_cycle_without_a_moment_waits_for_the_run_before_it() -> None:
    world = World(timer_job())
    assert world.job is not None
    once = [NOON]
    watch = begin_watch(world.job, 2, after(-60), lambda job, moment: once)
    assert watch.cycles[1].due is None


RESULTS = st.sampled_from([OK, UNKNOWN, Result(Outcome.FAILED, 1), None])
STEPS = st.lists(
    st.tuples(st.floats(0.1, 40), st.booleans(), RESULTS, st.sampled_from([State.ON, State.PAUSED])),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_a_verdict_that_was_given_stands_and_a_second_look_changes_nothing(
    steps: list[tuple[float, bool, Result | None, State]],
) -> None:
    world = World()
    known = world.begin(3)
    moment = -29.0
    for pause, runs, result, state in steps:
        moment += pause
        promised = after(60) if state is State.ON else None
        world.job = cron_job(state=state, next_run=promised)
        if runs:
            world.run(moment, result)
        watch = world.at(moment)
        for old, new in zip(known.cycles, watch.cycles, strict=True):
            assert not old.verdict.decided or old == new
        assert world.at(moment) == watch
        starts = [cycle.start for cycle in watch.cycles if cycle.start is not None]
        assert len(set(starts)) == len(starts)
        known = watch


def test_a_watch_follows_its_job_to_the_id_that_an_edit_gave_it() -> None:
    world = World()
    world.begin(count=1)
    world.job = cron_job(id="crontab:2")
    world.heirs = {"crontab:1": "crontab:2"}
    world.at(-5)
    world.run(0.4)
    (cycle,) = world.at(10).cycles
    assert (cycle.verdict, cycle.run_id) == (WatchVerdict.GOOD, "r0.4")
