"""Lines of cron tables: changed in their tables, run by hand by fedtui as cron would run them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar, ParamSpec

from fedtui.crontab.command_field import log_text
from fedtui.model import CronFacts, CronStart, Job, Run, Snapshot, Trigger
from fedtui.schedulers import EARLY

if TYPE_CHECKING:
    from fedtui.action_result import Applied
    from fedtui.changes.open_table import Tables
    from fedtui.changes.wording import Wording
    from fedtui.ports import Ports
    from fedtui.schedulers import Proposal

P = ParamSpec("P")

_CUT_FROM = 200
"""Characters from which on a command in the log may have been cut."""


@dataclass(frozen=True, slots=True)
class CronDriver:
    """See `SchedulerDriver`."""

    job: Job
    cron: CronFacts

    down: ClassVar[str] = "cron down"
    unreachable: ClassVar[str] = "unreadable"
    where: ClassVar[str] = "in cron"
    how_stopped: ClassVar[str] = "SIGTERM, and SIGKILL after 10 s."
    start_unseen: ClassVar[str] = "no start was seen, but one too short to be seen cannot be ruled out"
    down_code: ClassVar[str] = "FT001"
    runs_by_hand: ClassVar[bool] = False
    knows_last_start: ClassVar[bool] = False
    grace: ClassVar[timedelta] = timedelta(seconds=60)
    asked_again: ClassVar[str] = ""

    @property
    def kind(self) -> str:
        return "cron, recorder on" if self.cron.record_key else "cron"

    def did_not_start(self, due: datetime, snapshot: Snapshot) -> str:
        since = snapshot.starts_since
        if since is not None and since <= due - EARLY:
            named, until = log_text(self.job, self.cron), due + self.grace
            if any(_may_be(start, named, due, until) for start in snapshot.starts):
                return ""
            return "cron's log names no start of it"
        found = (proof for proof in snapshot.no_start_proofs if proof.job_id == self.job.id)
        return next((proof.evidence for proof in found if proof.due == due), "")

    def output_of(self, runs: Sequence[Run]) -> str | None:
        return next((run.output for run in reversed(runs) if run.output), None)

    def journal(self, zone: tzinfo, lines: int) -> None:
        return None

    async def start(self, ports: Ports, trigger: Trigger = Trigger.MANUAL) -> Run:
        from fedtui.runs import control

        return await control.run_now(self.job, self.cron, ports, trigger)

    async def running_run(self, ports: Ports) -> Run | None:
        from fedtui.runs import control

        return await control.running_run(self.job, self.cron, ports)

    async def stop(self, ports: Ports) -> Applied:
        from fedtui.runs import control

        return await control.stop(self.job, self.cron, ports)

    async def propose_pause(self, tables: Tables, ports: Ports, *, hold: bool) -> Proposal:
        from fedtui.changes import cron_change

        return await _in_table(cron_change.propose_pause, self.job, tables)

    async def propose_resume(self, tables: Tables, ports: Ports) -> Proposal:
        from fedtui.changes import cron_change

        return await _in_table(cron_change.propose_resume, self.job, tables, ports)

    async def propose_reschedule(
        self, schedule: str, reason: str, ticket: str, tables: Tables, ports: Ports
    ) -> Proposal:
        from fedtui.changes import cron_change

        given = (schedule, reason, ticket)
        return await _in_table(cron_change.propose_reschedule, self.job, *given, tables, ports)

    def require_line(self, verb: str) -> None:
        return


async def _in_table(propose: Callable[P, Wording], *given: P.args, **named: P.kwargs) -> Proposal:
    """What `propose` makes of the open tables, in a thread: it blocks."""
    import asyncio  # a list is done before it is loaded

    return (), await asyncio.to_thread(propose, *given, **named)


def _may_be(start: CronStart, named: tuple[str, str], due: datetime, until: datetime) -> bool:
    """True where the log's line may be the run that was due. A long command may be cut in the log."""
    user, command = named
    if start.user != user or not due - EARLY <= start.at <= until:
        return False
    if start.command == command:
        return True
    return len(start.command) >= _CUT_FROM and command.startswith(start.command)
