"""A run of a job that cron itself started and that is in progress, found in the process table.

Stricter than what the dashboard shows as running (`cron_match`): what is found here may be stopped, so a
command that only looks alike is not taken for the job's.
"""

from __future__ import annotations

import asyncio
import pwd
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime

from fedtui.model import CronFacts, Job, Outcome, Result, Run, Trigger
from fedtui.runs.output_tail import OutputTail, end_of, read_new
from fedtui.sources.cron_match import is_of
from fedtui.system.cron_daemon import find_cron
from fedtui.system.processes import ProcessIdentity, is_alive, running_cron_jobs


def cron_run(job: Job, cron: CronFacts) -> tuple[Run, ProcessIdentity] | None:
    """The oldest run of `job` under the cron daemon, with the identity of its shell; None where none is seen.

    Blocking. The run's id is `cron-PID-TICKS`: the same each time that it is looked for.
    """
    daemon = find_cron().pid
    if daemon is None:
        return None
    try:
        uid = pwd.getpwnam(job.user).pw_uid
    except KeyError:
        return None
    for process in running_cron_jobs(daemon):
        if process.uid == uid and is_of(process, cron):
            who = process.identity
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


_ID = re.compile(r"cron-(\d+)-(\d+)")
_POLL = 0.2


async def follow(run_id: str, job: Job, cron: CronFacts) -> AsyncGenerator[tuple[bytes, Run]]:
    """A run that cron started: what the job's own log gains from now on, and last that it is over.

    How it ended is not known: cron tells nobody. Yields nothing for an id that names no such run.
    """
    match = _ID.fullmatch(run_id)
    found = await asyncio.to_thread(cron_run, job, cron) if match else None
    if found is None or found[0].id != run_id:
        return
    run, who = found
    offset, before = await asyncio.to_thread(end_of, job.log_path)
    tail = OutputTail(job.log_path, offset, before) if job.log_path else None
    yield b"", run
    going = True
    while going:
        await asyncio.sleep(_POLL)
        going = await asyncio.to_thread(is_alive, who)
        data = b""
        if tail is not None:
            tail, data = await asyncio.to_thread(read_new, tail)
        if data:
            yield data, run
    reason = "cron started it, and tells nobody how its jobs end"
    result = Result(Outcome.UNKNOWN, reasons=(reason,), evidence=("seen in the process table",))
    yield b"", replace(run, end=datetime.fromtimestamp(time.time(), UTC), result=result)
