"""The second adapter: pydbus, on PyGObject. It works, and it is not the default.

pydbus has had no release since 2016; its proxies block for minutes at scale, and its `SystemBus()`
ends the whole process when the bus goes away. So only its connection is used: opened by address (no
exit-on-close), called asynchronously on a GLib loop in a thread of its own, answers handed to asyncio
by `call_soon_threadsafe`. After a loss a new object opens a new connection.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pydbus
from gi.repository import Gio, GLib

from fedtui.bus.connection import Connection
from fedtui.bus.port import CONNECT_TIMEOUT, DAEMON, DAEMON_PATH, BusError, Signal
from fedtui.bus.values import outgoing_all
from fedtui.system.patience import seconds_left, waiting

_CLOSED = "the bus closed the connection"


class PydbusBus(Connection):
    """One connection; see `fedtui.bus.port.Bus`."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._glib = _GLibThread()
        self._con: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: set[asyncio.Future[Any]] = set()

    async def connect(self) -> None:
        """Open the connection; BusError(DISCONNECTED) where the bus refuses or is not there."""
        self._loop = asyncio.get_running_loop()
        self._glib.start()
        opened: asyncio.Future[Any] = self._loop.create_future()
        self._glib.invoke(self._connect_in_thread, opened)
        try:
            with waiting("the bus"):
                self._con = await asyncio.wait_for(opened, seconds_left(CONNECT_TIMEOUT))
        except TimeoutError as error:
            self._glib.stop()
            raise BusError(BusError.DISCONNECTED, f"no answer from {self._address}") from error
        except BusError:
            self._glib.stop()
            raise

    def _connect_in_thread(self, opened: asyncio.Future[Any]) -> None:
        try:
            con = pydbus.connect(self._address).con
        except GLib.Error as error:
            self._post(_fail, opened, BusError(BusError.DISCONNECTED, _text(error)))
            return
        con.set_exit_on_close(False)
        con.connect("closed", lambda _con, _vanished, error: self._post(self._drop, _text(error)))
        self._post(_succeed, opened, con)

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
        body = outgoing_all(signature, arguments, GLib.Variant)
        parameters = GLib.Variant(f"({signature})", tuple(body)) if signature else None
        async with self._slot(destination):
            if self._con is None or self._loop is None or self._lost is not None:
                raise self._not_connected()
            answer: asyncio.Future[tuple[Any, ...]] = self._loop.create_future()
            self._open.add(answer)
            target = (destination, path, interface, member)
            self._glib.invoke(self._call_in_thread, self._con, target, parameters, answer)
            timeout = seconds_left(timeout)
            try:
                return await asyncio.wait_for(answer, timeout)
            except TimeoutError as error:
                raise BusError(
                    BusError.TIMEOUT, f"no answer to {member} in {round(timeout, 1):g} s"
                ) from error
            finally:
                self._open.discard(answer)

    def _call_in_thread(
        self,
        con: Any,
        target: tuple[str, str, str, str],
        parameters: Any,
        answer: asyncio.Future[tuple[Any, ...]],
    ) -> None:
        def done(source: Any, result: Any) -> None:
            try:
                reply = source.call_finish(result)
                body = _body(reply)
            except GLib.Error as error:
                self._post(_fail, answer, _bus_error(error))
            except (ValueError, TypeError) as error:  # else nobody would answer the call
                self._post(_fail, answer, BusError("org.freedesktop.DBus.Error.InvalidArgs", str(error)))
            else:
                self._post(_succeed, answer, body)

        # GLib's own deadline is left off (GLib.MAXINT means none): asyncio keeps it.
        con.call(*target, parameters, None, Gio.DBusCallFlags.NONE, GLib.MAXINT, None, done)

    async def subscribe(self, sender: str, callback: Callable[[Signal], None]) -> None:
        """Have `callback` called for every signal of `sender`, and when `sender` comes or goes."""
        if self._con is None or self._loop is None or self._lost is not None:
            raise self._not_connected()
        ready: asyncio.Future[None] = self._loop.create_future()
        self._glib.invoke(self._subscribe_in_thread, self._con, sender, callback, ready)
        await ready
        # A round trip: the match rules were sent before it, so no signal after it is missed.
        await self.call(DAEMON, DAEMON_PATH, DAEMON, "GetId")

    def _subscribe_in_thread(
        self, con: Any, sender: str, callback: Callable[[Signal], None], ready: asyncio.Future[None]
    ) -> None:
        def incoming(_con: Any, _by: str, path: str, interface: str, member: str, body: Any) -> None:
            self._post(callback, Signal(path, interface, member, _body(body)))

        flags = Gio.DBusSignalFlags.NONE
        con.signal_subscribe(sender, None, None, None, None, flags, incoming)
        con.signal_subscribe(DAEMON, DAEMON, "NameOwnerChanged", DAEMON_PATH, sender, flags, incoming)
        self._post(_succeed, ready, None)

    async def close(self) -> None:
        """Close the connection; safe to call twice. Calls in flight end with BusError(DISCONNECTED)."""
        self._begin_close()
        con, self._con = self._con, None
        if con is None:
            return
        self._glib.invoke(_close_in_thread, con)
        self._glib.stop()
        await asyncio.to_thread(self._glib.join, 1.0)

    def _post(self, function: Callable[..., None], *arguments: Any) -> None:
        """Hand a call from the GLib thread to the event loop; a loop that has ended needs no news."""
        if self._loop is None or self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(function, *arguments)

    def _drop(self, reason: str) -> None:
        for answer in () if self._lost is not None else tuple(self._open):
            _fail(answer, BusError(BusError.DISCONNECTED, reason))
        super()._drop(reason)


class _GLibThread:
    """A GLib main loop with a context of its own, in a daemon thread."""

    def __init__(self) -> None:
        self._context = GLib.MainContext()
        self._loop = GLib.MainLoop(context=self._context)
        self._thread = threading.Thread(target=self._run, name="fedtui-pydbus", daemon=True)

    def _run(self) -> None:
        self._context.push_thread_default()
        try:
            self._loop.run()
        finally:
            self._context.pop_thread_default()

    def start(self) -> None:
        self._thread.start()

    def invoke(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run `function` in the thread, where the connection's callbacks belong."""

        def once(_data: object = None) -> bool:
            function(*arguments)
            return False

        source = GLib.Idle(priority=GLib.PRIORITY_DEFAULT)
        source.set_callback(once)
        source.attach(self._context)

    def stop(self) -> None:
        self.invoke(self._loop.quit)

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)


def _close_in_thread(con: Any) -> None:
    if not con.is_closed():
        con.close(None, None)


def _succeed(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


def _fail(future: asyncio.Future[Any], error: BusError) -> None:
    if not future.done():
        future.set_exception(error)


def _text(error: Any) -> str:
    """Words for a GLib error or for a plain end of the connection (None)."""
    if error is None or error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED):
        return _CLOSED
    message: str = error.message
    return message.split(": ", 2)[-1] if message.startswith("GDBus.Error:") else message


def _bus_error(error: Any) -> BusError:
    if Gio.DBusError.is_remote_error(error):
        return BusError(Gio.DBusError.get_remote_error(error), _remote_text(error.message))
    if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT):
        return BusError(BusError.TIMEOUT, error.message)
    return BusError(BusError.DISCONNECTED, _text(error))


def _remote_text(message: str) -> str:
    """GDBus writes "GDBus.Error:NAME: TEXT"; only TEXT is the sender's."""
    if not message.startswith("GDBus.Error:"):
        return message
    return message.partition(": ")[2]


def _body(variant: Any) -> tuple[Any, ...]:
    return tuple(_incoming(variant.get_child_value(i)) for i in range(variant.n_children()))


def _incoming(variant: Any) -> Any:
    """A GLib variant as the port's plain Python: bytes for `ay`, lists for arrays."""
    kind = variant.get_type_string()
    if kind == "v":
        return _incoming(variant.get_variant())
    if kind == "ay":
        return bytes(variant.unpack())
    if kind[0] not in "a({" or not _needs_walk(kind):
        return variant.unpack()
    children = (variant.get_child_value(i) for i in range(variant.n_children()))
    if kind.startswith("a{"):
        return {
            _incoming(entry.get_child_value(0)): _incoming(entry.get_child_value(1)) for entry in children
        }
    made = (_incoming(child) for child in children)
    return list(made) if kind.startswith("a") else tuple(made)


def _needs_walk(kind: str) -> bool:
    """What holds neither variants nor bytes is unpacked by GLib in one go."""
    return "v" in kind or "ay" in kind
