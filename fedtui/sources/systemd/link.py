"""The connection to one systemd manager: kept, watched, and opened again after a loss.

Signals are asked for only once someone watches. What they say is boiled down to the names of the units
that may have changed, or to "everything". A manager that reloads answers nobody for seconds: that is
`busy`, not broken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from fedtui.bus.port import DAEMON, Bus, BusError, BusFactory, Signal
from fedtui.bus.systemd_names import MANAGER, MANAGER_PATH, PROPERTIES, SYSTEMD, unit_name

BUSY_AT_MOST = 90.0
"""Seconds for which a reload or restart of the manager is waited for (systemd's own start limit)."""

BACKOFF = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds until the next try after a loss."""


@dataclass(slots=True)
class UnitChanges:
    """What may have changed since it was last taken: everything, or these units."""

    everything: bool = True
    files: bool = True
    units: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return self.everything or self.files or bool(self.units)


class ManagerLink:
    """One manager on one bus. `interesting` says whether a unit's signals matter."""

    def __init__(self, factory: BusFactory, user_manager: bool, interesting: Callable[[str], bool]) -> None:
        self._factory = factory
        self._user_manager = user_manager
        self._interesting = interesting
        self._bus: Bus | None = None
        self._watching = False
        self._subscribed = False
        self._busy_until = 0.0
        self._changes = UnitChanges()
        self.changed = asyncio.Event()
        self.lost: str | None = None
        self._failures = 0
        self._retry: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """True while the manager reloads or restarts."""
        return asyncio.get_running_loop().time() < self._busy_until

    def failed(self) -> float:
        """A try failed: the next is called for by `changed`. Returns the seconds until then."""
        pause = BACKOFF[min(self._failures, len(BACKOFF) - 1)]
        self._failures += 1
        if self._retry is not None:
            self._retry.cancel()
        self._retry = asyncio.get_running_loop().call_later(pause, self.changed.set)
        return pause

    def succeeded(self) -> None:
        """systemd answered."""
        self._failures = 0
        self.lost = None
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    async def bus(self) -> Bus:
        """The connected bus, with its signals where they are wanted. Raises BusError."""
        if self._bus is None:
            bus = await self._factory(self._user_manager)
            bus.on_disconnect(self._on_loss)
            self._bus = bus
            self._subscribed = False
            self.touch_all()
        if self._watching and not self._subscribed:
            await self._subscribe(self._bus)
        return self._bus

    async def _subscribe(self, bus: Bus) -> None:
        self._subscribed = True
        try:
            await bus.subscribe(SYSTEMD, self._on_signal)
            await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "Subscribe")
        except BusError as error:
            if error.name != "org.freedesktop.systemd1.AlreadySubscribed":
                self._subscribed = False
                raise
        self.touch_all()

    def watch(self) -> None:
        """Have signals from now on."""
        self._watching = True

    def take(self) -> UnitChanges:
        """What may have changed, and start afresh. Without signals it is always everything."""
        changes = self._changes
        self._changes = UnitChanges(not self._subscribed, not self._subscribed)
        return changes

    def give_back(self, changes: UnitChanges) -> None:
        """A read of these changes failed: they are kept."""
        self._changes.everything |= changes.everything
        self._changes.files |= changes.files
        self._changes.units |= changes.units

    def touch_all(self) -> None:
        """Everything may have changed."""
        self._changes = UnitChanges(everything=True, files=True)
        self.changed.set()

    def touch(self, unit: str) -> None:
        """This unit may have changed."""
        self._changes.units.add(unit)
        self.changed.set()

    async def drop(self) -> None:
        """Close the connection; the next `bus()` opens another."""
        bus, self._bus = self._bus, None
        self._subscribed = False
        self._busy_until = 0.0
        if bus is not None:
            await bus.close()

    def _on_loss(self, reason: str) -> None:
        self._bus = None
        self._subscribed = False
        self._busy_until = 0.0
        self.lost = reason
        self.touch_all()

    def _on_signal(self, signal: Signal) -> None:
        if signal.member == "PropertiesChanged":
            if signal.interface == PROPERTIES:
                self._unit_changed(unit_name(signal.path))
        elif signal.member in ("UnitNew", "UnitRemoved"):
            self._unit_changed(str(signal.body[0]))
        elif signal.member == "JobRemoved":
            self._unit_changed(str(signal.body[2]))
        elif signal.member == "Reloading":
            self._set_busy(bool(signal.body[0]))
        elif signal.member == "UnitFilesChanged":
            self.touch_all()
        elif signal.member == "NameOwnerChanged" and signal.interface == DAEMON:
            self._owner_changed(str(signal.body[2]))

    def _unit_changed(self, unit: str | None) -> None:
        if unit is not None and self._interesting(unit):
            self.touch(unit)

    def _set_busy(self, busy: bool) -> None:
        loop = asyncio.get_running_loop()
        self._busy_until = loop.time() + BUSY_AT_MOST if busy else 0.0
        self.touch_all()

    def _owner_changed(self, owner: str) -> None:
        """The manager left the bus (it restarts itself in daemon-reexec) or came back."""
        self._set_busy(not owner)
        if owner:
            self._subscribed = False
