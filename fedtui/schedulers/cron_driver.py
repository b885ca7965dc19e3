"""Lines of cron tables: run by hand by fedtui as cron would run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import ClassVar

from fedtui.crontab.command_field import CUT_FROM, log_text
from fedtui.model import CronFacts, CronStart, Job, Run, Snapshot
from fedtui.schedule.upcoming import EARLY
from fedtui.schedulers import SchedulerWords


@dataclass(frozen=True, slots=True)
class CronDriver:
    """See `SchedulerDriver`."""

    job: Job
    cron: CronFacts

    words: ClassVar[SchedulerWords] = SchedulerWords(
        down="cron down",
        unreachable="unreadable",
        down_code="FT001",
        where="in cron",
        how_stopped="SIGTERM, and SIGKILL after 10 s.",
        start_unseen="no start was seen, but one too short to be seen cannot be ruled out",
    )
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


def _may_be(start: CronStart, named: tuple[str, str], due: datetime, until: datetime) -> bool:
    """True where the log's line may be the run that was due. A long command may be cut in the log."""
    user, command = named
    if start.user != user or not due - EARLY <= start.at <= until:
        return False
    if start.command == command:
        return True
    return len(start.command) >= CUT_FROM and command.startswith(start.command)
