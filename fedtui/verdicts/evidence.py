"""Facts on how a job does, beside its runs: its product's age and its log's growth. Blocking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fedtui.logs.log_ownership import LogWriters, Ownership
from fedtui.model import CronFacts, Job, ProductAge, Run, Snapshot, cron_jobs
from fedtui.runs.data_age import product_age
from fedtui.system.file_stamp import file_stamp
from fedtui.system.zone import local_zone
from fedtui.verdicts.limits import AgeLimit

LoadedAt = Callable[[Job, CronFacts], datetime | None]
"""Since when cron goes by the table of a job as it is now; `TableLoadTimes` is one."""


@dataclass(frozen=True, slots=True)
class JobEvidence:
    """All that is known of one job; what is left out is not known.

    `runs` are oldest first. `limit` is the age in seconds from which on the job is stale (`age_limit`), and
    `own_limit` that the user set it. `log_grew` is when its log was last written, None where it has none or
    others write it, too.
    Its schedule is in force since `in_force`, and from `starts_since` on it was, and every start is known.
    The rest is remembered from earlier looks: when the job was first looked at, the end of the last run that
    was judged, the last good end, when it was last paused, and since when it is known to be late.
    """

    job: Job
    runs: tuple[Run, ...] = ()
    limit: float | None = None
    own_limit: bool = False
    product: ProductAge | None = None
    log_grew: datetime | None = None
    in_force: datetime | None = None
    starts_since: datetime | None = None
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
    loaded_at: LoadedAt,
) -> JobEvidence:
    """What the snapshot and the job's files tell now; nothing that is remembered."""
    in_force = next((loaded_at(job, cron) for _, cron in cron_jobs((job,))), None)
    since = snapshot.starts_since if in_force is not None else None
    return JobEvidence(
        job,
        snapshot.runs.get(job.id, ()),
        *limit,
        product,
        log_grew(job.log_path) if writers.of_growth(job) is Ownership.OWN else None,
        in_force,
        max(since, in_force) if since is not None and in_force is not None else None,
    )


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
