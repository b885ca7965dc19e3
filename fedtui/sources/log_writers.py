"""Which jobs write to one log: lines of cron tables, and units by what they name or redirect to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import assert_never

from fedtui.crontab import log_paths
from fedtui.model import CronFacts, Job, TimerFacts

_TO_FILE = re.compile(rb">>?(?![&>])")


def other_writers(jobs: Iterable[Job]) -> Mapping[str, frozenset[str]]:
    """By the id of a job whose log has other writers: their ids. Paths count as the file they lead to."""
    written = {job.id: paths for job in jobs if (paths := _written_by(job))}
    writers: dict[str, set[str]] = {}
    for job_id, paths in written.items():
        for path in paths:
            writers.setdefault(path, set()).add(job_id)
    logs = {job_id: writers[paths[0]] for job_id, paths in written.items()}
    return {job_id: frozenset(found - {job_id}) for job_id, found in logs.items() if len(found) > 1}


def _written_by(job: Job) -> list[str]:
    """The files that the job writes to, its log first."""
    paths = [] if job.log_path is None else [job.log_path]
    match job.facts:
        case CronFacts() as cron:
            if len(_TO_FILE.findall(cron.command)) > 1:  # else its log is all
                paths += log_paths(cron.command, cron.home, cron.environment)
        case TimerFacts():
            if job.command is not None and ">" in job.command:
                home = os.path.expanduser(f"~{job.user}")  # noqa: PTH111 (Path raises for who has no account)
                paths += log_paths(os.fsencode(job.command), home)
        case _ as never:
            assert_never(never)
    return [os.path.realpath(path) for path in dict.fromkeys(paths)]
