"""The drills that there are, in the order in which they are listed."""

from __future__ import annotations

from fedtui.federation.drills.clock_change import ClockChange
from fedtui.federation.drills.drill import Drill
from fedtui.federation.drills.full_disk import FullDisk
from fedtui.federation.drills.git_conflict import GitConflict
from fedtui.federation.drills.missing_script import MissingScript
from fedtui.federation.drills.path_loss import PathLoss
from fedtui.federation.drills.service_offline import ServiceOffline

ALL: tuple[Drill, ...] = (
    ServiceOffline(),
    GitConflict(),
    FullDisk(),
    MissingScript(),
    PathLoss(),
    ClockChange(),
)


def find(name: str) -> Drill | None:
    """The drill of that name."""
    return next((one for one in ALL if one.name == name), None)
