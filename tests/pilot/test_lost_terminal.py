"""A terminal that goes away, or takes no output; a signal that ends the program, whatever it waits for.

Where nothing delivers the SIGHUP, only the terminal tells that it is gone. Times are those that are promised,
with slack for a busy machine.
"""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.drivers.linux_driver import LinuxDriver

from fedtui.demo.files import crontab_file
from fedtui.widgets.terminal_driver import Outlet, TerminalDriver
from tests.pilot.real_terminal import LEAVE, Program, environment, fedtui, laid, outcome_of, wait_until

JOB = "sync-learning-data"
GONE = 128 + signal.SIGHUP
TERMINATED = 128 + signal.SIGTERM
LOST_WITHIN = 5 + 3
ENDED_WITHIN = 2 + 3

# Without a controlling terminal; with the signal ignored; as the child of a leader that waits for it; and as
# the leader, to whom a hang-up sends SIGHUP and SIGCONT.
WAYS = {
    "setsid": (),
    "nohup": ("setsid", "--ctty", "sh", "-c", 'trap "" HUP; exec "$@"', "sh"),
    "leader": ("setsid", "--ctty"),
    "make": ("setsid", "--ctty", "sh", "-c", 'trap : HUP; "$@"; exit $?', "sh"),
}

VERBS = {
    "dashboard": ((), JOB.encode()),
    "logs": (("logs", "-f", JOB), b"line 1"),
    "watch": (("watch", JOB), b"Watching"),
    "run": (("run", "--wait", JOB), b"begun"),
}
"""The words of each verb, and what it prints once it waits."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A demo workspace whose job ends once the file `go` is there, and whose log has three lines."""
    with laid(tmp_path):
        _slow(tmp_path / "demo", tmp_path / "go")
        yield tmp_path
        (tmp_path / "go").touch()


def _slow(demo: Path, go: Path) -> None:
    script = f"echo begun; while [ ! -e {go} ]; do sleep 0.1; done; echo over\n"
    (demo / "federation/scripts/sync-learning-data.sh").write_text(script)
    (demo / "logs/federated-sync.log").write_text("line 1\nline 2\nline 3\n")


@pytest.mark.parametrize(
    ("verb", "way"),
    [*(("dashboard", way) for way in WAYS), *((verb, "nohup") for verb in VERBS if verb != "dashboard")],
)
def test_a_lost_terminal_ends_it_and_leaves_the_run_running(folder: Path, verb: str, way: str) -> None:
    words, ready = VERBS[verb]
    if verb != "run":
        subprocess.run(fedtui(folder, "run", JOB), env=environment(folder), check=True, timeout=60)
    with Program(folder, *words, prefix=WAYS[way]) as program:
        program.read_until(ready)
        program.hang_up()
        assert program.process.wait(timeout=LOST_WITHIN) == GONE
    (folder / "go").touch()
    wait_until(lambda: outcome_of(folder, JOB) == "ok")


FLOOD = """
from fedtui import cli
async def print_all():
    while True:
        print("ready", flush=True)
raise SystemExit(cli.report_errors(lambda: cli._while_read(cli.new_runner(), print_all()), debug=False))
"""
"""A verb that writes all the time: a write meets the end of the terminal before anything else does."""


def test_a_terminal_that_is_lost_within_a_write_ends_a_verb_as_at_any_other_time(tmp_path: Path) -> None:
    for _ in range(3):
        with Program(tmp_path, code=FLOOD) as program:
            program.read_until(b"ready")
            program.hang_up()
            assert program.process.wait(timeout=LOST_WITHIN) == GONE


def test_a_reader_that_goes_away_ends_a_verb_that_waits(folder: Path) -> None:
    argv = fedtui(folder, "logs", "-f", JOB)
    with subprocess.Popen(argv, env=environment(folder), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"line 1\n"
        process.stdout.close()
        assert process.wait(timeout=LOST_WITHIN) == 0


def test_the_signal_itself_ends_the_dashboard_and_gives_the_terminal_back(folder: Path) -> None:
    with Program(folder) as program:
        program.read_until(JOB.encode())
        program.process.send_signal(signal.SIGHUP)
        program.read_until(LEAVE)
        assert program.process.wait(timeout=ENDED_WITHIN) == GONE
        assert program.modes_now() == program.modes


def test_a_terminated_dashboard_gives_the_terminal_back(folder: Path) -> None:
    with Program(folder) as program:
        program.read_until(JOB.encode())
        program.process.send_signal(signal.SIGTERM)
        program.read_until(LEAVE)
        assert program.process.wait(timeout=ENDED_WITHIN) == TERMINATED
        assert program.modes_now() == program.modes


def _fill(program: Program, *, stopped: bool) -> None:
    """Have the dashboard draw until the terminal takes no more, and the event loop waits for it."""
    if stopped:
        program.flow(on=False)
    # In this function of the kernel a write to a terminal waits. What lies before it is to be full, too.
    wait_until(lambda: _opens_help(program) or _waits_in(program.process.pid, "wait_woken"))
    for _ in range(20):
        _opens_help(program)
    wait_until(program.is_still)


def _opens_help(program: Program) -> None:
    """Press keys that have the whole screen drawn twice."""
    for key in (b"?", b"\x1b"):
        program.type(key)
        time.sleep(0.02)


@pytest.mark.parametrize("stopped", [True, False], ids=["flow control", "nobody reads"])
def test_a_terminal_that_takes_no_output_is_waited_for(folder: Path, *, stopped: bool) -> None:
    with Program(folder) as program:
        program.read_until(JOB.encode())
        _fill(program, stopped=stopped)
        before = program.cpu()
        time.sleep(3)
        assert program.cpu() - before < 0.15
        if stopped:
            program.flow(on=True)
        program.type(b"q")
        program.read_until(LEAVE)
        assert program.process.wait(timeout=30) == 0


@pytest.mark.parametrize("stopped", [True, False], ids=["flow control", "nobody reads"])
def test_it_is_terminated_while_the_terminal_takes_no_output(folder: Path, *, stopped: bool) -> None:
    with Program(folder) as program:
        program.read_until(JOB.encode())
        _fill(program, stopped=stopped)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(timeout=ENDED_WITHIN) == TERMINATED
        assert program.modes_now() == program.modes


def test_it_is_ended_by_a_lost_terminal_that_took_no_output(folder: Path) -> None:
    with Program(folder) as program:
        program.read_until(JOB.encode())
        _fill(program, stopped=True)
        program.hang_up()
        assert program.process.wait(timeout=LOST_WITHIN) == GONE


HANG = """\
import os, time
from pathlib import Path
_open, _folder = os.open, Path({folder!r})

def _hanging(path, *how, **more):
    while str(path) == {table!r} and (_folder / "hang").exists():
        (_folder / "hangs").touch()
        time.sleep(0.05)
    return _open(path, *how, **more)

os.open = _hanging
"""
"""A file that a dead disk holds: opening it does not end while there is a file `hang`."""


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "terminated"])
def test_a_source_that_does_not_answer_keeps_nobody(folder: Path, *, lost: bool) -> None:
    table = crontab_file(folder / "demo")
    (folder / "python").mkdir()
    code = HANG.format(folder=str(folder), table=str(table))
    (folder / "python" / "sitecustomize.py").write_text(code)
    with Program(folder, PYTHONPATH=str(folder / "python")) as program:
        program.read_until(JOB.encode())
        (folder / "hang").touch()
        table.write_bytes(table.read_bytes() + b"\n")
        wait_until((folder / "hangs").exists)
        if lost:
            program.hang_up()
        else:
            program.process.send_signal(signal.SIGTERM)
            program.read_until(LEAVE)
        assert program.process.wait(timeout=LOST_WITHIN if lost else ENDED_WITHIN) in (GONE, TERMINATED)
        assert lost or program.modes_now() == program.modes


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "terminated"])
def test_an_editor_that_has_the_terminal_keeps_nobody(folder: Path, *, lost: bool) -> None:
    editor = folder / "editor"
    editor.write_text(f"#!/bin/sh\ntouch {folder}/edits\nexec sleep 60\n")
    editor.chmod(0o755)
    with Program(folder, EDITOR=str(editor), VISUAL="") as program:
        program.read_until(JOB.encode())
        program.type(b"o")
        program.read_until(LEAVE)
        wait_until((folder / "edits").exists)
        if lost:
            program.hang_up()
        else:
            program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(timeout=LOST_WITHIN) == (GONE if lost else TERMINATED)


@pytest.mark.parametrize("verb", ["logs", "watch", "run"])
def test_a_verb_is_terminated_while_the_terminal_takes_no_output(folder: Path, verb: str) -> None:
    words, ready = VERBS[verb]
    with Program(folder, *words) as program:
        program.read_until(ready)
        program.flow(on=False)
        with (folder / "demo/logs/federated-sync.log").open("a") as log:
            log.writelines(f"line {number}\n" for number in range(3, 2000))
        wait_until(program.is_still)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(timeout=ENDED_WITHIN) == -signal.SIGTERM


def test_a_log_is_followed_on_when_the_terminal_takes_output_again(folder: Path) -> None:
    with Program(folder, *VERBS["logs"][0]) as program:
        program.read_until(b"line 3")
        program.flow(on=False)
        with (folder / "demo/logs/federated-sync.log").open("a") as log:
            log.writelines(f"line {number}\n" for number in range(4, 2001))
        wait_until(program.is_still)
        before = program.cpu()
        time.sleep(3)
        assert program.cpu() - before < 0.15
        program.flow(on=True)
        seen = program.read_until(b"line 2000\r\n").decode().split("\r\n")
    assert [line for line in seen if line] == [f"line {number}" for number in range(4, 2001)]


def test_the_screen_is_drawn_on_standard_output_by_our_own_outlet(folder: Path) -> None:
    """Textual's driver writes to what is called `_file`, which is standard error unless we set it."""
    with (folder / "errors").open("wb") as errors, Program(folder, stderr=errors.fileno()) as program:
        program.read_until(JOB.encode())
        program.type(b"q")
        program.read_until(LEAVE)
        assert program.process.wait(timeout=30) == 0
    assert (folder / "errors").read_bytes() == b""


def test_textual_still_has_the_names_that_the_driver_relies_on() -> None:
    assert "_sigcont_application" in vars(LinuxDriver)
    assert "_file" in LinuxDriver.start_application_mode.__code__.co_names


STUCK = """
import signal, termios, threading, time, tty
from fedtui.system.terminal_watch import TerminalWatch
from fedtui.widgets.terminal_driver import giver_back
with TerminalWatch((0, 1), (signal.SIGTERM, signal.SIGHUP)) as watch:
    watch.restore = RESTORE
    tty.setraw(0, termios.TCSANOW)
    print("ready", flush=True)
    threading.Lock().acquire() and time.sleep(60)
"""


def test_the_terminal_is_given_back_by_force_where_the_program_does_not_leave(tmp_path: Path) -> None:
    with Program(tmp_path, code=STUCK.replace("RESTORE", "giver_back()")) as program:
        program.read_until(b"ready")
        program.process.send_signal(signal.SIGTERM)
        program.read_until(LEAVE)
        assert program.process.wait(timeout=ENDED_WITHIN) == TERMINATED
        assert program.modes_now() == program.modes


def test_the_kernel_ends_it_where_that_does_not_come_back(tmp_path: Path) -> None:
    with Program(tmp_path, code=STUCK.replace("RESTORE", "threading.Event().wait")) as program:
        program.read_until(b"ready")
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(timeout=ENDED_WITHIN) == -signal.SIGALRM


async def test_a_terminal_that_cannot_be_read_is_lost() -> None:
    """Read from the other side, a terminal that nobody has open gives EIO, as it does to an orphan."""
    other, inside = pty.openpty()
    os.close(inside)
    losses: list[str] = []
    app = SimpleNamespace(lost=lambda: losses.append("lost"))
    handlers = {one: signal.getsignal(one) for one in (signal.SIGTSTP, signal.SIGCONT)}
    driver = TerminalDriver(app)
    try:
        driver.fileno = other
        await asyncio.to_thread(driver.run_input_thread)
    finally:
        os.close(other)
        for one, handler in handlers.items():
            signal.signal(one, handler)
    assert losses == ["lost"]


def test_an_outlet_writes_all_of_it_where_another_program_made_the_terminal_non_blocking() -> None:
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(reader, True)
    outlet = Outlet(writer, "utf-8", lambda: None)
    outlet.write("●" * 100_000)
    thread = threading.Thread(target=outlet.flush)
    thread.start()
    read = b""
    while len(read) < 300_000:
        read += os.read(reader, 65536)
    thread.join()
    os.close(reader)
    os.close(writer)
    assert read.decode() == "●" * 100_000


def test_an_outlet_that_is_gone_says_so_once_and_takes_everything() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    losses: list[str] = []
    outlet = Outlet(writer, "ascii", lambda: losses.append("lost"))
    for _ in range(3):
        outlet.write("● text")
        outlet.flush()
    os.close(writer)
    assert losses == ["lost"]


def _waits_in(pid: int, where: str) -> bool:
    """Whether a thread of the process waits in this function of the kernel."""
    return any(where in (task / "wchan").read_text() for task in Path(f"/proc/{pid}/task").iterdir())
