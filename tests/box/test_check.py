"""`check` and `metrics` on a real machine: what a monitor gets, from whom, and with which exit status."""

from __future__ import annotations

import json
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.box.machine import Box


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
