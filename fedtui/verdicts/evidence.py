"""Facts on how a job does, beside its runs: its product's age and its log's growth. Blocking."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fedtui.crontab.command_field import CUT_FROM, log_text
from fedtui.logs.log_ownership import LogWriters, Ownership
from fedtui.model import CronFacts, CronStart, Job, ProductAge, Run, Snapshot, cron_jobs
from fedtui.runs.data_age import product_age
from fedtui.schedule.upcoming import runs_of
from fedtui.schedulers import driver_of
from fedtui.system.file_stamp import file_stamp
from fedtui.system.zone import local_zone
from fedtui.verdicts.limits import AgeLimit

SAME_START = timedelta(seconds=60)
SLEPT = 60.0
"""Seconds of suspension in all from which on nothing is concluded from a start that is missing."""

LoadedAt = Callable[[Job, CronFacts], datetime | None]
"""Since when cron goes by the table of a job as it is now; `TableLoadTimes` is one."""


@dataclass(frozen=True, slots=True)
class JobEvidence:
    """All that is known of one job; what is left out is not known.

    `runs` are oldest first. `limit` is the age in seconds from which on the job is stale (`age_limit`), and
    `own_limit` that the user set it. `log_grew` is when its log was last written, None where it has none or
    others write it, too. `was_due`: a run was due since its schedule is in force, None where that is not
    known. From `starts_since` on every start of it is known. `slept`: the machine was suspended since it was
    booted. The rest is remembered from earlier looks: when the job was first looked at, the end of the last
    run that was judged, the last good end, when it was last paused, and since when it is known to be late.
    """

    job: Job
    runs: tuple[Run, ...] = ()
    limit: float | None = None
    own_limit: bool = False
    product: ProductAge | None = None
    log_grew: datetime | None = None
    was_due: bool | None = None
    starts_since: datetime | None = None
    slept: bool = False
    first_seen: datetime | None = None
    judged_until: datetime | None = None
    good: datetime | None = None
    held: datetime | None = None
    late_since: datetime | None = None


def seen_evidence(
    job: Job,
    snapshot: Snapshot,
    limit: AgeLimit,
    product: ProductAge | None,
    writers: LogWriters,
    starts: CountedStarts,
    loaded_at: LoadedAt,
) -> JobEvidence:
    """What the snapshot and the job's files tell now; nothing that is remembered."""
    now = snapshot.at
    in_force = next((loaded_at(job, cron) for _, cron in cron_jobs((job,))), None)
    since = snapshot.starts_since if in_force is not None and not starts.may_be_of(job) else None
    due = next(iter(runs_of(job, in_force)), None) if in_force is not None else None
    return JobEvidence(
        job,
        snapshot.runs.get(job.id, ()),
        *limit,
        product,
        log_grew(job.log_path) if writers.of_growth(job) is Ownership.OWN else None,
        None if in_force is None else due is not None and due + driver_of(job).grace < now,
        max(since, in_force) if since is not None and in_force is not None else None,
        has_slept(),
    )


class CountedStarts:
    """The starts that cron's log names and that are nobody's run: equal lines, commands that were cut."""

    def __init__(self, starts: Iterable[CronStart]) -> None:
        self._by: dict[tuple[str, str], datetime] = {}
        for start in starts:
            self._by[start.user, start.command] = start.at
        self._long = [(*key, at) for key, at in self._by.items() if len(key[1]) >= CUT_FROM]

    def may_be_of(self, job: Job) -> bool:
        """Whether one may be of a job, and is later than its last known run."""
        for _, cron in cron_jobs((job,)):
            user, text = log_text(job, cron)
            cut = (at for whose, command, at in self._long if whose == user and text.startswith(command))
            latest = max(filter(None, (self._by.get((user, text)), *cut)), default=None)
            if latest is not None and (job.last_run is None or latest > job.last_run + SAME_START):
                return True
        return False


def has_slept() -> bool:
    """Whether the machine was suspended since it was booted: what was due meanwhile did not start."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC) > SLEPT


def known_age(path: str, job: Job | None, snapshot: Snapshot, notes: Path | None) -> ProductAge:
    """The product's age as the job's verdict has it; read where there is none, of a paused job, say."""
    fresh = snapshot.freshness.get(job.id) if job is not None else None
    if fresh is not None and fresh.product is not None and fresh.product.path == path:
        return fresh.product
    return product_age(path, snapshot.at.astimezone(local_zone()[1]), notes)


def log_grew(path: str | None) -> datetime | None:
    """When the log was last written; None where there is none, it is empty, or that cannot be seen."""
    mtime, size = file_stamp(path)
    return datetime.fromtimestamp(mtime / 1e9, UTC) if size else None
