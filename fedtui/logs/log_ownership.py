"""Whose lines are in a job's log: those of the run in question, or may another one have written them?

Writers of a log are lines of cron tables, and units by what they name or redirect to; services without a
timer as well, which may write at any time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple, assert_never

from fedtui.crontab import log_paths
from fedtui.history.run_provenance import LOG_SIGHTING, ROUNDING
from fedtui.model import CronFacts, Job, Run, TimerFacts, timer_jobs
from fedtui.schedule.upcoming import DUE_WITHIN, runs_of

_INSTANCE = re.compile(r"@.*\.")
_TO_FILE = re.compile(rb">>?(?![&>])")


class Ownership(Enum):
    """OWN: nobody else writes there. APART: others do, and did not between the bounds of the lines. MIXED:
    others did, or may have. FOREIGN: another run of the job did, that was in progress.
    """

    OWN = auto()
    APART = auto()
    MIXED = auto()
    FOREIGN = auto()


class Company(NamedTuple):
    """Who wrote, or may have written, between the bounds of a run's lines: a run of another job, one of its
    own job that began no later than it, or later. `shared`: other jobs write that log at all.
    """

    others: bool
    earlier: bool
    later: bool
    shared: bool

    @property
    def ownership(self) -> Ownership:
        if self.others or self.earlier or self.later:
            return Ownership.MIXED
        return Ownership.APART if self.shared else Ownership.OWN


class LogWriters:
    """The jobs by the logs that they write to. Paths count as the file they lead to."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = {job.id: job for job in jobs}
        written = {job.id: paths for job in self._jobs.values() if (paths := _written_by(job))}
        writers: dict[str, set[str]] = {}
        for job_id, paths in written.items():
            for path in paths:
                writers.setdefault(path, set()).add(job_id)
        self._others = {job_id: writers[paths[0]] - {job_id} for job_id, paths in written.items()}
        self._paths = {job_id: paths[0] for job_id, paths in written.items()}
        timed = {timer.activates for _, timer in timer_jobs(self._jobs.values())}
        self._timed = timed | {_INSTANCE.sub("@.", unit) for unit in timed}

    def of_growth(self, job: Job) -> Ownership:
        """Whose lines are those by which the job's log grew while no run was seen."""
        return Ownership.MIXED if self._others.get(job.id) or self._daemons(job.id) else Ownership.OWN

    def _daemons(self, job_id: str) -> bool:
        """Whether a service writes there that no timer of the jobs starts."""
        from fedtui.system.service_outputs import outputs_of_services  # not wanted for the first picture

        path = self._paths.get(job_id)
        return path is not None and not outputs_of_services().get(path, self._timed) <= self._timed

    def company(self, run: Run, runs: Mapping[str, Sequence[Run]], now: datetime) -> Company:
        """`runs` are those known of all jobs, oldest first by the id of the job; `run` is one of them."""
        mine, begin, end = runs[run.job_id], run.start, run.end or run.start
        own = [one for one in mine if one is not run and one.start <= end and _last_sign(one, now) > begin]
        earlier = any(one.start <= run.start for one in own)
        later = any(one.start > run.start for one in own)
        others = self._others.get(run.job_id, set())
        if self._daemons(run.job_id):
            return Company(True, earlier, later, shared=True)
        if others and not self._jobs[run.job_id].facts.in_table:
            # Its lines were taken to begin where the run before it ended.
            before = [one.end for one in mine if one.start < begin]
            if not before or before[-1] is None:
                return Company(True, earlier, later, shared=True)
            begin = before[-1]
        met = any(
            one.start <= end and _last_sign(one, now) > begin
            for other in others
            for one in runs.get(other, ())
        )
        due = any(_was_due(self._jobs[other], begin, end) for other in others)
        return Company(met or due, earlier, later, bool(others))


def of_sighting(run: Run, runs: Iterable[Run], now: datetime) -> Ownership:
    """Whose lines a run is inferred from of which only its log tells; `runs` are those of its job."""
    if run.end is None or not _by_log(run) or not all(name.startswith(LOG_SIGHTING) for name in run.also):
        return Ownership.OWN
    written, near = run.end.timestamp(), ROUNDING.total_seconds()
    spans = ((one.start, now if one.is_running else one.end) for one in runs if not _by_log(one))
    found = (start.timestamp() - near <= written <= end.timestamp() + near for start, end in spans if end)
    return Ownership.FOREIGN if any(found) else Ownership.OWN


def _by_log(run: Run) -> bool:
    return run.id.startswith(LOG_SIGHTING)


def _last_sign(run: Run, now: datetime) -> datetime:
    return now if run.is_running else run.end or run.start


def _was_due(job: Job, begin: datetime, end: datetime) -> bool:
    """Whether cron has started a job meanwhile, though perhaps nobody saw it."""
    due = next(iter(runs_of(job, begin - DUE_WITHIN)), None) if job.facts.in_table else None
    return due is not None and due <= end


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
