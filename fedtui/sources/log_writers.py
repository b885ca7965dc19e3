"""Which jobs write to one log: lines of cron tables, and units by what they name or redirect to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from fedtui.crontab import log_paths
from fedtui.model import Job


def other_writers(jobs: Iterable[Job]) -> Mapping[str, frozenset[str]]:
    """By the id of a job whose log has other writers: their ids. Paths count as the file they lead to."""
    logs = {job.id: log for job in jobs if (log := _log_of(job)) is not None}
    files: dict[str, set[str]] = {}
    for job_id, log in logs.items():
        files.setdefault(log, set()).add(job_id)
    return {job_id: frozenset(files[log] - {job_id}) for job_id, log in logs.items() if len(files[log]) > 1}


def _log_of(job: Job) -> str | None:
    path = job.log_path
    if path is None and job.command is not None and ">" in job.command and not job.facts.in_table:
        home = os.path.expanduser(f"~{job.user}")  # noqa: PTH111 (Path raises for who has no account)
        path = next(iter(log_paths(os.fsencode(job.command), home)), None)
    return None if path is None else os.path.realpath(path)
