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
from dataclasses import replace

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import open_systemd
from fedtui.bus.systemd_names import PAUSE_FILE
from fedtui.changes.edits import Edit, FileEdit, FolderEdit, MaskEdit, PausedTimerEdit, Restore, UnitEdit
from fedtui.changes.file_edits import read_state
from fedtui.changes.paused_timers import PausedTimers
from fedtui.changes.timer_at_once import runs_at_once
from fedtui.changes.timer_unit import TimerTarget, UnitState, read_timer, require_kept, require_privilege
from fedtui.changes.wording import Wording
from fedtui.config import repair
from fedtui.ports import Ports

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


def pause_edits(
    target: TimerTarget, restore: Restore, kept: Restore | None, *, drop_in: bytes | None = None
) -> tuple[Edit, ...]:
    """What holds a timer back that is as `restore` has it. `kept` is what is remembered of it already,
    `drop_in` what the drop-in holds already."""
    unit, user_manager = target.unit, target.user_manager
    edits: list[Edit] = [PausedTimerEdit(unit, user_manager, kept, restore)]
    before = (restore.enabled, restore.active)
    edits.append(UnitEdit(unit, user_manager, before, (False, False), restore.links))
    # After the stop, so that an undo, which goes backwards, removes the condition before the start.
    if restore.hold in _DROP_INS:
        edits.append(FileEdit(str(target.drop_in(PAUSE_FILE)), drop_in, _DROP_INS[restore.hold]))
    if restore.hold == "mask":
        edits.append(MaskEdit(unit, user_manager, before=False, after=True))
    return tuple(edits)


async def propose_pause(target: TimerTarget, ports: Ports, *, hold: bool) -> tuple[tuple[Edit, ...], Wording]:
    """Stop the timer and keep it off: disabled, or with `hold` masked or held by a condition."""
    async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
        timer = await read_timer(systemd, target)
    now = timer.state
    if not now.active and not now.can_disable and (not hold or _is_held(target, now)):
        raise Refused(f"{target.unit} is off already ({now.file_state or 'no unit file'}).")
    await asyncio.to_thread(require_kept, target, timer)
    require_privilege(target, "systemctl", "disable", "--now", target.unit)
    enabled = now.can_disable and not hold
    links = await asyncio.to_thread(_links, target) if enabled else ()
    in_run = now.fragment.startswith("/run/")
    stopped_only = not enabled and not hold and not in_run
    way = ("condition" if now.own_file else "mask") if hold else "marker" if now.nameless else ""
    kept = await asyncio.to_thread(
        PausedTimers(ports.config).get, target.unit, user_manager=target.user_manager
    )
    found = Restore(target.unit, target.user_manager, now.active, enabled, way, links)
    restore = found
    if kept is not None and not now.active:  # cut short: what it restores is what it found first
        restore = replace(
            found,
            active=found.active or kept.active,
            enabled=found.enabled or kept.enabled,
            links=found.links or kept.links,
        )
    drop_in = await asyncio.to_thread(read_state, str(target.drop_in(PAUSE_FILE)))
    edits = [
        replace(edit, before=(now.enabled, now.active), after=(now.enabled and not enabled, False))
        if isinstance(edit, UnitEdit)
        else edit
        for edit in pause_edits(target, restore, kept, drop_in=drop_in)
    ]
    warnings = [_comes_back(target, now)] if stopped_only else []
    if in_run:
        warnings.append(f"{now.fragment} is in /run: after the next boot the timer is gone.")
    return tuple(edits), Wording(
        "pause",
        target.job_id,
        target.job_name,
        "Pause: it does not run until you resume it.",
        f"Paused {target.job_name}.",
        tuple(warnings),
        target.unit,
        f"u {'enables and starts' if enabled else 'starts'} it again, also after a restart",
        alternative="hold" if stopped_only else "",
    )


async def propose_resume(target: TimerTarget, ports: Ports) -> tuple[tuple[Edit, ...], Wording]:
    """Restore what the pause changed; a timer that fedtui did not pause is enabled and started."""
    require_privilege(target, "systemctl", "enable", "--now", target.unit)
    kept = await asyncio.to_thread(
        PausedTimers(ports.config).get, target.unit, user_manager=target.user_manager
    )
    async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
        timer = await read_timer(systemd, target)
    now, path = timer.state, target.drop_in(PAUSE_FILE)
    drop_in = await asyncio.to_thread(read_state, str(path))
    restore = kept or _guess(target, now, marked=drop_in == MARKER)
    if now.active and not restore.hold and not (restore.enabled and now.file_state == "disabled"):
        raise Refused(f"{target.unit} is on already.")
    edits: list[Edit] = []
    if restore.hold in _DROP_INS and drop_in is not None:
        edits.append(FileEdit(str(path), drop_in, None))
        if [each.name for each in path.parent.iterdir()] == [path.name]:
            edits.append(FolderEdit(str(path.parent), there=False))
    if restore.hold == "mask" and now.masked:
        edits.append(MaskEdit(target.unit, target.user_manager, before=True, after=False))
    after = (now.enabled or restore.enabled, now.active or restore.active)
    edits.append(UnitEdit(target.unit, target.user_manager, (now.enabled, now.active), after, restore.links))
    if kept is not None:
        edits.append(PausedTimerEdit(target.unit, target.user_manager, kept, None))
    starts = restore.active and not now.active
    return tuple(edits), Wording(
        "resume",
        target.job_id,
        target.job_name,
        "Resume: it runs by its schedule again.",
        f"Resumed {target.job_name}.",
        await runs_at_once(target, timer, ports.clock()) if starts else (),
        target.unit,
    )


def _comes_back(target: TimerTarget, now: UnitState) -> str:
    """The warning that a stop alone does not last, and what does."""
    if now.linked:
        why = "is linked from elsewhere: disabling it would remove the link that makes it known"
    else:
        why = f"is {now.file_state or 'without a unit file'}: there is nothing to disable"
    boot = "so whatever starts it does so again at the next boot"
    hold = "drop-in with a condition that is never true" if now.own_file else "mask"
    return f"{target.unit} {why}, {boot}. A {hold} keeps it off."


def _is_held(target: TimerTarget, now: UnitState) -> bool:
    return now.masked or target.drop_in(PAUSE_FILE).exists()


def _guess(target: TimerTarget, now: UnitState, *, marked: bool) -> Restore:
    """What to restore for a timer that is off and that fedtui knows nothing of."""
    drop_in = str(target.drop_in(PAUSE_FILE)) in now.drop_ins
    hold = "mask" if now.masked else "marker" if marked else "condition" if drop_in else ""
    enabled = now.file_state == "disabled"
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
