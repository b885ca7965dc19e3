"""FT3xx: how runs ended."""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.host import Host
from fedtui.health.rules import Check, Report, Rule, check
from fedtui.model import Outcome, Severity, Snapshot, State

LAST_RUN_FAILED = Rule(
    "FT301",
    Severity.ERROR,
    "the last run failed",
    "What the job is there for was not done, and cron says so to nobody who does not read its mail.",
    "l shows the job's log, r runs it again.",
)


@check(LAST_RUN_FAILED)
def last_run_failed(snapshot: Snapshot, host: Host) -> Iterator[Report]:
    """FT301: the last finished run of a job failed."""
    for job in snapshot.jobs:
        result = job.last_result
        if result.outcome is not Outcome.FAILED:
            continue
        how = result.ending or "failed"
        in_a_row = 0
        for run in reversed(snapshot.runs.get(job.id, ())):
            if run.result is None:
                continue
            if run.result.outcome is not Outcome.FAILED:
                break
            in_a_row += 1
        yield LAST_RUN_FAILED.found(
            f"The last run of {job.name} failed: {how}.",
            (how + (f", {in_a_row} in a row" if in_a_row > 1 else ""), *result.reasons, *result.evidence),
            title=f"{job.name} failed",
            job=job,
        )


OVERDUE = Rule(
    "FT302",
    Severity.ERROR,
    "a run is overdue",
    "The schedule promised a run that did not begin, where its start would have been seen.",
    "w watches the job's next runs, r runs it now.",
)


@check(OVERDUE)
def overdue(snapshot: Snapshot, host: Host) -> Iterator[Report]:
    """FT302: a run that was due has not begun."""
    for job in snapshot.jobs:
        if job.state is State.OVERDUE:
            yield OVERDUE.found(
                f"{job.name} did not start when it was due.",
                (job.state_reason,),
                title=f"{job.name} is overdue",
                job=job,
            )


CHECKS: tuple[Check, ...] = (last_run_failed, overdue)
