"""systemd timers: their manager also makes the runs by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar

from fedtui.model import Job, Run, Snapshot, State, TimerFacts
from fedtui.schedule.upcoming import EARLY
from fedtui.schedulers import SchedulerWords

if TYPE_CHECKING:
    from fedtui.logs.log_feed import LogFeed

GRACE = timedelta(seconds=30)
"""What a timer has beyond its AccuracySec= and RandomizedDelaySec=."""


@dataclass(frozen=True, slots=True)
class TimerDriver:
    """See `SchedulerDriver`."""

    job: Job
    timer: TimerFacts

    words: ClassVar[SchedulerWords] = SchedulerWords(
        down="bus down",
        unreachable="bus down",
        down_code="FT002",
        where="as a unit",
        how_stopped="Its unit is stopped.",
        start_unseen="the timer has elapsed, but no run was seen",
    )
    runs_by_hand: ClassVar[bool] = True
    knows_last_start: ClassVar[bool] = True

    @property
    def kind(self) -> str:
        return self.job.source.value.replace("-", " ")

    @property
    def grace(self) -> timedelta:
        return GRACE + timedelta(seconds=self.timer.accuracy + self.timer.randomized_delay)

    @property
    def asked_again(self) -> str:
        return self.job.source.read_by

    def did_not_start(self, due: datetime, snapshot: Snapshot) -> str:
        job, answered = self.job, snapshot.answered.get(self.job.source.read_by)
        still_due = job.next_run is not None and abs(job.next_run - due) < EARLY
        waits = still_due and job.state in (State.ON, State.OVERDUE)
        if waits and answered is not None and answered > due + self.grace:
            return "systemd has not started it: the timer still waits"
        return ""

    def output_of(self, runs: Sequence[Run]) -> None:
        return None

    def journal(self, zone: tzinfo, lines: int) -> LogFeed | None:
        from fedtui.logs.unit_feed import UnitFeed

        unit = self.timer.activates
        return UnitFeed(unit, self.timer.user_manager, zone, lines) if unit else None
