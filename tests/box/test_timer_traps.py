"""The warnings about timers, held to timers of a real systemd that do what is warned of."""

from __future__ import annotations

from tests.box.inside import inside
from tests.box.machine import Box, wait_until

UNITS = "/home/fed/.config/systemd/user/"
TRAPS = """
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from fedtui.bus import bus_factory
from fedtui.schedule.timer_pitfalls import timer_pitfalls
from fedtui.sources.systemd import TimerSource
from fedtui.system.patience import patience

async def main():
    now = lambda: datetime.now(UTC)
    source = TimerSource(bus_factory("dbus-fast"), True, "fed", now)
    with patience(20):
        answer = await source.read()
    await source.close()
    found = {}
    for job in answer.jobs:
        if job.facts.fragment.startswith("/home/fed/"):
            traps = timer_pitfalls(job, job.facts, ZoneInfo("UTC"), now())
            found[job.facts.unit.removesuffix(".timer")] = [trap.code for trap in traps]
    show(found)

asyncio.run(main())
"""


def unit(box: Box, name: str, service: str, timer: str) -> None:
    box.write(f"{UNITS}{name}.service", f"[Service]\nType=oneshot\nExecStart=/bin/true\n{service}")
    box.write(f"{UNITS}{name}.timer", f"[Timer]\nAccuracySec=100ms\n{timer}")


def property_of(box: Box, timer: str, name: str) -> str:
    return box.output(["systemctl", "--user", "show", timer, "--value", f"--property={name}"])


def test_timers_do_what_is_warned_of(box: Box) -> None:
    unit(box, "first", "", "OnUnitActiveSec=1h\n")
    unit(box, "stays", "RemainAfterExit=yes\n", "OnCalendar=*:*:0/1\n")
    unit(box, "plain", "", "OnBootSec=1d\nOnUnitActiveSec=1h\n")
    box.output(["systemctl", "--user", "daemon-reload"])
    box.output(["systemctl", "--user", "start", "first.timer", "stays.timer", "plain.timer"])
    wait_until(lambda: property_of(box, "stays.service", "SubState") == "exited", 10, "the service to end")
    wait_until(
        lambda: property_of(box, "stays.timer", "SubState") == "running", 10, "the timer to have elapsed"
    )
    assert property_of(box, "first.timer", "NextElapseUSecMonotonic") == "infinity"
    assert property_of(box, "stays.timer", "NextElapseUSecRealtime") == ""
    assert inside(box, TRAPS) == {"first": ["never-elapses"], "stays": ["stays-active"], "plain": []}
    box.output(["systemctl", "--user", "start", "first.service"])
    wait_until(
        lambda: property_of(box, "first.timer", "NextElapseUSecMonotonic") != "infinity",
        10,
        "the next elapse",
    )
    assert inside(box, TRAPS)["first"] == ["no-first-run"]
