"""Verbs that only read end within seconds whatever hangs, and name what they did not get.

Real processes in a scratch home, with stand-ins on PATH that sleep, pipes in place of files, and a bus that
takes connections and answers none.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.json_page import CHECKOUT

BOUND = 5.0
"""Seconds that a verb may take, beside what it takes where nothing hangs."""

VERBS = tuple(
    tuple(words.split())
    for words in (
        "list --json",
        "list --source crontab --json",
        "check --json",
        "show alpha --json",
        "next alpha --json",
        "history --json",
        "logs alpha --json",
        "env alpha --json",
        "setup --status --json",
        "undo --list --json",
        "restore --json",
        "drill --json",
        "metrics",
    )
)
MUTE = """\
import asyncio, sys
from dbus_fast.aio import MessageBus
async def main():
    bus = await MessageBus(bus_address=sys.argv[1]).connect()
    await bus.request_name("org.freedesktop.systemd1")
    bus.add_message_handler(lambda message: True)
    print("ready", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
Answers = dict[str, tuple[int, str, str]]
"""Exit status, standard output and standard error of each verb, by its words."""


class Home:
    """A home with two jobs in its crontab, and the environment in which verbs are run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = path / ".local/state/fedtui"
        self.config = path / ".config/fedtui"
        for folder in (path / "bin", self.state, self.config):
            folder.mkdir(parents=True)
        self.sockets: list[socket.socket] = []
        self.others: list[subprocess.Popen[bytes]] = []
        (path / "alpha.log").write_text("done\n")
        (path / "alpha.sh").write_text("#!/bin/sh\nexit 0\n")
        (path / "alpha.sh").chmod(0o755)
        table = f"* * * * * {path}/alpha.sh >> {path}/alpha.log 2>&1\n5 * * * * {path}/beta.sh\n"
        (path / "table").write_text(table)
        self.program("crontab", f'case "$*" in *-l*) cat {path}/table;; esac')
        nowhere = f"unix:path={path}/nowhere"
        self.environment = {
            "HOME": str(path),
            "PATH": f"{path}/bin:/usr/bin:/bin",
            "PYTHONPATH": str(CHECKOUT),
            "LC_ALL": "C.UTF-8",
            "DBUS_SYSTEM_BUS_ADDRESS": nowhere,
            "DBUS_SESSION_BUS_ADDRESS": nowhere,
        }

    def program(self, name: str, body: str) -> None:
        program = self.path / "bin" / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)

    def hang(self, *names: str) -> None:
        for name in names:
            self.program(name, "exec sleep 600")

    def silent_bus(self, name: str) -> None:
        listener = socket.socket(socket.AF_UNIX)
        with suppress(OSError):
            os.chdir(self.path)  # the address of a socket is short
        listener.bind(name)
        listener.listen(64)
        self.sockets.append(listener)
        self.environment[f"DBUS_{name}_BUS_ADDRESS"] = f"unix:path={self.path / name}"

    def mute_systemd(self) -> None:
        """A bus that answers, with a systemd on it that takes calls and does not."""
        if shutil.which("dbus-daemon") is None:
            pytest.skip("no dbus-daemon here")
        address = f"unix:path={self.path / 'mute'}"
        self.others.append(
            subprocess.Popen(
                ["dbus-daemon", "--session", "--nofork", f"--address={address}"], stderr=subprocess.DEVNULL
            )
        )
        while not (self.path / "mute").exists():
            assert self.others[-1].poll() is None
            time.sleep(0.05)
        mute = subprocess.Popen([sys.executable, "-c", MUTE, address], stdout=subprocess.PIPE)
        self.others.append(mute)
        assert mute.stdout is not None
        assert mute.stdout.readline() == b"ready\n"
        self.environment |= {"DBUS_SYSTEM_BUS_ADDRESS": address, "DBUS_SESSION_BUS_ADDRESS": address}

    def close(self) -> None:
        for listener in self.sockets:
            listener.close()
        for process in self.others:
            process.kill()
            process.communicate()

    def start(self, words: tuple[str, ...]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "fedtui", *words],
            env=self.environment,
            cwd=self.path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def answers(self, limit: float) -> tuple[Answers, float]:
        """What all verbs say, started at once; and after how many seconds the last has ended."""
        began = time.monotonic()
        running = {" ".join(words): self.start(words) for words in VERBS}
        answers: Answers = {}
        late = []
        for words, process in running.items():
            try:
                out, err = process.communicate(timeout=max(0.1, began + limit - time.monotonic()))
                answers[words] = process.returncode, out, err
            except subprocess.TimeoutExpired:
                late.append(words)
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        assert late == []
        return answers, time.monotonic() - began


def fifo(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    if os.geteuid() == 0 and Path("/var/spool/cron").exists():
        pytest.skip("root reads the tables in the spool")
    monkeypatch.chdir(tmp_path)
    made = Home(tmp_path / "h")
    yield made
    made.close()


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds until all verbs have ended where nothing hangs."""
    return Home(tmp_path_factory.mktemp("usual") / "h").answers(120.0)[1]


NAMED: dict[str, tuple[Callable[[Home], object], dict[str, tuple[str, str]]]] = {
    "crontab": (
        lambda home: home.hang("crontab"),
        dict.fromkeys(
            ("list", "list --source crontab", "check", "history", "setup --status"),
            ("crontab", "crontab -l did not answer within"),
        ),
    ),
    "journalctl": (
        lambda home: home.hang("journalctl"),
        dict.fromkeys(
            ("list", "list --source crontab", "check", "show alpha", "history", "setup --status"),
            ("cron-log", "cron's log cannot be read: journalctl did not answer within"),
        ),
    ),
    "the system's bus": (
        lambda home: home.silent_bus("SYSTEM"),
        dict.fromkeys(
            ("list", "check", "history", "setup --status"),
            ("system-timers", "systemd cannot be reached: no answer from"),
        ),
    ),
    "the user's bus": (
        lambda home: (home.silent_bus("SESSION"), (home.path / ".config/systemd/user").mkdir(parents=True)),
        {},
    ),
    "systemd": (
        Home.mute_systemd,
        {
            "list": ("user-timers", "systemd's user manager has not answered yet"),
            "history": ("system-timers", "systemd's system manager has not answered yet"),
            "check": ("system-timers", "systemd's system manager has not answered yet"),
        },
    ),
    "everything": (
        lambda home: [
            home.hang(
                "crontab", "journalctl", "systemctl", "timedatectl", "loginctl", "systemd-analyze", "git"
            ),
            home.silent_bus("SYSTEM"),
            home.silent_bus("SESSION"),
        ],
        {"list": ("crontab", "crontab -l did not"), "check": ("system-timers", "systemd cannot be reached")},
    ),
    "the history": (
        lambda home: fifo(home.state / "history.db"),
        {"list": ("own-runs", "not a regular file"), "show alpha": ("own-runs", "not a regular file")},
    ),
    "the settings": (
        lambda home: fifo(home.config / "config.toml"),
        {"list": ("own-runs", "config.toml cannot be read (not a regular file), so the defaults hold.")},
    ),
    "endless settings": (
        lambda home: (home.config / "config.toml").symlink_to("/dev/zero"),
        {"list": ("own-runs", "config.toml cannot be read (not a regular file), so the defaults hold.")},
    ),
    "a log": (lambda home: fifo(home.path / "alpha.log"), {}),
    "a script": (lambda home: fifo(home.path / "alpha.sh"), {}),
    "the pack": (lambda home: fifo(home.config / "federation.toml"), {}),
    "what was noted": (
        lambda home: [fifo(home.state / name) for name in ("paused-timers.json", "theme", "freshness")],
        {},
    ),
    "the shell": (
        lambda home: (home.hang("dash"), home.environment.update(SHELL=str(home.path / "bin/dash"))),
        {},
    ),
}


@pytest.mark.parametrize("what", NAMED)
def test_verbs_end_and_name_what_did_not_come(what: str, home: Home, usual: float) -> None:
    hang, named = NAMED[what]
    hang(home)
    answers, _ = home.answers(BOUND + 3 * usual)
    for words, (source, reason) in named.items():
        status, out, err = answers[f"{words} --json"]
        lacks = [one["reason"] for one in json.loads(out)["incomplete"] if one["source"] == source]
        assert any(reason in one for one in lacks), (words, status, lacks)
        assert words == "check" or reason in err, (words, err)


def test_nothing_is_missing_of_what_is_not_asked(home: Home) -> None:
    home.hang("crontab", "journalctl")
    home.silent_bus("SYSTEM")
    for words in ("undo --list --json", "drill --json", "next --expr 0\t0\t1\t1\t* --json"):
        process = home.start(tuple(word.replace("\t", " ") for word in words.split(" ")))
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err, json.loads(out)["incomplete"]) == (0, "", []), words


def test_a_log_that_is_no_file_is_named_by_the_verb_that_shows_it(home: Home) -> None:
    fifo(home.path / "alpha.log")
    process = home.start(("logs", "alpha"))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "")
    assert "alpha.log is a device, a pipe or a socket: there is nothing to show." in err


def test_a_job_that_was_not_seen_is_not_called_missing(home: Home) -> None:
    home.hang("crontab")
    process = home.start(("show", "alpha"))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "")
    assert err.startswith("No job 'alpha' was found, but not every source could be read: ")
    assert "crontab -l did not answer" in err


def test_a_verb_that_changes_something_says_what_it_waits_for(home: Home) -> None:
    home.program("crontab", f'case "$*" in *-l*) cat {home.path}/table;; *) sleep 600;; esac')
    process = home.start(("pause", "beta", "--yes"))
    _, err = process.communicate(timeout=120)
    assert "waiting for crontab: 2 s\n" in err
    assert "did not answer within 10 s" in err
    assert process.returncode == 3
    assert (home.path / "table").read_text().endswith("beta.sh\n")
