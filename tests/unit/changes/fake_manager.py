"""A user's manager with one timer, as a bus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fedtui.bus.port import Bus, BusError
from fedtui.bus.systemd_names import SYSTEMD
from fedtui.ports import Ports


class Manager:
    """One timer: whether it is `there`, `active`, `enabled` (None: it is static) and `masked`.

    `hangs` are the calls that are not answered, and done all the same; `version` is systemd's.
    """

    def __init__(
        self, *hangs: str, active: bool = True, enabled: bool | None = None, version: str = "252.39-1~deb12u1"
    ) -> None:
        self.version = version
        self.there, self.active, self.enabled, self.masked = True, active, enabled, False
        self.hangs = hangs
        self.asked: list[str] = []

    async def call(
        self, destination: str, path: str, interface: str, member: str, *arguments: Any, timeout: float = 10.0
    ) -> tuple[Any, ...]:
        self.asked.append(member)
        self.active = {"StopUnit": False, "StartUnit": True}.get(member, self.active)
        self.masked = {"MaskUnitFiles": True, "UnmaskUnitFiles": False}.get(member, self.masked)
        self.enabled = {"EnableUnitFiles": True, "DisableUnitFiles": False}.get(member, self.enabled)
        if member in self.hangs:
            raise BusError(BusError.TIMEOUT, f"no answer to {member} in 25 s")
        if member == "GetUnit":
            raise BusError(f"{SYSTEMD}.NoSuchUnit", "not loaded")
        unit = {
            "ActiveState": "active" if self.active else "inactive",
            "SubState": "waiting",
            "LoadState": "loaded" if self.there else "not-found",
            "Job": (0, "/"),
        }
        answers: dict[str, tuple[Any, ...]] = {
            **dict.fromkeys(("StopUnit", "StartUnit"), ("/job",)),
            "LoadUnit": ("/unit",),
            "GetAll": (unit,),
            "Get": (self.version,),
            "GetUnitFileState": (self._file_state(),),
            "Introspect": ("<node/>",),
        }
        return answers.get(member, ())

    def _file_state(self) -> str:
        if self.masked or not self.there:
            return "masked" if self.masked else ""
        return {None: "static", True: "enabled", False: "disabled"}[self.enabled]

    def port(self, ports: Ports) -> Ports:
        """`ports` with this manager as their bus."""

        async def opened(_user: bool) -> Bus:
            return self  # type: ignore[return-value]  # no more of a bus is used

        return replace(ports, bus=opened)

    async def subscribe(self, sender: str, callback: Callable[..., None]) -> None:
        """No signal ever comes."""

    async def close(self) -> None:
        """Nothing to do."""
