"""Reschedule a systemd timer by a drop-in that first resets all triggers and then sets new ones.

The unit's own file is never touched. The drop-in is checked with `systemd-analyze verify` on a copy before
it is written, and what systemd holds after the reload is compared with what was asked for: where it
differs, the drop-in is taken away again.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import SystemdManager, open_systemd
from fedtui.changes.backup import keep_backup
from fedtui.changes.cron_change import file_diff
from fedtui.changes.plan import Conflict, EditState, Plan, Step
from fedtui.changes.timer_at_once import runs_at_once
from fedtui.changes.timer_schedule import TimerSchedule, TimerScheduleError, check_schedule, traps_of
from fedtui.changes.timer_unit import (
    SCHEDULE_FILE,
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
from fedtui.changes.undo_records import pack, plan_already_undone, unpack
from fedtui.changes.undo_text import undo_words
from fedtui.history.database import UndoStep
from fedtui.model import Job
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.schedule.timer import describe_timer
from fedtui.system.atomic_write import sweep
from fedtui.system.program import ProgramError
from fedtui.system.systemd_analyze import verify


@dataclass(frozen=True, slots=True)
class DropIn:
    """One text of a timer's drop-in in place of another; None stands for no file.

    `wanted` are the calendar and monotonic triggers that systemd must hold afterwards.
    """

    target: TimerTarget
    path: str
    before: bytes | None
    after: bytes | None
    planned_on: UnitState
    wanted: tuple[tuple[str, ...], tuple[tuple[str, float], ...]] | None
    done: str
    undoes: int | None = None

    @property
    def kind(self) -> str:
        """As undo steps name it."""
        return "timer-drop-in"


async def plan_drop_in(job: Job, text: str, ports: Ports, reason: str = "", ticket: str = "") -> Plan:
    """Plan the drop-in for a schedule such as "OnCalendar=Mon..Fri 18:30". Raises Refused."""
    target = TimerTarget.of(job)
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
        path = target.drop_in(SCHEDULE_FILE)
        before = await read_file(path)
        after = _text(timer.standing, schedule, reason, ticket)
        await _verified(timer, path, after, user_manager=target.user_manager)
        same = (timer.standing.calendar, timer.standing.monotonic) == (schedule.calendar, schedule.monotonic)
        if same:
            raise Refused(f"{target.job_name} has that schedule already.")
        was = describe_timer(timer.standing.calendar, timer.standing.monotonic).long
        words = describe_timer(schedule.calendar, schedule.monotonic).long
        found = await asyncio.to_thread(traps_of, schedule, job, ports.clock())
        warnings = [trap.text for trap in found]
        if not timer.standing.active:
            warnings.append("The timer is off and stays so: it runs again when it is resumed.")
        elif timer.unit["SubState"] == "elapsed":
            warnings.append("The timer has elapsed for good, so it is restarted for the new schedule.")
            warnings += await runs_at_once(
                target, timer, ports.clock(), schedule.calendar, schedule.monotonic
            )
        return Plan(
            verb="reschedule",
            job_id=target.job_id,
            job_name=target.job_name,
            summary=f"Reschedule from {was} to {words}.",
            diffs=(file_diff(display_path(path), before or b"", after),),
            steps=_steps(systemd, path, schedule.text, keep_old=before is not None),
            change=DropIn(
                target,
                str(path),
                before,
                after,
                timer.standing,
                (schedule.calendar, schedule.monotonic),
                f"{target.job_name} runs {words} now.",
            ),
            warnings=tuple(warnings),
        )


async def plan_undo_of_drop_in(step: UndoStep, ports: Ports) -> Plan:
    """The drop-in of before, byte for byte, if it is still as the change left it."""
    data = json.loads(step.payload)
    target, path = TimerTarget(**data["target"]), Path(data["path"])
    before, after = unpack(data["before"]), unpack(data["after"])
    require_privilege(target, "systemctl", "edit", target.unit)
    current = await read_file(path)
    if current == before:
        return plan_already_undone(step, display_path(path))
    if current != after:
        raise Refused(
            f"{display_path(path)} was changed since, so taking the change back would lose somebody's edit.",
            advice=f"The texts from before are in {display_path(ports.config.backups)}.",
        )
    async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
        timer = await read_timer(systemd, target)
        return Plan(
            verb="undo",
            job_id=step.job_id,
            job_name=step.job_name,
            summary=undo_words(step),
            diffs=(file_diff(display_path(path), current or b"", before or b""),),
            steps=_steps(systemd, path, "", keep_old=current is not None, removes=before is None),
            change=DropIn(
                target,
                str(path),
                current,
                before,
                timer.standing,
                None,
                f"Undone: {step.verb} {step.job_name}.",
                step.id,
            ),
            warnings=await runs_at_once(target, timer, ports.clock())
            if timer.unit["SubState"] == "elapsed"
            else (),
        )


def drop_in_payload(change: DropIn) -> dict[str, Any]:
    """What its undo step keeps."""
    return {
        "target": asdict(change.target),
        "path": change.path,
        "before": pack(change.before),
        "after": pack(change.after),
    }


async def write_drop_in(change: DropIn, ports: Ports) -> None:
    """Write the drop-in, reload, compare. Raises Conflict or Refused; then the drop-in is as it was."""
    target, path = change.target, Path(change.path)
    async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
        timer = await read_timer(systemd, target)
        if await read_file(path) != change.before or timer.standing != change.planned_on:
            raise Conflict(f"{target.unit} changed after your plan was made.")
        if change.before is not None:
            name = f"{target.unit}.{path.name}"
            await asyncio.to_thread(keep_backup, ports.config, name, change.before, ports.clock())
        await write_file(path, change.after)
        try:
            await _reloaded(systemd, target, change)
        except Refused:
            await write_file(path, change.before)
            await systemd.reload()
            raise
        if timer.standing.active and timer.unit["SubState"] == "elapsed":
            await systemd.restart(target.unit)


async def state_of_drop_in(data: Mapping[str, Any], ports: Ports) -> EditState:
    """Whether the drop-in is as the change leaves it; what a kill kept systemd from reading, it reads now."""
    target, path = TimerTarget(**data["target"]), Path(data["path"])
    await asyncio.to_thread(sweep, path)
    current = await read_file(path)
    if current is None:
        await write_file(path, None)  # its folder, made for it, may be left
    with suppress(Gone):
        async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
            timer = await read_timer(systemd, target)
            if timer.unit.get("NeedDaemonReload"):
                await systemd.reload()
    return EditState.AFTER if current == unpack(data["after"]) else EditState.BEFORE


async def _reloaded(systemd: SystemdManager, target: TimerTarget, change: DropIn) -> None:
    await systemd.reload()
    after = await read_timer(systemd, target)
    if after.unit["LoadState"] != "loaded":
        raise Refused(
            f"systemd does not load {target.unit} with the new drop-in.", "The drop-in was taken back."
        )
    if change.wanted is not None:
        calendar, monotonic = change.wanted
        standing = after.standing
        if sorted(standing.calendar) != sorted(calendar) or sorted(standing.monotonic) != sorted(monotonic):
            has = describe_timer(standing.calendar, standing.monotonic).long
            raise Refused(f"systemd reads the new schedule as {has}.", "The drop-in was taken back.")


def _text(standing: UnitState, schedule: TimerSchedule, reason: str, ticket: str) -> bytes:
    was = describe_timer(standing.calendar, standing.monotonic).long
    parts = [f"was {was}"]
    parts += [f"reason: {' '.join(reason.split())}"] if reason.strip() else []
    parts += [f"ticket {' '.join(ticket.split())}"] if ticket.strip() else []
    comment = "".join(char for char in "; ".join(parts) if char.isprintable()).rstrip("\\")
    lines = [f"# fedtui: {comment}", "[Timer]", "# An empty value takes all triggers away, of every kind."]
    lines += ["OnCalendar=", *(f"{name}={value}" for name, value in schedule.lines)]
    return "\n".join((*lines, "")).encode()


async def _verified(timer: TimerUnit, path: Path, text: bytes, *, user_manager: bool) -> None:
    """Raise Refused if systemd-analyze says more of the unit with the drop-in than of it without."""
    try:
        before, after = await asyncio.to_thread(_copies, timer, path, text)
    except OSError as error:
        raise Refused(f"The unit cannot be copied for a check: {error}.") from error
    try:
        unit = timer.unit["Id"]
        old = {_bare(line, before) for line in await verify([before / unit], user_manager)}
        new = [_bare(line, after) for line in await verify([after / unit], user_manager)]
        fresh = [line for line in new if line not in old]
        if fresh:
            raise Refused(f"systemd-analyze verify refuses it: {fresh[0]}")
    except ProgramError as error:
        raise Refused(f"systemd-analyze cannot check the drop-in: {error}.") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, before.parent, ignore_errors=True)


def _copies(timer: TimerUnit, path: Path, text: bytes) -> tuple[Path, Path]:
    """The unit in two folders, one with the drop-in. The unit it starts is found where it always is."""
    folder = Path(tempfile.mkdtemp(prefix="fedtui-verify-"))
    before, after = folder / "before", folder / "after"
    standing, unit = timer.standing, timer.unit["Id"]
    for place in (before, after):
        extra = place / f"{unit}.d"
        extra.mkdir(parents=True)
        if standing.fragment:
            (place / unit).write_bytes(Path(standing.fragment).read_bytes())
        for drop_in in standing.drop_ins:
            (extra / Path(drop_in).name).write_bytes(Path(drop_in).read_bytes())
    (after / f"{unit}.d" / path.name).write_bytes(text)
    return before, after


def _bare(line: str, folder: Path) -> str:
    return line.replace(f"{folder}/", "")


def _steps(
    systemd: SystemdManager, path: Path, schedule: str, *, keep_old: bool, removes: bool = False
) -> tuple[Step, ...]:
    shown_path = display_path(path)
    steps = [Step("keep", f"a copy of {shown_path}  mode 0600")] if keep_old else []
    steps.append(Step("check", "the timer and the drop-in are still as shown, else stop and show anew"))
    steps.append(Step("write", f"{shown_path} is removed" if removes else shown_path))
    steps.append(Step("run", "", systemd.command("daemon-reload")))
    steps.append(Step("verify", f"systemd holds {schedule}" if schedule else "systemd loads the timer"))
    steps.append(Step("undo", "u, also after a restart"))
    return tuple(steps)
