"""What a daemon-reload does besides loading files: it starts the jobs of some timers (systemd 252, 257).

A reload arms OnActiveSec= of every waiting timer as if the timer had been started at that moment, even where
it elapsed long ago; an elapsed timer, or one whose service is running, it leaves alone. The other triggers
keep their times, but RandomizedDelaySec= is drawn again.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fedtui.bus.port import BusError
from fedtui.bus.systemd_manager import SystemdManager
from fedtui.bus.systemd_names import INFINITY, PROPERTIES, SYSTEMD, TIMER, UNIT, span, unit_name


async def started_by_reload(systemd: SystemdManager) -> dict[str, str]:
    """The timers whose job a reload starts before its planned run, the soonest first.

    With the time from the reload to that start: `{"poll.timer": "2min"}`. Raises Refused where the manager
    does not answer.
    """
    paths = await systemd.timer_paths()
    delays = await asyncio.gather(*(_delay(systemd, path) for path in paths))
    found = sorted((delay, unit_name(path) or "") for delay, path in zip(delays, paths, strict=True) if delay)
    return {name: span(delay) for delay, name in found}


async def _delay(systemd: SystemdManager, path: str) -> int:
    """Microseconds from a reload to the run that it adds; 0 where it adds none."""

    async def get(interface: str, name: str) -> Any:
        return (await systemd.bus.call(SYSTEMD, path, PROPERTIES, "Get", "ss", interface, name))[0]

    try:
        spans = [span for base, span, _ in await get(TIMER, "TimersMonotonic") if base == "OnActiveUSec"]
        if not spans or await get(UNIT, "SubState") != "waiting":
            return 0
        monotonic = await get(TIMER, "NextElapseUSecMonotonic")
        realtime = await get(TIMER, "NextElapseUSecRealtime")
    except BusError:  # a unit that has gone, or cannot be read
        return 0
    nexts = ((monotonic, time.monotonic_ns() // 1000), (realtime, time.time_ns() // 1000))
    left = min((moment - now for moment, now in nexts if moment not in (0, INFINITY)), default=INFINITY)
    return min(spans) if min(spans) < left else 0
