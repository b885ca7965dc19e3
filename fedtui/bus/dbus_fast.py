"""The default adapter: dbus-fast with raw messages, on asyncio.

Introspected proxies are not used: they cost thirty times as much for a scan of many units.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError, InvalidAddressError
from dbus_fast.unpack import unpack_variants

from fedtui.bus.connection import Connection
from fedtui.bus.port import CONNECT_TIMEOUT, DAEMON, DAEMON_PATH, BusError, Signal
from fedtui.bus.values import outgoing_all
from fedtui.system.patience import seconds_left, waiting

_LOST = (OSError, EOFError, AuthError, ConnectionError)


class DbusFastBus(Connection):
    """One connection; see `fedtui.bus.port.Bus`."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._bus: MessageBus | None = None
        self._senders: dict[str, str] = {}
        self._callbacks: dict[str, list[Callable[[Signal], None]]] = {}
        self._watcher: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Open the connection; BusError(DISCONNECTED) where the bus refuses or is not there."""
        try:
            with waiting("the bus"):
                async with asyncio.timeout(seconds_left(CONNECT_TIMEOUT)):
                    bus = MessageBus(bus_address=self._address)
                    await bus.connect()
        except TimeoutError as error:
            raise BusError(BusError.DISCONNECTED, f"no answer from {self._address}") from error
        except (*_LOST, DBusError, InvalidAddressError, ValueError) as error:
            raise BusError(BusError.DISCONNECTED, _reason(error)) from error
        bus.add_message_handler(self._incoming)
        self._bus = bus
        self._watcher = asyncio.get_running_loop().create_task(self._wait_for_loss(bus))

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
        """Call a method; see the port. The deadline runs from the moment the call has a slot."""
        body = outgoing_all(signature, arguments, Variant)
        message = Message(destination, path, interface, member, signature=signature, body=body)
        async with self._slot(destination):
            reply = await self._send(message, seconds_left(timeout))
        if reply.message_type is MessageType.ERROR:
            text = reply.body[0] if reply.body and isinstance(reply.body[0], str) else ""
            raise BusError(reply.error_name or "org.freedesktop.DBus.Error.Failed", text)
        return tuple(unpack_variants(reply.body))

    async def _send(self, message: Message, timeout: float) -> Message:
        bus = self._bus
        if bus is None or self._lost is not None:
            raise self._not_connected()
        try:
            async with asyncio.timeout(timeout):
                reply = await bus.call(message)
        except TimeoutError as error:
            raise BusError(
                BusError.TIMEOUT, f"no answer to {message.member} in {round(timeout, 1):g} s"
            ) from error
        except _LOST as error:
            self._drop(_reason(error))
            raise BusError(BusError.DISCONNECTED, _reason(error)) from error
        if reply is None:  # what dbus-fast answers to calls that were open when the connection was closed
            raise BusError(BusError.DISCONNECTED, self._lost or "connection closed")
        return reply

    async def subscribe(self, sender: str, callback: Callable[[Signal], None]) -> None:
        """Have `callback` called for every signal of `sender`, and when `sender` comes or goes."""
        first = sender not in self._callbacks
        self._callbacks.setdefault(sender, []).append(callback)
        if not first:
            return
        await self._match(f"type='signal',sender='{sender}'")
        await self._match(f"type='signal',sender='{DAEMON}',member='NameOwnerChanged',arg0='{sender}'")
        try:
            owner = await self.call(DAEMON, DAEMON_PATH, DAEMON, "GetNameOwner", "s", sender)
        except BusError as error:
            if error.name != "org.freedesktop.DBus.Error.NameHasNoOwner":
                raise
        else:
            self._senders[owner[0]] = sender

    async def _match(self, rule: str) -> None:
        await self.call(DAEMON, DAEMON_PATH, DAEMON, "AddMatch", "s", rule)

    async def close(self) -> None:
        """Close the connection; safe to call twice. Calls in flight end with BusError(DISCONNECTED)."""
        self._begin_close()
        bus, self._bus = self._bus, None
        if bus is not None and bus.connected:
            bus.disconnect()
        if self._watcher is not None:
            await asyncio.wait((self._watcher,), timeout=1.0)

    def _incoming(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.sender == DAEMON and message.member == "NameOwnerChanged":
            named = self._owner_changed(*message.body)
        else:
            named = self._senders.get(message.sender or "")
        if named is None:
            return
        where = (message.path or "", message.interface or "", message.member or "")
        signal = Signal(*where, tuple(unpack_variants(message.body)))
        for callback in tuple(self._callbacks.get(named, ())):
            callback(signal)

    def _owner_changed(self, name: str, old: str, new: str) -> str | None:
        if name not in self._callbacks:
            return None
        self._senders.pop(old, None)
        if new:
            self._senders[new] = name
        return name

    async def _wait_for_loss(self, bus: MessageBus) -> None:
        try:
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast has no hints here
        except _LOST as error:
            self._drop(_reason(error))
        else:
            self._drop("connection closed by the bus")


def _reason(error: BaseException) -> str:
    """Words for a loss; an end of file is what a bus that goes away looks like."""
    if isinstance(error, EOFError) or (isinstance(error, OSError) and error.errno == 9):
        return "the bus closed the connection"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
