"""FT4xx: logs that cannot be written, or that grow for ever."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator

from fedtui.health.checks import CheckReport, check, error_rule, note_rule, warning_rule
from fedtui.health.command_facts import started
from fedtui.health.file_facts import FileFacts
from fedtui.health.service_settings import service_settings
from fedtui.health.step_facts import runs_here
from fedtui.model import (
    Job,
    Severity,
    Snapshot,
    State,
    timer_of,
)
from fedtui.system.accounts import name_of
from fedtui.system.logrotate_config import own_config

DISK_SHARE, DISK_LEAST = 0.05, 5 * 1024**3
_WILL_RUN = (State.ON, State.RUNNING, State.OVERDUE)

LOG_NOT_WRITABLE = error_rule(
    "FT401",
    "log cannot be written",
    "The shell opens the log before it starts the command. Where it cannot, the command does not run at all, "
    "and the reason goes to cron's mail. Without the file of tee or --log-file= it may run all the same.",
    "Make the folder, or send the output elsewhere with E.",
)
LOG_GROWS = warning_rule(
    "FT402",
    "log grows unrotated",
    "A log that only grows fills the disk some day, and then everything that writes there fails.",
    "Rotate it with logrotate; the logs of a federation: fedtui setup --rotate.",
)
DISK_FULL = warning_rule(
    "FT403",
    "disk is nearly full",
    "When no byte is left the log is cut off first, then what the jobs write, and at last their runs fail.",
    "Look for what fills it: du -xh --max-depth=2 FOLDER | sort -h | tail.",
)
LOG_UNREADABLE = warning_rule(
    "FT404",
    "log cannot be read",
    "The job writes a log that its own user may not read: how its runs ended is not seen here, nor by you.",
    "Give yourself the right to read it.",
)
JOURNAL_VOLATILE = note_rule(
    "FT405",
    "the journal is lost at each boot",
    "Without /var/log/journal the journal lives in memory: what timers and cron said before the last boot is "
    "gone (journald.conf(5)).",
    "Keep it: create /var/log/journal, then journalctl --flush.",
)
JOURNALS = ("/var/log/journal",)


@check(LOG_NOT_WRITABLE)
def log_not_writable(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT401: the shell cannot open the job's log, so the job's command does not even start."""
    readings = {job.id: reading for job, reading in started(snapshot, host)}
    for job, log in _own_logs(snapshot):
        problem = host.appendable(log)
        opened = readings[job.id].log if job.id in readings else None
        if problem is None or (opened is not None and opened.elsewhere):
            continue
        facts = opened.facts if opened is not None else frozenset()
        timer = timer_of(job)
        if timer is not None:
            facts |= service_settings(timer, host).facts
        if not runs_here(facts, "", host, log):
            continue
        starts = opened is not None and not opened.by_shell
        yield LOG_NOT_WRITABLE.found(
            f"{job.name} runs, but a program of it cannot open its log."
            if starts
            else f"{job.name} does not start: its output goes to a file that cannot be opened.",
            (problem, str(job.location), *_owner(log, host)),
            severity=Severity.WARNING if starts else Severity.ERROR,
            job=job,
        )


def _owner(log: str, host: FileFacts) -> tuple[str, ...]:
    """Whose the file or its folder is: often root's, from a time when root wrote it."""
    for path in (log, log.rpartition("/")[0]):
        found = host.mode(path)
        if found is not None:
            return (f"{path}  owner {name_of(found[1])}, mode {found[0] & 0o7777:04o}",)
    return ()


@check(LOG_GROWS)
def log_grows(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT402: a log over a size that nothing rotates."""
    for job, log in _own_logs(snapshot):
        size = host.size(log)
        if why := host.hidden(log):
            yield LOG_GROWS.hidden(log, why)
        if size is None or size <= host.log_limit:
            continue
        by = host.rotated(log)
        if by is None:
            yield LOG_GROWS.found(
                f"The log of {job.name} has {size // 1_000_000} MB, and nothing rotates it.",
                (f"{log}, {size // 1_000_000} MB",),
                job=job,
            )
        elif by == str(own_config()) and not _runs(by, snapshot):
            yield LOG_GROWS.found(
                f"The log of {job.name} has {size // 1_000_000} MB, and what would rotate it does not run.",
                (f"{log}, {size // 1_000_000} MB", f"{by} names it, and no job runs logrotate with that"),
                job=job,
            )


def _runs(config: str, snapshot: Snapshot) -> bool:
    """Whether a job that is on reads a configuration of the user's own; the machine's is always read."""
    return any(config in (job.command or "") and job.state in _WILL_RUN for job in snapshot.jobs)


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


@check(DISK_FULL)
def disk_full(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT403: less than 5 % free, and less than 5 GB, where logs are written; once a disk."""
    seen: set[tuple[int, int]] = set()
    for job, log in _own_logs(snapshot):
        found = host.disk(log)
        if found is None:
            yield DISK_FULL.unchecked(log, "its disk cannot be asked for its space")
        if found is None or found[1:] in seen:
            continue
        folder, free, whole = found
        seen.add((free, whole))
        if whole and free < whole * DISK_SHARE and free < DISK_LEAST:
            yield DISK_FULL.found(
                f"The disk that {job.name} writes its log to has {free * 100 // whole} % left.",
                (f"{folder}  {free // 1_000_000} MB of {whole // 1_000_000} MB free",),
                title=f"disk of {folder} is nearly full",
                command=f"du -xh --max-depth=2 {shlex.quote(folder)} | sort -h | tail",
            )


@check(LOG_UNREADABLE)
def log_unreadable(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT404: a log of one's own job that is there and may not be read."""
    for job, log in _own_logs(snapshot):
        found = host.mode(log)
        if why := host.hidden(log):
            yield LOG_UNREADABLE.hidden(log, why)
        if found is not None and stat.S_ISREG(found[0]) and host.tail(log) is None:
            yield LOG_UNREADABLE.found(
                f"The log of {job.name} may be written, not read.",
                _owner(log, host),
                command=host.as_owner("chmod u+r" if found[1] == os.geteuid() else f"chown {job.user}", log),
                job=job,
            )


@check(JOURNAL_VOLATILE, systemd=True)
def journal_volatile(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT405: journald keeps nothing on disk."""
    if not any(host.exists(path) for path in JOURNALS):
        yield JOURNAL_VOLATILE.found(
            "The journal keeps nothing over a boot.",
            (*(f"{path}  missing" for path in JOURNALS),),
            command="sudo mkdir -p /var/log/journal && sudo journalctl --flush",
        )
