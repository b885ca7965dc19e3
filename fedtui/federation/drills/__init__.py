"""Drills: failures of a federation, rehearsed before they happen. One module a drill; `ALL` lists them.

None changes what is the user's: scripts run in a view of the file system of their own (`stage`), everything
else lies in a scratch folder, and what a drill is about to do is written down first (`journal`), so that it
is cleaned up even where the drill is killed (`guard`).
"""

from fedtui.federation.drills.clock_change import ClockChange
from fedtui.federation.drills.drill import Drill, Event, Found, Phase, Rehearsal, Setting
from fedtui.federation.drills.full_disk import FullDisk
from fedtui.federation.drills.git_conflict import GitConflict
from fedtui.federation.drills.missing_script import MissingScript
from fedtui.federation.drills.path_loss import PathLoss
from fedtui.federation.drills.rehearse import Outcome, rehearse, tidy
from fedtui.federation.drills.service_offline import ServiceOffline

ALL: tuple[Drill, ...] = (
    ServiceOffline(),
    GitConflict(),
    FullDisk(),
    MissingScript(),
    PathLoss(),
    ClockChange(),
)

__all__ = ["ALL", "Drill", "Event", "Found", "Outcome", "Phase", "Rehearsal", "Setting", "rehearse", "tidy"]
