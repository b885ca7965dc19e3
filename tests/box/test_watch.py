"""Watching cycles of the real cron and systemd: good, failed and unproven ones, and ones that do not come.

The watches of one module run side by side, so that two cron minutes are waited for once.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.box.inside import shown, start_inside
from tests.box.machine import Box, between_looks_of_cron, wait_until

TABLE = b"""\
# name: loud
* * * * * echo one >> /home/fed/logs/loud.log; sleep 0.5; echo two >> /home/fed/logs/loud.log
# name: brief
* * * * * /bin/true
# name: kept
* * * * * echo kept >> /home/fed/logs/kept.log
"""
LONGEST = 170.0
UNITS = "/home/fed/.config/systemd/user"


def timer(box: Box, name: str, command: str) -> None:
    """A user timer that elapses every ten seconds."""
    box.write(f"{UNITS}/{name}.service", f"[Service]\nType=oneshot\nExecStart=/bin/sh -c '{command}'\n")
    calendar = "[Timer]\nOnCalendar=*:*:00/10\nAccuracySec=1s\n[Install]\nWantedBy=timers.target\n"
    box.write(f"{UNITS}/{name}.timer", calendar)


@dataclass
class Watching:
    """A `fedtui watch --json` that runs in the box."""

    process: subprocess.Popen[bytes]

    def end(self) -> tuple[int, dict[str, Any]]:
        """Its exit status and what it printed, once it has ended."""
        out, err = self.process.communicate(timeout=LONGEST)
        assert b"Traceback" not in err, err.decode()
        assert out, err.decode()
        return self.process.returncode, json.loads(out)["watch"]


def begin(box: Box, words: Sequence[str], user: str = "fed") -> Watching:
    return Watching(box.popen(["fedtui", "watch", *words, "--json"], user, stderr=subprocess.PIPE))


class Watches:
    """The box with every watch of this module begun."""

    def __init__(self, box: Box) -> None:
        self.box = box
        box.run(["mkdir", "-p", "/home/fed/logs"], check=True)
        between_looks_of_cron()
        box.run(["crontab", "-"], input=TABLE, check=True)
        box.run(["fedtui", "record", "kept", "--yes"], check=True)
        timer(box, "good", "echo fine")
        timer(box, "bad", "echo broken; exit 7")
        box.run(["systemctl", "--user", "daemon-reload"], check=True)
        box.run(["systemctl", "--user", "enable", "--now", "good.timer", "bad.timer"], check=True)
        self.left = begin(box, ["loud", "--cycles", "2"])
        self.good = begin(box, ["good.timer", "--cycles", "2"])
        self.bad = begin(box, ["bad.timer", "--cycles", "1"])
        self.kept = begin(box, ["kept", "--cycles", "2"])
        self.brief = begin(box, ["brief", "--cycles", "1"])


OVERDUE = """
from fedtui.config import load
from fedtui.machine import host_workspace
async def main():
    workspace = host_workspace(load())
    store = workspace.store
    running = asyncio.create_task(store.run())
    said = None
    async with asyncio.timeout(240):
        while True:
            jobs = {job.name: job for job in store.snapshot.jobs}
            state = [jobs[name].state.value for name in ("loud", "brief")] if "brief" in jobs else None
            if state != said:
                said = state
                show([state, [jobs[n].state_reason for n in ("loud", "brief")] if jobs else []])
            await asyncio.sleep(0.2)
asyncio.run(main())
"""


class Standing:
    """A box whose cron stands still; watched by `fed`, who cannot read cron's log, and by root."""

    def __init__(self, box: Box) -> None:
        self.box = box
        box.run(["mkdir", "-p", "/home/fed/logs"], check=True)
        box.run(["crontab", "-"], input=TABLE, check=True)
        box.run(["pkill", "-STOP", "-x", "cron"], "root", check=True)
        self.dashboard = start_inside(box, OVERDUE)
        self.by_fed = begin(box, ["brief", "--cycles", "1"])
        self.by_root = begin(box, ["loud", "--cycles", "1"], "root")


@pytest.fixture(scope="module")
def standing(box_possible: None) -> Iterator[Standing]:
    with Box() as box:
        made = Standing(box)
        yield made
        made.dashboard.kill()
        made.dashboard.wait()


@pytest.fixture(scope="module")
def watches(box: Box, standing: Standing) -> Iterator[Watches]:
    """Begun when the other box is up, so that the same minutes are waited for in both."""
    yield Watches(box)
    box.run(["systemctl", "--user", "disable", "--now", "good.timer", "bad.timer"], check=True)


def test_a_watch_continues_when_its_terminal_is_gone_and_is_the_same_watch_later(watches: Watches) -> None:
    folder = watches.box.path("/home/fed/.local/state/fedtui/watches")

    def kept() -> dict[str, Any]:
        found = [json.loads(path.read_text()) for path in folder.glob("*.json")]
        return next((watch for watch in found if watch["job_name"] == "loud"), {})

    began = wait_until(kept, 20, "the watch is kept")["began"]
    watches.left.process.kill()
    watches.left.process.wait(10)
    status, again = begin(watches.box, ["loud", "--cycles", "2"]).end()
    assert datetime.fromisoformat(again["began"]).timestamp() == pytest.approx(began, abs=1)
    assert status == 3
    assert again["verdict"] == "unverified"
    first, second = again["cycles"]
    for cycle in (first, second):
        assert cycle["verdict"] == "unverified"
        assert cycle["reasons"][0] == "its exit status is not known"
        assert 0 <= cycle["late_s"] < 5
        assert cycle["log_lines"] == 2
        assert cycle["due"].endswith(":00+00:00")
    apart = datetime.fromisoformat(second["due"]) - datetime.fromisoformat(first["due"])
    assert apart.total_seconds() == 60


def test_a_cron_job_with_the_recorder_is_good_for_its_exit_status_is_known(watches: Watches) -> None:
    status, watch = watches.kept.end()
    assert (status, watch["verdict"]) == (0, "ok"), watch
    for cycle in watch["cycles"]:
        assert cycle["result"]["exit_code"] == 0
        assert cycle["log_lines"] == 1
        assert 0 <= cycle["late_s"] < 5


def test_a_timer_whose_runs_end_well_is_good(watches: Watches) -> None:
    status, watch = watches.good.end()
    assert (status, watch["verdict"]) == (0, "ok")
    assert [cycle["result"]["exit_code"] for cycle in watch["cycles"]] == [0, 0]
    assert all(cycle["late_s"] < 3 for cycle in watch["cycles"])


def test_a_timer_whose_run_fails_has_failed(watches: Watches) -> None:
    status, watch = watches.bad.end()
    assert (status, watch["verdict"]) == (1, "failed")
    assert watch["cycles"][0]["reasons"][0] == "exit 7"


def test_a_run_too_short_to_be_seen_is_unproven_and_not_missed(watches: Watches) -> None:
    status, watch = watches.brief.end()
    assert (status, watch["verdict"]) == (3, "unverified")


def test_the_watchman_ends_with_the_last_watch(watches: Watches) -> None:
    def gone() -> bool:
        return watches.box.run(["pgrep", "-u", "fed", "-f", "watch --keep"]).returncode == 1

    wait_until(gone, 30, "the watchman is gone")


def test_a_cron_that_stands_still_makes_cycles_fail_for_users_with_and_without_its_log(
    standing: Standing,
) -> None:
    status, watch = standing.by_fed.end()
    assert (status, watch["verdict"]) == (1, "failed")
    assert watch["cycles"][0]["reasons"][0].startswith("it did not start: cron started nothing from ")
    status, watch = standing.by_root.end()
    assert (status, watch["verdict"]) == (1, "failed")
    assert "it did not start: cron" in watch["cycles"][0]["reasons"][0]


def states(box: Box) -> set[str]:
    """The states of the jobs of the table, as root's list has them."""
    listed = json.loads(box.output(["fedtui", "list", "--json", "--source", "crontab"], "root"))["jobs"]
    return {job["state"] for job in listed}


def test_its_jobs_are_overdue_until_it_continues(standing: Standing) -> None:
    state: list[list[str]] = [["on", "on"], []]
    while state[0] != ["overdue", "overdue"]:
        state = shown(standing.dashboard)
    assert all("not started: cron started nothing from " in reason for reason in state[1])
    # Root reads cron's log: a list that is made now looks back, as far as the table is in force.
    wait_until(lambda: states(standing.box) == {"overdue"}, 90, "a list calls both jobs overdue", pause=3)
    standing.box.run(["pkill", "-CONT", "-x", "cron"], "root", check=True)
    while "overdue" in state[0]:
        state = shown(standing.dashboard)


def test_jobs_that_were_started_are_not_overdue_to_a_list_that_looks_back(watches: Watches) -> None:
    assert states(watches.box) <= {"on", "running"}
