"""A timer as it is now: what systemd says of it, and the files that are the user's to change."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import SystemdManager
from fedtui.bus.systemd_names import TIMER, directive, is_enabled, is_instance, is_masked, made_by
from fedtui.model import Job, TimerFacts
from fedtui.system.paths import xdg_folder

SYSTEM_UNITS = Path("/etc/systemd/system")
SCHEDULE_FILE = "zz-fedtui-schedule.conf"
"""Drop-ins are read in the order of their names; these come after all that people usually write."""


def runtime_units(*, user_manager: bool) -> Path:
    """The folder of units that a boot forgets."""
    if not user_manager:
        return Path("/run/systemd/system")
    return Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}", "systemd/user")


@dataclass(frozen=True, slots=True)
class TimerTarget:
    """Which timer an action is about, without what may have changed since it was looked at."""

    job_id: str
    job_name: str
    unit: str
    user_manager: bool

    @classmethod
    def of(cls, job: Job, facts: TimerFacts) -> TimerTarget:
        return cls(job.id, job.name, facts.unit, facts.user_manager)

    @property
    def units(self) -> Path:
        """The folder in which the administrator, or the user, keeps units of their own."""
        if not self.user_manager:
            return SYSTEM_UNITS
        return xdg_folder("XDG_CONFIG_HOME", ".config") / "systemd" / "user"

    def drop_in(self, name: str) -> Path:
        return self.units / f"{self.unit}.d" / name

    def runtime_drop_in(self, name: str) -> Path:
        """The same for as long as the machine is up."""
        return runtime_units(user_manager=self.user_manager) / f"{self.unit}.d" / name


@dataclass(frozen=True, slots=True)
class UnitState:
    """How a timer is.

    `calendar` holds OnCalendar= as systemd normalises them, `monotonic` pairs such as ("OnBootSec", 300.0).
    """

    active: bool
    file_state: str
    fragment: str
    drop_ins: tuple[str, ...]
    calendar: tuple[str, ...]
    monotonic: tuple[tuple[str, float], ...]
    persistent: bool

    @property
    def enabled(self) -> bool:
        return is_enabled(self.file_state)

    @property
    def masked(self) -> bool:
        return is_masked(self.file_state)

    @property
    def own_file(self) -> bool:
        """True where the unit's file itself lies where a mask would have to go."""
        return Path(self.fragment).parent in (SYSTEM_UNITS, *_user_folders())

    @property
    def nameless(self) -> bool:
        """True for an instance that no file is named after: disabled and stopped, it would be in no list."""
        name = Path(self.fragment).name
        return "@." in name and not is_instance(name)

    @property
    def linked(self) -> bool:
        """True where disabling would remove the link that makes the unit known at all."""
        linked = os.path.islink(self.fragment)  # noqa: PTH114 (never raises)
        return self.file_state in ("linked", "linked-runtime") or linked

    @property
    def can_disable(self) -> bool:
        """True where it is enabled, and can be enabled again the same way."""
        return self.enabled and not self.linked


def _user_folders() -> tuple[Path, ...]:
    own = (Path.home() / ".config", xdg_folder("XDG_CONFIG_HOME", ".config"))
    return (*(folder / "systemd/user" for folder in own), Path("/etc/systemd/user"))


@dataclass(frozen=True, slots=True)
class TimerUnit:
    """A timer that was looked at: its object's path, its state, and the properties behind that."""

    path: str
    state: UnitState
    unit: dict[str, Any]
    timer: dict[str, Any]


class Gone(Refused):
    """There is no such unit any more."""


async def read_timer(systemd: SystemdManager, target: TimerTarget) -> TimerUnit:
    """Ask systemd for the timer as it is now. Raises Gone."""
    path, unit = await systemd.unit(target.unit)
    if unit["LoadState"] == "not-found":
        raise Gone(f"{target.unit} is no longer there.", advice="R looks at all timers again.")
    timer = await systemd.properties(path, TIMER)
    state = UnitState(
        active=unit["ActiveState"] in ("active", "activating", "reloading"),
        file_state=await systemd.unit_file_state(target.unit),
        fragment=str(unit["FragmentPath"]),
        drop_ins=tuple(unit["DropInPaths"]),
        calendar=tuple(spec for base, spec, _ in timer["TimersCalendar"] if base == "OnCalendar"),
        monotonic=tuple((directive(base), length / 1e6) for base, length, _ in timer["TimersMonotonic"]),
        persistent=bool(timer.get("Persistent", False)),
    )
    return TimerUnit(path, state, unit, timer)


def require_privilege(target: TimerTarget, *command: str) -> None:
    """Raise Refused with the exact command where the timer is the system's and we are not root."""
    if not target.user_manager and os.geteuid() != 0:
        words = " ".join(command)
        raise Refused(f"{target.unit} belongs to the system.", advice=f"Run: sudo {words}")


def require_kept(target: TimerTarget, timer: TimerUnit) -> None:
    """Raise Refused for a timer that would be gone once it is stopped, or whose file is generated. Blocking.

    A stop deletes what `systemd-run` made, and drops a unit whose file is gone; a generated file is made from
    another one, at each reload under a name that may be another job's by then.
    """
    unit, fragment = target.unit, timer.state.fragment
    ctl = "systemctl --user" if target.user_manager else "systemctl"
    keep = f"To keep it, save what `{ctl} cat {unit} {timer.timer['Unit']}` shows in {target.units}"
    untouched = "Nothing was changed."
    made = made_by(fragment) or ("transient" if timer.unit.get("Transient") else "")
    if made == "generated":
        origin = str(timer.unit.get("SourcePath") or "") or "a program in systemd's generator folders"
        raise Refused(
            f"{unit} is generated from {origin}.",
            untouched,
            f"Change it there: each reload writes {fragment} again.",
        )
    if made:
        raise Refused(
            f"{unit} has no unit file to keep: systemd-run made it, and stopping it would delete it.",
            untouched,
            f"{keep}. To delete it: {'' if target.user_manager else 'sudo '}{ctl} stop {unit}",
        )
    if not fragment or _is_gone(fragment):
        where = f"its file {fragment} is gone" if fragment else "it has no unit file"
        raise Refused(f"systemd would forget {unit} once it is stopped: {where}.", untouched, f"{keep}.")


def _is_gone(path: str) -> bool:
    try:
        Path(path).stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)  # what may not be looked at is there
    return False
