"""What a row and the history say where logs are shared, runs overlap, recorders die and clocks move."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.history.database import History
from fedtui.merging import merge
from fedtui.model import (
    NOT_APART,
    SET_BACK,
    Answer,
    CronFacts,
    Job,
    Location,
    LogSlice,
    Mark,
    Outcome,
    Result,
    Run,
    Snapshot,
    SourceName,
    State,
    TimerFacts,
    Trigger,
)
from fedtui.results import RuleBook
from fedtui.run_persistence import RunRecorder
from fedtui.sources.cron_activity import CronActivitySource
from fedtui.sources.own_runs import OwnRunsSource
from fedtui.sources.recorder import LOST, RecorderSource
from fedtui.system.cron_daemon import CronDaemon
from tests.unit.runs.test_recorder import KEY, Machine

TWELVE = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FAILED = Result(Outcome.FAILED, 12, judged=True)
OK = Result(Outcome.OK, 0, duration=2.0, evidence=("exit status, systemd",))
JUDGED_OK = replace(OK, judged=True)
UNSEEN = Result(Outcome.UNKNOWN, evidence=("start seen in cron's log",)).marked(Mark.NO_STATUS)


def at(clock: str) -> datetime:
    """That time on the day of the tests."""
    hours, minutes, seconds = (int(part) for part in f"{clock}:00".split(":")[:3])
    return TWELVE.replace(hour=hours, minute=minutes, second=seconds)


def line(name: str = "sync", log: Path | None = None, schedule: str = "0 * * * *", **facts: str) -> Job:
    command = f"bash {name}.sh" + (f" >> {log} 2>&1" if log else "")
    cron = CronFacts("crontab", b"", command.encode(), home="/home/fed", **facts)  # type: ignore[arg-type]
    return Job(
        *(f"crontab:{name}", name, SourceName.CRONTAB, "fed", schedule, schedule, Location("crontab", 1)),
        command=command,
        next_run=TWELVE + timedelta(days=1),
        log_path=str(log) if log else None,
        facts=cron,
    )


def timer(log: Path) -> Job:
    facts = TimerFacts("sync.timer", "sync.service", True, "active", "enabled")
    place = Location("/u/sync.timer")
    return Job(
        *("user-timer:sync.timer", "sync.timer", SourceName.USER_TIMER, "fed", "hourly", "hourly", place),
        log_path=str(log),
        facts=facts,
    )


class World:
    """Jobs, a clock, a database, and the sources that look at logs and records; `look` is a `fedtui list`."""

    def __init__(self, tmp_path: Path, *jobs: Job) -> None:
        self.jobs: Sequence[Job] = jobs
        self.now = at("12:00")
        self.history = History(tmp_path / "history.db")
        self.records = tmp_path / "recorder" / "runs"
        self.notes = tmp_path / "freshness"
        self.timers_known = True
        self.start()

    def start(self) -> None:
        """Begin a process of its own, that knows what the database holds and no more."""
        self.own = OwnRunsSource(self.history, self.history.path, lambda: self.now, lambda: None)
        self.activity = CronActivitySource(
            lambda: self.jobs,
            daemon=lambda: CronDaemon(True, "debian", "cron", 88),
            running=lambda pid: (),
            clock=lambda: self.now,
            timers_known=lambda: self.timers_known,
        )
        self.recorded = RecorderSource(self.records, lambda: self.jobs, lambda: self.now)
        self.recorder = RunRecorder(
            *(self.history, lambda: RuleBook({}, {}), lambda: self.now),
            lambda: self.own.rows,
            self.notes,
        )

    def look(self, *runs: Run) -> Snapshot:
        while True:
            answers = {
                "crontab": Answer("crontab", self.now, tuple(self.jobs)),
                "witness": Answer("witness", self.now, (), runs=runs),
                "cron-activity": self.activity.look(),
                "recorder": self.recorded.look(),
                "own-runs": self.own.look(),
            }
            snapshot = merge(answers, Snapshot(self.now), self.now, settle=self.recorder.settle)
            if not self.recorder.waiting:
                return snapshot
            self.recorder.judge()

    def fresh(self, *runs: Run) -> Snapshot:
        self.start()
        return self.look(*runs)

    def row(self, *runs: Run) -> tuple[str | None, str, int | None]:
        """LAST RUN of the first row: when, how, with what exit status."""
        job = self.look(*runs).jobs[0]
        when = None if job.last_run is None else f"{job.last_run:%H:%M:%S}"
        return when, job.last_result.outcome.value, job.last_result.exit_code

    def kept(self) -> list[str]:
        """The history of all jobs, oldest first."""
        return [
            f"{run.start:%H:%M:%S} {run.result.outcome.value if run.result else 'running'}"
            for run in self.history.runs()
        ]


def run_at(
    clock: str, result: Result | None, name: str = "", job: str = "crontab:sync", **more: object
) -> Run:
    start = at(clock)
    run = Run(name or f"run-{clock}", job, start, result and start + timedelta(seconds=2), result)
    return replace(run, **more)  # type: ignore[arg-type]  # a test's shorthand


def write(log: Path, text: str, clock: str) -> None:
    with log.open("a") as file:
        file.write(text)
    os.utime(log, (at(clock).timestamp(),) * 2)


# Evidence by a log


def test_after_a_run_by_hand_the_runs_of_cron_still_count(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(tmp_path, line(log=log, schedule="* * * * *"))
    write(log, "[ERROR] no route\n", "12:00:10")  # as soon as it began
    world.now = at("12:00:13")
    world.history.keep_runs((run_at("12:00:10", FAILED, "b" * 16, trigger=Trigger.MANUAL),))
    assert world.row() == ("12:00:10", "failed", 12), "what it wrote is no other run"
    write(log, "[ERROR] no route\n", "12:01:01")
    world.now = at("12:01:30")
    assert world.row() == ("12:01:00", "unknown", None)
    write(log, "[ERROR] no route\n", "12:02:01")
    world.now = at("12:02:30")
    assert f"{world.fresh().jobs[0].last_run:%H:%M}" == "12:02"
    assert world.kept() == ["12:00:10 failed", "12:01:00 unknown", "12:02:00 unknown"]


def test_what_a_timers_service_wrote_is_no_run_of_the_line_that_shares_its_log(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(tmp_path, line(log=log), timer(log))
    write(log, "[SUCCESS] complete\n", "12:00:02")
    world.now = at("12:00:30")
    service = run_at("12:00:01", OK, "a" * 32, "user-timer:sync.timer")
    snapshot = world.look(service)
    assert snapshot.jobs[0].last_run is None
    assert snapshot.runs.get("crontab:sync") is None
    assert world.kept() == ["12:00:01 ok"]


def test_a_paused_line_did_not_run_though_its_log_grew_at_its_minute(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(tmp_path, line(log=log))
    write(log, "by hand\n", "12:00:02")
    world.now = at("12:00:30")
    world.jobs = [replace(world.jobs[0], state=State.PAUSED, next_run=None)]
    assert world.row() == (None, "never", None)
    assert world.kept() == []
    world.jobs = [line(log=log)]
    assert world.row() == ("12:00:00", "unknown", None)


def test_a_log_whose_writers_are_not_all_known_is_shown_and_not_kept(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(tmp_path, line(log=log))
    world.timers_known = False
    write(log, "done\n", "12:00:02")
    world.now = at("12:00:30")
    assert world.row() == ("12:00:00", "unknown", None)
    assert world.kept() == []
    world.timers_known = True
    assert world.row() == ("12:00:00", "unknown", None)
    assert world.kept() == ["12:00:00 unknown"]
    world.timers_known = False
    write(log, "done\n", "13:00:02")
    world.now = at("13:00:30")
    assert world.row() == ("13:00:00", "unknown", None)
    assert world.kept() == ["12:00:00 unknown"]


def test_what_a_recorded_run_wrote_at_its_end_is_no_second_run(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(tmp_path, line(log=log, schedule="* * * * *"))
    write(log, "done\n", "12:03:00")
    world.now = at("12:03:30")
    long = run_at("12:00:01", JUDGED_OK, "rec-1", end=at("12:03:01"))
    assert [run.id for run in world.look(long).runs["crontab:sync"]] == ["rec-1"]
    assert world.kept() == ["12:00:01 ok"]


# A clock that was set back


def test_after_the_clock_was_set_back_a_later_failure_is_the_last_run(tmp_path: Path) -> None:
    world = World(tmp_path, line())
    for clock in ("12:00:01", "13:00:01", "14:00:01"):
        world.now = at(clock) + timedelta(seconds=5)
        world.look(run_at(clock, JUDGED_OK))
    world.now = at("11:30")
    snapshot = world.fresh()
    job = snapshot.jobs[0]
    assert (job.last_run, job.last_result.outcome) == (None, Outcome.OK)
    assert job.last_result.reasons == (SET_BACK,)
    (problem,) = snapshot.problems
    assert (problem.message, problem.note) == ("the clock was set back: 3 runs stamped later than now", True)

    failed = run_at("12:00:02", FAILED, "later")
    world.now = at("12:00:10")
    assert world.row(failed) == ("12:00:02", "failed", 12)
    for clock in ("12:30", "13:30", "14:30", "23:00"):  # also when the stamps are no longer ahead
        world.now = at(clock)
        world.start()
        assert world.row() == ("12:00:02", "failed", 12)
    assert world.kept() == ["12:00:01 ok", "13:00:01 ok", "14:00:01 ok", "12:00:02 failed"]
    assert [run.result and run.result.known_from[-1:] for run in world.history.runs()] == [
        *[(SET_BACK,)] * 3,
        (),
    ]
    assert world.look().problems == ()


def test_a_failure_before_the_clock_was_set_back_is_not_hidden_by_what_is_older(tmp_path: Path) -> None:
    world = World(tmp_path, line())
    world.look(run_at("11:00:01", JUDGED_OK))
    world.now = at("14:01")
    world.look(run_at("14:00:01", FAILED))
    world.now = at("11:30")
    world.start()
    assert world.row() == (None, "failed", 12)
    world.now = at("20:00")
    world.start()
    assert world.row() == (None, "failed", 12), "when it was is not known any more"
    world.now = at("12:01")
    assert world.row(run_at("12:00:01", JUDGED_OK)) == ("12:00:01", "ok", 0)


def test_a_verdict_of_before_says_so_too(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("[WARNING] slow\n")
    world = World(tmp_path, line())
    run = run_at("14:00:01", OK, "rec-1", log=LogSlice(str(log), 0))
    world.now = at("14:01")
    assert world.row(run) == ("14:00:01", "warnings", 0)
    world.now = at("11:30")
    assert world.row(run) == (None, "warnings", 0)
    (kept,) = world.history.runs()
    assert kept.result is not None
    assert (kept.result.warnings, kept.result.known_from[-1]) == (1, SET_BACK)


def test_the_history_has_them_in_their_true_order_among_those_of_other_jobs(tmp_path: Path) -> None:
    world = World(tmp_path, line(), line("other"))
    world.now = at("14:01")
    world.look(run_at("11:00:01", JUDGED_OK), run_at("14:00:01", FAILED))
    world.now = at("11:30")
    world.look()
    world.now = at("12:40")
    world.look(
        run_at("12:00:01", JUDGED_OK),
        run_at("11:15", OK, job="crontab:other"),
        run_at("12:30", OK, job="crontab:other"),
    )
    assert [line.split()[0] for line in world.kept()] == [
        "11:00:01",
        "11:15:00",
        "14:00:01",
        "12:00:01",
        "12:30:00",
    ]


def test_many_runs_that_are_stamped_ahead_hide_no_later_one(tmp_path: Path) -> None:
    world = World(tmp_path, line(schedule="* * * * *"))
    world.now = at("14:00")
    ahead = [run_at(f"13:{minute:02}:01", JUDGED_OK) for minute in range(60)]
    world.look(*ahead)
    day = timedelta(days=4000)  # ahead of the clock of the machine, too, by which the database goes
    far = [
        replace(run, id=f"far-{run.id}", start=run.start + day, end=run.end and run.end + day)
        for run in ahead
    ]
    world.history.keep_runs(far)
    world.now = at("14:01:10")
    world.look(run_at("14:01:01", FAILED))
    world.start()
    assert world.row() == ("14:01:01", "failed", 12)
    assert [run.id for run in world.history.runs("crontab:sync", 2)] == [
        f"far-{ahead[-1].id}",
        "run-14:01:01",
    ]


def test_a_sighting_at_the_same_time_of_day_is_another_run_once_the_clock_was_set_back(
    tmp_path: Path,
) -> None:
    log = tmp_path / "sync.log"
    world = World(tmp_path, line(log=log))
    write(log, "done\n", "14:00:02")
    world.now = at("14:00:30")
    assert world.row() == ("14:00:00", "unknown", None)
    world.now = at("13:30")
    world.start()
    assert world.row() == (None, "unknown", None)
    with log.open("a") as file:
        file.write("and again\n")
    again = int(at("14:00:02").timestamp()) * 10**9 + 123_000_000
    os.utime(log, ns=(again, again))
    world.now = at("14:00:40")
    world.start()
    assert world.row() == ("14:00:00", "unknown", None)
    assert world.kept() == ["14:00:00 unknown"] * 2


def test_a_running_job_is_not_due_in_the_future(tmp_path: Path) -> None:
    world = World(tmp_path, line())
    world.now = at("14:00:05")
    world.look(run_at("14:00:01", None, "c" * 16))
    world.now = at("13:00")
    assert world.look().jobs[0].running_since == at("13:00")


def recorded(world: World, place: int, uptime: float, status: int | None, clock: str, size: int = 0) -> None:
    """The record of a run that took two seconds and began at `uptime`; `clock` is its file's time."""
    world.records.mkdir(parents=True, exist_ok=True)
    path = world.records / f"{KEY}.{place}"
    end = "" if status is None else f"end {status} {uptime + 2:.2f}\n"
    path.write_text(f"begin {place} {place} {uptime:.2f} b-1 {size}\n{end}")
    os.utime(path, (at(clock).timestamp(),) * 2)
    (world.records / f"{KEY}.last").write_text(f"{place}\n")


def test_records_are_in_the_order_in_which_they_were_written_whatever_the_clock_was(tmp_path: Path) -> None:
    world = World(tmp_path, line(record_key=KEY))
    for place, clock, status in (
        (499, "12:00:03", 0),
        (500, "13:00:03", 0),
        (1, "14:00:03", 0),
        (2, "12:10:03", 7),
    ):
        recorded(world, place, place * 100.0, status, clock)
    world.now = at("20:00")  # nobody looked while stamps were ahead
    assert world.row() == ("12:10:01", "failed", 7)
    runs = world.look().runs["crontab:sync"]
    assert [f"{run.start:%H:%M}" for run in runs] == ["12:00", "13:00", "14:00", "12:10"]
    marked = [run.result is not None and SET_BACK in run.result.known_from for run in runs]
    assert marked == [False, True, True, False]


# Runs that write one log at once


def test_the_lines_of_two_jobs_that_write_one_log_at_once_judge_neither(tmp_path: Path) -> None:
    log = tmp_path / "both.log"
    log.write_text("[INFO] begun\n[WARNING] no telemetry\nalready running; skipping\n")
    one, other = line("one", log), line("other", log)
    world = World(tmp_path, one, other)
    world.now = at("12:05")
    runs = [
        run_at("12:00:01", OK, "rec-one", one.id, log=LogSlice(str(log), 0)),
        run_at("12:00:02", OK, "rec-other", other.id, log=LogSlice(str(log), 13)),
    ]
    for look in (world.look, world.look, world.fresh):
        for job in look(*runs).jobs:
            result = job.last_result
            assert (result.outcome, result.exit_code, result.why[0]) == (Outcome.UNKNOWN, 0, NOT_APART)
            assert result.why[1] == "1 warning: line 2 [WARNING] no telemetry" or job is not world.jobs[0]
    assert world.kept() == ["12:00:01 unknown", "12:00:02 unknown"]


def test_calm_lines_of_two_jobs_leave_the_exit_status_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "both.log"
    log.write_text("[INFO] begun\n[INFO] begun\n[INFO] done\n")
    one, other = line("one", log), line("other", log)
    world = World(tmp_path, one, other)
    runs = [
        run_at("12:00:01", OK, "rec-one", one.id, log=LogSlice(str(log), 0)),
        run_at("12:00:02", FAILED, "rec-other", other.id, log=LogSlice(str(log), 13)),
    ]
    shown = [job.last_result for job in world.look(*runs).jobs]
    assert [(result.outcome, result.exit_code) for result in shown] == [(Outcome.OK, 0), (Outcome.FAILED, 12)]


@pytest.mark.parametrize(("later", "shown"), [("12:30:00", "warnings"), ("12:00:02", "unknown")])
def test_a_run_that_its_own_log_was_left_to_is_judged_by_it(tmp_path: Path, later: str, shown: str) -> None:
    log = tmp_path / "both.log"
    log.write_text("[WARNING] no telemetry\n")
    one, other = line("one", log), line("other", log, "15 3 * * *")
    world = World(tmp_path, one, other)
    world.now = at("12:40")
    runs = [
        run_at("12:00:01", OK, "rec-one", one.id, log=LogSlice(str(log), 0, 23)),
        run_at(later, JUDGED_OK, "rec-other", other.id),
    ]
    assert world.row(*runs) == ("12:00:01", shown, 0)


def test_a_line_that_was_due_but_not_seen_may_have_written_too(tmp_path: Path) -> None:
    log = tmp_path / "both.log"
    log.write_text("[WARNING] no telemetry\n")
    world = World(tmp_path, line("one", log), line("other", log))
    run = run_at("12:00:01", OK, "rec-one", "crontab:one", log=LogSlice(str(log), 0, 23))
    assert world.row(run) == ("12:00:01", "unknown", 0)


def test_what_a_line_wrote_between_two_runs_of_a_timer_does_not_judge_the_timer(tmp_path: Path) -> None:
    log = tmp_path / "both.log"
    log.write_text("[INFO] all is well\n")
    timed, other = timer(log), line("other", log, "30 12 * * *")
    world = World(tmp_path, timed, other)
    world.now = at("11:10")
    world.look(run_at("11:00:01", OK, "a" * 32, timed.id))
    log.write_text(log.read_text() + "[ERROR] of cron's line\n[INFO] all is well\n")
    world.now = at("13:10")
    world.start()
    job = world.look(run_at("13:00:01", OK, "b" * 32, timed.id)).jobs[0]
    assert (job.last_result.outcome, job.last_result.why[0]) == (Outcome.UNKNOWN, NOT_APART)


def test_a_run_by_hand_is_not_judged_by_what_the_schedule_ran_meanwhile(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("[WARNING] whose?\n")
    world = World(tmp_path, line(log=log))
    warned = Result(
        Outcome.WARNINGS, 0, warnings=1, reasons=("1 warning: line 1 [WARNING] whose?",), judged=True
    )
    by_hand = run_at("12:00:01", warned, "d" * 16, trigger=Trigger.MANUAL, log=LogSlice(str(log), 0, 17))
    world.history.keep_runs((by_hand,))
    world.now = at("12:00:05")
    assert world.row() == ("12:00:01", "warnings", 0)
    world.look(run_at("12:00:02", UNSEEN, "cron-1-2"))
    assert world.kept() == ["12:00:01 unknown", "12:00:02 unknown"]


def overlapping(
    world: World, log: Path, text: str, statuses: tuple[int, int], command: bytes = b""
) -> list[str]:
    """How two runs of one job ended, of which the second was over before the first; with the first reason."""
    job = world.jobs[0]
    assert isinstance(job.facts, CronFacts)
    world.jobs = [replace(job, facts=replace(job.facts, command=command or job.facts.command))]
    log.write_text(text)
    recorded(world, 1, 100.0, statuses[0], "12:01:30")
    path = world.records / f"{KEY}.1"
    path.write_text(path.read_text().replace(" 102.00", " 190.00"))
    os.utime(path, (at("12:01:30").timestamp(),) * 2)
    recorded(world, 2, 160.0, statuses[1], "12:01:02", 13)
    world.now = at("12:05")
    results = [run.result for run in world.look().runs["crontab:sync"]]
    return [" ".join((result.outcome.value, *result.why[:1])) for result in results if result is not None]


FLOCK = b"flock -n /tmp/l bash sync.sh >> log 2>&1"


@pytest.mark.parametrize(
    ("text", "statuses", "command", "shown"),
    [
        (
            "[INFO] begun\nalready running; skipping\n[INFO] done\n",
            (0, 0),
            b"",
            ["ok", f"unknown {NOT_APART}"],
        ),
        (
            "[INFO] begun\nalready running; skipping\n",
            (0, 0),
            b"",
            [f"unknown {NOT_APART}", "skipped locked"],
        ),
        ("[INFO] begun\n[INFO] done\n", (0, 1), FLOCK, ["ok", "skipped locked"]),
        ("[INFO] begun\n[ERROR] x\n", (0, 0), b"", [f"unknown {NOT_APART}"] * 2),
        ("[INFO] begun\n[INFO] done\n", (0, 0), b"", ["ok", "ok"]),
    ],
)
def test_a_job_that_overlaps_itself_is_not_judged_by_lines_of_its_other_run(
    tmp_path: Path, text: str, statuses: tuple[int, int], command: bytes, shown: list[str]
) -> None:
    log = tmp_path / "sync.log"
    world = World(tmp_path, line(log=log, record_key=KEY))
    assert overlapping(world, log, text, statuses, command) == shown


# Scripts of the original's kind, recorded


@pytest.mark.parametrize(
    ("command", "outcome", "status"),
    [
        (b"echo '[SUCCESS] complete' >> log; exit 1", "failed", 1),
        (b"echo '[WARNING] no telemetry' >> log", "warnings", 0),
        (b"echo 'already running; skipping' >> log", "skipped", 0),
        (b"false | tee -a log", "unknown", 0),
        (b"(sleep 0.1; exit 3) >> log 2>&1 &", "unknown", 0),
        (b"echo '[INFO] done' >> log", "ok", 0),
    ],
)
def test_how_a_recorded_script_ended(tmp_path: Path, command: bytes, outcome: str, status: int) -> None:
    log = tmp_path / "log"
    machine = Machine(tmp_path)
    job = line(log=log, record_key=KEY)
    assert isinstance(job.facts, CronFacts)
    world = World(tmp_path, replace(job, facts=replace(job.facts, command=command)))
    (machine.folder / "logs" / KEY).symlink_to(log)
    assert machine.run(command)[2] == status
    world.now = datetime.now(UTC) + timedelta(seconds=1)
    assert world.row()[1:] == (outcome, status)


@pytest.mark.parametrize("whole", [True, False])
def test_a_killed_recorder_leaves_an_unknown_end(tmp_path: Path, whole: bool) -> None:
    log = tmp_path / "log"
    machine = Machine(tmp_path)
    world = World(tmp_path, line(log=log, record_key=KEY))
    (machine.folder / "logs" / KEY).symlink_to(log)
    process = machine.start(b"echo '[SUCCESS] complete' >> log; echo ready; read line")
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    world.now = datetime.now(UTC)
    assert world.look().jobs[0].running
    (os.killpg if whole else os.kill)(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    world.now = datetime.now(UTC) + timedelta(seconds=1)
    deadline = time.monotonic() + 10
    while world.look().jobs[0].running and time.monotonic() < deadline:
        time.sleep(0.05)
    job = world.look().jobs[0]
    assert (job.running, job.last_result.outcome, job.last_result.exit_code) == (False, Outcome.UNKNOWN, None)
    assert LOST in job.last_result.reasons
    assert world.kept()[-1].endswith("unknown")
