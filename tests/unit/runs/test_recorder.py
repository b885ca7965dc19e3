"""The recorder as cron would start it: what passes through it, what it writes down, and that the job runs."""

from __future__ import annotations

import getpass
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.crontab import Document, record_edit
from fedtui.crontab.edit import edit
from fedtui.crontab.recorder_wrapper import with_recorder
from fedtui.crontab.splice import EditError
from fedtui.model import CronFacts, Job, Location, LogSlice, Outcome, SourceName, Trigger
from fedtui.results import judge, rules_of
from fedtui.runs.run_text import run_output
from fedtui.sources.recorder import EVIDENCE, LOST, OVERWRITTEN, RecordedRun, RecorderSource, parse_record
from fedtui.system.processes import ProcessIdentity

SHIPPED = Path(__file__).parents[3] / "fedtui" / "runs" / "recorder.sh"
KEY = "1a2b3c4d"


class Machine:
    """A place with the recorder in it, where a line can be run as cron runs it."""

    def __init__(self, folder: Path, shell: str = "/bin/sh") -> None:
        self.folder = folder / "recorder"
        self.shell = shell
        (self.folder / "runs").mkdir(parents=True)
        (self.folder / "logs").mkdir()
        self.program = self.folder / "record"
        self.program.write_bytes(SHIPPED.read_bytes())
        self.environment = {"SHELL": shell, "PATH": "/usr/bin:/bin", "HOME": str(folder), "LOGNAME": "fed"}

    def line(self, command: bytes) -> bytes:
        return with_recorder(command, KEY, str(self.program))

    def start(self, command: bytes, **more: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self.shell, "-c", self.line(command)],
            env=self.environment,
            cwd=self.folder.parent,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **more,  # type: ignore[call-overload]  # a test's shorthand
        )

    def run(self, command: bytes, given: bytes = b"") -> tuple[bytes, bytes, int]:
        process = self.start(command)
        out, err = process.communicate(given, timeout=20)
        return out, err, process.returncode

    def plain(self, command: bytes) -> bytes:
        return subprocess.run(
            [self.shell, "-c", command],
            env=self.environment,
            cwd=self.folder.parent,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
        ).stdout

    def record(self, place: int = 1) -> RecordedRun:
        found = parse_record((self.folder / "runs" / f"{KEY}.{place}").read_text())
        assert found is not None
        return found


@pytest.fixture(params=["/bin/sh", "/bin/bash"])
def machine(tmp_path: Path, request: pytest.FixtureRequest) -> Machine:
    return Machine(tmp_path, request.param)


def test_streams_and_status_pass_through_and_are_written_down(machine: Machine) -> None:
    assert machine.run(b"cat; echo oops >&2; exit 3", b"in\nput\n") == (b"in\nput\n", b"oops\n", 3)
    record = machine.record()
    assert record.status == 3
    assert record.ended is not None
    assert record.ended >= record.started
    assert machine.run(b"true")[2] == 0
    assert machine.record(2).status == 0


def test_the_whole_command_is_recorded(machine: Machine) -> None:
    assert machine.run(
        b"cd recorder/logs && pwd >> out; false || echo 'it''s' \"$((1 + 1))\" # ; exit 7"
    ) == (
        b"its 2\n",
        b"",
        0,
    )
    assert machine.run(b"exit 7")[2] == 7
    assert machine.run(b"kill -9 $$")[2] == 128 + 9
    assert machine.record(3).status == 137


def test_the_job_finds_what_it_would_find_without_the_recorder(machine: Machine) -> None:
    probe = b"env | grep -v ^_= | sort; echo $0 $# $-; umask; pwd; ls -l /proc/self/fd | grep -c socket; trap"
    signals = b"grep -E 'Sig(Ign|Blk|Cgt)' /proc/self/status"
    for command in (probe, signals):
        assert machine.run(command)[0] == machine.plain(command)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"])
def test_a_signal_to_the_process_that_cron_started_reaches_the_job(tmp_path: Path, name: str) -> None:
    machine = Machine(tmp_path)
    short = name.removeprefix("SIG")
    process = machine.start(
        b"trap 'echo got; exit 7' %s; echo ready; while :; do sleep 0.02; done" % short.encode()
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    os.kill(process.pid, getattr(signal, name))
    assert process.communicate(timeout=20)[0] == b"got\n"
    assert process.returncode == 7
    assert machine.record().status == 7


def test_a_signal_that_the_job_ignores_does_not_end_the_record(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    process = machine.start(b"trap '' TERM; echo ready; read line; exit 5")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    for _ in range(3):
        os.kill(process.pid, signal.SIGTERM)
        time.sleep(0.02)
    process.communicate(b"go on\n", timeout=20)
    assert process.returncode == 5
    assert machine.record().status == 5


def _gone(folder: Path) -> None:
    for path in (folder / "runs", folder / "logs"):
        path.rmdir()
    (folder / "record").unlink()


def _no_runs(folder: Path) -> None:
    (folder / "runs").rmdir()


def _a_file(folder: Path) -> None:
    (folder / "runs").rmdir()
    (folder / "runs").write_text("")


def _full(folder: Path) -> None:
    for name in (f"{KEY}.1", f"{KEY}.last"):
        (folder / "runs" / name).symlink_to("/dev/full")


def _empty(folder: Path) -> None:
    (folder / "record").write_text("")


def _nonsense(folder: Path) -> None:
    (folder / "runs" / f"{KEY}.last").write_text("08 + $(touch /nowhere); rm\n")
    (folder / "signals").write_text("nonsense\n")


@pytest.mark.parametrize("harm", [_gone, _no_runs, _a_file, _full, _empty, _nonsense])
def test_the_job_runs_whatever_became_of_the_recorder(machine: Machine, harm: Callable[[Path], None]) -> None:
    harm(machine.folder)
    assert machine.run(b"cat; echo oops >&2; exit 4", b"in\n") == (b"in\n", b"oops\n", 4)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
def test_the_job_runs_where_nothing_may_be_written(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for folder in (tmp_path, machine.folder, machine.folder / "runs"):
        folder.chmod(0o555)
    shell = [machine.shell, "-c", machine.line(b"echo ran; exit 4")]
    done = subprocess.run(
        shell, env=machine.environment, cwd="/", user=65534, capture_output=True, timeout=20, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == (b"ran\n", b"", 4)


def test_an_env_that_cannot_reset_signals_costs_only_the_forwarding(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    text = machine.program.read_text().replace("/usr/bin/env", "/bin/false")
    machine.program.write_text(text)
    assert machine.run(b"cat; exit 6", b"in\n") == (b"in\n", b"", 6)
    assert machine.record().status == 6


def test_places_are_used_again_so_that_records_stay_few(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    last = machine.folder / "runs" / f"{KEY}.last"
    for before, after in (("1", "2"), ("99", "100"), ("499", "500"), ("500", "1"), ("0500", "1")):
        last.write_text(before + "\n")
        machine.run(b"true")
        assert last.read_text() == after + "\n"


def test_it_costs_no_more_than_a_few_starts_of_a_program(tmp_path: Path) -> None:
    """Against four programs started by the same shell in the same minute; the quickest of many of each."""
    machine = Machine(tmp_path)
    log = tmp_path / "log"
    log.write_text("x\n")
    (machine.folder / "logs" / KEY).symlink_to(log)
    machine.run(b":")

    def took(command: bytes) -> float:
        before = time.perf_counter()
        subprocess.run(
            ["/bin/sh", "-c", command], env=machine.environment, stdin=subprocess.DEVNULL, check=True
        )
        return time.perf_counter() - before

    line, four = machine.line(b":"), b"/usr/bin/env true; " * 4 + b":"
    rounds = [(took(line), took(four), took(b":")) for _ in range(40)]
    recorded, started, plain = (min(times) for times in zip(*rounds, strict=True))
    assert recorded - plain < 1.6 * (started - plain)


# What is read of it

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)


def a_job(log: Path | None, command: bytes = b"bash sync.sh >> log") -> Job:
    facts = CronFacts("crontab", b"", command, home="/home/fed", record_key=KEY)
    place = Location("crontab", 1)
    return Job(
        *("crontab:1", "sync", SourceName.CRONTAB, "fed", "* * * * *", "every minute", place),
        log_path=None if log is None else str(log),
        facts=facts,
    )


def test_a_recorded_run_as_the_history_has_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    log = tmp_path / "log"
    log.write_text("before\n")
    (machine.folder / "logs" / KEY).symlink_to(log)
    source = RecorderSource(machine.folder / "runs", lambda: [a_job(log)], lambda: NOW)
    began = datetime.now(UTC)
    process = machine.start(b"echo '[WARNING] slow' >> log; read line; exit 3")
    path = machine.folder / "runs" / f"{KEY}.1"
    deadline = time.monotonic() + 20
    while not (path.exists() and path.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    (run,) = source.look().runs
    assert (run.job_id, run.trigger, run.result, run.end) == ("crontab:1", Trigger.SCHEDULE, None, None)
    assert abs(run.start - began) < timedelta(seconds=5)
    process.communicate(b"\n", timeout=20)
    log.write_text(log.read_text() + "of the next run\n")
    (ended,) = source.look().runs
    assert ended.id == run.id
    assert ended.result is not None
    assert (ended.result.outcome, ended.result.exit_code) == (Outcome.FAILED, 3)
    assert ended.result.evidence == ("exit status, recorder",)
    assert ended.end is not None
    assert ended.result.duration == pytest.approx((ended.end - ended.start).total_seconds())
    assert ended.log is not None
    assert (ended.log.path, ended.log.start) == (str(log), len("before\n"))


def written(folder: Path, place: int, text: str, at: float) -> None:
    path = folder / f"{KEY}.{place}"
    path.write_text(text)
    os.utime(path, (at, at))


def test_where_one_runs_lines_end_the_next_ones_begin(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 100)
    written(tmp_path, 1, "begin 5 10 1.00 b-1 10\nend 0 2.50\n", 1000.0)
    written(tmp_path, 2, "begin 6 20 61.00 b-1 40\nend 1 62.00\n", 1060.0)
    source = RecorderSource(tmp_path, lambda: [a_job(log)], lambda: NOW, alive=lambda _: False)
    first, second = source.look().runs
    assert first.log == LogSlice(str(log), 10, 40)
    assert second.log == LogSlice(str(log), 40, 100)
    assert (first.start.timestamp(), first.end and first.end.timestamp()) == (998.5, 1000.0)


def test_a_log_that_was_empty_before_a_run_ends_where_the_next_run_began(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"[INFO] all well A\n[ERROR] of B\n")
    written(tmp_path, 1, "begin 5 10 1.00 b-1 0\nend 0 2.50\n", 1000.0)
    written(tmp_path, 2, "begin 6 20 61.00 b-1 18\nend 0 62.00\n", 1060.0)
    source = RecorderSource(tmp_path, lambda: [a_job(log)], lambda: NOW, alive=lambda _: False)
    first, second = source.look().runs
    assert (first.log, second.log) == (LogSlice(str(log), 0, 18), LogSlice(str(log), 18, 31))


def test_lines_that_the_next_run_overwrote_are_not_read_from_its_own(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"[ERROR] of B\n")
    written(tmp_path, 1, "begin 5 10 1.00 b-1 40\nend 0 2.50\n", 1000.0)
    written(tmp_path, 2, "begin 6 20 61.00 b-1 50\nend 0 62.00\n", 1060.0)
    written(tmp_path, 3, "begin 7 30 121.00 b-1 20\n", 1120.0)
    (tmp_path / f"{KEY}.last").write_text("3")
    job = a_job(log, b"x > log 2>&1")
    source = RecorderSource(tmp_path, lambda: [job], lambda: NOW, alive=lambda _: False)
    first, second, third = source.look().runs
    assert (first.log, second.log, third.log) == (None, None, LogSlice(str(log), 0))
    assert first.result is not None
    verdict = judge(first.result, run_output(first, job), rules_of())
    assert (verdict.outcome, verdict.errors, verdict.evidence[:2]) == (Outcome.OK, 0, (EVIDENCE, OVERWRITTEN))
    assert verdict.evidence[2] == "output not read: it was kept nowhere"


def test_a_run_whose_recorder_was_killed_is_unknown_and_never_ok(tmp_path: Path) -> None:
    written(tmp_path, 1, "begin 5 10 1.00 b-1 -\n", 1000.0)
    living = {ProcessIdentity(5, 10, "b-1")}
    source = RecorderSource(tmp_path, lambda: [a_job(None)], lambda: NOW, alive=lambda who: who in living)
    assert source.look().runs[0].is_running
    living.clear()
    (run,) = source.look().runs
    assert run.result is not None
    assert (run.result.outcome, run.result.reasons, run.end) == (Outcome.UNKNOWN, (LOST,), None)


def test_records_of_jobs_that_are_not_recorded_now_are_left_alone(tmp_path: Path) -> None:
    written(tmp_path, 1, "begin 5 10 1.00 b-1 -\nend 0 2.00\n", 1000.0)
    job = a_job(None)
    assert isinstance(job.facts, CronFacts)
    other = replace(job, facts=replace(job.facts, record_key=""))
    assert RecorderSource(tmp_path, lambda: [other], lambda: NOW).look().runs == ()


def theirs(folder: Path) -> tuple[str, Path]:
    """Another user, where there may be one, and the records beside that user's recorder."""
    name = "nobody" if os.geteuid() == 0 else getpass.getuser()
    runs = folder / "theirs" / "recorder" / "runs"
    runs.mkdir(parents=True)
    written(runs, 1, "begin 5 10 1.00 b-1 -\nend 7 2.00\n", 1000.0)
    for path in (folder / "theirs", runs.parent, runs, *runs.iterdir()):
        os.chown(path, *pwd.getpwnam(name)[2:4])
    return name, runs


def exit_codes(folder: Path, user: str, runs: Path) -> list[int | None]:
    job = replace(a_job(None), user=user)
    assert isinstance(job.facts, CronFacts)
    job = replace(job, facts=replace(job.facts, recorder=str(runs.parent / "record")))
    source = RecorderSource(folder / "ours" / "runs", lambda: [job], lambda: NOW, alive=lambda _: False)
    return [run.result.exit_code for run in source.look().runs if run.result is not None]


def test_records_of_another_users_line_are_beside_the_recorder_that_it_names(tmp_path: Path) -> None:
    user, runs = theirs(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert exit_codes(tmp_path, user, runs) == [7]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root reads what is another user's")
@pytest.mark.parametrize("how", ["link", "hard link", "folder link", "other user", "fifo", "no such user"])
def test_root_is_led_nowhere_by_a_line(tmp_path: Path, how: str) -> None:
    user, runs = theirs(tmp_path)
    record = runs / f"{KEY}.1"
    secret = tmp_path / "secret"
    record.rename(secret)
    os.chown(secret, 0, 0)
    match how:
        case "link":
            record.symlink_to(secret)
        case "hard link":
            os.link(secret, record)
        case "folder link":
            secret.rename(record)
            os.chown(record, *pwd.getpwnam(user)[2:4])
            (tmp_path / "real").mkdir()
            runs.rename(tmp_path / "real" / "runs")
            runs.symlink_to(tmp_path / "real" / "runs")
            os.chown(runs, *pwd.getpwnam(user)[2:4], follow_symlinks=False)
        case "fifo":
            os.mkfifo(record)
            os.chown(record, *pwd.getpwnam(user)[2:4])
        case _:
            secret.rename(record)
            os.chown(record, *pwd.getpwnam(user)[2:4])
            user = "daemon" if how == "other user" else "nosuchuser"
    assert exit_codes(tmp_path, user, runs) == []


def test_records_of_a_key_that_two_lines_have_are_no_lines_runs(tmp_path: Path) -> None:
    written(tmp_path, 1, "begin 5 10 1.00 b-1 -\nend 7 2.00\n", 1000.0)
    one = a_job(None, b"/opt/a.sh")
    copy = replace(a_job(None, b"/opt/b.sh"), id="crontab:2")
    assert isinstance(copy.facts, CronFacts)
    jobs = [one, copy]
    source = RecorderSource(tmp_path, lambda: jobs, lambda: NOW, alive=lambda _: False)
    assert source.look().runs == ()
    jobs[1] = replace(copy, facts=replace(copy.facts, record_key="00000000"))
    (run,) = source.look().runs
    assert (run.job_id, run.result and run.result.exit_code) == ("crontab:1", 7)


@pytest.mark.parametrize(
    "text",
    ["", "\n", "begin", "end 0 1.0\n", "begin 5 10 1.00 b-1 x\nend 0 1\n", "begin -5 1 1 b -\n", "\x00\xff"],
)
def test_what_is_no_record_is_taken_for_none(text: str) -> None:
    assert parse_record(text) is None


def test_an_end_that_is_none_leaves_the_run_open() -> None:
    for end in ("", "end", "end 256 1.0", "end 0", "end 0 1.0 2"):
        record = parse_record(f"begin 5 10 1.00 b-1 -\n{end}\n")
        assert record is not None
        assert record.status is None


# The edits

TABLE = (
    b"SHELL=/bin/bash\n# name: sync\n0 *\t* * *   cd ~ && echo 'caf\xe9' >> log 2>&1\n"
    b"#fedtui:paused# 5 * * * * x%in\n0 5 * * * x%in\r\n"
)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_recorded_job_is_the_same_job_and_comes_back_to_the_byte(index: int) -> None:
    document = Document.parse(TABLE, user="fed")
    entry = document.entries[index]
    after = document.reparse(record_edit.record(document, entry, "/r/record"))
    changed = after.entries[index]
    assert (changed.id_key, changed.name, changed.command, changed.stdin, changed.field, changed.paused) == (
        *(entry.id_key, entry.name, entry.command, entry.stdin, entry.field),
        entry.paused,
    )
    assert changed.recorder is not None
    assert changed.recorder.key == entry.id_key
    assert [line for line in after.lines if line.number != entry.line_number] == [
        line for line in document.lines if line.number != entry.line_number
    ]
    assert record_edit.unrecord(after, changed) == TABLE
    with pytest.raises(EditError, match="recorded already"):
        record_edit.record(after, changed, "/r/record")
    with pytest.raises(EditError, match="is not recorded"):
        record_edit.unrecord(document, entry)


def test_a_line_never_takes_a_key_that_another_line_or_a_record_has() -> None:
    document = Document.parse(b"0 * * * * /opt/a.sh\n1 * * * * /opt/b.sh\n2 * * * * /opt/a.sh\n", user="fed")
    first = document.reparse(record_edit.record(document, document.entries[0], "/r/record"))
    key = document.entries[0].id_key
    copied = document.reparse(
        bytes(first).replace(b"1 * * * * /opt/b.sh", first.lines[0].raw.replace(b"a.sh", b"b.sh"))
    )
    plain = copied.reparse(record_edit.unrecord(copied, copied.entries[0]))
    again = plain.reparse(record_edit.record(plain, plain.entries[0], "/r/record"))
    assert [one.recorder and one.recorder.key for one in again.entries] == [f"{key}-3", key, None]
    assert again.entries[0].id_key == key
    used = plain.reparse(record_edit.record(document, document.entries[0], "/r/record", {key}.__contains__))
    assert used.entries[0].recorder is not None
    assert used.entries[0].recorder.key == f"{key}-3", "-2 is the id of the third line"
    later = used.reparse(edit(used, used.entries[0], schedule="5 * * * *"))
    assert later.entries[0].recorder is not None
    assert later.entries[0].recorder.key == f"{key}-3", "a new schedule keeps the records"


def test_a_line_that_would_grow_too_long_is_refused() -> None:
    document = Document.parse(b"* * * * * " + b"x" * 900 + b"\n")
    with pytest.raises(EditError, match="and cron takes 998; put the command into a script"):
        record_edit.record(document, document.entries[0], "/r/record")
