"""kill -9 at any moment of a change, or of its undo: the world is old or new, and `u` leads back to the old.

Each case kills a fedtui at a few points of all (kill_at.c): FEDTUI_SEED repeats them, FEDTUI_KILLS sets how
many points a case tries, 0 for all.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.box.actor import ENVIRONMENT
from tests.box.machine import Box

SEED = int(os.environ.get("FEDTUI_SEED") or random.SystemRandom().randrange(10**9))
KILLS = int(os.environ.get("FEDTUI_KILLS") or 1)
SHIM = "/home/fed/kill_at.so"
STATE = "/home/fed/.local/state/fedtui"
UNITS = "/home/fed/.config/systemd/user"
TABLE = b"""\
# the jobs of fed
# name: sync
0 *\t* * *   echo synced >> ~/sync.log

# name: export
5 2 * * 0 true
"""
TIMER = "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n"
RESTORE = f"""
rm -rf {STATE} ~/.config/fedtui ~/.local/share/fedtui
crontab -r 2>/dev/null
[ -s ~/table ] && crontab ~/table
systemctl --user stop '*.timer' 2>/dev/null
rm -rf {UNITS} && mkdir -p {UNITS} && cp ~/units/* {UNITS}
systemctl --user daemon-reload && systemctl --user -q enable --now nightly.timer
systemctl --user start each@one.timer
"""
LOOK = f"""
cd {UNITS} && find . ! -name . -printf '%P %l\\n' | sort
cat nightly.timer.d/* 2>/dev/null
systemctl --user list-units --all --plain --no-legend '*.timer' | sort
systemctl --user show nightly.timer -p TimersCalendar -p UnitFileState -p NeedDaemonReload \\
    | sed s/next_elapse.*//
"""
WARM = f"""
from pathlib import Path
from fedtui.history.database import History
History(Path("{STATE}/history.db")).writable()
"""
VERBS = {
    "pause a line": ("pause", "sync"),
    "reschedule a line": ("reschedule", "sync", "*/5 * * * *", "--reason", "less load"),
    "delete a line": ("delete", "export"),
    "record a line": ("record", "export"),
    "new line": ("new", "--schedule", "1 1 * * *", "--command", "true"),
    "first line": ("new", "--schedule", "1 1 * * *", "--command", "true"),
    "pause a timer": ("pause", "nightly.timer"),
    "reschedule a timer": ("reschedule", "nightly.timer", "Mon 04:00"),
    "pause an instance": ("pause", "each@one.timer"),
    "convert": ("convert", "export", "--to", "user"),
}


class World(NamedTuple):
    """The table, and what of the timers can be seen."""

    table: bytes | None
    timers: str


class Machine:
    """fed's part of the box, and one verb."""

    def __init__(self, box: Box, case: str) -> None:
        self.box = box
        self.words = VERBS[case]
        self.atomic = "line" in case
        box.write("/home/fed/table", b"" if case == "first line" else TABLE)
        box.write("/home/fed/units/nightly.timer", TIMER)
        box.write("/home/fed/units/each@.timer", TIMER)
        for name in ("nightly", "each@"):
            box.write(f"/home/fed/units/{name}.service", "[Service]\nExecStart=/bin/true\n")
        self.restore(warm=False)
        self.old = self.look()
        assert self("count", *self.words, "--yes").returncode == 0
        self.points = {"change": self._counted()}
        self.new = self.look()
        assert self.new != self.old
        assert self("count", "undo", "--yes").returncode == 0
        self.points["undo"] = self._counted()
        assert self.look() == self.old

    def restore(self, *, warm: bool) -> None:
        """The old world, with a history that has to be made or (`warm`) is there."""
        self.box.run(["sh", "-c", RESTORE], check=True)
        if warm:
            self.box.run([sys.executable, "-P", "-c", WARM], env=ENVIRONMENT, check=True)

    def __call__(self, kill_at: int | str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run fedtui, killed before that call (0: never); its children have ended when this returns."""
        env = dict(ENVIRONMENT)
        if kill_at == "count":
            env |= {"LD_PRELOAD": SHIM, "KILL_COUNT": "/home/fed/count"}
        elif kill_at:
            env |= {"LD_PRELOAD": SHIM, "KILL_AT": str(kill_at)}
        return self.box.run([sys.executable, "-P", "-m", "fedtui", *words], env=env, timeout=60)

    def _counted(self) -> int:
        return len(self.box.read("/home/fed/count").splitlines())

    def look(self) -> World:
        """The world, when no crontab that a killed fedtui left is at work any more."""
        self.box.run(["sh", "-c", "while pgrep -x -u fed crontab; do sleep 0.02; done"], check=True)
        spool = self.box.path("/var/spool/cron/crontabs/fed")
        table = spool.read_bytes().split(b"\n", 3)[3] if spool.exists() else None
        return World(table, self.box.output(["sh", "-c", LOOK]))

    def steps(self) -> list[dict[str, Any]]:
        """What `fedtui undo --list` says, the newest first."""
        listed = self(0, "undo", "--list", "--json")
        assert listed.returncode == 0, listed.stderr
        return list(json.loads(listed.stdout)["steps"])


@pytest.fixture(scope="module")
def shim(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Box:
    made = tmp_path_factory.mktemp("shim") / "kill_at.so"
    source = Path(__file__).with_name("kill_at.c")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True, timeout=60)
    box.write(SHIM, made.read_bytes(), mode=0o755)
    return box


@pytest.fixture(params=VERBS)
def machine(request: pytest.FixtureRequest, shim: Box) -> Iterator[Machine]:
    yield Machine(shim, request.param)
    shim.run(["crontab", "-r"])


def test_a_kill_leaves_the_old_or_the_new_and_undo_leads_back(machine: Machine) -> None:
    for phase, kill in (("change", _killed_change), ("undo", _killed_undo)):
        every = range(1, machine.points[phase] + 1)
        chosen = random.Random(f"{SEED} {phase} {machine.words}").sample(every, min(KILLS, len(every)))
        for point in chosen if KILLS else every:
            machine.restore(warm=bool(point % 2))
            try:
                kill(machine, point)
            except AssertionError as error:
                error.add_note(f"seed {SEED}, {phase} killed at {point} of {len(every)}")
                raise


def _killed_change(machine: Machine, point: int) -> None:
    machine(point, *machine.words, "--yes")
    now = machine.look()
    assert not machine.atomic or now in (machine.old, machine.new)
    undone = machine(0, "undo", "--yes")
    assert machine.look() == machine.old, undone.stdout + undone.stderr
    if undone.returncode == 0:
        assert machine.steps()[-1]["undone"]
    else:
        assert not machine.atomic or now == machine.old
        assert "There is nothing to undo." in undone.stderr


def _killed_undo(machine: Machine, point: int) -> None:
    assert machine(0, *machine.words, "--yes").returncode == 0
    machine(point, "undo", "--yes")
    now = machine.look()
    assert not machine.atomic or now in (machine.old, machine.new)
    if not machine.steps()[-1]["undone"]:  # else it was killed while it said that it was done
        again = machine(0, "undo", "--yes")
        assert again.returncode == 0, again.stderr
    assert machine.look() == machine.old
    assert machine.steps()[-1]["undone"]
