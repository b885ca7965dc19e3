"""Evidence of runs in a booted machine: shared logs, and a user outside adm, to whom only logs tell."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.box.machine import Box, between_looks_of_cron, wait_until

UNITS = "/home/fed/.config/systemd/user"
SERVICE = """\
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo "[INFO] by the service"'
StandardOutput=append:/home/fed/shared.log
"""
TIMER = "[Timer]\nOnCalendar=yearly\nPersistent=no\n[Install]\nWantedBy=timers.target\n"
SHARING = """\
# name: line
30 3 29 2 * sh ~/quick.sh >> ~/shared.log 2>&1
# name: held
#fedtui:paused# * * * * * sh ~/quick.sh -h >> ~/shared.log 2>&1
# name: alone
#fedtui:paused# * * * * * sh ~/quick.sh -a >> ~/alone.log 2>&1
"""
# Too short to be seen in the process table, as most jobs are; it fails once somebody says so.
QUICK = "#!/bin/sh\necho \"[INFO] run\"\n[ ! -e ~/broken ] || { echo '[ERROR] no route'; exit 12; }\n"


def listed(box: Box) -> dict[str, dict[str, Any]]:
    """The rows of all sources by name."""
    jobs = json.loads(box.output(["fedtui", "list", "--json"], timeout=120.0))["jobs"]
    return {job["name"]: job for job in jobs}


def kept(box: Box, name: str) -> list[dict[str, Any]]:
    """The history of a job, newest first."""
    runs = json.loads(box.output(["fedtui", "history", name, "--json"], timeout=120.0))["runs"]
    assert isinstance(runs, list)
    return runs


@pytest.fixture
def sharing(box: Box) -> Iterator[Box]:
    """A timer's service, a line of cron and a paused one that share a log, and a paused one with its own."""
    box.write("/home/fed/quick.sh", QUICK)
    box.write(f"{UNITS}/shared.service", SERVICE)
    box.write(f"{UNITS}/shared.timer", TIMER)
    box.run(["systemctl", "--user", "daemon-reload"], check=True)
    box.run(["systemctl", "--user", "start", "shared.timer"], check=True)
    box.run(["crontab", "-"], input=SHARING, check=True)
    yield box
    box.run(["systemctl", "--user", "stop", "shared.timer"], check=True)
    box.run(["crontab", "-r"], check=True)


def test_what_a_timers_service_wrote_is_no_run_of_a_line_that_shares_its_log(sharing: Box) -> None:
    sharing.run(["systemctl", "--user", "start", "shared.service"], check=True)
    sharing.run(["sh", "-c", "echo by hand >> ~/alone.log"], check=True)
    wait_until(lambda: b"by the service" in sharing.read("/home/fed/shared.log"), 20, "it has written")
    rows = listed(sharing)
    assert rows["shared.timer"]["last_result"]["status"] == "ok"
    for name in ("line", "held"):
        assert (rows[name]["last_run"], rows[name]["last_result"]["exit_code"]) == (None, None)
        assert kept(sharing, name) == []
    # Paused, it cannot have run: whoever wrote into its own log was somebody else.
    assert (rows["alone"]["last_run"], rows["alone"]["state"]) == (None, "paused")


def busy(box: Box, processors: int) -> list[subprocess.Popen[bytes]]:
    """Loops that keep so many processors full."""
    loop = ["nice", "-n", "5", "sh", "-c", "while :; do :; done"]
    return [box.popen(loop, stdout=subprocess.DEVNULL) for _ in range(processors)]


@pytest.mark.parametrize("processors", [0, 2])
def test_after_a_run_by_hand_a_later_failure_of_cron_is_the_last_run(box: Box, processors: int) -> None:
    box.write("/home/fed/quick.sh", QUICK)
    box.run(["rm", "-f", "broken", "quick.log"], check=True)
    loops = busy(box, processors)
    try:
        between_looks_of_cron(30)
        line = f"# name: quick\n* * * * * sh ~/quick.sh {processors} >> ~/quick.log 2>&1\n"
        box.run(["crontab", "-"], input=line, check=True)
        box.run(["fedtui", "run", "quick", "--wait"], check=True, timeout=120.0)
        by_hand = listed(box)["quick"]
        assert (by_hand["last_result"]["status"], by_hand["last_result"]["exit_code"]) == ("ok", 0)
        box.write("/home/fed/broken", "")
        wait_until(lambda: b"no route" in box.read("/home/fed/quick.log"), 90, "cron's run has failed", 0.2)
        row = listed(box)["quick"]
        assert row["last_run"] > by_hand["last_run"]
        assert (row["last_result"]["status"], row["last_result"]["exit_code"]) == ("unknown", None)
        runs = kept(box, "quick")
        assert [(run["status"], run["trigger"]) for run in runs[-2:]] == [
            ("unknown", "schedule"),
            ("ok", "fedtui"),
        ]
    finally:
        for one in loops:
            one.kill()
            one.wait()
        box.run(["crontab", "-r"], check=True)


BOTH = """\
# name: good
* * * * * sh ~/good.sh >> ~/both.log 2>&1
# name: bad
* * * * * sh ~/bad.sh >> ~/both.log 2>&1
"""
GOOD = "#!/bin/sh\necho '[INFO] begun'\nsleep 1\necho '[INFO] done'\n"
BAD = "#!/bin/sh\nsleep 0.5\necho '[ERROR] no route'\nexit 12\n"


def test_recorded_runs_that_share_a_log_on_a_busy_machine_are_not_mixed_up(box: Box) -> None:
    """Both run in one minute: a failure is its job's own, and its lines are no warning of the other's."""
    box.write("/home/fed/good.sh", GOOD)
    box.write("/home/fed/bad.sh", BAD)
    loops = busy(box, 2)
    try:
        between_looks_of_cron(30)
        box.run(["crontab", "-"], input=BOTH, check=True)
        box.run(["fedtui", "record", "--all", "--yes"], check=True, timeout=120.0)

        def ended() -> dict[str, dict[str, Any]] | None:
            rows = listed(box)
            known = [rows[name]["last_result"]["exit_code"] for name in ("good", "bad")]
            return rows if None not in known else None

        rows = wait_until(ended, 150, "both have run, recorded", 2.0)
        assert (rows["bad"]["last_result"]["status"], rows["bad"]["last_result"]["exit_code"]) == (
            "failed",
            12,
        )
        good = rows["good"]["last_result"]
        assert (good["exit_code"], good["status"]) in ((0, "ok"), (0, "unknown")), good
    finally:
        for one in loops:
            one.kill()
            one.wait()
        box.run(["crontab", "-r"], check=True)
