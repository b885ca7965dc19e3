"""Proof that a run did not begin, shared by the watch and by the state `overdue`.

A job is only ever called overdue, or its cycle missed, where its start would have been seen.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from fedtui.merging import log_text, source_of
from fedtui.model import CronFacts, CronStart, Job, Snapshot, State
from fedtui.schedule.grace import grace

EARLY = timedelta(seconds=2)
"""How much before it was due a start may seem to lie: the clocks of its sources differ a little."""

_CUT_FROM = 200
"""Characters from which on a command in the log may have been cut."""


def did_not_start(job: Job, due: datetime, snapshot: Snapshot) -> str:
    """How it is known that the run due at `due` did not begin within its grace; empty where it is not known.

    To be asked once the grace is over.
    """
    until = due + grace(job)
    if job.cron is not None:
        return _cron_did_not(job, job.cron, due, until, snapshot)
    answered = snapshot.answered.get(source_of(job))
    still_due = job.next_run is not None and abs(job.next_run - due) < EARLY
    if still_due and job.state in (State.ON, State.OVERDUE) and answered is not None and answered > until:
        return "systemd has not started it: the timer still waits"
    return ""


def _cron_did_not(job: Job, cron: CronFacts, due: datetime, until: datetime, snapshot: Snapshot) -> str:
    since = snapshot.starts_since
    if since is not None and since <= due - EARLY:
        if any(_may_be(start, log_text(job, cron), due, until) for start in snapshot.starts):
            return ""
        return "cron's log names no start of it"
    found = (absence for absence in snapshot.no_start_proofs if absence.job_id == job.id)
    return next((absence.evidence for absence in found if absence.due == due), "")


def _may_be(start: CronStart, named: tuple[str, str], due: datetime, until: datetime) -> bool:
    """True where the log's line may be the run that was due. A long command may be cut in the log."""
    user, command = named
    if start.user != user or not due - EARLY <= start.at <= until:
        return False
    if start.command == command:
        return True
    return len(start.command) >= _CUT_FROM and command.startswith(start.command)
