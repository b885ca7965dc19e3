"""A bus that gives the recorded answers of a real systemd, for tests without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from fedtui.bus.port import BusError, Signal

RECORDINGS = Path(__file__).parents[2] / "recordings" / "bus"


class Recording:
    """What one user manager answered at one moment; `calls` may be changed by a test, also to a BusError."""

    def __init__(self, name: str) -> None:
        data = json.loads((RECORDINGS / name).read_text())
        self.now = datetime.fromisoformat(data["now"])
        self.monotonic: float = data["monotonic"]
        self.calls: dict[str, Any] = {key: _bytes(value) for key, value in data["calls"].items()}

    def properties(self, unit: str, interface: str) -> dict[str, Any]:
        """The recorded GetAll of a unit, to be changed in place."""
        for key, (value,) in ((key, value) for key, value in self.calls.items() if '"GetAll"' in key):
            path, _, asked = json.loads(key)
            if path.endswith("/" + unit.replace(".", "_2e").replace("-", "_2d")) and asked.endswith(
                interface
            ):
                assert isinstance(value, dict)
                return value
        raise LookupError(unit)


def _bytes(value: Any) -> Any:
    if isinstance(value, dict):
        return (
            bytes.fromhex(value["bytes"])
            if set(value) == {"bytes"}
            else {k: _bytes(v) for k, v in value.items()}
        )
    return [_bytes(item) for item in value] if isinstance(value, list) else value


class ReplayBus:
    """Answers from a recording; can be lost, and can send signals."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.asked: list[tuple[str, str]] = []
        self._callbacks: list[Callable[[Signal], None]] = []
        self._lost: list[Callable[[str], None]] = []
        self.gone = False

    async def connect(self) -> None:
        """Nothing to do."""

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
        """The recorded answer; NoSuchUnit for what was not asked when it was recorded."""
        if self.gone:
            raise BusError(BusError.DISCONNECTED, "connection reset by peer")
        self.asked.append((member, path))
        if member == "Subscribe":
            return ()
        if member == "ListUnitsByPatterns":
            (units,) = self._recording.calls[json.dumps([path, "ListUnits"])]
            return ([unit for unit in units if unit[0] in arguments[1]],)
        try:
            answer = self._recording.calls[json.dumps([path, member, *arguments])]
        except KeyError:
            raise BusError("org.freedesktop.systemd1.NoSuchUnit", f"{path} not loaded.") from None
        if isinstance(answer, BusError):
            raise answer
        return tuple(answer)

    async def subscribe(self, sender: str, callback: Callable[[Signal], None]) -> None:
        """Have `send` reach the callback."""
        self._callbacks.append(callback)

    def send(self, signal: Signal) -> None:
        """Deliver a signal."""
        for callback in self._callbacks:
            callback(signal)

    def on_disconnect(self, callback: Callable[[str], None]) -> None:
        """Have `lose` reach the callback."""
        self._lost.append(callback)

    def lose(self, reason: str) -> None:
        """The connection is lost."""
        self.gone = True
        for callback in self._lost:
            callback(reason)

    async def close(self) -> None:
        """Nothing to do."""
