"""FT3xx: how runs ended."""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.host import Host
from fedtui.model import Finding, Outcome, Severity, Snapshot


def last_run_failed(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
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
        yield Finding(
            "FT301",
            Severity.ERROR,
            f"{job.name} failed",
            f"The last run of {job.name} failed: {how}.",
            (how + (f", {in_a_row} in a row" if in_a_row > 1 else ""), *result.reasons, *result.evidence),
            "l shows its log, r runs it again.",
            job.id,
        )
