"""Pause and resume of systemd timers: stop + disable, remembering what to restore; a mask or a false
condition where disabling does not keep a timer off.

A static timer has nothing to disable: whatever wants it starts it again at the next boot. `hold` keeps it
off for good: by a mask, or, since systemd refuses to mask a unit whose own file lies in the folder that
the mask would go to, by a drop-in with a condition that is never true.

A disabled instance of a template is in none of systemd's lists. A drop-in without any setting marks it, so
that it is found on disk by everybody, also after a reboot.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import SystemdManager, open_systemd
from fedtui.bus.systemd_names import PAUSE_FILE
from fedtui.changes.cron_change import file_diff
from fedtui.changes.paused_timers import PausedTimers, Restore
from fedtui.changes.plan import Conflict, EditState, FileDiff, Plan
from fedtui.changes.timer_at_once import runs_at_once
from fedtui.changes.timer_pause_text import comes_back, pause_steps, resume_steps, way_to_hold
from fedtui.changes.timer_unit import (
    Gone,
    TimerTarget,
    TimerUnit,
    UnitState,
    read_file,
    read_timer,
    require_kept,
    require_privilege,
    write_file,
)
from fedtui.changes.undo_records import plan_already_undone
from fedtui.changes.undo_text import undo_words
from fedtui.config import repair
from fedtui.history.database import UndoStep
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system.atomic_write import sweep

SETTLE = 20.0
"""Seconds for a timer to become active or inactive after it was told to."""

CONDITION = b"""\
# Written by fedtui: this timer is paused. To let it run again by hand, delete this file, then
# systemctl daemon-reload (with --user for a timer of your own).
[Unit]
ConditionPathExists=!/
"""

MARKER = b"""\
# Written by fedtui: this timer is paused. The file changes nothing; it keeps the instance in fedtui's list.
# To let it run again by hand: systemctl enable --now (with --user for a timer of your own), and delete it.
"""
_DROP_INS = {"condition": CONDITION, "marker": MARKER}


@dataclass(frozen=True, slots=True)
class TimerState:
    """A timer held back (`pause`) or let run again. `restore` is what the pause has to remember, or had."""

    target: TimerTarget
    pause: bool
    planned_on: UnitState
    restore: Restore
    done: str
    undoes: int | None = None

    @property
    def kind(self) -> str:
        """As undo steps name it."""
        return "timer-state"


async def plan_pause(
    target: TimerTarget, ports: Ports, *, hold: bool = False, undoes: UndoStep | None = None
) -> Plan:
    """Stop the timer and keep it off: disabled, or with `hold` masked or held by a condition."""
    async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
        timer = await read_timer(systemd, target)
        standing = timer.standing
        if (
            not standing.active
            and not standing.can_disable
            and (undoes is None or _held(target, standing, hold))
        ):
            if undoes is not None:
                return plan_already_undone(undoes, target.unit)
            raise Refused(f"{target.unit} is off already ({standing.file_state or 'no unit file'}).")
        await asyncio.to_thread(require_kept, target, timer)
        require_privilege(target, "systemctl", "disable", "--now", target.unit)
        way = "" if standing.can_disable and not hold else way_to_hold(standing) if hold else ""
        links = await asyncio.to_thread(_links, target) if not way and standing.can_disable else ()
        enabled = standing.can_disable and not way
        in_run = standing.fragment.startswith("/run/")
        stopped_only = not enabled and not way and not in_run
        way = way or ("marker" if standing.nameless else "")
        restore = Restore(target.unit, target.user_manager, standing.active, enabled, way, links)
        kept = await asyncio.to_thread(
            PausedTimers(ports.config).get, target.unit, user_manager=target.user_manager
        )
        if kept is not None and not standing.active:  # cut short: what it puts back is what it found
            restore = replace(
                restore,
                active=restore.active or kept.active,
                enabled=restore.enabled or kept.enabled,
                links=restore.links or kept.links,
            )
        warnings: list[str] = []
        if stopped_only:
            warnings.append(comes_back(target, standing))
        if in_run:
            warnings.append(f"{standing.fragment} is in /run: after the next boot the timer is gone.")
        diffs = await _pause_diffs(target, _DROP_INS[way]) if way in _DROP_INS else ()
        words = "" if undoes is None else undo_words(undoes)
        return Plan(
            verb="undo" if undoes else "pause",
            job_id=target.job_id,
            job_name=target.job_name,
            summary=words or "Pause: it does not run until you resume it.",
            diffs=diffs,
            steps=pause_steps(systemd, target, restore),
            change=TimerState(
                target,
                True,
                standing,
                restore,
                f"Paused {target.job_name}.",
                undoes.id if undoes else None,
            ),
            warnings=tuple(warnings),
            alternative="hold it off for good" if stopped_only else "",
        )


async def plan_resume(target: TimerTarget, ports: Ports, *, undoes: UndoStep | None = None) -> Plan:
    """Put back what the pause took away; of a timer that fedtui did not pause, enable and start it."""
    require_privilege(target, "systemctl", "enable", "--now", target.unit)
    kept = await asyncio.to_thread(
        PausedTimers(ports.config).get, target.unit, user_manager=target.user_manager
    )
    async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
        timer = await read_timer(systemd, target)
        standing = timer.standing
        marked = await read_file(target.drop_in(PAUSE_FILE)) == MARKER
        restore = kept or _guess(target, standing, marked=marked)
        if (
            standing.active
            and not restore.hold
            and not (restore.enabled and standing.file_state == "disabled")
        ):
            if undoes is None:
                raise Refused(f"{target.unit} is on already.")
            if kept is None:
                return plan_already_undone(undoes, target.unit)
            # an undo that was cut short: all that is left is to forget the pause
            restore = Restore(target.unit, target.user_manager, active=False, enabled=False)
        warnings = (
            await runs_at_once(target, timer, ports.clock()) if restore.active and not standing.active else ()
        )
        diffs = await _resume_diffs(target) if restore.hold in _DROP_INS else ()
        return Plan(
            verb="undo" if undoes else "resume",
            job_id=target.job_id,
            job_name=target.job_name,
            summary=undo_words(undoes) if undoes else "Resume: it runs by its schedule again.",
            diffs=diffs,
            steps=resume_steps(systemd, target, restore),
            change=TimerState(
                target,
                False,
                standing,
                restore,
                f"Resumed {target.job_name}.",
                undoes.id if undoes else None,
            ),
            warnings=warnings,
        )


def timer_payload(change: TimerState) -> dict[str, Any]:
    """What its undo step keeps."""
    was = _seen(change.target, change.planned_on)
    return {
        "target": asdict(change.target),
        "pause": change.pause,
        "restore": asdict(change.restore),
        "was": was,
    }


async def write_timer_state(change: TimerState, ports: Ports) -> None:
    """Do it and compare with systemd. Raises Conflict, or Refused with what was done so far."""
    target = change.target
    memory = PausedTimers(ports.config)
    async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
        timer = await read_timer(systemd, target)
        if timer.standing != change.planned_on:
            raise Conflict(f"{target.unit} changed after your plan was made.")
        await systemd.listen()
        if change.pause:
            await asyncio.to_thread(require_kept, target, timer)
            await asyncio.to_thread(memory.put, change.restore)
            await _pause(systemd, target, change.restore)
        else:
            await _resume(systemd, target, change.restore)
            await asyncio.to_thread(memory.drop, target.unit, user_manager=target.user_manager)


async def state_of_timer(data: Mapping[str, Any], ports: Ports) -> EditState:
    """How the timer is to the change, which may be made in part; a pause that was not made is forgotten."""
    target, restore = TimerTarget(**data["target"]), data["restore"]
    drop_in = target.drop_in(PAUSE_FILE)
    await asyncio.to_thread(sweep, drop_in)
    if not drop_in.exists():
        await write_file(drop_in, None)  # its folder, made for it, may be left
    try:
        async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
            standing = (await read_timer(systemd, target)).standing
    except Gone:
        return EditState.BEFORE  # an undo could take nothing back
    now = _seen(target, standing)
    if now == data["was"]:
        if data["pause"] and standing.active:
            memory = PausedTimers(ports.config)
            await asyncio.to_thread(memory.drop, target.unit, user_manager=target.user_manager)
        return EditState.BEFORE
    enabled = standing.file_state.startswith("enabled")
    if data["pause"]:
        made = not standing.active and not (restore["enabled"] and enabled)
    else:
        made = standing.active >= restore["active"] and enabled >= restore["enabled"]
    return EditState.AFTER if made else EditState.OTHER


def _seen(target: TimerTarget, standing: UnitState) -> list[Any]:
    """What of a timer a pause changes."""
    held = os.path.exists(target.drop_in(PAUSE_FILE))  # noqa: PTH110 (never raises)
    return [standing.active, standing.file_state, held]


async def plan_undo_of_state(step: UndoStep, ports: Ports) -> Plan:
    """The opposite of what `step` did, from how the timer stands now."""
    data = json.loads(step.payload)
    target = TimerTarget(**data["target"])
    if data["pause"]:
        return await plan_resume(target, ports, undoes=step)
    hold = data["restore"]["hold"] in ("condition", "mask")
    return await plan_pause(target, ports, hold=hold, undoes=step)


async def _pause(systemd: SystemdManager, target: TimerTarget, restore: Restore) -> None:
    if restore.hold in _DROP_INS:
        await write_file(target.drop_in(PAUSE_FILE), _DROP_INS[restore.hold])
        await systemd.reload()
    await systemd.stop(target.unit)
    if restore.enabled:
        await systemd.disable(target.unit)
    if restore.hold == "mask":
        await systemd.mask(target.unit)
    after = await _settled(systemd, target, active=False)
    if after.standing.active:
        raise Refused(f"{target.unit} is still active.", "It was told to stop.", systemd.look(target.unit))
    if restore.enabled and after.standing.file_state.startswith("enabled"):
        raise Refused(f"{target.unit} is still enabled.", "It is stopped.", systemd.look(target.unit))


async def _resume(systemd: SystemdManager, target: TimerTarget, restore: Restore) -> None:
    if restore.hold in _DROP_INS:
        await write_file(target.drop_in(PAUSE_FILE), None)
        await systemd.reload()
    if restore.hold == "mask":
        await systemd.unmask(target.unit)
    if restore.enabled:
        await systemd.enable(target.unit)
        if await asyncio.to_thread(_put_back, restore.links):
            await systemd.reload()
    if restore.active:
        await systemd.start(target.unit)
        after = await _settled(systemd, target, active=True)
        if not after.standing.active:
            raise Refused(f"{target.unit} did not start.", "It is enabled again.", systemd.look(target.unit))


async def _settled(systemd: SystemdManager, target: TimerTarget, *, active: bool) -> TimerUnit:
    for _ in range(int(SETTLE / 0.2)):
        timer = await read_timer(systemd, target)
        if timer.standing.active == active and (timer.unit.get("Job") or (0,))[0] == 0:
            return timer
        await systemd.wait(0.2)
    return await read_timer(systemd, target)


def _held(target: TimerTarget, standing: UnitState, hold: bool) -> bool:
    """Whether the timer is held off for good as far as `hold` asks for it."""
    return not hold or standing.file_state.startswith("masked") or target.drop_in(PAUSE_FILE).exists()


def _guess(target: TimerTarget, standing: UnitState, *, marked: bool) -> Restore:
    """What to do for a timer that is off and that fedtui knows nothing of."""
    mask = standing.file_state.startswith("masked")
    drop_in = str(target.drop_in(PAUSE_FILE)) in standing.drop_ins
    hold = "mask" if mask else "marker" if marked else "condition" if drop_in else ""
    enabled = standing.file_state == "disabled"
    return Restore(target.unit, target.user_manager, active=True, enabled=enabled, hold=hold)


def _links(target: TimerTarget) -> tuple[tuple[str, str], ...]:
    """The links in .wants/ and .requires/ folders that enabling, or somebody's hand, has made."""
    found = []
    try:
        for pattern in ("*.wants", "*.requires", "*.upholds"):
            for folder in target.units.glob(pattern):
                link = folder / target.unit
                if link.is_symlink():
                    found.append((str(link), str(link.readlink())))
    except OSError as error:
        said = f"The links of {target.unit} cannot be read: {error.filename}: {error.strerror}."
        raise Refused(said, advice=repair(target.units)) from error
    return tuple(sorted(found))


def _put_back(links: tuple[tuple[str, str], ...]) -> bool:
    """Make the links again that enabling did not make; True when there were any."""
    made = False
    for path, points_to in links:
        link = Path(path)
        if not link.is_symlink():
            link.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                link.symlink_to(points_to)
                made = True
    return made


async def _pause_diffs(target: TimerTarget, text: bytes) -> tuple[FileDiff, ...]:
    path = target.drop_in(PAUSE_FILE)
    return (file_diff(display_path(path), await read_file(path) or b"", text),)


async def _resume_diffs(target: TimerTarget) -> tuple[FileDiff, ...]:
    path = target.drop_in(PAUSE_FILE)
    return (file_diff(display_path(path), await read_file(path) or b"", b""),)
