"""What every adapter of the bus port must do, as checks that run inside the booted machine.

Run as `python bus_contract.py KIND CHECK` against the caller's own session bus: exit status 0 when the
check holds. Kept free of pytest, because the machine's own Python (which has PyGObject) has none.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fedtui.bus import make_bus, open_bus
from fedtui.bus.port import Bus, BusError, Signal

SYSTEMD = "org.freedesktop.systemd1"
MANAGER_PATH = "/org/freedesktop/systemd1"
MANAGER = "org.freedesktop.systemd1.Manager"
PROPERTIES = "org.freedesktop.DBus.Properties"


@contextlib.asynccontextmanager
async def session(kind: str) -> AsyncIterator[Bus]:
    bus = await open_bus(kind, user=True)
    try:
        yield bus
    finally:
        await bus.close()


async def until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("did not come true in time")
        await asyncio.sleep(0.005)


async def fails(call: Any) -> BusError:
    try:
        await call
    except BusError as error:
        return error
    raise AssertionError("no BusError")


async def plain_values(kind: str) -> None:
    """Variants come unwrapped; bytes are bytes; arrays are lists."""
    async with session(kind) as bus:
        (units,) = await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits")
        by_name = {unit[0]: unit for unit in units}
        row = by_name["timers.target"]
        assert type(units) is list, type(units)
        assert type(row) in (list, tuple), type(row)
        assert list(row[2:5]) == ["loaded", "active", "active"], row
        (facts,) = await bus.call(SYSTEMD, row[6], PROPERTIES, "GetAll", "s", "org.freedesktop.systemd1.Unit")
        assert type(facts["InvocationID"]) is bytes, facts["InvocationID"]
        assert len(facts["InvocationID"]) == 16
        assert list(facts["Job"]) == [0, "/"], facts["Job"]
        assert facts["Conditions"] == []
        assert facts["LoadState"] == "loaded"
        assert type(facts["ActiveEnterTimestamp"]) is int
        assert facts["NeedDaemonReload"] is False


async def variant_arguments(kind: str) -> None:
    """A variant goes out as a pair: a transient service is started with one, and its exit is seen."""
    async with session(kind) as bus:
        name = f"contract-{kind}-{time.monotonic_ns()}.service"
        properties = [
            ("ExecStart", ("a(sasb)", [("/bin/sh", ["/bin/sh", "-c", "exit 3"], False)])),
            ("Type", ("s", "oneshot")),
            ("Description", ("s", "grüße")),
        ]
        signals: list[Signal] = []
        await bus.subscribe(SYSTEMD, signals.append)
        await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "Subscribe")
        (job,) = await bus.call(
            SYSTEMD,
            MANAGER_PATH,
            MANAGER,
            "StartTransientUnit",
            "ssa(sv)a(sa(sv))",
            name,
            "replace",
            properties,
            [],
        )
        await until(lambda: any(s.member == "JobRemoved" and s.body[1] == job for s in signals))
        done = next(s for s in signals if s.member == "JobRemoved" and s.body[1] == job)
        assert done.path == MANAGER_PATH
        assert done.interface == MANAGER
        assert done.body[2:] == (name, "failed"), done.body
        (unit,) = await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "GetUnit", "s", name)
        (status,) = await bus.call(
            SYSTEMD, unit, PROPERTIES, "Get", "ss", "org.freedesktop.systemd1.Service", "ExecMainStatus"
        )
        assert status == 3, status
        (words,) = await bus.call(
            SYSTEMD, unit, PROPERTIES, "Get", "ss", "org.freedesktop.systemd1.Unit", "Description"
        )
        assert words == "grüße", words
        assert await bus.call(SYSTEMD, unit, "org.freedesktop.systemd1.Unit", "ResetFailed") == ()


async def error_names(kind: str) -> None:
    """The D-Bus error's name and the sender's own words arrive."""
    async with session(kind) as bus:
        error = await fails(bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "GetUnit", "s", "no-such.service"))
        assert error.name == "org.freedesktop.systemd1.NoSuchUnit", error.name
        assert error.message == "Unit no-such.service not loaded.", error.message
        error = await fails(bus.call("org.example.Nobody", "/", "org.example.X", "Y"))
        assert error.name == "org.freedesktop.DBus.Error.ServiceUnknown", error.name


async def odd_units(kind: str) -> None:
    """A unit that systemd cannot describe gives systemd's own reason; the connection stays of use."""
    async with session(kind) as bus:
        name = f"odd-{kind}-{time.monotonic_ns()}"
        folder = Path.home() / ".config/systemd/user"
        folder.mkdir(parents=True, exist_ok=True)
        text = "[Service]\nType=oneshot\nExecStart=/bin/echo caf\\351\n"
        (folder / f"{name}.service").write_text(text)
        (path,) = await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "LoadUnit", "s", f"{name}.service")
        service = "org.freedesktop.systemd1.Service"
        error = await fails(bus.call(SYSTEMD, path, PROPERTIES, "GetAll", "s", service))
        assert error.name == "org.freedesktop.DBus.Error.InvalidArgs", error.name
        assert error.message == "Invalid argument", error.message
        for text in ("caf\udce9.service", "a\0b.service"):
            error = await fails(bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "LoadUnit", "s", text))
            assert error.name == BusError.UNSENDABLE, error.name
        (units,) = await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits")
        assert units


async def authorization(kind: str) -> None:
    """A usual user may not start a unit of the system manager; the name says that one could ask."""
    bus = await open_bus(kind, user=False)
    try:
        error = await fails(
            bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "StartUnit", "ss", "e2scrub_all.service", "replace")
        )
        assert error.name == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", error.name
    finally:
        await bus.close()


async def deadline(kind: str) -> None:
    """A stopped manager: the call ends by its deadline, and the connection stays of use."""
    async with session(kind) as bus:
        pid = subprocess.run(
            ["systemctl", "--user", "show", "-P", "MainPID", "dbus.service"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()
        (manager_pid,) = await bus.call(
            "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s", SYSTEMD
        )
        assert manager_pid != int(pid)
        os.kill(manager_pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            error = await fails(bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits", timeout=0.3))
            took = time.monotonic() - began
        finally:
            os.kill(manager_pid, signal.SIGCONT)
        assert error.name == BusError.TIMEOUT, error.name
        assert 0.25 < took < 2.0, took
        (units,) = await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits")
        assert units


async def many_calls(kind: str) -> None:
    """Four hundred calls at once on the system bus: none is refused, for at most 64 are in flight."""
    bus = await open_bus(kind, user=False)
    try:
        answers = await asyncio.gather(
            *(
                bus.call(SYSTEMD, MANAGER_PATH, PROPERTIES, "Get", "ss", MANAGER, "Version")
                for _ in range(400)
            )
        )
        assert len({answer[0] for answer in answers}) == 1
    finally:
        await bus.close()


async def cancelling(kind: str) -> None:
    """A cancelled call gives its slot back and breaks nothing."""
    async with session(kind) as bus:
        calls = [
            asyncio.ensure_future(bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits")) for _ in range(100)
        ]
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        answers = await asyncio.gather(
            *(bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits") for _ in range(100))
        )
        assert len(answers) == 100


async def signals_only_of_the_sender(kind: str) -> None:
    """A signal of somebody else does not reach the callback; the sender's own does, within 200 ms."""
    async with session(kind) as bus:
        signals: list[Signal] = []
        await bus.subscribe(SYSTEMD, signals.append)
        await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "Subscribe")
        subprocess.run(
            ["busctl", "--user", "emit", "/org/example", "org.example.X", "Fake"], check=True, timeout=10
        )
        began = time.monotonic()
        await asyncio.create_subprocess_exec("systemctl", "--user", "daemon-reload", stdin=subprocess.DEVNULL)
        await until(lambda: any(s.member == "Reloading" and s.body == (True,) for s in signals))
        assert time.monotonic() - began < 1.0
        await until(lambda: any(s.member == "Reloading" and s.body == (False,) for s in signals))
        assert not [s for s in signals if s.path == "/org/example"]


async def closing(kind: str) -> None:
    """Closing twice is safe, ends calls in flight, tells nobody of a loss, and later calls are refused."""
    lost: list[str] = []
    bus = await open_bus(kind, user=True)
    bus.on_disconnect(lost.append)
    call = asyncio.ensure_future(bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits"))
    await asyncio.sleep(0)
    await bus.close()
    await bus.close()
    with contextlib.suppress(BusError):
        await asyncio.wait_for(call, 2.0)
    error = await fails(bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits"))
    assert error.name == BusError.DISCONNECTED
    assert lost == []


async def no_bus(kind: str) -> None:
    """Where there is no bus, connect says so; so does a call that comes before connect."""
    bus = make_bus(kind, user=True)
    error = await fails(bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits"))
    assert error.name == BusError.DISCONNECTED
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere/bus"
    error = await fails(open_bus(kind, user=True))
    assert error.name == BusError.DISCONNECTED
    assert "No such file or directory" in error.message, error.message


async def losing(kind: str) -> None:
    """The bus is restarted: told at once, calls in flight end, a new connection works."""
    lost: list[tuple[float, str]] = []
    bus = await open_bus(kind, user=True)
    bus.on_disconnect(lambda reason: lost.append((time.monotonic(), reason)))
    restart = await asyncio.create_subprocess_exec(
        "systemctl", "--user", "restart", "dbus.service", stdin=subprocess.DEVNULL
    )
    await until(lambda: lost, 10.0)
    assert len(lost) == 1, lost
    assert lost[0][1], lost
    error = await fails(bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits"))
    assert error.name == BusError.DISCONNECTED
    late: list[str] = []
    bus.on_disconnect(late.append)
    await until(lambda: late == [lost[0][1]])
    await bus.close()
    await asyncio.wait_for(restart.wait(), 20.0)
    again: Bus | None = None
    for _ in range(50):
        try:
            again = await open_bus(kind, user=True)
            (units,) = await again.call(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnits")
        except BusError:
            await asyncio.sleep(0.1)
        else:
            assert units
            break
    assert again is not None
    await again.close()


async def owner_changes(kind: str) -> None:
    """When the sender comes back under another connection, its signals still arrive."""
    async with session(kind) as bus:
        signals: list[Signal] = []
        await bus.subscribe(SYSTEMD, signals.append)
        process = await asyncio.create_subprocess_exec(
            "systemctl", "--user", "daemon-reexec", stdin=subprocess.DEVNULL
        )
        await asyncio.wait_for(process.wait(), 20.0)
        await until(lambda: any(s.member == "NameOwnerChanged" and s.body[2] for s in signals), 10.0)
        await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "Subscribe")
        signals.clear()
        await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "Reload", timeout=20.0)
        await until(lambda: any(s.member == "Reloading" for s in signals))


CHECKS = {
    check.__name__: check
    for check in (
        plain_values,
        variant_arguments,
        error_names,
        odd_units,
        authorization,
        deadline,
        many_calls,
        cancelling,
        signals_only_of_the_sender,
        closing,
        no_bus,
        owner_changes,
        losing,
    )
}

if __name__ == "__main__":
    asyncio.run(CHECKS[sys.argv[2]](sys.argv[1]))
