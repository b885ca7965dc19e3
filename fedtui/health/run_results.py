"""FT3xx: how runs ended."""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.checks import CheckReport, check, error_rule, note_rule
from fedtui.health.file_facts import FileFacts
from fedtui.health.run_series import hit_start_limit
from fedtui.model import Outcome, Snapshot, SourceName, State

LAST_RUN_FAILED = error_rule(
    "FT301",
    "the last run failed",
    "What the job is there for was not done, and cron says so to nobody who does not read its mail.",
    "l shows the job's log, r runs it again.",
)


@check(LAST_RUN_FAILED)
def last_run_failed(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT301: the last finished run of a job failed."""
    for job in snapshot.jobs:
        result = job.last_result
        if result.outcome is not Outcome.FAILED or hit_start_limit(job):
            continue
        how = result.ending or "failed"
        ends = [run.result.outcome for run in reversed(snapshot.runs.get(job.id, ())) if run.result]
        in_a_row = next((at for at, end in enumerate(ends) if end is not Outcome.FAILED), len(ends))
        yield LAST_RUN_FAILED.found(
            f"The last run of {job.name} failed: {how}.",
            (how + (f", {in_a_row} in a row" if in_a_row > 1 else ""), *result.reasons, *result.evidence),
            title=f"{job.name} failed" + (f", {in_a_row} times in a row" if in_a_row > 1 else ""),
            job=job,
        )


OVERDUE = error_rule(
    "FT302",
    "a run is overdue",
    "The schedule promised a run that did not begin, where its start would have been seen.",
    "w watches the job's next runs, r runs it now.",
)


@check(OVERDUE)
def overdue(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT302: a run that was due has not begun."""
    for job in snapshot.jobs:
        if job.state is State.OVERDUE:
            yield OVERDUE.found(
                f"{job.name} did not start when it was due.",
                (job.state_reason,),
                title=f"{job.name} is overdue",
                job=job,
            )


UNKNOWN_END = note_rule(
    "FT309",
    "no exit status is known",
    "cron tells nobody how its jobs end, so that a failure of this one would not be seen here.",
    "C records it: fedtui record JOB.",
)


@check(UNKNOWN_END)
def end_unknown(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT309: a line of one's own crontab that ran, nobody knows how, and that could be recorded."""
    for job in snapshot.jobs:
        cron = job.cron
        if cron is None or cron.record_key or not job.editable or job.source is not SourceName.CRONTAB:
            continue
        if job.last_result.exit_code is not None:
            continue  # it is known, and proves nothing: to record it would not help
        if job.last_run is not None and job.last_result.outcome is Outcome.UNKNOWN:
            yield UNKNOWN_END.found(
                f"How the last run of {job.name} ended is not known.", job.last_result.evidence, job=job
            )
