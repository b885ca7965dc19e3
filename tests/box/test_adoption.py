"""What the operator had set up by hand becomes the pack's, runs, is switched, and is given back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.box.machine import Box, between_looks_of_cron, wait_until
from tests.box.test_federation_setup import fedtui, status, tree

ROOT = "/home/fed/federation"
UNITS = "/home/fed/.config/systemd/user"
SERVICE = f"""\
[Unit]
Description=Federated Learning Data Sync
After=network.target

[Service]
Type=oneshot
ExecStart=/usr/bin/bash {ROOT}/scripts/sync-learning-data.sh
StandardOutput=append:/home/fed/logs/federated-sync.log
StandardError=append:/home/fed/logs/federated-sync.log
"""
TIMER = """\
[Unit]
Description=Run Federated Learning Data Sync Hourly
Requires=federated-sync.service

[Timer]
OnBootSec=5min
OnUnitActiveSec=1h
Persistent=true

[Install]
WantedBy=timers.target
"""
TABLE = f"""\
MAILTO=""
# Weekly (Sunday 2 AM): Export Qdrant collections
0 2 * * 0 bash {ROOT}/scripts/export-collections.sh >> /home/fed/logs/federated-export.log 2>&1

# Every 5 minutes: Dashboard metrics
* * * * *  bash {ROOT}/scripts/generate-dashboard-data.sh >> /home/fed/logs/own-metrics.log 2>&1
0 0 * * 0 find /home/fed/logs/ -name "federated-*.log" -exec bash -c 'mv {{}} {{}}.old && touch {{}}' \\;
"""


@pytest.fixture
def by_hand(box: Box) -> Box:
    """The guide's first steps: scripts, units and lines."""
    box.reset()
    for name in ("export-collections", "generate-dashboard-data"):
        box.write(f"{ROOT}/scripts/{name}.sh", f"#!/usr/bin/env bash\necho {name}\n")
    # The timer may elapse at any moment of a test: at enabling, or for a quarter hour missed (Persistent=).
    box.write(f"{ROOT}/scripts/sync-learning-data.sh", "#!/usr/bin/env bash\n")
    box.write("/home/fed/logs/federated-sync.log", "")
    box.write(f"{UNITS}/federated-sync.service", SERVICE)
    box.write(f"{UNITS}/federated-sync.timer", TIMER)
    box.run(["systemctl", "--user", "daemon-reload"], check=True)
    box.run(["systemctl", "--user", "enable", "--now", "federated-sync.timer"], check=True)
    between_looks_of_cron(20)  # time for a look around before the line of each minute writes its log
    box.run(["crontab", "-"], input=TABLE, check=True)
    return box


def jobs(box: Box) -> dict[str, Any]:
    return {job["key"]: job for job in status(box)["jobs"]}


def test_lines_and_units_made_by_hand_are_taken_over_run_switched_and_given_back(by_hand: Box) -> None:
    box = by_hand
    before = tree(box)
    shown = json.loads(fedtui(box, "--adopt", "--dry-run", "--json").stdout)
    assert "; taken over: federated-sync, federated-export, dashboard-metrics." in shown["plan"]["summary"]
    assert tree(box) == before
    fedtui(box, "--adopt", "--yes")
    found = jobs(box)
    assert [(key, job["custom"]) for key, job in found.items()] == [
        ("sync", True),
        ("export", False),
        ("metrics", True),
    ]
    for name, text in (("service", SERVICE), ("timer", TIMER)):
        assert box.read(f"{UNITS}/federated-sync.{name}").decode() == text
    between_looks_of_cron()

    def recorded() -> dict[str, Any] | None:
        rows = json.loads(box.output(["fedtui", "list", "--json"]))["jobs"]
        row = next(row for row in rows if "generate-dashboard" in (row["command"] or ""))
        return row if row["last_result"]["exit_code"] is not None else None

    row = wait_until(recorded, 100, "the adopted line has run, recorded", 1.0)
    assert row["last_result"]["status"] == "ok"
    fedtui(box, "--adopt", "--profile-schedules", "--profile", "aggressive", "--yes")
    found = jobs(box)
    assert [job["schedule"] for job in found.values()] == [
        "OnCalendar=*-*-* *:00..45/15:00",
        "0 3 * * *",
        "* * * * *",
    ]
    assert not any(job["custom"] for job in found.values())
    fedtui(box, "--profile", "minimal", "--yes")
    assert [job["schedule"] for job in jobs(box).values()] == [
        "OnCalendar=*-*-* 01:00:00",
        "0 2 1 * *",
        "0 * * * *",
    ]
    fedtui(box, "--remove", "--yes")
    assert box.output(["crontab", "-l"]) + "\n" == TABLE
    logs = "/home/fed/logs/own-metrics.log"
    assert box.read(logs)
    box.run(["rm", logs], check=True)
    assert tree(box) == before
    assert box.output(["systemctl", "--user", "is-active", "federated-sync.timer"]) == "active"


def test_a_timer_of_the_systems_is_taken_over_by_root_and_named_to_its_user(by_hand: Box) -> None:
    box = by_hand
    system = SERVICE.replace("[Service]\n", "[Service]\nUser=fed\n")
    box.run(["systemctl", "--user", "disable", "--now", "federated-sync.timer"], check=True)
    box.run(["rm", f"{UNITS}/federated-sync.service", f"{UNITS}/federated-sync.timer"], check=True)
    box.write("/etc/systemd/system/federated-sync.service", system, user="root")
    box.write("/etc/systemd/system/federated-sync.timer", TIMER, user="root")
    box.run(["systemctl", "daemon-reload"], "root", check=True)
    try:
        done = fedtui(box, "--adopt", "--dry-run")
        assert (
            "federated-sync.timer (/etc/systemd/system/federated-sync.timer) runs this script" in done.stdout
        )
        before = tree(box, "root")
        fedtui(box, "--root", ROOT, "--run-as", "fed", "--adopt", "--yes", user="root")
        drop_in = box.read("/etc/systemd/system/federated-sync.timer.d/zy-fedtui-pack.conf").decode()
        assert drop_in == "# Managed by fedtui\n# fedtui: pack sync (0 * * * *); adopted\n"
        fedtui(box, "--remove", "--yes", user="root")
        assert tree(box, "root") == before
    finally:
        box.run(["rm", "-rf", "/etc/systemd/system/federated-sync.service"], "root", check=True)
        box.run(["rm", "-rf", "/etc/systemd/system/federated-sync.timer"], "root", check=True)
        box.run(["systemctl", "daemon-reload"], "root", check=True)
