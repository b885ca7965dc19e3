"""fedtui's own folders cannot be used: everything works without history, and one line says how to fix it."""

from __future__ import annotations

import json
import time

import pytest

from tests.box import federation
from tests.box.machine import Box, wait_until
from tests.box.terminal import Terminal

HOME, CONFIG, STATE = "/home/fed", "/home/fed/.config/fedtui", "/home/fed/.local/state/fedtui"
OWN = f"chown -R fed: {HOME}/.local"
WITHOUT = "fedtui works without history: "
CASES: dict[str, tuple[str, str]] = {
    "root's": (
        f"mkdir -p {STATE}/runs && chown fed: {HOME}/.local {HOME}/.local/state && chmod 700 {STATE}",
        f"{STATE} belongs to root. Fix: sudo chown -R fed {STATE}\n",
    ),
    "root's above": (
        f"mkdir -p {STATE} && chmod 700 {HOME}/.local",
        f"{HOME}/.local belongs to root. Fix: sudo chown -R fed {HOME}/.local\n",
    ),
    "root's files in it": (
        f"mkdir -p {STATE}/runs {STATE}/locks; cd {STATE}; : > history.db; {OWN}; chown root: *; chmod 700 *",
        f"{STATE}/history.db belongs to root. Fix: sudo chown -R fed {STATE}\n",
    ),
    "a file": (
        f"mkdir -p {HOME}/.local/state && echo x > {STATE} && {OWN}",
        f"{STATE} is no folder. Move it away: mv {STATE} {STATE}.old\n",
    ),
    "not to be written": (
        f"mkdir -p {STATE} && {OWN} && chmod 500 {STATE}",
        f"{STATE} has mode 0500. Fix: chmod u+rwx {STATE}\n",
    ),
    "read-only": (
        f"mkdir -p {STATE} && {OWN} && mount -t tmpfs -o ro,mode=0700,uid=1000,gid=1000 none {STATE}",
        f"{STATE} is on a read-only file system.\n",
    ),
}
Verbs = tuple[tuple[str, ...], ...]
LOOKS: Verbs = (("list",), ("list", "--source", "crontab"), ("show", "every-minute"), ("metrics",))
MORE_LOOKS: Verbs = (
    ("list", "--json"),
    ("next", "every-minute"),
    ("env", "every-minute"),
    ("setup", "--status"),
    ("setup", "--profiles"),
)
CHANGES: Verbs = (
    ("pause", "every-minute", "--yes"),
    ("pause", "backup-notes", "--yes"),
    ("run", "every-minute"),
    ("run", "backup-notes"),
)
MORE_CHANGES: Verbs = (
    ("reschedule", "every-minute", "5 * * * *", "--yes"),
    ("record", "every-minute", "--yes"),
    ("new", "--schedule", "5 5 * * *", "--command", "true", "--yes"),
    ("watch", "every-minute"),
    ("undo", "--yes"),
    ("demo", "list"),
)


@pytest.fixture(autouse=True)
def _jobs(box: Box) -> None:
    box.run(["umount", STATE], "root")
    box.reset()
    federation.set_up(box)


def as_root(box: Box, script: str) -> None:
    box.run(["sh", "-c", script], "root", check=True)


def facts(box: Box, folder: str = "/home/fed") -> str:
    # What the jobs write, a lock, and the dashboard's copies of the table where the folder lets it keep some.
    mine = f"-path {folder}/logs -o -name change.lock -o -path {STATE}/backup"
    find = f"find {folder} \\( {mine} \\) -prune -o -printf '%p %u %m %l\\n' | sort"
    return box.output(["sh", "-c", find], "root")


def world(box: Box) -> tuple[str, bytes | None, str]:
    unit = "UnitFileState,ActiveState,ExecMainStartTimestamp"
    units = ["systemctl", "--user", "show", "-p", unit, "backup-notes.timer", "backup-notes.service"]
    return facts(box), federation.table(box), box.output(units)


@pytest.mark.parametrize("case", CASES)
def test_the_state_folder(case: str, box: Box) -> None:
    script, said = CASES[case]
    line = WITHOUT + said
    as_root(box, script)
    whole = case == "root's"
    # The timer runs at 18:30; no case takes four minutes.
    clock = ["date", "+%H:%M"]
    wait_until(lambda: not "18:26" <= box.output(clock) <= "18:30", 330.0, "the timer is not due", 5.0)
    before = world(box)
    try:
        for words in LOOKS + (MORE_LOOKS if whole else ()):
            done = box.run(["fedtui", *words])
            assert (done.returncode, done.stderr.count(line)) == (0, 1), (words, done.stderr)
            assert "every-minute" in done.stdout or words[0] not in ("list", "metrics"), words
        check = box.run(["fedtui", "check", "--json"])
        assert "FT001" in json.loads(check.stdout)["passed"]
        assert world(box) == before
        for words in CHANGES + (MORE_CHANGES if whole else ()):
            done = box.run(["fedtui", *words])
            assert done.returncode == 3, (words, done.stdout, done.stderr)
            assert "Internal error" not in done.stderr, words
            assert done.stderr.startswith(line) or words[0] == "demo", words
            assert world(box) == before, words
        with Terminal(box, ["fedtui"], columns=160) as terminal:
            terminal.wait_for("every-minute")
            terminal.wait_for(r"edtui works without")
            time.sleep(3)  # past what a quiet dashboard loads and cleans up
            terminal.press("q")
            assert terminal.wait_end() == 0
        assert world(box) == before
    finally:
        box.run(["umount", STATE], "root")


@pytest.mark.parametrize("what", [CONFIG, f"{CONFIG}/config.toml", f"{HOME}/.config"])
def test_the_config_folder(what: str, box: Box) -> None:
    file = f"{CONFIG}/config.toml"
    as_root(
        box,
        f"mkdir -p {CONFIG} && echo 'ascii = true' > {file} && chown -R fed: {HOME}/.config && "
        f"chown root: {what} && chmod go= {what}",
    )
    line = (
        f"{file} cannot be read (Permission denied), so the defaults hold. "
        f"{what} belongs to root. Fix: sudo chown -R fed {what}\n"
    )
    for words in (*LOOKS, ("history",), ("undo", "--list")):
        done = box.run(["fedtui", *words])
        assert (done.returncode, done.stderr.count(line)) == (0, 1), (words, done.stderr)
    alert = box.run(["fedtui", "check", "--alert"])
    assert alert.returncode == 3
    assert "config.toml cannot be read, so who is to be told is not known. Nothing was sent." in alert.stderr
    assert box.run(["fedtui", "pause", "every-minute", "--yes"]).returncode == 0
    assert box.run(["fedtui", "undo", "--yes"]).returncode == 0
    timer = box.run(["fedtui", "pause", "backup-notes", "--yes"])
    assert "Internal error" not in timer.stderr
    with Terminal(box, ["fedtui"], columns=160) as terminal:
        terminal.wait_for("every-minute")
        terminal.wait_for("(Permission")
        terminal.press("q")
        assert terminal.wait_end() == 0


def test_root_leaves_nothing_in_the_home_of_another(box: Box) -> None:
    env = {"HOME": HOME, "XDG_CONFIG_HOME": f"{HOME}/.config", "XDG_STATE_HOME": f"{HOME}/.local/state"}
    before = facts(box)
    line = "HOME is the home of fed: as root, fedtui keeps its files in /root/.local/state/fedtui.\n"
    try:
        for words in (("list",), ("history",), ("pause", "every-minute", "--yes"), ("undo", "--yes")):
            done = box.run(["fedtui", *words], "root", env=env)
            assert (done.returncode, done.stderr.count(line)) == (0, 1), (words, done.stderr)
        with Terminal(box, ["fedtui"], "root", columns=160, env=env) as terminal:
            terminal.wait_for("every-minute")
            terminal.wait_for("HOME is the home of fed")
            terminal.press("q")
            assert terminal.wait_end() == 0
        assert facts(box) == before
        assert "history.db" in facts(box, "/root/.local/state/fedtui")
    finally:
        box.run(["rm", "-rf", "/root/.local/state/fedtui"], "root")
