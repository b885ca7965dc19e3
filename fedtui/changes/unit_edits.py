"""Edits that are systemd's: units enabled, started and masked, and a user's lingering.

Unit files are checked by `systemd-analyze verify` on copies before any is written; systemd learns of them by
one daemon-reload, and a timer counts as started only when its next run is known.
"""

from __future__ import annotations

import asyncio
import pwd
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fedtui.action_result import OutcomeUnknown, Refused
from fedtui.bus.port import BusError
from fedtui.bus.reload_effects import started_by_reload
from fedtui.bus.systemd_manager import SystemdManager, open_systemd
from fedtui.bus.systemd_names import INFINITY, TIMER, is_enabled, is_masked
from fedtui.changes.edits import Edit, FileEdit, LingerEdit, MaskEdit, Triggers, UnitEdit
from fedtui.changes.plan import Conflict, EditState
from fedtui.changes.timer_unit import SCHEDULE_FILE, SYSTEM_UNITS, TimerTarget, read_timer, runtime_units
from fedtui.ports import Ports
from fedtui.safe_text import display_path, sanitize_and_mask
from fedtui.schedule.patterns import listing
from fedtui.schedule.timer import describe_timer
from fedtui.system.accounts import lingers
from fedtui.system.paths import xdg_folder
from fedtui.system.program import ProgramError
from fedtui.system.systemd_analyze import verify
from fedtui.system.temp_folder import TempFolder

SETTLE = 20.0
"""Seconds that a unit may take to reach the state that was asked for."""

_LOGIND = "org.freedesktop.login1"
_UNITS = frozenset({".service", ".timer", ".target", ".path", ".socket", ".slice", ".mount"})


def user_units() -> Path:
    """The folder in which a user keeps units of their own."""
    return xdg_folder("XDG_CONFIG_HOME", ".config") / "systemd" / "user"


def file_stamps(*, user_manager: bool) -> Path:
    """Where systemd keeps when a timer with Persistent= last ran: the times of empty files."""
    if not user_manager:
        return Path("/var/lib/systemd/timers")
    return xdg_folder("XDG_DATA_HOME", ".local/share") / "systemd" / "timers"


def record_stamp(edit: Edit, change: Sequence[Edit]) -> FileEdit | None:
    """The stamp that systemd made for a timer that `change` brought, and that its end would leave. Blocking.

    `edit` is the timer's switch turned round; None for any other edit, and where nothing is left.
    """
    if not isinstance(edit, UnitEdit) or edit.after != (False, False) or not edit.unit.endswith(".timer"):
        return None
    stamp = file_stamps(user_manager=edit.user_manager) / f"stamp-{edit.unit}"
    new = any(
        isinstance(one, FileEdit)
        and one.before is None
        and Path(one.path).name == edit.unit
        and open_manager(one.path) is edit.user_manager
        for one in change
    )
    listed = any(isinstance(one, FileEdit) and one.path == str(stamp) for one in change)
    if not new or listed or not stamp.is_file() or stamp.stat().st_size:
        return None
    return FileEdit(str(stamp), b"", None, grows=True)


def open_manager(path: str) -> bool | None:
    """Whose unit file this is: True the user's manager, False the system's, None no unit file."""
    file = Path(path)
    runtime = ((runtime_units(user_manager=own), own) for own in (True, False))
    for folder, user_manager in ((user_units(), True), (SYSTEM_UNITS, False), *runtime):
        drop_in = file.parent.suffix == ".d" and file.parent.parent == folder
        if drop_in or (file.parent == folder and file.suffix in _UNITS):
            return user_manager
    return None


async def state_of(edit: UnitEdit | MaskEdit | LingerEdit, ports: Ports) -> EditState:
    """The state of the unit, or of the user's manager."""
    if isinstance(edit, MaskEdit):
        async with open_systemd(ports.bus, ports.user, user_manager=edit.user_manager) as systemd:
            state = await systemd.unit_file_state(edit.unit)
        return EditState.of(is_masked(state), edit.before, edit.after)
    if isinstance(edit, LingerEdit):
        return EditState.of(await asyncio.to_thread(lingers, edit.user), edit.before, edit.after)
    return EditState.of(
        await switched(edit.unit, ports, user_manager=edit.user_manager), edit.before, edit.after
    )


async def switched(unit: str, ports: Ports, *, user_manager: bool) -> tuple[bool, bool]:
    """Whether a unit is enabled and active; neither for one that is not there."""
    async with open_systemd(ports.bus, ports.user, user_manager=user_manager) as systemd:
        _, facts = await systemd.unit(unit)
        return await _switched(systemd, unit, facts)


async def is_gone(unit: str, ports: Ports, *, user_manager: bool) -> bool:
    """Whether no file defines the unit and systemd knows none of that name."""
    async with open_systemd(ports.bus, ports.user, user_manager=user_manager) as systemd:
        return bool((await systemd.unit(unit))[1]["LoadState"] == "not-found")


async def _switched(systemd: SystemdManager, unit: str, facts: dict[str, Any]) -> tuple[bool, bool]:
    state = await systemd.unit_file_state(unit)
    active = facts["ActiveState"] in ("active", "activating", "reloading")
    return is_enabled(state), active


async def switch(edit: UnitEdit, ports: Ports) -> None:
    """Enable and start the unit, or the opposite, and wait until it has become so."""
    enabled, active = edit.after
    async with open_systemd(ports.bus, ports.user, user_manager=edit.user_manager) as systemd:
        await systemd.listen()
        _, facts = await systemd.unit(edit.unit)
        if (enabled or active) and facts["LoadState"] != "loaded":
            raise Refused(
                f"systemd does not load {edit.unit} ({facts['LoadState']}).", advice=systemd.look(edit.unit)
            )
        now = await _switched(systemd, edit.unit, facts)
        if now[0] != enabled:
            await (systemd.enable if enabled else systemd.disable)(edit.unit)
        if enabled:
            await asyncio.to_thread(_put_back, edit.links)
        if now[1] != active:
            await (systemd.start if active else systemd.stop)(edit.unit)
        await _settle(systemd, edit)


async def _settle(systemd: SystemdManager, edit: UnitEdit) -> None:
    for _ in range(int(SETTLE / 0.2)):
        path, facts = await systemd.unit(edit.unit)
        now = await _switched(systemd, edit.unit, facts)
        if now == edit.after and (facts.get("Job") or (0,))[0] == 0:
            break
        await systemd.wait(0.2)
    else:
        words = " and ".join(_words(now))
        raise Refused(
            f"{edit.unit} is {words} now.", "That is not what was asked for.", systemd.look(edit.unit)
        )
    if edit.due and edit.after[1]:
        await _will_run(systemd, edit.unit, path, facts)


def _put_back(links: Sequence[tuple[str, str]]) -> None:
    """Make the links again that enabling did not make."""
    for path, points_to in links:
        link = Path(path)
        if not link.is_symlink():
            link.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                link.symlink_to(points_to)


async def set_mask(edit: MaskEdit, ports: Ports) -> None:
    async with open_systemd(ports.bus, ports.user, user_manager=edit.user_manager) as systemd:
        await (systemd.mask if edit.after else systemd.unmask)(edit.unit)
        if is_masked(await systemd.unit_file_state(edit.unit)) != edit.after:
            raise Refused(
                f"{edit.unit} is {'not' if edit.after else 'still'} masked.", "", systemd.look(edit.unit)
            )


async def _will_run(systemd: SystemdManager, unit: str, path: str, facts: dict[str, Any]) -> None:
    """A timer that is active and waits for nothing would be a timer that never runs."""
    timer = await systemd.properties(path, TIMER)
    nexts = (timer["NextElapseUSecRealtime"], timer["NextElapseUSecMonotonic"])
    if facts["SubState"] != "running" and all(when in (0, INFINITY) for when in nexts):
        raise Refused(f"{unit} was started, and no run of it is due.", "", systemd.look(unit))


def _words(state: tuple[bool, bool]) -> tuple[str, str]:
    return "enabled" if state[0] else "not enabled", "active" if state[1] else "not active"


async def reload(ports: Ports, files: Sequence[FileEdit], *, user_manager: bool) -> None:
    """Have the manager read its files again if needed, and check that it took those that were written."""
    async with open_systemd(ports.bus, ports.user, user_manager=user_manager) as systemd:
        if await _needs_reload(systemd, files):
            await systemd.reload()
        for file in files:
            unit = _unit_of(file)
            drop_in = Path(file.path).name != unit
            if (drop_in and not unit.endswith(".timer")) or (file.after is None and not drop_in):
                continue
            _, facts = await systemd.unit(unit)
            if file.after is None and facts["LoadState"] == "not-found":
                continue  # a drop-in that outlived its timer
            if facts["LoadState"] not in ("loaded", "masked"):
                raise Refused(
                    f"systemd does not load {unit} ({facts['LoadState']}).", advice=systemd.look(unit)
                )
            if file.triggers is not None:
                await _check_triggers(systemd, unit, file.triggers, user_manager=user_manager)
            schedule = not drop_in or Path(file.path).name == SCHEDULE_FILE
            if schedule and unit.endswith(".timer") and facts["SubState"] == "elapsed":
                await systemd.restart(unit)  # one that has elapsed for good does not wake up by a reload


def _unit_of(file: FileEdit) -> str:
    """The unit that a unit file or a drop-in defines."""
    path = Path(file.path)
    return path.parent.stem if path.parent.suffix == ".d" else path.name


def units_of(edit: Edit) -> tuple[str, ...]:
    """The unit that the edit is about, or whose file it is."""
    match edit:
        case UnitEdit() | MaskEdit():
            return (edit.unit,)
        case FileEdit() if open_manager(edit.path) is not None:
            return (_unit_of(edit),)
    return ()


async def _needs_reload(systemd: SystemdManager, files: Iterable[FileEdit]) -> bool:
    """A unit that is not in memory is read from its files without a reload."""
    for unit in dict.fromkeys(map(_unit_of, files)):
        if await systemd.is_loaded(unit):
            return True
    return False


async def reloads_of(edits: Sequence[Edit], ports: Ports) -> dict[bool, tuple[str, ...]]:
    """The managers (True: the user's) that a change reloads, with warnings of the jobs that this starts."""
    found: dict[bool, tuple[str, ...]] = {}
    for user_manager in (True, False):
        units = [
            each
            for each in edits
            if isinstance(each, UnitEdit | MaskEdit) and each.user_manager is user_manager
        ]
        switched = any(isinstance(each, MaskEdit) or each.before[0] > each.after[0] for each in units)
        enabled = any(isinstance(each, UnitEdit) and each.before[0] < each.after[0] for each in units)
        files = [
            each for each in edits if isinstance(each, FileEdit) and open_manager(each.path) is user_manager
        ]
        if not (switched or enabled or files):
            continue
        async with open_systemd(ports.bus, ports.user, user_manager=user_manager) as systemd:
            switched = switched or (enabled and await systemd.warns_until_reload())
            if not switched and not await _needs_reload(systemd, files):
                continue
            started = await started_by_reload(systemd)
        own = {each.unit for each in units} | set(map(_unit_of, files))
        others = [f"{unit} in {delay}" for unit, delay in started.items() if unit not in own]
        found[user_manager] = (
            (f"Reloading systemd also starts {listing(others)} (OnActiveSec=).",) if others else ()
        )
    return found


async def check_triggers_before(edit: FileEdit, before: Triggers, ports: Ports) -> None:
    """Raise Conflict where the timer of a drop-in has another schedule by now, Gone where there is none."""
    unit, user_manager = _unit_of(edit), open_manager(edit.path) is True
    async with open_systemd(ports.bus, ports.user, user_manager=user_manager) as systemd:
        now = (await read_timer(systemd, TimerTarget("", "", unit, user_manager))).state
    if (now.calendar, now.monotonic) != before:
        raise Conflict(f"{unit} changed after your plan was made.")


async def _check_triggers(
    systemd: SystemdManager, unit: str, wanted: Triggers, *, user_manager: bool
) -> None:
    now = (await read_timer(systemd, TimerTarget("", "", unit, user_manager))).state
    if (sorted(now.calendar), sorted(now.monotonic)) != (sorted(wanted[0]), sorted(wanted[1])):
        has = describe_timer(now.calendar, now.monotonic).long
        raise Refused(f"systemd reads the new schedule as {has}.")


async def set_lingering(edit: LingerEdit, ports: Ports) -> None:
    """Tell logind. Raises Refused with the command that needs a password, where it does."""
    advice = f"Run: sudo {' '.join(linger_command(edit))}"
    try:
        user = pwd.getpwnam(edit.user).pw_uid
        bus = await ports.bus(False)
    except KeyError as error:
        raise Refused(f"There is no user {edit.user}.") from error
    except BusError as error:
        raise Refused(f"The system bus cannot be reached: {error.message or error.name}.") from error
    try:
        await bus.call(
            *(_LOGIND, "/org/freedesktop/login1", f"{_LOGIND}.Manager", "SetUserLinger", "ubb"),
            *(user, edit.after, False),
            timeout=25.0,
        )
    except BusError as error:
        said = sanitize_and_mask(error.message or error.name)
        if error.name in (BusError.TIMEOUT, BusError.DISCONNECTED):
            check = f"Check with: loginctl show-user {edit.user} --property=Linger"
            raise OutcomeUnknown(f"logind does not answer ({said}).", check) from error
        raise Refused(f"logind refuses: {said}.", advice=advice) from error
    finally:
        await bus.close()
    if await asyncio.to_thread(lingers, edit.user) != edit.after:
        raise Refused("logind accepted the request, and nothing changed.", advice=advice)


def linger_command(edit: LingerEdit) -> tuple[str, ...]:
    """The command that does the same."""
    return "loginctl", "enable-linger" if edit.after else "disable-linger", edit.user


async def verified(files: Sequence[FileEdit]) -> None:
    """Raise Refused where systemd-analyze has anything to say of unit files that are to be written."""
    for user_manager in (True, False):
        ours = [file for file in files if open_manager(file.path) is user_manager and file.after is not None]
        if not ours:
            continue
        async with folder_for_check() as folder:
            copies = await asyncio.to_thread(_copies, ours, folder)
            said = await verify(copies, user_manager) if copies else []
        if said:
            words = sanitize_and_mask(said[0].replace(f"{folder}/", ""))
            raise Refused(f"systemd-analyze verify refuses it: {words}")


@asynccontextmanager
async def folder_for_check() -> AsyncIterator[Path]:
    """A temporary folder for copies that systemd-analyze checks. Raises Refused where they cannot be."""
    try:
        folder = await asyncio.to_thread(TempFolder)
        try:
            yield folder.path
        finally:
            await asyncio.to_thread(folder.remove)
    except OSError as error:
        where = f"{display_path(Path(error.filename))}: " if error.filename else ""
        raise Refused(f"Units cannot be copied for a check: {where}{error.strerror}.") from error
    except ProgramError as error:
        raise Refused(f"systemd-analyze cannot check the units: {error}.") from error


def _copies(files: Sequence[FileEdit], folder: Path) -> list[Path]:
    copies = []
    for file in files:
        path = Path(file.path)
        if path.parent.suffix == ".d":
            continue  # a drop-in alone is no unit: systemd reads it after the reload
        copies.append(folder / path.name)
        copies[-1].write_bytes(file.after or b"")
    return copies
