"""One unit that systemd cannot describe takes nothing away from the others: by both adapters of the bus."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.box.machine import CHECKOUT, Box
from tests.box.run_code import HEAD
from tests.box.test_bus import PYTHONS
from tests.box.test_timers import watched

UNITS = "/home/fed/.config/systemd/user"
TIMER = "[Timer]\nOnCalendar=yearly\n[Install]\nWantedBy=timers.target\n"
REASON = "cannot be read: Invalid argument (lat.service)"


def ctl(box: Box, *words: str) -> None:
    box.run(["systemctl", "--user", *words], check=True)


@pytest.fixture(scope="module")
def odd(box: Box) -> Box:
    """lat.timer, whose service holds a byte that is no UTF-8, beside good.timer, which failed."""
    for name, command in (("lat", "/bin/echo caf\\351"), ("good", "/bin/sh -c 'exit 3'")):
        box.write(f"{UNITS}/{name}.service", f"[Service]\nType=oneshot\nExecStart={command}\n")
        box.write(f"{UNITS}/{name}.timer", TIMER)
    ctl(box, "daemon-reload")
    ctl(box, "enable", "--now", "lat.timer", "good.timer")
    box.run(["systemctl", "--user", "start", "lat.service"], check=True)
    box.run(["systemctl", "--user", "start", "good.service"])
    return box


def rows(box: Box) -> dict[str, dict[str, Any]]:
    found = box.run(["fedtui", "list", "--source", "user-timer", "--json"])
    assert (found.returncode, found.stderr) == (0, "")
    return {job["name"].removesuffix(".timer"): job for job in json.loads(found.stdout)["jobs"]}


def test_the_row_says_why_and_the_others_are_as_they_were(odd: Box) -> None:
    found = rows(odd)
    assert {"good", "lat"} <= set(found)
    assert (found["good"]["last_result"]["status"], found["good"]["last_result"]["exit_code"]) == (
        "failed",
        3,
    )
    lat = found["lat"]
    assert (lat["state"], lat["last_result"]["status"]) == ("on", "unknown")
    assert lat["last_result"]["reasons"] == [REASON]
    assert lat["next_run"] is not None
    table = odd.output(["fedtui", "list", "--source", "user-timer"])
    line = next(line for line in table.splitlines() if "lat.timer" in line)
    assert "? cannot be read: Invalid argument" in line
    assert REASON in odd.output(["fedtui", "show", "lat.timer"])


def test_the_check_finds_it_and_looks_at_the_others(odd: Box) -> None:
    said = odd.run(["fedtui", "check", "--json"])
    report = json.loads(said.stdout)
    found = {finding["code"]: finding for finding in report["findings"]}
    assert found["FT012"]["job"] == "user-timer:lat.timer"
    assert REASON in found["FT012"]["sentence"]
    assert "FT301" in found, "good.timer's failure"
    (blind,) = [one for one in report["unchecked"] if one["what"] == "lat.timer"]
    assert blind["reason"] == REASON
    assert set(blind["codes"]).isdisjoint(report["passed"])
    assert {"FT201", "FT205", "FT212"} <= set(report["passed"])


def test_a_run_of_it_tells_its_exit_status(odd: Box) -> None:
    done = odd.run(["fedtui", "run", "lat.timer", "--wait"])
    assert done.returncode == 0
    assert "exit 0" in done.stderr


def test_an_instance_that_spoils_systemds_own_list(odd: Box) -> None:
    odd.write(f"{UNITS}/of@.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    odd.write(f"{UNITS}/of@.timer", f"[Unit]\nDescription=%I\n{TIMER}")
    ctl(odd, "daemon-reload")
    ctl(odd, "enable", "--now", "of@caf\\xe9.timer", "of@b.timer")
    try:
        assert odd.run(["systemctl", "--user", "list-timers"]).returncode == 1, "systemctl is blind"
        found = rows(odd)
        assert found["of@caf\\xe9"]["state"] == "on"
        assert found["of@caf\\xe9"]["next_run"] is not None
        assert found["of@b"]["state"] == "on"
        assert found["good"]["last_result"]["exit_code"] == 3
        off = watched(
            odd,
            r"""
async def script():
    def off(name): return lambda answer: job(answer, name).state == "off"
    await after(off("of@b.timer"), *ctl("stop", "of@b.timer"))
    _, answer = await after(off("of@caf\\xe9.timer"), *ctl("stop", "of@caf\\xe9.timer"))
    return job(answer, "of@caf\\xe9.timer").state
""",
        )
        assert off == "off"
    finally:
        ctl(odd, "disable", "--now", "of@caf\\xe9.timer", "of@b.timer")


def test_a_timer_that_cannot_be_read_at_all(odd: Box) -> None:
    odd.write(f"{UNITS}/deep.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    odd.write(f"{UNITS}/deep.timer", TIMER)
    folder = f"{UNITS}/deep.timer.d"
    odd.run(["sh", "-c", f"mkdir -p {folder}; : > {folder}/$(printf 'caf\\351').conf"], check=True)
    ctl(odd, "daemon-reload")
    ctl(odd, "enable", "--now", "deep.timer")
    try:
        found = rows(odd)
        assert (found["deep"]["state"], found["deep"]["next_run"]) == ("unreachable", None)
        assert found["deep"]["state_reason"] == "cannot be read: Invalid argument"
        assert found["deep"]["last_result"]["status"] == "unknown"
        assert found["good"]["last_result"]["exit_code"] == 3
        table = odd.output(["fedtui", "list", "--source", "user-timer"])
        line = next(line for line in table.splitlines() if "deep.timer" in line)
        assert "unreadable" in line
        assert "bus down" not in table
    finally:
        ctl(odd, "disable", "--now", "deep.timer")
        odd.run(["rm", "-r", folder], check=True)
        ctl(odd, "daemon-reload")


READ = """
from fedtui.bus import bus_factory
from fedtui.sources.systemd.timer_catalog import TimerCatalog
from fedtui.sources.systemd.link import UnitChanges

async def main():
    bus = await bus_factory("KIND")(True)
    catalog = TimerCatalog("fed", cron=False)
    await catalog.refresh(bus, UnitChanges(), lambda: None)
    await bus.close()
    print(json.dumps({timer.row.name: [timer.error, timer.activated and timer.activated.error]
                      for timer in catalog.timers()}))

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", PYTHONS)
def test_both_adapters_name_the_cause(odd: Box, kind: str) -> None:
    environment = {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}
    done = odd.run([PYTHONS[kind], "-c", HEAD + READ.replace("KIND", kind)], env=environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["lat.timer"] == ["", "Invalid argument (lat.service)"]
    assert found["good.timer"] == ["", ""]
