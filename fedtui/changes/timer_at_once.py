"""Does starting a timer run its job at once? systemd does so for what was missed and what has passed.

Rules: systemd.timer(5), and `timer_enter_waiting()` of systemd 252: with Persistent= a calendar run that
fell into the time the timer was off is made up for; a monotonic base (boot, systemd's start, the service's
last start or end) plus its span that lies in the past elapses immediately.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from fedtui.bus.systemd_names import span
from fedtui.changes.timer_unit import TimerTarget, TimerUnit
from fedtui.system import systemd_analyze
from fedtui.system.local_time import short_moment
from fedtui.system.paths import xdg_folder
from fedtui.system.program import ProgramError


async def runs_at_once(
    target: TimerTarget,
    timer: TimerUnit,
    now: datetime,
    calendar: Sequence[str] | None = None,
    monotonic: Sequence[tuple[str, float]] | None = None,
) -> tuple[str, ...]:
    """Warnings, one for each reason; for other triggers than the timer's own where they are given."""
    calendar = timer.state.calendar if calendar is None else calendar
    monotonic = timer.state.monotonic if monotonic is None else monotonic
    found = [
        f"{name}={span(round(seconds * 1e6))} has passed: starting the timer runs the job at once."
        for name, seconds in monotonic
        if _passed(timer, name, seconds, now)
    ]
    missed = await _missed(target, timer, now, calendar) if timer.state.persistent else None
    if missed is not None:
        found.append(
            f"Persistent=: the run of {short_moment(missed)} was missed, so starting the timer "
            "runs the job at once."
        )
    return tuple(found)


async def _missed(
    target: TimerTarget, timer: TimerUnit, now: datetime, calendar: Sequence[str]
) -> datetime | None:
    """The first calendar run since the last trigger, if that lies in the past."""
    last = await asyncio.to_thread(_stamp, target) or int(timer.timer.get("LastTriggerUSec", 0)) / 1e6
    if not last or not calendar:
        return None
    try:
        checks = await systemd_analyze.calendar(calendar, 1, datetime.fromtimestamp(last, UTC))
    except ProgramError:
        return now  # it cannot be ruled out
    runs = [run for check in checks for run in check.runs if run <= now]
    return min(runs, default=None)


def _stamp(target: TimerTarget) -> float:
    """The last trigger by the file that systemd keeps of it, and believes first; 0 without one."""
    folder = Path("/var/lib")
    if target.user_manager:
        folder = xdg_folder("XDG_DATA_HOME", ".local/share")
    try:
        return (folder / "systemd/timers" / f"stamp-{target.unit}").stat().st_mtime
    except OSError:
        return 0


def _passed(timer: TimerUnit, name: str, seconds: float, now: datetime) -> bool:
    if name == "OnBootSec":
        return time.clock_gettime(time.CLOCK_BOOTTIME) > seconds
    if name == "OnStartupSec":
        return True  # the manager is up; how long it is, it does not say, and mostly it is longer
    if name in ("OnUnitActiveSec", "OnUnitInactiveSec"):
        last = int(timer.timer.get("LastTriggerUSec", 0)) / 1e6
        return bool(last) and last + seconds <= now.timestamp()
    return name == "OnActiveSec" and seconds == 0
