"""The one small door to D-Bus: what an adapter must do, and the one error it may raise.

Values cross the border as plain Python (str, int, float, bool, bytes, list, tuple, dict); a variant
arrives unwrapped, an array of bytes as bytes, a structure as a list or a tuple. Everything is asyncio; an
adapter that needs a thread keeps it to itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol

IN_FLIGHT = 64
"""Calls in flight on one connection. The system bus allows 128 pending replies, then LimitsExceeded."""

CONNECT_TIMEOUT = 5.0
"""Seconds until a bus that does not answer counts as not there."""

DAEMON = "org.freedesktop.DBus"
DAEMON_PATH = "/org/freedesktop/DBus"


class BusError(Exception):
    """A D-Bus call that failed, or a connection that is gone.

    `name` is the D-Bus error name ("org.freedesktop.systemd1.NoSuchUnit"); for a lost or refused
    connection `DISCONNECTED`, for a deadline that passed `TIMEOUT`.
    """

    DISCONNECTED = "fedtui.Disconnected"
    TIMEOUT = "fedtui.Timeout"
    UNSENDABLE = "fedtui.Unsendable"
    """The call holds what no D-Bus message may; the bus would close the connection of its sender."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}" if message else name)
        self.name = name
        self.message = message


class Signal(NamedTuple):
    """A signal as it came in. `body` holds its arguments, variants unwrapped."""

    path: str
    interface: str
    member: str
    body: tuple[Any, ...]


class Bus(Protocol):
    """One connection to one bus. `call` before `connect` or after a loss raises BusError(DISCONNECTED)."""

    async def connect(self) -> None:
        """Open the connection; BusError(DISCONNECTED) where the bus refuses or is not there."""
        ...

    async def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *arguments: Any,
        timeout: float = 10.0,
    ) -> tuple[Any, ...]:
        """Call a method and return its out-arguments; at most 64 are in flight, the rest wait.

        A variant argument is a pair `(signature, value)`. Raises BusError; `timeout` in seconds.
        """
        ...

    async def subscribe(self, sender: str, callback: Callable[[Signal], None]) -> None:
        """Have `callback` called in the event loop for every signal of `sender`, a well-known name.

        When `sender` comes or goes, the bus daemon's NameOwnerChanged for it is delivered too.
        """
        ...

    def on_disconnect(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called once, with the reason, when the connection is lost."""
        ...

    async def close(self) -> None:
        """Close the connection; safe to call twice."""
        ...


BusFactory = Callable[[bool], Awaitable[Bus]]
"""Opens a connected bus: True for the user's session bus, False for the system bus."""
