"""Whether this machine is off or asleep at times: what a timer without Persistent= loses runs by."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

SUPPLIES = Path("/sys/class/power_supply")
_NAP = 60.0
"""Seconds of sleep that count: less is how far two clocks may be read apart, or a test of somebody's."""


def asleep_since_boot() -> float:
    """Seconds that the machine was suspended since it was started: CLOCK_BOOTTIME counts them (time(7))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def sleeps(supplies: Path = SUPPLIES, asleep: Callable[[], float] = asleep_since_boot) -> str:
    """How it is known that the machine sleeps at times; empty where nothing tells that it does. Blocking.

    A battery that belongs to a device (a mouse) does not count: `scope` is "Device" then
    (Documentation/ABI/testing/sysfs-class-power).
    """
    slept = asleep()
    if slept >= _NAP:
        return f"it was suspended for {slept / 60:,.0f} min since it was started"
    try:
        found = sorted(supplies.iterdir())
    except OSError:
        return ""
    for supply in found:
        if _fact(supply / "type") == "Battery" and _fact(supply / "scope") != "Device":
            return f"it has a battery ({supply.name})"
    return ""


def _fact(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:  # no such fact of this supply
        return ""
