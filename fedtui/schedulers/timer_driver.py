"""systemd timers: changed by unit files and calls to the manager, which also makes the runs by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar

from fedtui.action_result import Applied, Refused
from fedtui.model import Job, Run, Snapshot, State, TimerFacts, Trigger
from fedtui.schedulers import EARLY

if TYPE_CHECKING:
    from fedtui.changes.open_table import Tables
    from fedtui.logs.log_feed import LogFeed
    from fedtui.ports import Ports
    from fedtui.schedulers import Proposal

GRACE = timedelta(seconds=30)
"""What a timer has beyond its AccuracySec= and RandomizedDelaySec=."""


@dataclass(frozen=True, slots=True)
class TimerDriver:
    """See `SchedulerDriver`."""

    job: Job
    timer: TimerFacts

    down: ClassVar[str] = "bus down"
    unreachable: ClassVar[str] = "bus down"
    where: ClassVar[str] = "as a unit"
    how_stopped: ClassVar[str] = "Its unit is stopped."
    start_unseen: ClassVar[str] = "the timer has elapsed, but no run was seen"
    down_code: ClassVar[str] = "FT002"
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

    async def start(self, ports: Ports, trigger: Trigger = Trigger.MANUAL) -> Run:
        from fedtui.runs import control, start_unit

        if not self.timer.activates:
            raise Refused(f"{self.job.name} starts no unit.", "Nothing was run.")
        run = await start_unit.start(self.job, self.timer, ports)
        await control.remember(self.job, ports)
        return run

    async def running_run(self, ports: Ports) -> Run | None:
        from fedtui.runs import start_unit

        return await start_unit.current(self.job, self.timer, ports) if self.timer.activates else None

    async def stop(self, ports: Ports) -> Applied:
        from fedtui.runs import start_unit

        return Applied(await start_unit.stop(self.timer, ports))

    async def propose_pause(self, tables: Tables, ports: Ports, *, hold: bool) -> Proposal:
        from fedtui.changes import timer_pause
        from fedtui.changes.timer_unit import TimerTarget

        return await timer_pause.propose_pause(TimerTarget.of(self.job, self.timer), ports, hold=hold)

    async def propose_resume(self, tables: Tables, ports: Ports) -> Proposal:
        from fedtui.changes import timer_pause
        from fedtui.changes.timer_unit import TimerTarget

        return await timer_pause.propose_resume(TimerTarget.of(self.job, self.timer), ports)

    async def propose_reschedule(
        self, schedule: str, reason: str, ticket: str, tables: Tables, ports: Ports
    ) -> Proposal:
        from fedtui.changes import timer_reschedule

        return await timer_reschedule.propose_reschedule(
            self.job, self.timer, schedule, ports, reason, ticket
        )

    def require_line(self, verb: str) -> None:
        from fedtui.bus.systemd_names import made_by

        name, unit = self.job.name, self.timer.unit
        systemctl = "systemctl --user" if self.timer.user_manager else "systemctl"
        if verb == "record":
            raise Refused(f"{name} is a systemd timer: systemd itself keeps the exit status of its runs.")
        advice = f"Run: {systemctl} edit --full {unit}"
        if verb == "environment":
            advice = f"Run: {systemctl} edit {self.timer.activates}"
        elif verb == "delete":
            made = made_by(self.timer.fragment)
            advice = f"It is {made}: it has no file to delete. Look: {systemctl} cat {unit}"
            advice = advice if made else "p pauses a timer; its files are removed by hand."
        raise Refused(f"{name} is a systemd timer.", advice=advice)
