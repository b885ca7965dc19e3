"""With a bus, a manager or PID 1 stopped, verbs end within seconds and name what they did not get."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.box.federation import TABLE, install, set_up
from tests.box.machine import Box, wait_until

BOUND = 5.0
"""Seconds that a verb may take, beside what it takes where nothing hangs."""

VERBS = (
    ("list", "--json"),
    ("check", "--json"),
    ("show", "every-minute", "--json"),
    ("next", "every-minute", "--json"),
    ("history", "--json"),
    ("logs", "every-minute", "--json"),
    ("env", "every-minute", "--json"),
    ("setup", "--status", "--json"),
    ("undo", "--list", "--json"),
    ("restore", "--json"),
    ("drill", "--json"),
    ("metrics",),
)


@contextmanager
def stopped(box: Box, *pattern: str) -> Iterator[None]:
    """The processes that pkill(1) finds so are stopped in the block."""
    box.output(["pkill", "-STOP", *pattern], "root")
    try:
        yield
    finally:
        box.output(["pkill", "-CONT", *pattern], "root")


@contextmanager
def stopped_init(box: Box) -> Iterator[None]:
    """PID 1 of the box is stopped, which only its parent namespace can do."""
    os.kill(box.init, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(box.init, signal.SIGCONT)


def start_bus(box: Box) -> None:
    """Start the bus of `fed`, which systemd otherwise starts with its first client."""
    box.run(["systemctl", "--user", "start", "dbus.service"], check=True)


def by_name(*pattern: str) -> Callable[[Box], Any]:
    return lambda box: stopped(box, "-x", *pattern)


STOPS: dict[str, tuple[Callable[[Box], Any], set[str]]] = {
    "the system's bus": (by_name("-u", "messagebus", "dbus-daemon"), {"system-timers"}),
    "the user's bus": (by_name("-u", "fed", "dbus-daemon"), {"user-timers"}),
    "the user's manager": (by_name("-u", "fed", "systemd"), {"user-timers"}),
    "PID 1": (stopped_init, {"system-timers"}),
    "the journal": (by_name("systemd-journal"), set()),
    "cron": (by_name("cron"), set()),
}
"""What is stopped, and the sources that cannot answer then."""


TIMED = 'began=$EPOCHREALTIME; fedtui "$@"; status=$?; echo "$began $EPOCHREALTIME" >&2; exit $status'


def timed(box: Box, words: tuple[str, ...]) -> tuple[float, int, str, str]:
    """How many seconds the verb took (without the way into the box), its status and what it printed."""
    done = box.run(["bash", "-c", TIMED, "fedtui", *words], timeout=120)
    err, _, times = done.stderr.removesuffix("\n").rpartition("\n")
    began, ended = map(float, times.split())
    return ended - began, done.returncode, done.stdout, err


class Shell:
    """A shell of `fed` that is in the box already: on its way in a process asks PID 1 for its groups."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._process = box.popen(["bash"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def timed(self, words: tuple[str, ...]) -> tuple[float, int, str, str]:
        """See `timed`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        run = f"fedtui {shlex.join(words)} > ~/out 2> ~/err < /dev/null"
        self._process.stdin.write(f"began=$EPOCHREALTIME; {run}; echo $? $began $EPOCHREALTIME\n".encode())
        self._process.stdin.flush()
        status, began, ended = self._process.stdout.readline().split()
        out, err = (self._box.read(f"/home/fed/{name}").decode() for name in ("out", "err"))
        return float(ended) - float(began), int(status), out, err


def test_verbs_that_read_end_and_name_what_is_missing(own_box: Box) -> None:
    box = own_box
    set_up(box)
    start_bus(box)
    box.write("/home/fed/logs/minute.log", "begun\n")
    names = {job["name"] for job in json.loads(timed(box, ("list", "--json"))[2])["jobs"]}
    shell = Shell(box)
    usual = max(shell.timed(words)[0] for words in VERBS)
    for what, (stop, missing) in STOPS.items():
        with stop(box):
            for words in VERBS:
                took, status, out, err = shell.timed(words)
                assert took < BOUND + 3 * usual, (what, words, took, err)
                assert status in (0, 1, 2), (what, words, status, err)
                if words[0] in ("list", "check", "history", "setup"):
                    lacks = {one["source"] for one in json.loads(out)["incomplete"]}
                    assert missing <= lacks, (what, words, lacks)
                if words[0] in ("list", "history", "setup"):
                    assert not missing or err, (what, words)
                if words[0] == "check" and missing:
                    unchecked = {one["what"] for one in json.loads(out)["unchecked"]}
                    assert missing <= unchecked, (what, unchecked)
                    assert "FT007" not in json.loads(out)["passed"], what

    def whole() -> bool:
        record = json.loads(timed(box, ("list", "--json"))[2])
        return {job["name"] for job in record["jobs"]} == names

    wait_until(whole, 60.0, "all jobs are seen again")


@pytest.mark.parametrize("what", ["the user's bus", "the user's manager"])
def test_a_verb_that_changes_something_says_what_it_waits_for(own_box: Box, what: str) -> None:
    box = own_box
    set_up(box)
    start_bus(box)
    with STOPS[what][0](box):
        done = box.run(["fedtui", "pause", "user-timer:backup-notes.timer", "--yes"], timeout=120)
    assert done.returncode == 3
    assert "waiting for " in done.stderr
    assert ": 2 s\n" in done.stderr
    assert "not every source could be read" in done.stderr
    assert box.output(["systemctl", "--user", "is-active", "backup-notes.timer"]) == "active"
    assert box.run(["fedtui", "undo", "--list"]).stdout == ""


def test_a_job_in_the_crontab_can_be_paused_while_the_buses_hang(own_box: Box) -> None:
    box = own_box
    start_bus(box)
    install(box, b"# name: lonely\n0 3 * * * /bin/true\n")
    with STOPS["the system's bus"][0](box), STOPS["the user's bus"][0](box):
        done = box.run(["fedtui", "pause", "lonely", "--yes"], timeout=120)
    assert (done.returncode, "waiting for the bus: 2 s\n" in done.stderr) == (0, True), done.stderr
    assert "#fedtui:paused# 0 3 * * *" in box.output(["crontab", "-l"])


DEAD = "/mnt/dead"
DISK = f"""\
import ctypes, os, signal
fuse = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={{fuse}},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
os.makedirs("{DEAD}", exist_ok=True)
libc = ctypes.CDLL(None, use_errno=True)
assert libc.mount(b"dead", b"{DEAD}", b"fuse", 0, options) == 0, os.strerror(ctypes.get_errno())
print("ready", flush=True)
signal.pause()
"""
"""A disk that answers nothing, as that of a server that is gone: every look at it waits until this ends.

No job may create a file there meanwhile: what then waits for the folder's lock cannot even be killed.
"""


def test_verbs_that_read_end_with_a_dead_disk_under_logs_and_a_product(own_box: Box) -> None:
    box = own_box
    set_up(box)
    box.run(["sh", "-c", "test -e /dev/fuse || mknod -m 666 /dev/fuse c 10 229"], "root", check=True)
    lines = f"# name: dead\n0 3 1 1 * /bin/echo x >> {DEAD}/x.log 2>&1\n".encode()
    install(box, TABLE + lines)
    box.write("/home/fed/.config/fedtui/config.toml", f'[job."dead"]\nproduct = "{DEAD}/data.json"\n')
    assert "dead" in {job["name"] for job in json.loads(timed(box, ("list", "--json"))[2])["jobs"]}
    usual = max(timed(box, words)[0] for words in VERBS)
    disk = box.popen([sys.executable, "-c", DISK], "root")
    assert disk.stdout is not None
    assert disk.stdout.readline() == b"ready\n"
    try:
        for words in (*VERBS, ("list", "--source", "crontab", "--json"), ("logs", "dead")):
            took, status, out, err = timed(box, words)
            assert took < BOUND + 3 * usual, (words, took, usual, err)
            assert status in (0, 1, 2, 3), (words, status, err)
            if words[0] == "list":
                record = json.loads(out)
                assert "dead" in {job["name"] for job in record["jobs"]}, (words, err)
            if words[0] == "check":
                assert {"FT710", "FT301"}.isdisjoint(json.loads(out)["passed"])
            if words[:2] == ("logs", "dead"):
                assert (status, out) == (3, ""), out
                assert f"{DEAD}/x.log could not be read in time." in err
    finally:
        disk.kill()


def test_a_manager_that_does_not_answer_is_not_up_in_the_metrics(own_box: Box) -> None:
    set_up(own_box)
    start_bus(own_box)
    up = 'fedtui_scheduler_up{scheduler="systemd"} 1'
    assert up in own_box.run(["fedtui", "metrics"], timeout=60).stdout
    with STOPS["the user's manager"][0](own_box):
        assert up not in own_box.run(["fedtui", "metrics"], timeout=60).stdout
