"""The set-up on the screen of a real terminal, over the real crontab: from nothing to scheduled."""

from __future__ import annotations

from tests.box.machine import Box
from tests.box.terminal import Terminal
from tests.unit.federation.drilling import METRICS, SYNC

ROOT = "/home/fed/federation"
OWN = b"# mine\n5 4 * * * echo mine\n"


def table(box: Box) -> bytes:
    return box.run(["crontab", "-l"], check=True).stdout.encode()


def test_s_sets_up_what_passes_its_test_and_only_after_y(box: Box) -> None:
    box.write(f"{ROOT}/scripts/sync-learning-data.sh", SYNC)
    box.write(f"{ROOT}/scripts/export-collections.sh", "echo 'deprecated: use the other' >&2\nexit 2\n")
    box.write(f"{ROOT}/scripts/generate-dashboard-data.sh", METRICS)
    box.run(["mkdir", "-p", f"{ROOT}/data/patterns"], check=True)
    box.run(["crontab", "-"], input=OWN, check=True)
    with Terminal(box, ["fedtui"], columns=80, lines=24) as terminal:
        terminal.wait_for("echo")
        terminal.press("s")
        terminal.wait_for("ROOT is the federation's checkout")
        terminal.wait_for("enter keep")
        terminal.press(*"~/federation", "enter")
        terminal.wait_for("✓ sync")
        assert table(box) == OWN
        terminal.press("t")
        terminal.wait_for("failed, exit 2", timeout=60)
        terminal.wait_for("federated-export will not be scheduled.", timeout=60)
        assert table(box) == OWN
        for step in range(3, 8):
            terminal.press("enter")
            terminal.wait_for(f"step {step} of 7")
        terminal.wait_for("enter confirm")
        terminal.press("enter")
        terminal.wait_for("Apply this change?")
        terminal.press("enter")
        assert table(box) == OWN
        terminal.press("y")
        terminal.wait_for("profile conservative on cron", timeout=30)
        now = table(box)
        assert now.startswith(OWN)
        line = f"0 * * * * fedtui_run='bash {ROOT}/scripts/sync-learning-data.sh >> /home/fed/logs/"
        assert line.encode() in now
        assert b"export-collections.sh" not in now
