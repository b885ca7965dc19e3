"""A systemd manager as actions need it: start, stop, enable, disable, mask, reload; its refusals in words.

A bus that refuses for want of privilege becomes `Refused` with the exact command to run instead.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fedtui.action_result import OutcomeUnknown, Refused
from fedtui.bus.port import Bus, BusError, BusFactory, Signal
from fedtui.bus.systemd_names import (
    BOOTED,
    INTROSPECTABLE,
    MANAGER,
    MANAGER_PATH,
    PROPERTIES,
    SERVICE,
    SYSTEMD,
    UNIT,
    UNIT_PATHS,
)

RELOAD_DEADLINE = 90.0
"""Seconds for a daemon-reload: with thousands of units it takes several, and everything waits for it."""

_TIMER_NODE = re.compile(r'<node name="(\w+_2etimer)"')

_OF_A_RUN = (
    *("Result", "ExecMainCode", "ExecMainStatus"),
    *("ExecMainPID", "ExecMainStartTimestamp", "ExecMainExitTimestamp"),
)

_NOT_ALLOWED = frozenset(
    {
        "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
        "org.freedesktop.DBus.Error.AccessDenied",
        "org.freedesktop.DBus.Error.AuthFailed",
        "org.freedesktop.PolicyKit1.Error.NotAuthorized",
    }
)


class SystemdManager:
    """One manager over one open bus. Every method raises Refused for what the bus refuses.

    Where an answer does not come once a change was asked for, that is OutcomeUnknown.
    """

    def __init__(self, bus: Bus, *, user_manager: bool) -> None:
        self.bus = bus
        self.user_manager = user_manager
        self.changed = asyncio.Event()
        self._asked_for: tuple[str, ...] = ()

    def command(self, *words: str) -> tuple[str, ...]:
        """The systemctl command that does the same, as this user may run it on their own manager."""
        return ("systemctl", "--user", *words) if self.user_manager else ("systemctl", *words)

    def look(self, unit: str) -> str:
        """The advice to look at a unit, with the exact command."""
        return f"Look: {' '.join(self.command('status', unit))}"

    async def listen(self) -> None:
        """Have `changed` set at every signal of systemd."""

        def heard(_signal: Signal) -> None:
            self.changed.set()

        await self.bus.subscribe(SYSTEMD, heard)
        await self._ask("Subscribe")

    async def wait(self, seconds: float) -> None:
        """Until the next signal, or until `seconds` have passed."""
        try:
            await asyncio.wait_for(self.changed.wait(), seconds)
        except TimeoutError:
            return
        self.changed.clear()

    async def load(self, unit: str) -> str:
        """The unit's object path. A unit that no file defines has one, too: look at its LoadState."""
        return str((await self._ask("LoadUnit", "s", unit, verb=("status", unit)))[0])

    async def hold(self, path: str) -> None:
        """Keep a unit loaded while this connection lives, so that the facts of its run outlast the run."""
        with suppress(BusError):  # a unit that cannot be held is looked up in the journal afterwards
            await self.bus.call(SYSTEMD, path, UNIT, "Ref")

    async def properties(self, path: str, interface: str) -> dict[str, Any]:
        """All properties of an object's interface."""
        try:
            answer = await self.bus.call(SYSTEMD, path, PROPERTIES, "GetAll", "s", interface)
        except BusError as error:
            raise self._refused(error, ("status",)) from error
        return dict(answer[0])

    async def run_facts(self, path: str) -> dict[str, Any]:
        """What a service tells of its last run: of one that refuses to tell all, property by property."""
        with suppress(Refused):
            return await self.properties(path, SERVICE)
        asked = [self.bus.call(SYSTEMD, path, PROPERTIES, "Get", "ss", SERVICE, name) for name in _OF_A_RUN]
        try:
            return {
                name: value for name, (value,) in zip(_OF_A_RUN, await asyncio.gather(*asked), strict=True)
            }
        except BusError as error:
            raise self._refused(error, ("status",)) from error

    async def unit(self, unit: str) -> tuple[str, dict[str, Any]]:
        """The object path and the Unit properties of a unit."""
        path = await self.load(unit)
        return path, await self.properties(path, UNIT)

    async def is_loaded(self, unit: str) -> bool:
        """Whether the unit is in memory. Of one that is not, files and links count without a reload."""
        try:
            await self._call("GetUnit", "s", unit)
        except BusError as error:
            if error.name == f"{SYSTEMD}.NoSuchUnit":
                return False
            raise self._refused(error, ("status", unit)) from error
        return True

    async def timer_paths(self) -> list[str]:
        """The object paths of all loaded timers."""
        # From the tree of objects: one unit whose description is not UTF-8 spoils every list of units.
        folder = UNIT_PATHS.rstrip("/")
        try:
            (tree,) = await self.bus.call(SYSTEMD, folder, INTROSPECTABLE, "Introspect")
        except BusError as error:
            raise self._refused(error, ("status",)) from error
        return [UNIT_PATHS + node for node in _TIMER_NODE.findall(tree)]

    async def start(self, unit: str) -> str:
        """Queue a start and return the job's path."""
        return str((await self._ask("StartUnit", "ss", unit, "replace", verb=("start", unit)))[0])

    async def stop(self, unit: str) -> str:
        """Queue a stop and return the job's path."""
        return str((await self._ask("StopUnit", "ss", unit, "replace", verb=("stop", unit)))[0])

    async def restart(self, unit: str) -> str:
        """Queue a restart and return the job's path."""
        return str((await self._ask("RestartUnit", "ss", unit, "replace", verb=("restart", unit)))[0])

    async def unit_file_state(self, unit: str) -> str:
        """enabled, disabled, static, masked, ...; "" for a unit without a file."""
        try:
            return str((await self._call("GetUnitFileState", "s", unit))[0])
        except BusError as error:
            if error.name in ("org.freedesktop.DBus.Error.FileNotFound", f"{SYSTEMD}.NoSuchUnit"):
                return ""
            raise self._refused(error, ("is-enabled", unit)) from error

    async def enable(self, unit: str) -> None:
        """systemctl enable, for good (not --runtime), without force; it counts without a reload."""
        await self._ask("EnableUnitFiles", "asbb", [unit], False, False, verb=("enable", unit))
        if await self.warns_until_reload():
            await self.reload()

    async def disable(self, unit: str) -> None:
        """systemctl disable: the symlinks of [Install] go, nothing else."""
        await self._ask("DisableUnitFiles", "asb", [unit], False, verb=("disable", unit))
        await self.reload()  # until then a start of timers.target starts the unit again

    async def mask(self, unit: str) -> None:
        """systemctl mask, without force: systemd refuses where the unit's own file is in the way."""
        await self._ask("MaskUnitFiles", "asbb", [unit], False, False, verb=("mask", unit))
        await self._reload_loaded(unit)

    async def unmask(self, unit: str) -> None:
        await self._ask("UnmaskUnitFiles", "asb", [unit], False, verb=("unmask", unit))
        await self._reload_loaded(unit)

    async def _reload_loaded(self, unit: str) -> None:
        if await self.is_loaded(unit) or await self.warns_until_reload():
            await self.reload()

    async def warns_until_reload(self) -> bool:
        """Whether every unit has NeedDaemonReload= from the enabling of one on: since systemd 255."""
        try:
            answer = await self.bus.call(SYSTEMD, MANAGER_PATH, PROPERTIES, "Get", "ss", MANAGER, "Version")
        except BusError as error:
            raise self._refused(error, ("status",)) from error
        version = re.match(r"v?(\d+)", str(answer[0]))
        return version is not None and int(version[1]) >= 255

    async def reload(self) -> None:
        """systemctl daemon-reload."""
        await self._ask("Reload", verb=("daemon-reload",), timeout=RELOAD_DEADLINE)

    async def _call(
        self, member: str, signature: str = "", *arguments: Any, timeout: float = 25.0
    ) -> tuple[Any, ...]:
        return await self.bus.call(
            SYSTEMD, MANAGER_PATH, MANAGER, member, signature, *arguments, timeout=timeout
        )

    async def _ask(
        self,
        member: str,
        signature: str = "",
        *arguments: Any,
        verb: tuple[str, ...] = (),
        timeout: float = 25.0,
    ) -> tuple[Any, ...]:
        if verb and verb[0] != "status":
            self._asked_for = verb
        try:
            return await self._call(member, signature, *arguments, timeout=timeout)
        except BusError as error:
            raise self._refused(error, verb) from error

    def _refused(self, error: BusError, verb: tuple[str, ...]) -> Refused:
        said = error.message or error.name
        if error.name in _NOT_ALLOWED:
            return Refused(
                "systemd does not let you do this.", advice=f"Run: sudo {' '.join(self.command(*verb))}"
            )
        if error.name in (BusError.DISCONNECTED, BusError.TIMEOUT):
            check = " ".join(self.command("status", *self._asked_for[1:]))
            if self._asked_for:
                return OutcomeUnknown(f"systemd does not answer ({said}).", f"Check with: {check}")
            return Refused(f"systemd does not answer: {said}.", advice=f"Look: {check}")
        return Refused(
            f"systemd refuses: {said.rstrip('.')}.",
            advice=f"Look: {' '.join(self.command('status', *verb[1:]))}",
        )


@asynccontextmanager
async def open_systemd(bus_of: BusFactory, user: str, *, user_manager: bool) -> AsyncIterator[SystemdManager]:
    """A manager over a bus of its own, closed afterwards. Refused where the bus cannot be reached."""
    try:
        bus = await bus_of(user_manager)
    except BusError as error:
        which = "user" if user_manager else "system"
        if not BOOTED.is_dir():
            raise Refused("systemd does not run here.") from error
        advice = f"It runs from login on; without one: sudo loginctl enable-linger {user}"
        raise Refused(
            f"systemd's {which} bus cannot be reached: {error.message or error.name}.",
            advice=advice if user_manager else "",
        ) from error
    try:
        yield SystemdManager(bus, user_manager=user_manager)
    finally:
        await bus.close()
