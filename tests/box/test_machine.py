"""The harness itself: what a box offers, and that none of it is left behind however a run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.box.machine import CHECKOUT, Box, wait_until


def traces(name: str) -> list[str]:
    """Whatever a box of that name left on the host: folders, cgroups, mounts, processes."""
    found = [str(path) for path in Path(tempfile.gettempdir()).glob(f"{name}-*")]
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    cgroups = [line.split()[1] for line in mounts if line.split()[2] == "cgroup2"]
    found += [str(path) for root in cgroups for path in Path(root).glob(name)]
    found += [line for line in mounts if name in line]
    return found + [str(pid) for pid in processes(name)]


def processes(name: str) -> list[int]:
    """The processes, by the host's numbers, that live in the box's cgroup."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"/{name}/" in (entry / "cgroup").read_text():
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_a_real_systemd_runs_with_cron_and_a_user_manager(box: Box) -> None:
    assert box.output(["ps", "-p", "1", "-o", "comm="]) == "systemd"
    assert (
        box.output(["systemctl", "is-active", "cron", "dbus", "systemd-journald"]) == "active\nactive\nactive"
    )
    assert box.output(["systemctl", "--user", "is-active", "default.target"]) == "active"


@pytest.mark.parametrize("process", ["1", "self"])
def test_nobody_in_a_box_may_set_the_clock_of_the_host(box: Box, process: str) -> None:
    status = box.output(["cat", f"/proc/{process}/status"], "root")
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Cap"))
    sys_time, sys_admin = 1 << 25, 1 << 21
    for name in ("CapBnd", "CapPrm", "CapEff"):
        assert int(lines[name], 16) & sys_admin, "the capabilities are read right"
        assert not int(lines[name], 16) & sys_time, name


def test_commands_run_as_the_usual_user_with_a_login_environment(box: Box) -> None:
    assert box.output(["id", "-nG"]) == "fed"
    assert box.output(["pwd"]) == "/home/fed"
    assert box.output(["printenv", "LOGNAME", "HOME", "SHELL"]) == "fed\n/home/fed\n/bin/bash"
    assert box.output(["whoami"], user="root") == "root"


def test_bytes_pass_through_unchanged(box: Box) -> None:
    odd = bytes(range(256))
    echoed = box.run(["cat"], input=odd)
    assert echoed.stdout.encode("utf-8", "surrogateescape") == odd
    box.write("/home/fed/deep/er/odd", odd, mode=0o600)
    assert box.read("/home/fed/deep/er/odd") == odd
    assert box.output(["stat", "-c", "%U %a", "/home/fed/deep/er/odd", "deep"]) == "fed 600\nfed 755"


def test_the_programs_of_the_checkout_run_inside(box: Box) -> None:
    assert box.output([sys.executable, "-c", "import textual, sys; print(sys.prefix)"]) == sys.prefix
    assert box.run(["touch", CHECKOUT / "written-from-the-box"], user="root").returncode == 1
    assert box.output(["/usr/bin/python3", "-c", "import pydbus; print(pydbus.__name__)"]) == "pydbus"


def test_only_a_member_of_adm_sees_the_lines_of_cron(box: Box) -> None:
    look = ["journalctl", "--quiet", "--identifier=cron", "--output=cat"]
    box.output(["journalctl", "--sync"], user="root")
    assert "(CRON) INFO (pidfile fd = 3)" in box.output(look, user="ops")
    assert box.run(look).stdout == ""


def test_reset_leaves_nothing_of_a_user(box: Box) -> None:
    box.run(["crontab", "-"], input="* * * * * true\n", check=True)
    box.write("/home/fed/.config/systemd/user/a.service", "[Service]\nExecStart=/bin/sleep 600\n")
    box.output(["systemctl", "--user", "daemon-reload"])
    box.output(["systemctl", "--user", "start", "a.service"])
    sleeper = box.popen(["sleep", "600"])
    box.reset()
    assert sleeper.wait(timeout=10) == -signal.SIGKILL
    assert box.run(["crontab", "-l"]).stderr == "no crontab for fed\n"
    assert box.output(["ls", "-A"]) == ".bash_logout\n.bashrc\n.profile"
    assert box.run(["systemctl", "--user", "status", "a.service"]).returncode == 4


def test_a_program_that_hangs_is_ended_with_its_deadline(box: Box) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        box.run(["sleep", "4242"], timeout=0.5)
    wait_until(lambda: box.run(["pgrep", "-f", "sleep 4242"]).returncode == 1, 5, "the sleeper is gone")


@pytest.mark.usefixtures("box_possible")
def test_down_leaves_nothing() -> None:
    machine = Box().up()
    lost = machine.popen(["setsid", "--fork", "sleep", "600"])
    assert processes(machine.name)
    machine.down()
    assert traces(machine.name) == []
    assert lost.returncode is not None
    machine.down()


@pytest.mark.usefixtures("box_possible")
def test_a_killed_owner_takes_its_box_along() -> None:
    script = "from tests.box.machine import Box; print(Box().up().name, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        name = owner.stdout.readline().strip()
        assert len(processes(name)) > 5
        owner.kill()
        owner.wait()
    wait_until(lambda: not processes(name), 20, "every process of the box ends")
    with Box() as later:
        assert traces(later.name)
        assert traces(name) == []


@pytest.mark.usefixtures("box_possible")
@pytest.mark.parametrize("end", ["failure", "interrupt"])
def test_a_run_that_fails_or_is_interrupted_takes_its_box_down(end: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.box.conftest import *\n")
    (tmp_path / "test_it.py").write_text(
        "import time\n"
        "def test_it(box):\n"
        "    print(f'\\nname={box.name}', flush=True)\n"
        f"    {'assert False' if end == 'failure' else 'time.sleep(60)'}\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-s",
        "-p",
        "no:cacheprovider",
        f"--rootdir={tmp_path}",
        str(tmp_path),
    ]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    ) as run:
        assert run.stdout is not None
        name = next(
            (line.strip().partition("name=")[2] for line in run.stdout if line.startswith("name=")), ""
        )
        assert name.startswith("fedtui-box-")
        if end == "interrupt":
            assert len(processes(name)) > 5
            run.send_signal(signal.SIGINT)
        rest = run.stdout.read()
    assert run.returncode == (1 if end == "failure" else 2), rest
    assert traces(name) == []
