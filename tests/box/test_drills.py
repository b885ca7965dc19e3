"""The drills on a booted machine, as the usual user: no privilege, a real home folder, the real crontab."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from tests.box.machine import CHECKOUT, Box, wait_until
from tests.unit.federation.drilling import EXPORT, METRICS, SYNC

ROOT = "/home/fed/federation"
ENVIRONMENT = {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
PICTURE = (
    "cd /home/fed && find . -path ./.local/state/fedtui -prune -o -printf '%p %M %U %G %s %T@\\n' "
    "-type f -exec sha256sum {} + | sort; crontab -l; ls -l /var/log /etc/cron.d"
)


@pytest.fixture(autouse=True)
def federation(box: Box) -> None:
    for name, text in (
        ("sync-learning-data.sh", SYNC),
        ("export-collections.sh", EXPORT),
        ("generate-dashboard-data.sh", METRICS),
    ):
        box.write(f"{ROOT}/scripts/{name}", text)
    box.run(["mkdir", "-p", f"{ROOT}/data/patterns", "/home/fed/.local/state/fedtui"], check=True)
    box.run(["crontab", "-"], input=b'MAILTO=""\n17 3 * * * /bin/true\n', check=True)


def picture(box: Box) -> str:
    return box.run(["sh", "-c", PICTURE], check=True).stdout


def fedtui(*words: str) -> list[str]:
    return [sys.executable, "-m", "fedtui", *words]


def drill(box: Box, name: str, *words: str) -> tuple[int, Mapping[str, Any]]:
    argv = fedtui("drill", name, "--root", ROOT, "--yes", "--json", *words)
    done = box.run(argv, env=ENVIRONMENT, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize(
    ("name", "words", "found"),
    [
        ("service-offline", (), "export-collections.sh failed with exit 1, and is seen as failed."),
        ("full-disk", (), "and is seen as failed."),
        ("missing-script", (), "cron's line ends with exit 127, and the doctor says why."),
        ("path-loss", ("--program", "sort"), "failed with exit 127 without sort."),
        ("clock-change", ("--zone", "Europe/Berlin"), "Every job comes through the change."),
    ],
)
def test_a_user_without_privilege_rehearses(box: Box, name: str, words: tuple[str, ...], found: str) -> None:
    before = picture(box)
    status, record = drill(box, name, *words)
    assert (status, record["passed"], record["cleaned_up"]) == (0, True, True), record
    assert found in record["found"]
    assert picture(box) == before
    assert box.run(["sh", "-c", "ls ~/.local/state/fedtui/drills"]).stdout == ""


def test_killed_with_the_service_down_it_is_started_again(box: Box) -> None:
    box.write(f"{ROOT}/scripts/export-collections.sh", "setsid sleep 300 & sleep 300\n")
    unit = "qdrant-stand-in.service"
    box.run(["systemd-run", "--user", "--unit", unit, "--remain-after-exit", "sleep", "9999"], check=True)
    box.write(
        "/home/fed/.config/systemd/user/" + unit, "[Service]\nExecStart=/bin/sleep 9999\n"
    )  # so that it can be started again
    box.run(["systemctl", "--user", "stop", unit], check=True)
    box.run(["systemctl", "--user", "daemon-reload"], check=True)
    box.run(["systemctl", "--user", "start", unit], check=True)
    before = picture(box)

    def active() -> str:
        return box.run(["systemctl", "--user", "is-active", unit]).stdout.strip()

    words = ("--stop", f"systemctl --user stop {unit}", "--start", f"systemctl --user start {unit}")
    environment = ENVIRONMENT | {"XDG_RUNTIME_DIR": "/run/user/1000"}
    argv = fedtui("drill", "service-offline", "--root", ROOT, "--yes", *words)
    process = box.popen(argv, env=environment)
    wait_until(lambda: active() != "active", 30, "the service is stopped")
    wait_until(lambda: box.run(["pgrep", "-u", "fed", "-fx", "sleep 300"]).stdout, 30, "the script runs")
    box.run(["pkill", "-9", "-f", "fedtui drill service-offline"], check=True)
    process.wait(timeout=20)
    wait_until(lambda: active() == "active", 30, "the guard has started it again")
    wait_until(
        lambda: box.run(["sh", "-c", "ls ~/.local/state/fedtui/drills"]).stdout == "", 30, "it is cleaned up"
    )
    assert box.run(["pgrep", "-u", "fed", "-f", "sleep 300"]).stdout == ""
    assert picture(box) == before
    assert process.returncode != signal.SIGTERM
