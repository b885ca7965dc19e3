"""What is shown is kept first; what is ok was read first; what nobody sees any more is said to be unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.history.database import History
from fedtui.merging import merge
from fedtui.model import (
    Answer,
    CronFacts,
    Job,
    Location,
    LogSlice,
    Mark,
    Outcome,
    Problem,
    Result,
    Run,
    Snapshot,
    SourceName,
    State,
    TimerFacts,
    Trigger,
)
from fedtui.pack import Pack
from fedtui.presentation.history_text import JobNames
from fedtui.results import RuleBook
from fedtui.run_persistence import READING, RunRecorder
from fedtui.sources.own_runs import OwnRunsSource

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
EXITED = Result(Outcome.OK, 0, duration=2.0, evidence=("exit status, systemd",))
SEEN = Result(Outcome.UNKNOWN, evidence=("start seen",))
WARNS = "[INFO] begun\n[WARNING] no telemetry\n[SUCCESS] complete\n"


def cron(**more: object) -> Job:
    facts = CronFacts("crontab", b"", b"bash sync.sh", home="/home/fed")
    job = Job(
        "crontab:1",
        "sync",
        SourceName.CRONTAB,
        "fed",
        "0 * * * *",
        "hourly",
        Location("crontab", 1),
        facts=facts,
    )
    return replace(job, **more)  # type: ignore[arg-type]  # a test's shorthand


def timer(log: Path, mode: str = "append") -> Job:
    facts = TimerFacts("sync.timer", "sync.service", True, "active", "enabled", output_mode=mode)
    place = Location("/u/sync.timer")
    return Job(
        *("user-timer:sync.timer", "sync.timer", SourceName.USER_TIMER, "fed", "hourly", "hourly", place),
        log_path=str(log),
        facts=facts,
    )


class World:
    """A database, and a recorder whose knowledge of it is as old as the last look."""

    def __init__(self, tmp_path: Path, job: Job, jobs: dict[str, dict[str, object]] | None = None) -> None:
        self.job = job
        self.history = History(tmp_path / "history.db")
        self.own = OwnRunsSource(self.history, self.history.path, lambda: NOW, lambda: None)
        self.recorder = RunRecorder(
            self.history,
            lambda: RuleBook({}, jobs or {}, home=str(tmp_path)),
            lambda: NOW,
            lambda: self.own.rows,
            tmp_path / "freshness",
        )

    def look(self, *runs: Run) -> Snapshot:
        answers = {
            "crontab": Answer("crontab", NOW, (self.job,)),
            "witness": Answer("witness", NOW, (), runs=runs),
            "own-runs": self.own.look(),
        }
        return merge(answers, Snapshot(NOW), NOW, settle=self.recorder.settle)

    def run(self, name: str, ago: float, result: Result | None, **more: object) -> Run:
        start = NOW - timedelta(seconds=ago)
        end = None if result is None else start + timedelta(seconds=2)
        return replace(Run(name, self.job.id, start, end, result), **more)  # type: ignore[arg-type]


def seen_by_log(world: World, log: Path, name: str, ago: float) -> Run:
    return world.run(name, ago, SEEN, log=LogSlice(str(log), None, log.stat().st_size))


def judged_last(world: World, *runs: Run) -> Result:
    world.look(*runs)
    world.recorder.judge()
    return world.look(*runs).jobs[0].last_result


EVERY_5 = {"schedule": "*/5 * * * *", "next_run": NOW + timedelta(seconds=288)}


def test_what_a_run_of_cron_printed_that_nobody_saw(tmp_path: Path) -> None:
    """Its lines end where the log does, and begin where those of the run before it ended."""
    log = tmp_path / "sync.log"
    log.write_text("[ERROR] long ago\n" + WARNS)
    world = World(tmp_path, cron(**EVERY_5))
    shown = judged_last(world, seen_by_log(world, log, "cron-log-1", 612))
    assert (shown.outcome, shown.errors, shown.warnings) == (Outcome.UNKNOWN, 0, 0)
    assert shown.evidence[-1].endswith(" is not known, and only its last line was read")

    read = log.stat().st_size
    log.write_text(log.read_text() + "[ERROR] disk full\n")
    shown = judged_last(world, seen_by_log(world, log, "cron-log-2", 312))
    assert (shown.errors, shown.reasons) == (1, ("1 error: line 1 [ERROR] disk full",))
    runs = {run.id: run.log for run in world.history.runs()}
    assert runs["cron-log-2"] == LogSlice(str(log), read, log.stat().st_size)


@pytest.mark.parametrize("rotated", [False, True])
def test_lines_that_another_run_may_have_written_are_not_the_last_ones(tmp_path: Path, rotated: bool) -> None:
    """A run was due between the two that were seen, or the log is another file by now."""
    log = tmp_path / "sync.log"
    log.write_text("fine\n" * 3)
    world = World(tmp_path, cron(**EVERY_5))
    judged_last(world, seen_by_log(world, log, "cron-log-1", 612 if rotated else 912))
    log.write_text("[ERROR] of whom?\nfine\n" if rotated else log.read_text() + "[ERROR] of whom?\nfine\n")
    shown = judged_last(world, seen_by_log(world, log, "cron-log-2", 312))
    assert (shown.errors, shown.outcome) == (0, Outcome.UNKNOWN)
    assert shown.evidence[-1].endswith(" is not known, and only its last line was read")


def test_exit_status_0_is_not_called_ok_before_its_output_was_read(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("[ERROR] of the run before\n" + WARNS)
    world = World(tmp_path, cron())
    run = world.run("rec", 60, EXITED, log=LogSlice(str(log), 26))
    shown = world.look(run).jobs[0].last_result
    assert (shown.outcome, shown.exit_code, shown.reasons) == (Outcome.UNKNOWN, 0, (READING,))
    assert world.recorder.waiting
    world.recorder.judge()
    shown = world.look(run).jobs[0].last_result
    assert (shown.outcome, shown.warnings) == (Outcome.WARNINGS, 1)
    assert shown.reasons == ("1 warning: line 2 [WARNING] no telemetry",)
    assert not world.recorder.waiting
    (row,) = world.history.runs()
    assert row.result == shown


def test_a_status_that_proves_nothing_is_read_once_and_never_called_ok(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text(WARNS)
    world = World(tmp_path, cron())
    why = "pipe: exit 0 is that of tee, it does not say how sync.sh ended"
    doubted = replace(EXITED, outcome=Outcome.UNKNOWN, reasons=(why,))
    run = world.run("rec", 60, doubted, log=LogSlice(str(log), 0))
    assert world.look(run).jobs[0].last_result.reasons == (why,)
    assert world.recorder.waiting
    world.recorder.judge()
    for shown in (world.look(run).jobs[0].last_result, World(tmp_path, cron()).look(run).jobs[0].last_result):
        assert (shown.outcome, shown.exit_code, shown.judged) == (Outcome.UNKNOWN, 0, True)
        assert shown.reasons == (why, "1 warning: line 2 [WARNING] no telemetry")
    assert not world.recorder.waiting


def test_what_was_judged_once_is_not_read_again_after_a_restart(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text(WARNS)
    world = World(tmp_path, cron())
    run = world.run("rec", 60, EXITED, log=LogSlice(str(log), 0))
    world.look(run)
    world.recorder.judge()
    world.look(run)
    log.unlink()
    again = World(tmp_path, cron())
    assert again.look(run).jobs[0].last_result.warnings == 1
    assert not again.recorder.waiting


def test_runs_outlive_those_who_saw_them(tmp_path: Path) -> None:
    world = World(tmp_path, cron())
    world.look(*(world.run(f"cron-{number}", 60.0 * number, SEEN) for number in range(1, 31)))
    again = World(tmp_path, cron()).look()
    assert len(again.runs["crontab:1"]) == 24
    assert again.jobs[0].last_run == NOW - timedelta(seconds=60)
    assert len(world.history.runs(limit=100)) == 30


def test_a_trace_that_nobody_saw_is_shown_and_not_kept(tmp_path: Path) -> None:
    world = World(tmp_path, cron())
    trace = world.run("log-crontab:1", 60, SEEN, trigger=Trigger.UNKNOWN)
    assert world.look(trace).jobs[0].last_run == trace.start
    assert world.history.runs() == []


def test_two_accounts_become_one_row_once_they_are_known_to_be_of_one_run(tmp_path: Path) -> None:
    world = World(tmp_path, cron())
    sighting = world.run("cron-7", 61, None)
    world.look(sighting)
    recorded = world.run("rec", 61, Result(Outcome.FAILED, 3, judged=True))
    world.look(sighting, recorded)
    (row,) = world.history.runs()
    assert (row.id, row.also) == ("rec", ("cron-7",))
    assert row.result is not None
    assert row.result.exit_code == 3


def test_a_run_that_no_witness_sees_any_more_ends_as_unknown(tmp_path: Path) -> None:
    world = World(tmp_path, cron())
    world.look(world.run("cron-7", 300, None))
    again = World(tmp_path, cron())
    snapshot = again.look()
    assert not snapshot.jobs[0].running
    again.recorder.close_unseen(snapshot)
    (row,) = again.history.runs()
    assert row.result == Result(Outcome.UNKNOWN, reasons=("nobody saw how it ended",)).marked(Mark.NO_STATUS)
    assert row.end is None
    assert again.look().jobs[0].last_result.reasons == ("nobody saw how it ended",)


@pytest.mark.parametrize("gone", ["seen", "unreachable"])
def test_a_run_that_may_go_on_is_not_ended(tmp_path: Path, gone: str) -> None:
    world = World(tmp_path, cron())
    run = world.run("cron-7", 300, None)
    world.look(run)
    again = World(tmp_path, cron(state=State.UNREACHABLE if gone == "unreachable" else State.ON))
    snapshot = again.look(run) if gone == "seen" else again.look()
    again.recorder.close_unseen(snapshot)
    (row,) = again.history.runs()
    assert row.is_running


def test_the_lines_of_a_timer_in_its_log_begin_where_the_log_ended_before(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("[ERROR] long ago\n")
    world = World(tmp_path, timer(log))
    world.look()
    log.write_text(log.read_text() + WARNS)
    first = world.run("a" * 32, 60, EXITED)
    world.look(first)
    world.recorder.judge()
    shown = world.look(first).jobs[0].last_result
    assert shown.reasons == ("1 warning: line 2 [WARNING] no telemetry",)

    # after a restart the run before tells where it ended
    log.write_text(log.read_text() + "[INFO] all is well\n")
    again = World(tmp_path, timer(log))
    second = again.run("b" * 32, 30, EXITED)
    again.look(second)
    again.recorder.judge()
    shown = again.look(second).jobs[0].last_result
    assert (shown.outcome, shown.evidence[-1]) == (Outcome.OK, f"1 line read, {log}")


def test_a_log_that_each_run_truncates_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(tmp_path, timer(log, "truncate"))
    world.look()
    for number, text in enumerate(("[ERROR] broken\n", "[ERROR] broken\n", "[ERROR] broken\n[INFO] more\n")):
        log.write_text(text)
        run = world.run(str(number) * 32, 60 - 10 * number, EXITED)
        world.look(run)
        world.recorder.judge()
        shown = world.look(run).jobs[0].last_result
        assert (shown.outcome, shown.reasons) == (Outcome.WARNINGS, ("1 error: line 1 [ERROR] broken",))


def test_lines_that_are_written_over_older_ones_cast_a_doubt(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(tmp_path, timer(log, "file"))
    world.look()
    log.write_text("[INFO] short\n[ERROR] of a longer run before\n")
    run = world.run("a" * 32, 60, EXITED)
    world.look(run)
    world.recorder.judge()
    assert world.look(run).jobs[0].last_result.reasons[1].startswith("some of it may be of earlier runs")


def test_a_log_that_was_truncated_and_grew_beyond_its_old_size_is_read_whole(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("[INFO] of old\n")
    world = World(tmp_path, timer(log))
    world.look()
    log.write_text("[ERROR] broken\n[INFO] more\n")
    run = world.run("a" * 32, 60, EXITED)
    world.look(run)
    world.recorder.judge()
    assert world.look(run).jobs[0].last_result.reasons == ("1 error: line 1 [ERROR] broken",)


def test_a_log_whose_lines_may_be_of_earlier_runs_casts_a_doubt_and_says_so(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("[WARNING] of whom?\n")
    world = World(tmp_path, timer(log))
    run = world.run("a" * 32, 60, EXITED)
    world.look(run)
    world.recorder.judge()
    shown = world.look(run).jobs[0].last_result
    assert (shown.outcome, shown.warnings) == (Outcome.WARNINGS, 1)
    unclear = f"where its lines begin in {log} is not known"
    assert shown.reasons[1] == f"some of it may be of earlier runs: {unclear}"
    assert shown.evidence[-1] == unclear

    # where they end is: there the lines of the next run begin
    log.write_text(log.read_text() + WARNS)
    again = World(tmp_path, timer(log))
    second = again.run("b" * 32, 30, EXITED)
    again.look(second)
    again.recorder.judge()
    assert again.look(second).jobs[0].last_result.warnings == 1


def test_the_product_and_the_rules_of_a_job(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("retrying node2\n")
    job = cron(facts=CronFacts("crontab", b"", b"bash sync.sh", home=str(tmp_path)))
    world = World(tmp_path, job, {"sync": {"warning": ["retrying"], "product": "~/data.jsonl"}})
    run = world.run("rec", 60, EXITED, log=LogSlice(str(log), 0))
    world.look(run)
    world.recorder.judge()
    shown = world.look(run).jobs[0].last_result
    assert shown.reasons == (
        "1 warning: line 1 retrying node2",
        f"its product {tmp_path}/data.jsonl is not there",
    )


def test_the_product_of_the_federation_set_up_is_judged_where_config_names_none(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("[SUCCESS] complete\n")
    product = str(tmp_path / "patterns.jsonl")
    pack = Pack("/srv", "minimal", "cron", "/srv", "2026-11-01", products={"sync": product})

    def reasons(job: Job, jobs: dict[str, dict[str, object]]) -> tuple[str, ...]:
        (tmp_path / "history.db").unlink(missing_ok=True)  # a kept verdict is not judged again
        world = World(tmp_path, job)
        world.recorder = RunRecorder(
            *(world.history, lambda: RuleBook({}, jobs, lambda: pack, "fed"), lambda: NOW),
            rows=dict,
            freshness=tmp_path / "freshness",
        )
        run = world.run("rec", 60, EXITED, log=LogSlice(str(log), 0))
        world.look(run)
        world.recorder.judge()
        return world.look(run).jobs[0].last_result.reasons

    assert reasons(cron(managed="sync"), {}) == (f"1 warning: its product {product} is not there",)
    own = {"sync": {"product": "/other"}}
    assert reasons(cron(managed="sync"), own) == ("1 warning: its product /other is not there",)
    assert reasons(cron(), {}) == ()
    assert reasons(cron(managed="sync", user="other"), {}) == ()  # somebody else's set-up made it


def test_a_line_that_moved_to_another_table_shows_its_earlier_runs(tmp_path: Path) -> None:
    world = World(tmp_path, cron())
    runs = [world.run(f"cron-{number}", 3600 * number, replace(EXITED, judged=True)) for number in (3, 2, 1)]
    world.look(*runs)
    moved = cron(id="cron.d:2", source=SourceName.CRON_D)
    other = cron(id="cron.d:3", source=SourceName.CRON_D, name="other")

    def seen(crontab: Answer) -> Snapshot:
        tables = Answer("system-tables", NOW, (moved, other))
        timers = {name: Answer(name, NOW, ()) for name in ("user-timers", "system-timers")}
        answers = {"crontab": crontab, "system-tables": tables, "own-runs": world.own.look()}
        return merge({**answers, **timers}, Snapshot(NOW), NOW, settle=world.recorder.settle)

    shown = seen(Answer("crontab", NOW, ()))
    assert [run.id for run in shown.runs["cron.d:2"]] == ["cron-3", "cron-2", "cron-1"]
    assert (shown.jobs[0].last_run, shown.jobs[0].last_result.outcome) == (runs[-1].start, Outcome.OK)
    assert (shown.jobs[1].last_run, shown.jobs[1].last_result.outcome) == (None, Outcome.NEVER)
    names = JobNames.of(shown)
    assert [(names.name(run), names.by(run)) for run in shown.runs["cron.d:2"]] == [("sync", "cron")] * 3
    for unread in (
        Answer("crontab", NOW, None, problems=(Problem("crontab", "it does not answer"),)),
        Answer("crontab", NOW, (), problems=(Problem("crontab", "one table cannot be read"),)),
        Answer("crontab", NOW, (), late="the rest of its jobs"),
        Answer("crontab", NOW, (cron(),)),
    ):
        assert "cron.d:2" not in seen(unread).runs
    moved = replace(moved, user="root")
    gone = JobNames.of(seen(Answer("crontab", NOW, ())))
    assert gone.name(runs[0]) == "sync (gone)"


def test_jobs_are_remembered_with_their_newest_names_and_their_twins(tmp_path: Path) -> None:
    world = World(tmp_path, cron(managed="sync"))
    world.look(world.run("cron-1", 60, SEEN))
    world.job = cron(name="renamed")
    world.look()
    (record,) = world.history.jobs()[0]
    assert (record.id, record.name, record.user, record.mark, record.twin) == (
        *("crontab:1", "renamed", "fed", ""),
        False,
    )
    answers = {
        "crontab": Answer("crontab", NOW, (world.job, cron(id="crontab:1-2", name="renamed"))),
        "own-runs": world.own.look(),
    }
    merge(answers, Snapshot(NOW), NOW, settle=world.recorder.settle)
    world.look()
    assert [(one.id, one.twin) for one in world.history.jobs()[0]] == [("crontab:1", True)]


def test_a_history_that_cannot_be_written_is_told_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"garbage!" * 512)
    world = World(tmp_path, cron())
    assert world.look(world.run("cron-7", 61, SEEN)).jobs[0].last_run == NOW - timedelta(seconds=61)
    assert world.recorder.problem is not None
    assert "cannot be used" in world.recorder.problem.message
