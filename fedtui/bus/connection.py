"""What both adapters of the bus do alike: tell once that the connection was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fedtui.bus.port import DAEMON, IN_FLIGHT, BusError
from fedtui.bus.systemd_names import SYSTEMD
from fedtui.system.patience import waiting

_NAMES = {SYSTEMD: "systemd", DAEMON: "the bus", "org.freedesktop.login1": "logind"}


class Connection:
    """The address, the calls in flight, and the loss of one connection."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._on_lost: list[Callable[[str], None]] = []
        self._lost: str | None = None
        self._closing = False

    def on_disconnect(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called once, with the reason, when the connection is lost."""
        if self._lost is not None and not self._closing:
            asyncio.get_running_loop().call_soon(callback, self._lost)
            return
        self._on_lost.append(callback)

    @asynccontextmanager
    async def _slot(self, destination: str) -> AsyncIterator[None]:
        """Be one of the calls in flight."""
        with waiting(_NAMES.get(destination, destination)):
            async with self._slots:
                yield

    def _not_connected(self) -> BusError:
        return BusError(BusError.DISCONNECTED, self._lost or "not connected")

    def _begin_close(self) -> None:
        """A close that was asked for is no loss: nobody is called."""
        self._closing = True
        self._on_lost.clear()
        self._drop("connection closed")

    def _drop(self, reason: str) -> None:
        if self._lost is not None:
            return
        self._lost = reason
        callbacks, self._on_lost = self._on_lost, []
        for callback in callbacks:
            callback(reason)
