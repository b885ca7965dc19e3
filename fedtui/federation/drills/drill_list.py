"""The drills that there are, in the order in which they are listed."""

from __future__ import annotations

from fedtui.federation.drills.clock_change import ClockChangeDrill
from fedtui.federation.drills.drill import Drill
from fedtui.federation.drills.full_disk import FullDiskDrill
from fedtui.federation.drills.git_conflict import GitConflictDrill
from fedtui.federation.drills.missing_script import MissingScriptDrill
from fedtui.federation.drills.path_loss import PathLossDrill
from fedtui.federation.drills.service_offline import ServiceOfflineDrill

ALL: tuple[Drill, ...] = (
    ServiceOfflineDrill(),
    GitConflictDrill(),
    FullDiskDrill(),
    MissingScriptDrill(),
    PathLossDrill(),
    ClockChangeDrill(),
)


def find(name: str) -> Drill | None:
    return next((one for one in ALL if one.name == name), None)
