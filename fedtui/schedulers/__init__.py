"""What differs between schedulers, behind one interface: cron tables and systemd timers implement it.

`driver_of` alone chooses. The implementations load what they need when it is used: a list of jobs asks for
next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol, assert_never

from fedtui.model import CronFacts, Job, Run, Snapshot, TimerFacts

if TYPE_CHECKING:
    from fedtui.logs.log_feed import LogFeed


class SchedulerWords(NamedTuple):
    """What is said of a job of one scheduler.

    `down` is its state, in two words, while the scheduler does not run, `unreachable` while its source does
    not answer, and `down_code` the code of the finding that the scheduler is down. `where` is where a run
    differs from one in a shell, as in "fails in cron". `how_stopped` says what stopping a run does,
    `start_unseen` why a start that nobody saw does not prove that there was none.
    """

    down: str
    unreachable: str
    down_code: str
    where: str
    how_stopped: str
    start_unseen: str


class SchedulerDriver(Protocol):
    """One job, as its scheduler lets it be watched and described. It is run by `runs.control`, changed by
    `planning`.
    """

    words: ClassVar[SchedulerWords]
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
