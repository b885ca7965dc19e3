"""FT4xx: logs that cannot be written, or that grow for ever."""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.host import Host
from fedtui.health.rules import Check, Report, Rule, check
from fedtui.model import Job, Severity, Snapshot, State

LOG_NOT_WRITABLE = Rule(
    "FT401",
    Severity.ERROR,
    "log cannot be written",
    "The shell opens the log before it starts the command. Where it cannot, the command does not run at all, "
    "and the reason goes to cron's mail.",
    "Make the folder, or send the output elsewhere with E.",
)
LOG_GROWS = Rule(
    "FT402",
    Severity.WARNING,
    "log grows unrotated",
    "A log that only grows fills the disk some day, and then everything that writes there fails.",
    "Rotate it with logrotate.",
)


@check(LOG_NOT_WRITABLE)
def log_not_writable(snapshot: Snapshot, host: Host) -> Iterator[Report]:
    """FT401: the shell cannot open the job's log, so the job's command does not even start."""
    for job, log in _own_logs(snapshot):
        problem = host.appendable(log)
        if problem is not None:
            yield LOG_NOT_WRITABLE.found(
                f"{job.name} does not start: its output goes to a file that cannot be opened.",
                (problem, str(job.location)),
                job=job,
            )


@check(LOG_GROWS)
def log_grows(snapshot: Snapshot, host: Host) -> Iterator[Report]:
    """FT402: a log over a size that nothing rotates."""
    for job, log in _own_logs(snapshot):
        size = host.size(log)
        if size is not None and size > host.log_limit and host.rotated(log) is None:
            yield LOG_GROWS.found(
                f"The log of {job.name} has {size // 1_000_000} MB, and nothing rotates it.",
                (f"{log}, {size // 1_000_000} MB",),
                job=job,
            )


def _own_logs(snapshot: Snapshot) -> Iterator[tuple[Job, str]]:
    """Jobs of crontabs and user timers with their logs; each log once.

    A system job's log belongs to root: what this user may write says nothing of it.
    """
    seen: set[str] = set()
    for job in snapshot.jobs:
        if job.log_path is None or not job.editable or job.state in (State.PAUSED, State.BAD_LINE):
            continue
        if job.log_path not in seen:
            seen.add(job.log_path)
            yield job, job.log_path


CHECKS: tuple[Check, ...] = (log_not_writable, log_grows)
