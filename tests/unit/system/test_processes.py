"""The process table: a recorded one of a Debian with jobs running, and this process's own."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.system.cron_daemon import CronDaemon, CronProbe, find_cron
from fedtui.system.cron_product import CRONIE
from fedtui.system.processes import (
    arguments,
    children,
    is_alive,
    process_identity,
    read_stat,
    running_cron_jobs,
    started_at,
)

# /proc/PID/stat of a Debian 12 while cron ran two jobs of uid 1000, cut after starttime.
STATS = {
    1: b"1 (systemd) S 0 1 1 0 -1 4194560 7150 41013 92 292 35 41 95 81 20 0 1 0 71210",
    88: b"88 (cron) S 1 88 88 0 -1 4194560 216 0 1 0 0 0 0 0 20 0 1 0 71447",
    118: b"118 (cron) S 88 88 88 0 -1 4194624 62 0 0 0 0 0 0 0 20 0 1 0 76011",
    119: b"119 (cron) S 88 88 88 0 -1 4194624 62 0 0 0 0 0 0 0 20 0 1 0 76011",
    127: b"127 (sh) S 118 127 127 0 -1 4194304 103 0 0 0 0 0 0 0 20 0 1 0 76012",
    129: b"129 (bash) S 119 129 129 0 -1 4194304 103 0 0 0 0 0 0 0 20 0 1 0 76013",
    130: b"130 (cron) S 119 88 88 0 -1 4194304 103 0 0 0 0 0 0 0 20 0 1 0 76013",
    140: b"140 (sleep) S 127 127 127 0 -1 4194304 103 0 0 0 0 0 0 0 20 0 1 0 76014",
}
ARGUMENTS = {
    88: b"/usr/sbin/cron\0-f\0",
    127: b"/bin/sh\0-c\0sleep 8; echo \xe4 done\0",
    129: b"bash\0/opt/fed/sync.sh\0--all\0",
    140: b"sleep\x008\0",
}


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    for pid, stat in STATS.items():
        folder = tmp_path / str(pid)
        (folder / "task" / str(pid)).mkdir(parents=True)
        (folder / "stat").write_bytes(stat + b" 4132864 652 18446744073709551615\n")
        (folder / "cmdline").write_bytes(ARGUMENTS.get(pid, b""))
        below = [other for other, raw in STATS.items() if int(raw.split()[3]) == pid]
        (folder / "task" / str(pid) / "children").write_text("".join(f"{other} " for other in below))
    return tmp_path


def test_the_jobs_that_cron_runs_are_their_shells(proc: Path) -> None:
    sh, bash = running_cron_jobs(88, proc)
    assert (sh.pid, sh.pgid, sh.command) == (127, 127, b"sleep 8; echo \xe4 done")
    assert (bash.pid, bash.command, bash.argv) == (129, None, (b"bash", b"/opt/fed/sync.sh", b"--all"))
    assert sh.started_at.tzinfo is not None
    assert sh.identity.ticks == 76012


def test_children_are_found_without_the_kernels_list(proc: Path) -> None:
    for pid in STATS:
        (proc / str(pid) / "task" / str(pid) / "children").unlink()
    assert children(88, proc) == (118, 119)
    assert [job.pid for job in running_cron_jobs(88, proc)] == [127, 129]


def test_cron_is_found_by_its_pid_file_and_by_the_process_table(
    proc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedtui.system.processes.owner", lambda pid, proc: 0)
    run = tmp_path / "run"
    run.mkdir()
    wanted = CronDaemon(True, "debian", "cron, pid 88", 88)
    assert find_cron(proc, run) == wanted
    (run / "crond.pid").write_text("88\n")
    assert find_cron(proc, run) == wanted
    (run / "crond.pid").write_text("118\n")  # stale, and now the pid of a copy that runs a job
    assert find_cron(proc, run) == wanted


def test_the_cron_of_a_container_is_not_this_machines(
    proc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its host sees it too, and it starts none of the host's jobs."""
    monkeypatch.setattr("fedtui.system.processes.owner", lambda pid, proc: 0)
    status = proc / "88" / "status"
    status.write_text("Name:\tcron\nNSpid:\t88\nNSsid:\t88\n")
    assert find_cron(proc, tmp_path / "run").up is True
    status.write_text("Name:\tcron\nNSpid:\t88\t12\nNSsid:\t88\t12\n")
    assert find_cron(proc, tmp_path / "run").up is False


def test_a_process_of_that_name_that_is_not_roots_is_not_cron(
    proc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedtui.system.processes.owner", lambda pid, proc: 1000)
    monkeypatch.setattr("fedtui.system.cron_daemon.installed_product", lambda: CRONIE)
    found = find_cron(proc, tmp_path / "none")
    assert (found.up, found.absent, found.detail) == (False, False, "no process named crond runs as root")
    assert found.scheduler.up is False
    monkeypatch.setattr("fedtui.system.cron_daemon.installed_product", lambda: None)
    found = find_cron(proc, tmp_path / "none")
    assert (found.up, found.absent, found.detail) == (False, True, "no cron is installed")


def test_where_other_users_processes_are_hidden_only_the_pid_file_tells(tmp_path: Path) -> None:
    (tmp_path / str(os.getpid())).mkdir()
    run = tmp_path / "run"
    run.mkdir()
    assert find_cron(tmp_path, run).up is None
    (run / "crond.pid").write_text(f"{os.getpid()}\n")
    assert find_cron(tmp_path, run).up is True
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    (run / "crond.pid").write_bytes(ended.stdout)
    assert find_cron(tmp_path, run).up is False


def test_the_probe_asks_again_when_the_daemon_is_gone() -> None:
    process = subprocess.Popen(["sleep", "60"])
    answers = [CronDaemon(True, "debian", "cron", process.pid), CronDaemon(False, "debian", "none")]
    probe = CronProbe(find=lambda: answers.pop(0))
    assert probe().up is True
    assert probe().up is True
    process.kill()
    process.wait()
    assert probe().up is False
    assert probe().up is False


def test_a_process_is_alive_until_it_ends_and_not_as_a_zombie() -> None:
    process = subprocess.Popen(["sleep", "60"])
    identity = process_identity(process.pid)
    assert identity is not None
    assert is_alive(identity)
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    stat = read_stat(process.pid)
    assert stat is not None
    assert stat.state == "Z"
    assert not is_alive(identity)
    process.wait()
    assert not is_alive(identity)
    assert process_identity(process.pid) is None


def test_another_start_is_another_process() -> None:
    identity = process_identity(os.getpid())
    assert identity is not None
    assert is_alive(identity)
    assert not is_alive(type(identity)(identity.pid, identity.ticks + 1))


def test_a_start_is_a_time_of_day() -> None:
    before = datetime.now(UTC)
    process = subprocess.Popen(["sleep", "60"])
    try:
        stat = read_stat(process.pid)
        assert stat is not None
        assert abs(started_at(stat.ticks) - before) < timedelta(seconds=1)
    finally:
        process.kill()
        process.wait()


def test_the_arguments_of_a_process_are_its_exact_words() -> None:
    assert arguments(os.getpid()) == tuple(map(os.fsencode, sys.orig_argv))
    assert arguments(2**22 + 1) == ()


def test_a_name_with_brackets_and_blanks_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_bytes(b"7 (a) S 1 (b) S 3 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 1 1\n")
    stat = read_stat(7, tmp_path)
    assert stat is not None
    assert (stat.name, stat.parent, stat.ticks) == ("a) S 1 (b", 3, 99)
