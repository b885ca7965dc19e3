"""FT3xx: how runs ended."""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.changes.record_exit_codes import OFFER, unrecorded
from fedtui.config import Config
from fedtui.health.checks import CheckReport, check, error_rule, note_rule, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.health.run_series import hit_start_limit
from fedtui.model import Job, Mark, Outcome, Remedy, Snapshot, State
from fedtui.schedule.patterns import counted
from fedtui.verdicts.judge import failures_in_a_row

LAST_RUN_FAILED = error_rule(
    "FT301",
    "the last run failed",
    "What the job is there for was not done, and cron says so to nobody who does not read its mail.",
    "l shows the job's log, r runs it again.",
)


@check(LAST_RUN_FAILED)
def last_run_failed(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT301: a run of a job failed, and none that is known to be good has followed."""
    for job in snapshot.jobs:
        result = job.standing.failed
        if result is None or hit_start_limit(job):
            continue
        how = result.ending or "failed"
        failures = failures_in_a_row(snapshot.runs.get(job.id, ()))
        again = f", {failures} times in a row" if failures > 1 else ""
        since = job.standing.runs_since
        later = f", {counted(since, 'run')} since, none known to be good" if since else ""
        which = "A" if since else "The last"
        yield LAST_RUN_FAILED.found(
            f"{which} run of {job.name} failed: {how}{later}.",
            (how + again.replace(" times", "") + later, *result.why, *result.known_from),
            title=f"{job.name} failed{again}",
            job=job,
        )


LOG_SHOWS = warning_rule(
    "FT310",
    "log shows errors or warnings",
    "A script that prints an error may end with exit 0 all the same, and cron doesn't report exit codes at "
    "all: what the run printed needs a look.",
    "l shows the job's log. C records exit codes; set -e makes a script end with its first error.",
)


@check(LOG_SHOWS)
def log_shows(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT310: the output of the last run shows errors, or warnings where its end is not known."""
    for job in snapshot.jobs:
        result = job.last_result
        shown = {Outcome.UNKNOWN: result.warnings, Outcome.WARNINGS: result.errors}.get(result.outcome, 0)
        others = result.exit_code is not None and Mark.NOT_APART in result.marks
        if not shown or others or job.standing.failed is not None:
            continue
        known = result.outcome is Outcome.WARNINGS and result.ending
        how = f"it ended with {known}" if known else "how it ended is not known"
        yield LOG_SHOWS.found(
            f"The last run of {job.name} printed {result.trouble}; {how}.",
            (*result.why, *result.known_from),
            title=f"{job.name}: log shows {result.trouble}",
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
    OFFER,
    "exit codes aren't recorded",
    "cron doesn't report exit codes, so a failure of this job would not be seen here.",
    "C records them: fedtui record JOB, or of all jobs fedtui record --all.",
)


def recordable(snapshot: Snapshot, host: FileFacts) -> list[Job]:
    """The jobs whose exit codes could be recorded and are not."""
    return unrecorded(snapshot.jobs, host.user, Config(host.state))


@check(UNKNOWN_END)
def end_unknown(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT309: a line of one's own crontab that ran, nobody knows how, and that could be recorded."""
    remedy = Remedy("record", "record exit codes of this job")
    for job in recordable(snapshot, host):
        if job.last_result.exit_code is not None:
            continue  # it is known, and proves nothing: to record it would not help
        if job.last_run is not None and job.last_result.outcome is Outcome.UNKNOWN:
            yield UNKNOWN_END.found(
                f"The exit code of the last run of {job.name} is not known.",
                job.last_result.known_from,
                job=job,
                remedy=remedy,
            )
