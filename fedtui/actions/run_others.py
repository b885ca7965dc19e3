"""A run of a job that cron itself started and that goes on now, found in the process table. Blocking."""

from __future__ import annotations

import pwd
import shlex

from fedtui.actions.run_record import Identity, boot_id
from fedtui.model import Job, Run, Trigger
from fedtui.safe_text import decode
from fedtui.sources.cron_daemon import find_cron
from fedtui.sources.processes import CronProcess, running_cron_jobs


def cron_run(job: Job) -> tuple[Run, Identity] | None:
    """The oldest run of `job` under the cron daemon, with the identity of its shell; None where none is seen.

    The run's id is `cron-PID-TICKS`: the same each time that it is looked for.
    """
    if job.cron is None:
        return None
    daemon = find_cron().pid
    if daemon is None:
        return None
    try:
        uid = pwd.getpwnam(job.user).pw_uid
    except KeyError:
        return None
    for process in running_cron_jobs(daemon):
        if process.uid == uid and _is_of(process, job.cron.command):
            who = Identity(process.pid, process.identity.ticks, boot_id())
            run = Run(
                id=f"cron-{who.pid}-{who.ticks}",
                job_id=job.id,
                start=process.started_at,
                trigger=Trigger.SCHEDULE,
                pid=process.pid,
                pgid=process.pgid,
            )
            return run, who
    return None


def _is_of(process: CronProcess, command: bytes) -> bool:
    """By the text after `-c`; where the shell became the command's own program, by that one's arguments."""
    if process.command is not None:
        return process.command == command
    try:
        words = shlex.split(decode(command))
    except ValueError:
        return False
    return bool(words) and [decode(word) for word in process.argv] == words
