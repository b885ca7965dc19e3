"""FT216-FT218 and FT007: timers that cannot start anything, each with a command that works."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fedtui.model import Severity, State
from tests.unit.health.answers import machine
from tests.unit.health.rows import NOW, by_code, timer

NEVER = {"state": State.NEVER_FIRES, "state_reason": "systemd computes no further run"}
OFF = {"active_state": "inactive", "state": State.OFF}
STARTED = "ConditionResult=yes\nConditionTimestampMonotonic=0\n"


def test_an_enabled_timer_without_its_service_names_it_and_is_not_to_be_started(tmp_path: Path) -> None:
    host = machine({"systemctl --user show": STARTED})
    row = timer(tmp_path, "[Timer]\nOnCalendar=daily\n", service_load_state="not-found", **OFF)
    found = by_code(row, host=host)
    assert found["FT218"].title == "a.timer: a.service is missing"
    assert found["FT218"].severity is Severity.ERROR
    assert found["FT218"].command == "systemctl --user edit --force --full a.service"
    assert {"FT007", "FT009"}.isdisjoint(found)
    loaded = timer(tmp_path, "[Timer]\nOnCalendar=daily\n", service_load_state="loaded", **OFF)
    assert {"FT007", "FT218"} & set(by_code(loaded, host=host)) == {"FT007"}


def test_a_timer_that_names_another_service_than_the_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.service").write_text("[Service]\n")
    unit = "[Timer]\nOnCalendar=daily\nUnit=old.service\n"
    row = timer(tmp_path, unit, activates="old.service", service_load_state="not-found", **OFF)
    finding = by_code(row)["FT218"]
    assert f"there is  {tmp_path}/a.service" in finding.evidence
    assert finding.command == "systemctl --user edit --full a.timer"


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        ({"service_load_state": "not-found"}, Severity.ERROR),  # active: it fails when it elapses
        ({"service_load_state": "masked"}, Severity.WARNING),
        ({"service_load_state": "not-found", "unit_file_state": "disabled", **OFF}, None),
        ({"service_load_state": "not-found", "active_state": "inactive", "state": State.PAUSED}, None),
        ({"service_load_state": ""}, None),
    ],
)
def test_which_timers_without_a_service_are_told(
    tmp_path: Path, facts: dict[str, object], severity: Severity | None
) -> None:
    finding = by_code(timer(tmp_path, "[Timer]\nOnCalendar=daily\n", **facts)).get("FT218")
    assert (finding.severity if finding else None) is severity


@pytest.mark.parametrize(
    ("unit", "calendar", "code"),
    [
        ("[Timer]\nPersistent=true\n", (), "FT218"),
        ("[Timer]\nOnCalendar=dayly\n", (), "FT218"),
        ("[Timer]\nOnCalendar=daily\n", ("*-*-* 00:00:00",), "FT009"),
    ],
)
def test_a_timer_without_a_schedule(tmp_path: Path, unit: str, calendar: tuple[str, ...], code: str) -> None:
    refused = {"state": State.OFF, "state_reason": "systemd cannot load it: bad-setting"}
    row = timer(tmp_path, unit, active_state="inactive", calendar=calendar, **refused)
    found = by_code(row)
    assert {"FT007", "FT009", "FT218"} & set(found) == {code}
    if code == "FT218":
        assert found[code].title == "a.timer: it has no schedule that systemd can read"
        assert ("OnCalendar=  dayly" in found[code].evidence) is ("dayly" in unit)


def test_a_timer_of_one_date_is_spent(tmp_path: Path) -> None:
    row = timer(tmp_path, "[Timer]\n", calendar=("2024-03-01 04:00:00 UTC",), **NEVER)
    found = by_code(row)
    assert {"FT008", "FT217"} & set(found) == {"FT217"}
    assert found["FT217"].severity is Severity.NOTE
    assert found["FT217"].command == "systemctl --user disable --now a.timer"
    assert "last run  none that systemd knows of" in found["FT217"].evidence
    ran = replace(row, last_run=NOW)
    assert "last run  2026-11-24 13:05" in by_code(ran)["FT217"].evidence
    for dates in (("Mon 2024-03-04 04:00:00", "2024..2025-01-01 00:00:00"), ("2024-*-01 00:00:00",)):
        other = by_code(timer(tmp_path, "[Timer]\n", calendar=dates, **NEVER))
        assert {"FT008", "FT217"} & set(other) == {"FT008"}


@pytest.mark.parametrize(
    ("setting", "endless"),
    [("always", True), ("on-success", True), ("on-failure", False), ("no", False)],
)
def test_a_service_that_systemd_restarts_each_time(tmp_path: Path, setting: str, endless: bool) -> None:
    service = tmp_path / "a.service"
    service.write_text(f"[Service]\nRestart={setting}\nExecStart=/bin/sh\n")
    facts = {"service_fragment": str(service), "service_active_state": "active", "state": State.RUNNING}
    found = by_code(timer(tmp_path, "[Timer]\nOnCalendar=minutely\n", **facts))
    assert ("FT216" in found) is endless
    assert "FT212" not in found
    if endless:
        assert found["FT216"].evidence[0] == f"Restart={setting}"
