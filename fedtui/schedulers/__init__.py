"""What differs between schedulers, behind one interface: cron tables and systemd timers implement it.

`driver_of` alone chooses. The implementations load what they need when it is used: a list of jobs asks for
next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias, assert_never

from fedtui.model import CronFacts, Job, Run, Snapshot, TimerFacts, Trigger

if TYPE_CHECKING:
    from fedtui.action_result import Applied
    from fedtui.changes.edits import Edit
    from fedtui.changes.open_table import Tables
    from fedtui.changes.wording import Wording
    from fedtui.logs.log_feed import LogFeed
    from fedtui.ports import Ports

    Proposal: TypeAlias = tuple[tuple[Edit, ...], Wording]
    """Edits beside those made to the open tables, and what a plan says of them all."""

EARLY = timedelta(seconds=2)
"""How much before it was due a start may seem to lie: the clocks of its sources differ a little."""


class SchedulerDriver(Protocol):
    """One job, as its scheduler lets it be changed, run, watched and described.

    `propose_*` read the present state and write nothing. They, `start` and `stop` raise Refused for what
    cannot be done, with what to do instead.
    """

    down: ClassVar[str]
    """The state of a job whose scheduler does not run, in two words."""
    unreachable: ClassVar[str]
    """The state of a job whose source does not answer."""
    where: ClassVar[str]
    """Where a run of it differs from one in a shell, as in "fails in cron"."""
    how_stopped: ClassVar[str]
    """What stopping a run does, as a sentence."""
    start_unseen: ClassVar[str]
    """Why a start that nobody saw does not prove that there was none."""
    down_code: ClassVar[str]
    """The code of the finding that the scheduler is down."""
    runs_by_hand: ClassVar[bool]
    """Whether the scheduler makes the runs by hand too, and their output is in the job's own log."""
    knows_last_start: ClassVar[bool]
    """Whether `last_run` of the row is its word for a start, also where no run is known."""

    @property
    def kind(self) -> str:
        """What schedules the job: `cron`, `user timer`."""

    @property
    def grace(self) -> timedelta:
        """How late a run may begin before it counts as missed."""

    @property
    def asked_again(self) -> str:
        """The source that must answer once the grace is over for `did_not_start`; empty for none."""

    def did_not_start(self, due: datetime, snapshot: Snapshot) -> str:
        """How it is known, after the grace, that the run due at `due` did not begin; empty for unknown."""

    def output_of(self, runs: Sequence[Run]) -> str | None:
        """The file with what the last of its runs by hand printed, for a job without a log."""

    def journal(self, zone: tzinfo, lines: int) -> LogFeed | None:
        """Where the scheduler itself keeps the output, from its last `lines` lines on."""

    async def start(self, ports: Ports, trigger: Trigger = Trigger.MANUAL) -> Run:
        """Start it now, detached from this process and its terminal; `trigger` is who wanted it."""

    async def running_run(self, ports: Ports) -> Run | None:
        """The run in progress, no matter who started it; None where none is known."""

    async def stop(self, ports: Ports) -> Applied:
        """End the run in progress."""

    async def propose_pause(self, tables: Tables, ports: Ports, *, hold: bool) -> Proposal:
        """Hold the schedule back; `hold`: for good, where a boot would end it."""

    async def propose_resume(self, tables: Tables, ports: Ports) -> Proposal:
        """The schedule as it was before the pause."""

    async def propose_reschedule(
        self, schedule: str, reason: str, ticket: str, tables: Tables, ports: Ports
    ) -> Proposal:
        """Another schedule, in the scheduler's own syntax."""

    def require_line(self, verb: str) -> None:
        """Raise Refused, with what to do instead, where there is no line of a cron table to "delete", "edit",
        "record" or give an "environment".
        """


def driver_of(job: Job) -> SchedulerDriver:
    """The interface of the job's scheduler."""
    match job.facts:
        case CronFacts() as cron:
            from fedtui.schedulers.cron_driver import CronDriver

            return CronDriver(job, cron)
        case TimerFacts() as timer:
            from fedtui.schedulers.timer_driver import TimerDriver

            return TimerDriver(job, timer)
        case _ as never:
            assert_never(never)
