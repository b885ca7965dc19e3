"""Runs of cron jobs by hand, with real supervisors and real shells."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fedtui.action_result import Refused
from fedtui.model import Job, Outcome, Run, State
from fedtui.ports import Ports
from fedtui.runs import control, run_store
from fedtui.runs.control import watch_run
from fedtui.runs.run_record import RunRecord, write_record
from fedtui.runs.run_store import find_record, record_path

MakeJob = Callable[..., Job]


async def end_of(run: Run, ports: Ports) -> tuple[bytes, Run]:
    """All output, and the run with its result."""
    output = b""
    last = run
    async with asyncio.timeout(20):
        async for update in watch_run(run.id, ports):
            output += update.output
            last = update.run or last
    return output, last


def record_of(run: Run, ports: Ports) -> RunRecord:
    record = find_record(ports.config, run.id)
    assert record is not None
    return record


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_output_status_and_duration_are_kept(ports: Ports, cron_job: MakeJob) -> None:
    run = await control.start(cron_job(b"echo out; echo err >&2; exit 3"), ports)
    output, ended = await end_of(run, ports)
    assert output == b"out\nerr\n"
    assert ended.result is not None
    assert (ended.result.outcome, ended.result.exit_code, ended.result.signal) == (Outcome.FAILED, 3, None)
    assert ended.result.duration is not None
    assert 0 < ended.result.duration < 10
    kept = ports.history.runs("crontab:00000001")
    assert [(r.id, r.result) for r in kept] == [(run.id, ended.result)]
    assert ended.output is not None
    assert Path(ended.output).read_bytes() == b"out\nerr\n"
    for path in (Path(ended.output), Path(ended.output).with_suffix(".json"), ports.config.database):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (ports.config.state, ports.config.outputs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_exit_zero_is_ok(ports: Ports, cron_job: MakeJob) -> None:
    _, ended = await end_of(await control.start(cron_job(b"true"), ports), ports)
    assert ended.result is not None
    assert (ended.result.outcome, ended.result.exit_code) == (Outcome.OK, 0)


async def test_the_shell_gets_what_cron_would_give(
    ports: Ports, cron_job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDTUI_TEST_LEAK", "1")
    before = os.umask(0o077)
    try:
        job = cron_job(
            b'env; pwd; umask; cat; echo "$(ps -o sid= -p $$) $(ps -o pgid= -p $$) $$"',
            stdin=b"hello\nworld\n",
            environment=((b"FOO", b"a b"), (b"LOGNAME", b"nobody"), (b"LATIN", b"\xe9")),
        )
        output, _ = await end_of(await control.start(job, ports), ports)
    finally:
        os.umask(before)
    lines = output.splitlines()
    home = str(tmp_path / "home").encode()
    assert b"FOO=a b" in lines
    assert b"LATIN=\xe9" in lines
    assert b"PATH=/usr/bin:/bin" in lines
    assert b"SHELL=/bin/sh" in lines
    assert b"HOME=" + home in lines
    assert b"LOGNAME=" + ports.user.encode() in lines
    assert b"LEAK" not in output
    assert lines[-5:-1] == [home, b"0022", b"hello", b"world"]
    sid, pgid, pid = lines[-1].split()
    assert sid == pgid == pid


async def test_without_percent_standard_input_is_at_its_end(ports: Ports, cron_job: MakeJob) -> None:
    output, ended = await end_of(
        await control.start(cron_job(b"cat; test -p /dev/stdin && echo pipe"), ports), ports
    )
    assert output == b"pipe\n"
    assert ended.result is not None
    assert ended.result.exit_code == 0


async def test_a_running_job_is_not_started_twice(ports: Ports, cron_job: MakeJob) -> None:
    job = cron_job(b"sleep 30; true")
    run = await control.start(job, ports)
    assert (await control.running_run(job, ports)) == run
    with pytest.raises(Refused, match=r"probe is running since .*, pid \d+\. It was not started twice\."):
        await control.start(job, ports)
    done = await control.stop(job, ports)
    assert done.message.startswith("Stopped probe: SIGTERM, ended after")
    _, ended = await end_of(run, ports)
    assert ended.result is not None
    assert (ended.result.outcome, ended.result.signal) == (Outcome.FAILED, "SIGTERM")
    assert await control.running_run(job, ports) is None
    again = await control.start(job, ports)
    await control.stop(job, ports)
    assert again.id != run.id


async def test_two_at_the_same_moment_give_one_run(ports: Ports, cron_job: MakeJob) -> None:
    job = cron_job(b"sleep 20; true")
    answers = await asyncio.gather(*(control.start(job, ports) for _ in range(4)), return_exceptions=True)
    runs = [answer for answer in answers if isinstance(answer, Run)]
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    assert (len(runs), len(refusals)) == (1, 3)
    await control.stop(job, ports)


async def test_a_run_outlives_its_starter(ports: Ports, cron_job: MakeJob, tmp_path: Path) -> None:
    """The starter is a session leader that is hung up on, as sshd does to a shell."""
    job = cron_job(b"echo begun; sleep 1; echo done; exit 4")
    go = tmp_path / "go.py"
    go.write_text(
        "import asyncio, os, pickle, signal, sys\n"
        "from pathlib import Path\n"
        "from fedtui.ports import Ports\n"
        "from fedtui.runs import control\n"
        "from fedtui.config import Config\n"
        "from fedtui.history.database import History\n"
        "config = Config(state=Path(sys.argv[1]))\n"
        "ports = Ports(config, sys.argv[2], {}, None, History(config.database), None)\n"
        "run = asyncio.run(control.start(pickle.load(sys.stdin.buffer), ports))\n"
        "print(run.id, flush=True)\n"
        "os.killpg(0, signal.SIGHUP)\n"
    )
    starter = subprocess.run(
        [sys.executable, str(go), str(ports.config.state), ports.user],
        input=pickle.dumps(job),
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        timeout=20,
    )
    assert starter.returncode == -signal.SIGHUP
    record = find_record(ports.config, starter.stdout.decode().strip())
    assert record is not None
    output, ended = await end_of(record.to_run(), ports)
    assert output == b"begun\ndone\n"
    assert ended.result is not None
    assert ended.result.exit_code == 4


async def test_a_killed_supervisor_means_unknown_never_ok(ports: Ports, cron_job: MakeJob) -> None:
    job = cron_job(b"sleep 0.6; true")
    run = await control.start(job, ports)
    record = record_of(run, ports)
    assert record.supervisor is not None
    os.kill(record.supervisor.pid, signal.SIGKILL)
    assert await control.running_run(job, ports) == run
    with pytest.raises(Refused, match="is running since"):
        await control.start(job, ports)
    _, ended = await end_of(run, ports)
    assert ended.result is not None
    assert (ended.result.outcome, ended.result.exit_code) == (Outcome.UNKNOWN, None)
    assert ended.result.reasons == ("the process that watched it was killed, so how it ended is not known",)
    assert ports.history.open_runs() == []


async def test_settle_ends_what_nobody_watched(ports: Ports, cron_job: MakeJob) -> None:
    job = cron_job(b"sleep 0.3; true")
    run = await control.start(job, ports)
    record = record_of(run, ports)
    assert record.supervisor is not None
    assert run_store.close_run(ports.config, ports.history) == 0
    os.kill(record.supervisor.pid, signal.SIGKILL)
    await until(lambda: not Path(f"/proc/{run.pid}").exists())
    assert run_store.close_run(ports.config, ports.history) == 1
    (kept,) = ports.history.runs()
    assert kept.result is not None
    assert kept.result.outcome is Outcome.UNKNOWN


async def test_a_database_that_cannot_be_written_loses_nothing(ports: Ports, cron_job: MakeJob) -> None:
    ports.config.state.mkdir()
    ports.config.database.write_bytes(b"this is no database, but somebody's bytes" * 100)
    before = ports.config.database.read_bytes()
    run = await control.start(cron_job(b"echo x; exit 5"), ports)
    output, ended = await end_of(run, ports)
    assert output == b"x\n"
    assert ended.result is not None
    assert ended.result.exit_code == 5
    assert ports.config.database.read_bytes() == before
    ports.config.database.unlink()
    run_store.close_run(ports.config, ports.history)
    (kept,) = ports.history.runs()
    assert (kept.id, kept.result) == (run.id, ended.result)


async def test_a_shell_that_is_not_there(ports: Ports, cron_job: MakeJob) -> None:
    job = cron_job(b"true", environment=((b"SHELL", b"/no/such/shell"),))
    with pytest.raises(
        Refused, match=r"probe could not be started: /no/such/shell: No such file or directory"
    ):
        await control.start(job, ports)
    assert ports.history.runs() == []


async def test_a_home_that_is_not_there(ports: Ports, cron_job: MakeJob) -> None:
    job = cron_job(b"true", environment=((b"HOME", b"/no/such/home"),))
    with pytest.raises(Refused, match="/no/such/home: No such file or directory"):
        await control.start(job, ports)


async def test_a_bad_line_has_nothing_to_run(ports: Ports, cron_job: MakeJob) -> None:
    bad = replace(cron_job(b"x"), state=State.BAD_LINE, state_reason="bad minute")
    with pytest.raises(Refused, match=r"probe has no command: bad minute\. Nothing was run\."):
        await control.start(bad, ports)


async def test_an_ignored_sigterm_is_followed_by_sigkill(
    ports: Ports, cron_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedtui.runs.control.GRACE", 0.3)
    job = cron_job(b"trap '' TERM; echo ready; while :; do sleep 0.1; done")
    run = await control.start(job, ports)
    assert run.output is not None
    output = Path(run.output)
    await until(lambda: output.read_bytes() == b"ready\n")
    done = await control.stop(job, ports)
    assert done.message == "Stopped probe: SIGTERM, then SIGKILL after 0 s."
    _, ended = await end_of(run, ports)
    assert ended.result is not None
    assert ended.result.signal == "SIGKILL"


async def test_nothing_to_stop(ports: Ports, cron_job: MakeJob) -> None:
    with pytest.raises(Refused, match=r"probe does not run\. Nothing was stopped\."):
        await control.stop(cron_job(b"true"), ports)


async def test_a_reused_pid_is_never_shot(ports: Ports, cron_job: MakeJob) -> None:
    """The record names a pid that now belongs to another process: nothing runs, nothing is killed."""
    run = await control.start(cron_job(b"true"), ports)
    await end_of(run, ports)
    bystander = subprocess.Popen(["sleep", "30"], start_new_session=True)
    try:
        record = record_of(run, ports)
        assert record.job is not None
        forged = replace(
            record, end=None, status=None, job=record.job._replace(pid=bystander.pid), supervisor=None
        )
        write_record(record_path(ports.config, record.job_id, record.id), forged)
        with pytest.raises(Refused, match="does not run"):
            await control.stop(cron_job(b"true"), ports)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


async def test_what_the_job_writes_to_its_own_log_is_shown(
    ports: Ports, cron_job: MakeJob, tmp_path: Path
) -> None:
    log = tmp_path / "job.log"
    log.write_bytes(b"yesterday\n")
    job = cron_job(b"echo today >> " + bytes(log), log_path=str(log))
    output, _ = await end_of(await control.start(job, ports), ports)
    assert output == b"today\n"


async def test_a_log_that_the_job_truncates_is_shown_from_its_beginning(
    ports: Ports, cron_job: MakeJob, tmp_path: Path
) -> None:
    log = tmp_path / "job.log"
    log.write_bytes(b"old\n")
    job = cron_job(b"echo 'new and longer than the old one' > " + bytes(log), log_path=str(log))
    output, _ = await end_of(await control.start(job, ports), ports)
    assert output == b"new and longer than the old one\n"


async def test_a_flood_of_output_is_bounded(ports: Ports, cron_job: MakeJob) -> None:
    job = cron_job(b"head -c 18000000 /dev/zero | tr '\\0' x; echo; echo the end")
    run = await control.start(job, ports)
    output, ended = await end_of(run, ports)
    head, tail = 16 * 1024 * 1024, 256 * 1024
    left_out = 18_000_000 + len(b"\nthe end\n") - head - tail
    assert output.endswith(b"x\nthe end\n")
    assert b"\n[fedtui: %d bytes of output left out here]\n" % left_out in output
    assert len(output) < head + tail + 100
    assert ended.result is not None
    assert ended.result.exit_code == 0


async def test_a_background_child_keeps_neither_the_run_open_nor_dies_of_it(
    ports: Ports, cron_job: MakeJob, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    job = cron_job(b"(sleep 1; echo late; echo ok > " + bytes(done) + b") & echo early")
    run = await control.start(job, ports)
    output, ended = await end_of(run, ports)
    assert output == b"early\n"
    assert ended.result is not None
    assert ended.result.duration is not None
    assert ended.result.duration < 0.9
    await until(done.exists)
    assert done.read_bytes() == b"ok\n"


async def test_an_unknown_run(ports: Ports) -> None:
    with pytest.raises(Refused, match="There is no record of a run 0123456789abcdef"):
        await anext(watch_run("0123456789abcdef", ports))
