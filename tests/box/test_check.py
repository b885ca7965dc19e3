"""`check` and `metrics` on a real machine: what a monitor gets, from whom, and with which exit status."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.box.machine import CHECKOUT, Box, wait_until


@pytest.fixture(autouse=True)
def _clean(box: Box) -> None:
    box.reset()


def check(box: Box) -> tuple[int, Any]:
    done = box.run(["fedtui", "check", "--json"])
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout)


def crontab(box: Box, text: str) -> None:
    box.run(["crontab", "-"], user="fed", input=text, check=True)


def test_a_fresh_machine_is_fine(box: Box) -> None:
    status, record = check(box)
    above = [finding for finding in record["findings"] if finding["severity"] != "note"]
    assert (above, record["unchecked"], status) == ([], [], 0)
    assert {"FT001", "FT101", "FT210", "FT301"} <= set(record["passed"])


def test_a_script_that_is_not_there_is_an_error_until_it_is_silenced(box: Box) -> None:
    crontab(box, "0 * * * * bash /nowhere/sync.sh >/dev/null 2>&1\n")
    status, record = check(box)
    assert status == 2
    assert "FT110" in [finding["code"] for finding in record["findings"]]
    crontab(box, "# fedtui: ignore FT110\n0 * * * * bash /nowhere/sync.sh >/dev/null 2>&1\n")
    status, record = check(box)
    assert (status, record["counts"]["silenced"]) == (0, 1)


def test_metrics_are_written_for_a_collector_of_another_user(box: Box) -> None:
    crontab(box, "0 * * * * true\n")
    box.run(["fedtui", "metrics", "--output", "/tmp/fedtui.prom"], user="fed", check=True)
    text = box.run(["cat", "/tmp/fedtui.prom"], user="nobody", cwd="/", check=True).stdout
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    up = {s.labels["scheduler"]: s.value for s in samples if s.name == "fedtui_scheduler_up"}
    assert up == {"cron": 1, "systemd": 1}
    names = {s.labels["name"] for s in samples if s.name == "fedtui_job_next_run_timestamp_seconds"}
    assert {"true", "logrotate.timer"} <= names


SLOW = """\
import sys
import fedtui.sources.systemd.timer_catalog as catalog
from fedtui.__main__ import main
states = catalog.TimerCatalog._states
async def late(self, bus):
    import asyncio
    await asyncio.sleep(float(sys.argv[1]))
    return await states(self, bus)
catalog.TimerCatalog._states = late
sys.exit(main(["check", "--json"]))
"""


def test_a_timer_that_is_enabled_and_does_not_run_is_found_however_slow_systemd_is(own_box: Box) -> None:
    box = own_box
    folder = "/home/fed/.config/systemd/user"
    box.write(f"{folder}/idle.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    box.write(f"{folder}/idle.timer", "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n")
    box.output(["systemctl", "--user", "daemon-reload"])
    box.output(["systemctl", "--user", "enable", "idle.timer"])
    environment = {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}

    def checked(seconds: float) -> dict[str, Any]:
        done = box.run([sys.executable, "-c", SLOW, str(seconds)], env=environment)
        record: dict[str, Any] = json.loads(done.stdout)
        assert "FT007" not in record["passed"], seconds
        assert done.returncode == record["exit_status"] == 1
        return record

    def missing(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
        return {one["what"]: one for one in record["unchecked"] if "FT007" in one["codes"]}

    def whole(seconds: float) -> dict[str, Any] | None:
        record = checked(seconds)
        return None if missing(record) else record

    for seconds in (0.0, 1.0):  # on a busy machine the four seconds of a reading verb may be over sooner
        record = wait_until(
            partial(whole, seconds), 60, f"a check that waits {seconds} s for systemd is whole"
        )
        assert "idle.timer" in [one["job_name"] for one in record["findings"] if one["code"] == "FT007"]
    late = missing(checked(60.0))
    assert set(late) == {"user-timers", "system-timers"}
    assert late["user-timers"]["reason"] == "the states of its unit files have not come yet"


def test_a_folder_as_a_command_costs_no_other_job_its_checks(box: Box) -> None:
    box.output(["mkdir", "-p", "/home/fed/bin/dir"])
    box.output(["mkfifo", "/home/fed/bin/pipe"])
    box.write("/home/fed/bin/zbad.sh", "#!/bin/bash\nif true\n", mode=0o755)
    box.write("/opt/hidden/root.sh", "#!/bin/sh\n", user="root", mode=0o755)
    box.output(["chmod", "700", "/opt/hidden"], "root")
    crontab(
        box,
        "5 * * * * /home/fed/bin/dir >> /tmp/d1.log 2>&1\n"
        "10 * * * * /home/fed/bin/pipe >> /tmp/d3.log 2>&1\n"
        "12 * * * * /opt/hidden/root.sh >> /tmp/d4.log 2>&1\n"
        "15 * * * * /home/fed/bin/zbad.sh >> /tmp/d2.log 2>&1\n",
    )
    status, record = check(box)
    found = {(one["code"], one["title"]) for one in record["findings"] if one["severity"] == "error"}
    assert found == {
        ("FT111", "a folder is run as a command"),
        ("FT111", "a named pipe is run as a command"),
        ("FT112", "script has a syntax error"),
    }
    names = [one["job_name"] for one in record["findings"] if one["code"] == "FT112"]
    assert (status, names) == (2, ["zbad"])
    assert [(one["what"], one["reason"]) for one in record["unchecked"]] == [
        ("/opt/hidden/root.sh", "this user may not look there")
    ]
    box.output(["rm", "-r", "/opt/hidden"], "root")
