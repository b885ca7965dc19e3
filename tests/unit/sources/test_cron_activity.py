"""Runs seen in the process table and by logs that grow; the process table is the test's own."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.model import (
    CronFacts,
    Job,
    Location,
    LogSlice,
    Mark,
    Outcome,
    Result,
    Run,
    SourceName,
    State,
    TimerFacts,
    Trigger,
)
from fedtui.sources.cron_activity import CronActivitySource
from fedtui.sources.cron_match import match
from fedtui.system.cron_daemon import CronDaemon
from fedtui.system.processes import CronProcess, ProcessIdentity

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def job(name: str, command: bytes, log: Path | None = None, at: datetime = NOON) -> Job:
    return Job(
        id=f"crontab:{name}",
        name=name,
        source=SourceName.CRONTAB,
        user="root",
        schedule="* * * * *",
        schedule_text="every minute",
        location=Location("crontab", 1),
        command=command.decode(),
        next_run=at,
        log_path=None if log is None else str(log),
        facts=CronFacts("crontab", b"* * * * * " + command, command, home="/root"),
    )


def process(command: bytes | None, pid: int = 700, argv: tuple[bytes, ...] = ()) -> CronProcess:
    identity = ProcessIdentity(pid, 1000 + pid)
    argv = argv or (b"/bin/sh", b"-c", command or b"")
    return CronProcess(0, command, argv, pid, pid, NOON + timedelta(seconds=1), identity)


class World:
    """A clock, a process table and a list of jobs, each set by the test."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs = list(jobs)
        self.now = NOON - timedelta(seconds=10)
        self.processes: list[CronProcess] = []
        self.timers_known = True
        self.source = CronActivitySource(
            lambda: self.jobs,
            daemon=lambda: CronDaemon(True, "debian", "cron", 88),
            running=lambda pid: self.processes,
            alive=lambda identity: any(found.identity == identity for found in self.processes),
            clock=lambda: self.now,
            timers_known=lambda: self.timers_known,
        )

    def at(self, seconds: float) -> bool:
        """Let it be so many seconds after noon, and look."""
        self.source.pause()
        self.now = NOON + timedelta(seconds=seconds)
        return self.source.notice()

    async def runs(self) -> tuple[Run, ...]:
        return (await self.source.read()).runs


async def test_a_run_is_seen_to_start_and_to_end_and_its_result_is_not_known() -> None:
    world = World(job("sync", b"bash sync.sh"))
    assert not world.at(0)
    world.processes = [process(b"bash sync.sh")]
    assert world.at(1.1)
    (run,) = await world.runs()
    assert (run.job_id, run.start, run.end, run.pid) == (
        "crontab:sync",
        NOON + timedelta(seconds=1),
        None,
        700,
    )
    assert run.trigger is Trigger.SCHEDULE
    assert not world.at(1.2)
    world.processes = []
    assert world.at(4)
    (run,) = await world.runs()
    assert run.end == NOON + timedelta(seconds=4)
    assert run.result is not None
    assert run.result.outcome is Outcome.UNKNOWN
    assert run.result.duration == 3
    assert run.result.known_from == ("start seen in the process table", "no exit status")


async def test_a_run_too_short_to_be_seen_is_told_by_its_log(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("before\n")
    os.utime(log, (NOON.timestamp() - 300,) * 2)
    world = World(job("sync", b"bash sync.sh", log))
    world.at(0)
    log.write_text("before\nafter\n")
    os.utime(log, (NOON.timestamp() + 1,) * 2)
    assert world.at(3.5)
    (run,) = await world.runs()
    assert run.result is not None
    assert run.result.outcome is Outcome.UNKNOWN
    assert run.result.known_from == ("log grew at 12:00:01", "no exit status")
    assert (run.start, run.end) == (NOON, NOON + timedelta(seconds=1))
    assert not world.at(5)
    assert len(await world.runs()) == 1


async def test_a_log_that_stays_as_it_is_tells_of_no_run(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("before\n")
    os.utime(log, (NOON.timestamp() - 300,) * 2)
    world = World(job("sync", b"bash sync.sh", log))
    for seconds in (0, 3.5, 20, 59, 70):
        assert not world.at(seconds)
    log.write_text("before\nmuch later\n")
    assert not world.at(80)
    assert await world.runs() == ()


@pytest.mark.parametrize(("written", "runs"), [(59.9, [0]), (60.0, [60]), (60.2, [60])])
async def test_what_the_next_minute_wrote_is_no_evidence_of_this_minutes_run(
    tmp_path: Path, written: float, runs: list[int]
) -> None:
    log = tmp_path / "sync.log"
    world = World(job("sync", b"bash sync.sh", log))
    world.at(0)
    log.write_text("a line\n")
    os.utime(log, (NOON.timestamp() + written,) * 2)
    world.at(60.4)  # the look came late
    found = [(one.start - NOON).total_seconds() for one in await world.runs() if one.result]
    assert found == runs


async def test_a_log_that_two_due_jobs_share_tells_of_neither(tmp_path: Path) -> None:
    log = tmp_path / "both.log"
    world = World(job("one", b"a >> both", log), job("two", b"b >> both", log))
    world.at(0)
    log.write_text("from one of them\n")
    os.utime(log, (NOON.timestamp() + 1,) * 2)
    assert not world.at(3.5)
    assert await world.runs() == ()


async def test_a_seen_run_is_not_told_again_by_its_log(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(job("sync", b"bash sync.sh", log))
    world.at(0)
    world.processes = [process(b"bash sync.sh")]
    world.at(1)
    log.write_text("running\n")
    os.utime(log, (NOON.timestamp() + 2,) * 2)
    world.processes = []
    world.at(4)
    world.at(30)
    assert len(await world.runs()) == 1


async def test_what_runs_already_is_seen_at_the_first_look() -> None:
    world = World(job("export", b"bash export.sh", at=NOON + timedelta(hours=3)))
    world.processes = [process(b"bash export.sh")]
    (run,) = await world.runs()
    assert (run.job_id, run.end) == ("crontab:export", None)


def test_it_looks_often_only_when_a_job_is_due_or_runs() -> None:
    world = World(job("sync", b"bash sync.sh"))
    world.now = NOON - timedelta(minutes=5)
    assert world.source.pause() == 15
    world.now = NOON - timedelta(seconds=4)
    assert world.source.pause() == pytest.approx(4)
    world.at(0)
    assert world.source.pause() == 0.1
    world.jobs = [replace(world.jobs[0], next_run=NOON + timedelta(hours=1))]
    world.at(3.1)
    assert world.source.pause() == 15
    world.processes = [process(b"bash sync.sh")]
    world.at(4)
    assert world.source.pause() == 1


async def test_a_job_that_became_known_while_it_rested_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedtui.sources.cron_activity._NOTICE", 0.01)
    world = World()
    news = asyncio.ensure_future(anext(aiter(world.source.watch())))
    await asyncio.sleep(0.05)
    world.jobs = [job("sync", b"bash sync.sh")]
    world.processes = [process(b"bash sync.sh")]
    await asyncio.wait_for(news, timeout=5)
    (run,) = await world.runs()
    assert run.job_id == "crontab:sync"


async def test_equal_commands_of_two_lines_are_two_runs() -> None:
    world = World(job("a", b"date"), job("b", b"date"))
    world.at(0)
    world.processes = [process(b"date", 700), process(b"date", 701)]
    world.at(1)
    assert sorted(run.job_id for run in await world.runs()) == ["crontab:a", "crontab:b"]


async def test_a_job_that_cron_starts_again_while_it_runs_is_two_runs() -> None:
    world = World(job("slow", b"sleep 90"))
    world.at(0)
    world.processes = [process(b"sleep 90", 700)]
    world.at(1)
    world.processes.append(process(b"sleep 90", 701))
    world.at(61)
    assert [run.job_id for run in await world.runs()] == ["crontab:slow", "crontab:slow"]


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        (b"bash ~/sync.sh --all >> ~/logs/x.log 2>&1", (b"bash", b"/root/sync.sh", b"--all")),
        (b"cd /opt && ./sync.sh 'two words' &> x.log", (b"/bin/bash", b"./sync.sh", b"two words")),
        (b"$HOME/sync.sh", (b"/usr/bin/env", b"bash", b"/root/sync.sh")),
        (b"nice -n 5 sleep 7", (b"sleep", b"7")),
        (b"/usr/bin/python3 -m fed.sync", (b"/usr/bin/python3", b"-m", b"fed.sync")),
    ],
)
def test_a_shell_that_became_its_program_is_known_by_its_arguments(
    command: bytes, argv: tuple[bytes, ...]
) -> None:
    found = match(process(None, argv=argv), [job("other", b"bash /opt/other.sh"), job("mine", command)])
    assert found is not None
    assert found.name == "mine"


def test_what_may_be_either_of_two_jobs_is_taken_for_neither() -> None:
    jobs = [job("one", b"cd /a && bash run.sh"), job("two", b"cd /b && bash run.sh")]
    assert match(process(None, argv=(b"bash", b"run.sh")), jobs) is None
    assert match(process(b"cd /b && bash run.sh"), jobs) == jobs[1]
    assert match(process(b"something else"), jobs) is None


async def test_a_log_from_before_tells_that_the_job_has_run_and_no_more(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(job("sync", b"bash sync.sh", log))
    assert await world.runs() == ()
    log.write_text("done\n")
    os.utime(log, (NOON.timestamp() - 297,) * 2)
    (trace,) = await world.runs()
    due = NOON - timedelta(minutes=5)
    assert (trace.job_id, trace.start, trace.end) == ("crontab:sync", due, due + timedelta(seconds=3))
    assert trace.result is not None
    assert trace.result.outcome is Outcome.UNKNOWN
    assert trace.result.known_from == ("log was written at 11:55:03", "no exit status")
    assert trace.log == LogSlice(str(log), None, log.stat().st_size)


async def test_the_log_of_a_run_is_read_that_took_longer_than_its_minute(tmp_path: Path) -> None:
    """Cron's own log names the start; nobody looked until it was over."""
    log = tmp_path / "backup.log"
    log.write_text("[ERROR] no space left\n")
    began = NOON - timedelta(hours=1)
    os.utime(log, (began.timestamp() + 1500,) * 2)
    seen = Result(Outcome.UNKNOWN).marked(Mark.NO_STATUS)
    backup = replace(job("backup", b"backup.sh", log), schedule="0 * * * *", last_run=began, last_result=seen)
    (trace,) = await World(backup).runs()
    assert (trace.start, trace.end) == (began, began + timedelta(minutes=25))
    assert trace.log == LogSlice(str(log), None, log.stat().st_size)
    for other in (
        replace(backup, last_result=Result(Outcome.OK, 0)),  # its output was read
        replace(backup, last_run=began - timedelta(hours=2)),  # a run since then is missing
        replace(backup, running_since=began),
        replace(backup, last_run=began + timedelta(minutes=26)),
    ):
        assert await World(other).runs() == ()
    unsure = World(backup)
    unsure.timers_known = False
    (trace,) = await unsure.runs()
    assert (trace.log, trace.trigger) == (None, Trigger.UNKNOWN)


@pytest.mark.parametrize("seconds", [-10, 62, 1800, 5 * 3600])
async def test_a_log_written_when_the_job_was_not_due_tells_of_no_run(tmp_path: Path, seconds: float) -> None:
    log = tmp_path / "sync.log"
    log.write_text("by hand\n")
    os.utime(log, (NOON.timestamp() - 3600 + seconds,) * 2)
    hourly = replace(job("sync", b"bash sync.sh", log), schedule="0 * * * *")
    assert await World(hourly).runs() == ()


def unit(**more: object) -> Job:
    """A timer whose service may write a log."""
    facts = TimerFacts("sync.timer", "sync.service", True, "active", "enabled")
    place = Location("/u/sync.timer")
    timer = Job(
        "user-timer:sync.timer", "sync", SourceName.USER_TIMER, "root", "hourly", "hourly", place, facts=facts
    )
    return replace(timer, **more)  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    "writer", ["append", "redirect", "redirects", "link", "line", "errors", "paused line"]
)
@pytest.mark.parametrize("before", [False, True])
async def test_a_log_with_another_known_writer_tells_of_no_run(
    tmp_path: Path, writer: str, before: bool
) -> None:
    log = tmp_path / "sync.log"
    (tmp_path / "link.log").symlink_to(log)
    later = NOON + timedelta(hours=3)
    others = {
        "append": unit(log_path=str(log)),
        "redirect": unit(command=f"/bin/sh -c 'bash sync.sh >> {log} 2>&1'"),
        "redirects": unit(command=f"/bin/sh -c 'bash sync.sh >> /nowhere/a.log 2>> {log}'"),
        "link": unit(log_path=str(tmp_path / "link.log")),
        "line": job("other", b"bash other.sh", log, later),
        "errors": job("other", f"a.sh >> a.log 2>> {log}".encode(), tmp_path / "a.log", later),
        "paused line": replace(job("other", b"bash other.sh", log), next_run=None, state=State.PAUSED),
    }
    world = World(job("sync", b"bash sync.sh", log), others[writer])
    if not before:
        world.at(0)
    log.write_text("by the other one\n")
    os.utime(log, (NOON.timestamp() + 1,) * 2)
    assert not world.at(3.5)
    assert await world.runs() == ()
    world.jobs.pop()
    world.jobs = list(world.jobs)
    assert len(await world.runs()) == 1, "the same log, were it the job's own"


async def test_a_log_that_grows_while_the_timers_are_not_known_is_no_run_of_crons(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    world = World(job("sync", b"bash sync.sh", log))
    world.timers_known = False
    world.at(0)
    log.write_text("by a timer, perhaps\n")
    os.utime(log, (NOON.timestamp() + 1,) * 2)
    assert not world.at(3.5)
    (trace,) = await world.runs()
    assert trace.trigger is Trigger.UNKNOWN
    world.timers_known = True
    assert world.at(10)
    assert [run.trigger for run in await world.runs()] == [Trigger.SCHEDULE]


@pytest.mark.parametrize(("text", "runs"), [("", 0), ("after the rotation\n", 1)])
async def test_a_rotation_is_no_run(tmp_path: Path, text: str, runs: int) -> None:
    log = tmp_path / "sync.log"
    log.write_text("many lines of the runs before\n")
    os.utime(log, (NOON.timestamp() - 40,) * 2)
    hourly = replace(job("sync", b"bash sync.sh >> sync.log", log), schedule="0 * * * *")
    world = World(hourly)
    world.at(0)
    log.write_text(text)
    os.utime(log, (NOON.timestamp() + 1,) * 2)
    world.at(3.5)
    assert len(await world.runs()) == runs


async def test_a_log_that_is_touched_tells_of_no_run(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("lines\n")
    os.utime(log, (NOON.timestamp() - 40,) * 2)
    world = World(replace(job("sync", b"bash sync.sh >> sync.log", log), schedule="0 * * * *"))
    world.at(0)
    os.utime(log, (NOON.timestamp() + 1,) * 2)
    assert not world.at(3.5)


async def test_after_the_clock_was_set_back_it_rests_and_sees_the_next_run(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("lines\n")
    os.utime(log, (NOON.timestamp() - 400,) * 2)
    world = World(job("sync", b"bash sync.sh >> sync.log", log))
    world.processes = [process(b"bash sync.sh >> sync.log")]
    world.at(1)
    (run,) = await world.runs()
    assert run.start == NOON + timedelta(seconds=1)
    world.jobs = [replace(world.jobs[0], next_run=NOON - timedelta(hours=1))]
    world.at(-3630)
    (run,) = await world.runs()
    assert run.start == NOON - timedelta(seconds=3630), "as long ago as it was before"
    assert world.source.pause() == 1, "it does not look ten times a second until noon comes again"
    world.processes = []
    world.at(-3601)
    world.at(-3600)
    log.write_text("lines\nand more\n")
    os.utime(log, (NOON.timestamp() - 3599,) * 2)
    assert world.at(-3596)
    assert [run.start - NOON for run in await world.runs()] == [timedelta(seconds=-3630), timedelta(hours=-1)]
