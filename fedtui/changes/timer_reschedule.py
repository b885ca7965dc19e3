"""Reschedule a systemd timer by a drop-in that first resets all triggers and then sets new ones.

The unit's own file is never touched. The drop-in is checked with `systemd-analyze verify` on a copy before
it is written, and what systemd holds after the reload is compared with what was asked for: where it
differs, the drop-in is taken away again.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import open_systemd
from fedtui.changes.edits import Edit, FileEdit
from fedtui.changes.file_edits import read_state
from fedtui.changes.timer_at_once import runs_at_once
from fedtui.changes.timer_schedule import TimerSchedule, TimerScheduleError, check_schedule, pitfalls_of
from fedtui.changes.timer_unit import (
    SCHEDULE_FILE,
    TimerTarget,
    TimerUnit,
    UnitState,
    read_timer,
    require_kept,
    require_privilege,
)
from fedtui.changes.unit_edits import folder_for_check
from fedtui.changes.wording import Wording
from fedtui.model import Job, TimerFacts
from fedtui.ports import Ports
from fedtui.schedule.timer import describe_timer
from fedtui.system.local_time import day
from fedtui.system.paths import is_read_only
from fedtui.system.program import ProgramError
from fedtui.system.systemd_analyze import verify


async def propose_reschedule(
    job: Job, facts: TimerFacts, text: str, ports: Ports, reason: str, ticket: str
) -> tuple[tuple[Edit, ...], Wording]:
    """The drop-in for a schedule such as "OnCalendar=Mon..Fri 18:30". Raises Refused."""
    target = TimerTarget.of(job, facts)
    try:
        schedule = await check_schedule(text, ports.clock())
    except TimerScheduleError as error:
        raise Refused(f"{error}.") from error
    except ProgramError as error:
        raise Refused(f"systemd-analyze cannot check the schedule: {error}.") from error
    async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
        timer = await read_timer(systemd, target)
    await asyncio.to_thread(require_kept, target, timer)
    require_privilege(target, "systemctl", "edit", target.unit)
    path, now = target.drop_in(SCHEDULE_FILE), timer.state
    lasts = not await asyncio.to_thread(is_read_only, path)
    if not lasts:
        path = target.runtime_drop_in(SCHEDULE_FILE)
    before = await asyncio.to_thread(read_state, str(path))
    after = _text(now, schedule, reason, ticket, day(ports.clock()))
    await _verified(timer, path, after, user_manager=target.user_manager)
    triggers = (schedule.calendar, schedule.monotonic)
    if (now.calendar, now.monotonic) == triggers:
        raise Refused(f"{target.job_name} has that schedule already.")
    words = describe_timer(*triggers).long
    warnings = [
        each.text for each in await asyncio.to_thread(pitfalls_of, schedule, job, facts, ports.clock())
    ]
    if not lasts:
        warnings += _until_boot(target, now)
    if not now.active:
        warnings.append("The timer is off and stays so: it runs again when it is resumed.")
    elif timer.unit["SubState"] == "elapsed":
        warnings.append("The timer has elapsed for good, so it is restarted for the new schedule.")
        warnings += await runs_at_once(target, timer, ports.clock(), *triggers)
    was = (now.calendar, now.monotonic)
    edit = FileEdit(str(path), before, after, triggers=triggers, triggers_before=was)
    return (edit,), Wording(
        "reschedule",
        target.job_id,
        target.job_name,
        f"Reschedule from {describe_timer(*was).long} to {words}.",
        f"{target.job_name} runs {words} now.",
        tuple(warnings),
        "the drop-in",
    )


def _until_boot(target: TimerTarget, now: UnitState) -> tuple[str, str]:
    """That the drop-in does not last, and what would."""
    name = target.unit.removesuffix(".timer")
    nix = os.path.realpath(now.fragment).startswith("/nix/")
    place = (
        f'systemd.timers."{name}".timerConfig in the NixOS configuration' if nix else "what makes the unit"
    )
    return (
        f"{target.units} is read-only: the schedule holds until the next boot.",
        f"To make it last, set it in {place}.",
    )


def _text(state: UnitState, schedule: TimerSchedule, reason: str, ticket: str, until: str) -> bytes:
    was = describe_timer(state.calendar, state.monotonic).long
    parts = [f"was {was} until {until}"]
    parts += [f"reason: {' '.join(reason.split())}"] if reason.strip() else []
    parts += [f"ticket {' '.join(ticket.split())}"] if ticket.strip() else []
    comment = "".join(char for char in "; ".join(parts) if char.isprintable()).rstrip("\\")
    lines = [f"# fedtui: {comment}", "[Timer]", "# An empty value takes all triggers away, of every kind."]
    lines += ["OnCalendar=", *(f"{name}={value}" for name, value in schedule.lines)]
    return "\n".join((*lines, "")).encode()


async def _verified(timer: TimerUnit, path: Path, text: bytes, *, user_manager: bool) -> None:
    """Raise Refused if systemd-analyze says more of the unit with the drop-in than of it without."""
    async with folder_for_check() as folder:
        before, after = await asyncio.to_thread(_copies, timer, path, text, folder)
        unit = timer.unit["Id"]
        old = {_bare(line, before) for line in await verify([before / unit], user_manager)}
        new = [_bare(line, after) for line in await verify([after / unit], user_manager)]
        fresh = [line for line in new if line not in old]
        if fresh:
            raise Refused(f"systemd-analyze verify refuses it: {fresh[0]}")


def _copies(timer: TimerUnit, path: Path, text: bytes, folder: Path) -> tuple[Path, Path]:
    """The unit in two folders, one with the drop-in. The unit it starts is found where it always is."""
    before, after = folder / "before", folder / "after"
    state, unit = timer.state, timer.unit["Id"]
    for place in (before, after):
        extra = place / f"{unit}.d"
        extra.mkdir(parents=True)
        if state.fragment:
            (place / unit).write_bytes(Path(state.fragment).read_bytes())
        for drop_in in state.drop_ins:
            (extra / Path(drop_in).name).write_bytes(Path(drop_in).read_bytes())
    (after / f"{unit}.d" / path.name).write_bytes(text)
    return before, after


def _bare(line: str, folder: Path) -> str:
    return line.replace(f"{folder}/", "")
