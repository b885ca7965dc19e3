"""The harness itself: what a box offers, and that none of it is left behind however a run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.box.base import _discard
from tests.box.machine import BOOT, CHECKOUT, Box, _cgroup_root, _make_locked, _sweep, wait_until

NOBODY = 99_999_999
"""A pid that no kernel gives."""


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
    sleeper = box.popen(["sleep", "4241"])
    wait_until(lambda: box.run(["pgrep", "-fx", "sleep 4241"]).stdout, 10, "the sleeper runs as fed")
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


@pytest.fixture
def cgroups(box_possible: None) -> Iterator[Path]:
    """A folder of cgroups that no other run sweeps, but for the next if this one is killed."""
    root = _cgroup_root()
    assert root is not None
    folder = root / f"fedtui-box-{os.getpid()}-sweeps"
    folder.mkdir()
    yield folder
    for group, _, _ in os.walk(folder, topdown=False):
        Path(group).rmdir()


def boxes(cgroups: Path) -> list[str]:
    return sorted(path.name for path in cgroups.glob("fedtui-box-*"))


def test_all_workers_at_once_sweep_what_killed_boxes_left(cgroups: Path, tmp_path: Path) -> None:
    for number in range(30):
        (cgroups / f"fedtui-box-{NOBODY}-{number}" / "exec").mkdir(parents=True)
        (tmp_path / f"fedtui-box-{NOBODY}-{number}-abc" / "root").mkdir(parents=True)
        (tmp_path / f"fedtui-box-{NOBODY}-9{number}-abc" / "root").mkdir(parents=True)  # without a cgroup
    script = "import sys; from tests.box.machine import _sweep, Path; print(1, flush=1); input();"
    script += "_sweep(Path(sys.argv[1]))"
    sweeps = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(cgroups)],
            cwd=CHECKOUT,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for sweep in sweeps:
        assert sweep.stdout.readline() == "1\n"
    for sweep in sweeps:
        sweep.stdin.write("\n")
        sweep.stdin.flush()
    assert [sweep.communicate()[1] for sweep in sweeps] == [""] * 6
    assert boxes(cgroups) == []
    assert list(tmp_path.iterdir()) == []


def test_a_box_is_swept_only_when_its_owner_and_its_processes_are_gone(cgroups: Path) -> None:
    held, older, lived_in, left = (
        cgroups / f"fedtui-box-{owner}-1" for owner in (NOBODY, os.getpid(), NOBODY + 1, NOBODY + 2)
    )
    lock = _make_locked(held)  # its owner lives where its pid is another: in a container, say
    older.mkdir()
    left.mkdir()
    lived_in.mkdir()
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        (lived_in / "cgroup.procs").write_text(str(sleeper.pid))
        _sweep(cgroups)
        assert boxes(cgroups) == sorted([held.name, older.name, lived_in.name])
        sleeper.kill()
    os.close(lock)
    _sweep(cgroups)
    assert boxes(cgroups) == [older.name]


def test_a_box_does_not_boot_for_an_owner_that_died_meanwhile(cgroups: Path) -> None:
    boot = ["setpriv", "--pdeathsig=KILL", "bash", str(BOOT), str(NOBODY), str(cgroups), "x", "/", "/"]
    done = subprocess.run(boot, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.usefixtures("box_possible")
def test_a_base_whose_build_is_killed_leaves_neither_mounts_nor_processes(tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    program = tmp_path / "mmdebstrap"
    program.write_text(
        '#!/bin/bash\nmkdir -p "${@: -2:1}/proc" && mount -t proc proc "${@: -2:1}/proc"\n'
        f"echo $$ > {mounted}\nexec sleep 4243\n"
    )
    program.chmod(0o755)
    cache = {"XDG_CACHE_HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.box.base"], cwd=CHECKOUT, env=os.environ | cache, stdout=subprocess.PIPE
    ) as build:
        wait_until(mounted.exists, 20, "the build has mounted something")
        build.kill()
        build.communicate()  # to the end of what the build's processes held open
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
    [part] = (tmp_path / "fedtui-box").glob("*.part")
    _discard(part)
    assert not part.exists()


@pytest.mark.usefixtures("box_possible")
def test_mounts_in_a_base_that_was_cut_short_are_taken_away(tmp_path: Path) -> None:
    part = tmp_path / "base.part"
    (part / "sys").mkdir(parents=True)
    subprocess.run(["mount", "-t", "sysfs", "-o", "ro", "sys", part / "sys"], check=True)
    _discard(part)
    assert not part.exists()
    assert str(part) not in Path("/proc/self/mounts").read_text()
