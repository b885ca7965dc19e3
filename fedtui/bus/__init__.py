"""The way to systemd: one small port, two adapters, and the factory that picks one of them.

An adapter is imported only when it is asked for: dbus-fast costs a tenth of a second, and pydbus needs
PyGObject, which many machines lack.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedtui.bus.port import Bus, BusFactory

KINDS = ("dbus-fast", "pydbus")
SYSTEM_ADDRESS = "unix:path=/run/dbus/system_bus_socket"


def address(user: bool) -> str:
    """The address of the user's session bus or of the system bus.

    Follows the D-Bus specification's environment variables; a session without one (cron, sudo, ssh to a
    bare shell) falls back to the socket that systemd's user manager keeps at `/run/user/UID/bus`.
    """
    if not user:
        return os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or SYSTEM_ADDRESS
    given = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    if given:
        return given
    folder = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return f"unix:path={Path(folder) / 'bus'}"


def make_bus(kind: str, user: bool) -> Bus:
    """An unconnected bus of that kind. Raises BusError(DISCONNECTED) where its library is missing."""
    if kind not in KINDS:
        raise ValueError(f"bus must be one of {', '.join(KINDS)}, not {kind!r}")
    from fedtui.bus.port import BusError

    try:
        if kind == "pydbus":
            from fedtui.bus.pydbus import PydbusBus

            return PydbusBus(address(user))
        from fedtui.bus.dbus_fast import DbusFastBus

        return DbusFastBus(address(user))
    except ImportError as error:
        advice = "pip install 'fedtui[pydbus]'" if kind == "pydbus" else "pip install dbus-fast"
        raise BusError(BusError.DISCONNECTED, f"{kind} cannot be loaded ({error}); {advice}") from error


async def open_bus(kind: str, user: bool) -> Bus:
    """A connected bus: the user's session bus or the system bus. Raises BusError(DISCONNECTED)."""
    bus = make_bus(kind, user)
    await bus.connect()
    return bus


def bus_factory(kind: str) -> BusFactory:
    """The factory that sources and actions take, for one kind of adapter."""

    async def factory(user: bool) -> Bus:
        return await open_bus(kind, user)

    return factory


__all__ = ["KINDS", "address", "bus_factory", "make_bus", "open_bus"]
