"""FT3xx: how runs ended."""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.host import Host
from fedtui.model import Finding, Outcome, Severity, Snapshot, State


def last_run_failed(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """FT301: the last finished run of a job failed."""
    for job in snapshot.jobs:
        result = job.last_result
        if result.outcome is not Outcome.FAILED:
            continue
        how = result.signal or (f"exit {result.exit_code}" if result.exit_code is not None else "failed")
        in_a_row = 0
        for run in reversed(snapshot.runs.get(job.id, ())):
            if run.result is None:
                continue
            if run.result.outcome is not Outcome.FAILED:
                break
            in_a_row += 1
        yield Finding(
            "FT301",
            Severity.ERROR,
            f"{job.name} failed",
            f"The last run of {job.name} failed: {how}.",
            (how + (f", {in_a_row} in a row" if in_a_row > 1 else ""), *result.reasons, *result.evidence),
            "l shows its log, r runs it again.",
            job.id,
        )


def overdue(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """FT302: a run that was due has not begun."""
    for job in snapshot.jobs:
        if job.state is State.OVERDUE:
            yield Finding(
                "FT302",
                Severity.ERROR,
                f"{job.name} is overdue",
                f"{job.name} did not start when it was due.",
                (job.state_reason,),
                "w watches its next runs, r runs it now.",
                job.id,
            )
