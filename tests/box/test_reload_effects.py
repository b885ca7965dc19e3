"""What a daemon-reload of a real systemd starts is what is said before it."""

from __future__ import annotations

from tests.box.inside import inside
from tests.box.machine import Box, wait_until

UNITS = "/home/fed/.config/systemd/user"
TIMERS = {
    "poll": "OnActiveSec=3s\nOnUnitActiveSec=1h",
    "ended": "OnActiveSec=2s\nOnUnitInactiveSec=1h",
    "calendar": "OnActiveSec=2500ms\nOnCalendar=monthly",
    "elapsed": "OnActiveSec=100ms",
    "waits": "OnActiveSec=1d",
    "soon": "OnActiveSec=1d\nOnUnitActiveSec=2h",
    "startup": "OnStartupSec=1s\nOnUnitActiveSec=1h",
    "boot": "OnBootSec=1s\nOnCalendar=monthly",
    "busy": "OnActiveSec=100ms\nOnUnitActiveSec=1h",
}
ODD = "odd@caf\\xe9.timer"
"""Its description is not UTF-8, so that systemd refuses every list of units."""

NAMED = ("ended", "calendar", "poll")
WAITING = ["systemctl", "--user", "show", "--value", "-p", "SubState", *(f"{name}.timer" for name in NAMED)]

SAYS = """
from fedtui.bus import bus_factory
from fedtui.bus.reload_effects import started_by_reload
from fedtui.bus.systemd_manager import open_systemd

async def main():
    async with open_systemd(bus_factory("dbus-fast"), "fed", user_manager=True) as systemd:
        said = await started_by_reload(systemd)
        await systemd.reload()
        show(list(said.items()))

asyncio.run(main())
"""


def runs(box: Box, name: str) -> int:
    """How often the timer's service has run, or begun to."""
    path = box.path(f"/home/fed/{name}.ran")
    return len(path.read_text().splitlines()) if path.exists() else 0


def put(box: Box, name: str, timer: str, command: str = "") -> None:
    script = f"echo >> /home/fed/{name}.ran; {command}"
    box.write(f"{UNITS}/{name}.service", f"[Service]\nType=oneshot\nExecStart=/bin/sh -c '{script}'\n")
    box.write(f"{UNITS}/{name}.timer", f"[Timer]\nAccuracySec=10ms\n{timer}\n")


def systemctl(box: Box, *words: str) -> str:
    return box.output(["systemctl", "--user", *words])


def test_a_reload_starts_the_timers_that_are_named(box: Box) -> None:
    for name, timer in TIMERS.items():
        put(box, name, timer, "sleep 60" if name == "busy" else "")
    box.write(f"{UNITS}/odd@.timer", "[Unit]\nDescription=%I\n[Timer]\nOnActiveSec=1s\nOnCalendar=monthly\n")
    box.write(f"{UNITS}/odd@.service", "[Service]\nExecStart=/bin/true\n")
    systemctl(box, "daemon-reload")
    systemctl(box, "start", ODD, "soon.service", *(f"{name}.timer" for name in TIMERS))
    once = set(TIMERS) - {"waits"}
    wait_until(lambda: all(runs(box, name) for name in once), 20, "the first runs")
    wait_until(lambda: box.run(WAITING).stdout.split() == ["waiting"] * 3, 5, "their ends")
    said = inside(box, SAYS)
    assert said == [[ODD, "1s"], ["ended.timer", "2s"], ["calendar.timer", "2s 500ms"], ["poll.timer", "3s"]]
    wait_until(lambda: all(runs(box, name) == 2 for name in NAMED), 20, "the runs that were named")
    assert {name for name in TIMERS if runs(box, name) > 1} == set(NAMED)
    systemctl(box, "stop", "busy.service", ODD, *(f"{name}.timer" for name in TIMERS))


def test_what_is_not_in_memory_needs_no_reload(box: Box) -> None:
    code = """
from fedtui.bus import bus_factory
from fedtui.bus.systemd_manager import open_systemd

async def main():
    async with open_systemd(bus_factory("dbus-fast"), "fed", user_manager=True) as systemd:
        before = await systemd.is_loaded("fresh.timer")
        await systemd.start("fresh.timer")
        show([before, await systemd.is_loaded("fresh.timer")])

asyncio.run(main())
"""
    put(box, "fresh", "OnCalendar=daily")
    box.write(f"{UNITS}/fresh.timer.d/new.conf", "[Timer]\nOnCalendar=\nOnCalendar=weekly\n")
    assert inside(box, code) == [False, True]
    shown = systemctl(box, "show", "fresh.timer", "-p", "TimersCalendar")
    assert "OnCalendar=Mon *-*-* 00:00:00" in shown
    assert "*-*-* 00:00:00 ; " in shown
    assert shown.count("OnCalendar") == 1
    systemctl(box, "stop", "fresh.timer")
