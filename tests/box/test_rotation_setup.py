"""`fedtui setup --rotate` as a person runs it: set up, rotated, told in the status, taken away whole."""

from __future__ import annotations

import pytest

from tests.box.machine import Box
from tests.box.test_federation_setup import EXPORT, METRICS, METRICS_LOG, ROOT, SYNC, fedtui, status, tree

CONFIG = "/home/fed/.config/fedtui/logrotate.conf"
STATE = "/home/fed/.local/state/fedtui/logrotate.status"


@pytest.fixture(autouse=True)
def _repository(box: Box) -> None:
    box.reset()
    for path in (SYNC, METRICS, EXPORT):
        box.write(path, "echo done\n")


@pytest.mark.parametrize("backend", ["cron", "user"])
def test_rotation_comes_and_goes_with_the_pack(box: Box, backend: str) -> None:
    before = tree(box)
    dry = fedtui(box, "--root", ROOT, "--backend", backend, "--rotate", "--dry-run")
    assert "+     rotate 4" in dry.stdout
    assert tree(box) == before
    fedtui(box, "--root", ROOT, "--backend", backend, "--rotate", "--yes")
    assert "Nothing changes" in fedtui(box, "--yes").stdout
    report = status(box)
    assert report["pack"]["rotate"] is True
    assert [job["key"] for job in report["jobs"]] == ["sync", "export", "metrics", "rotate"]
    assert "✗" not in fedtui(box, "--status").stdout

    box.run(["sh", "-c", f"echo metrics > {METRICS_LOG}"], check=True)
    ran = box.run(["fedtui", "run", "federated-rotate"], timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert METRICS_LOG.encode() in box.read(STATE)
    assert box.run(["ls", f"{METRICS_LOG}.1"]).returncode != 0  # the first look only remembers
    box.run(["/usr/sbin/logrotate", "--force", "--state", STATE, CONFIG], check=True)
    # "done" is the job's own word, where a minute of its own came meanwhile.
    assert set(box.output(["cat", f"{METRICS_LOG}.1"]).split()) - {"done"} == {"metrics"}
    # In the instant between two logs logrotate calls what a job made itself a backup.
    box.run(["sh", "-c", f"echo between > {METRICS_LOG}-2026112502.backup"], check=True)

    box.run(["fedtui", "pause", "federated-rotate", "--yes"], check=True)
    assert "✗ Nothing rotates the logs any more: the job federated-rotate is gone or paused." in (
        fedtui(box, "--status").stdout
    )
    box.run(["fedtui", "resume", "federated-rotate", "--yes"], check=True)

    fedtui(box, "--remove", "--yes")
    assert tree(box) == before
    assert box.run(["ls", STATE]).returncode != 0
    kept = box.output(["sh", "-c", "cat ~/.local/state/fedtui/backup/federation-*/dashboard-metrics.log?*"])
    assert set(kept.split()) - {"done"} == {"between", "metrics"}


def test_rotation_is_turned_off_again(box: Box) -> None:
    fedtui(box, "--root", ROOT, "--rotate", "--yes")
    assert "federated-rotate" in box.output(["crontab", "-l"])
    fedtui(box, "--no-rotate", "--yes")
    assert "federated-rotate" not in box.output(["crontab", "-l"])
    assert box.run(["ls", CONFIG]).returncode != 0
    assert status(box)["pack"]["rotate"] is False
    fedtui(box, "--remove", "--yes")


def test_logs_of_the_machine_wait_for_root(own_box: Box) -> None:
    box = own_box
    for path in (SYNC, METRICS, EXPORT):
        box.write(path, "echo done\n")
    for name in ("federated-sync", "federated-export", "dashboard-metrics"):
        box.run(
            ["install", "-o", "fed", "-m", "644", "/dev/null", f"/var/log/{name}.log"], "root", check=True
        )
    words = ("--root", ROOT, "--log-dir", "/var/log", "--rotate", "--yes")
    done = fedtui(box, *words, status=4)
    command = (
        "install -o root -g root -m 644 /home/fed/.config/fedtui/logrotate-system.conf "
        "/etc/logrotate.d/fedtui-federation"
    )
    assert f"sudo {command}" in done.stdout.replace("\n", " ")
    assert status(box)["pack"]["rotate"] is False
    assert "not rotated" in fedtui(box, "--status").stdout
    box.run(command.split(), "root", check=True)
    fedtui(box, "--rotate", "--yes")
    assert status(box)["pack"]["rotate"] is True
    assert "✗" not in fedtui(box, "--status").stdout
    removed = fedtui(box, "--remove", "--yes")
    assert "sudo rm /etc/logrotate.d/fedtui-federation" in removed.stdout.replace("\n", " ")


def test_root_rotates_the_logs_of_a_user(own_box: Box) -> None:
    box = own_box
    for path in (SYNC, METRICS, EXPORT):
        box.write(path, "echo done\n")
    before = tree(box, "root")
    rotation = "ls /etc/logrotate.d"
    there = box.output(["sh", "-c", rotation], "root")
    fedtui(box, "--root", ROOT, "--backend", "system", "--run-as", "fed", "--rotate", "--yes", user="root")
    box.run(["systemctl", "start", "dashboard-metrics.service"], "root", check=True)
    box.run(["/usr/sbin/logrotate", "--force", "/etc/logrotate.d/fedtui-federation"], "root", check=True)
    assert "done" in box.output(["cat", "/var/log/dashboard-metrics.log.1"])
    assert box.output(["stat", "-c", "%U %a", "/var/log/dashboard-metrics.log"]) == "fed 644"
    box.run(["systemctl", "start", "dashboard-metrics.service"], "root", check=True)
    assert "done" in box.output(["cat", "/var/log/dashboard-metrics.log"])
    fedtui(box, "--remove", "--yes", user="root")
    assert box.output(["sh", "-c", rotation], "root") == there
    assert tree(box, "root") == before
