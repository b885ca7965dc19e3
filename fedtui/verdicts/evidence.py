"""Facts on how a job does, beside its runs: its product's age and its log's growth. Blocking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fedtui.model import Job, ProductAge, Run, Snapshot
from fedtui.runs.data_age import product_age
from fedtui.system.file_stamp import file_stamp
from fedtui.system.zone import local_zone


@dataclass(frozen=True, slots=True)
class JobEvidence:
    """All that is known of one job; what is left out is not known.

    `runs` are oldest first. `limit` is the age in seconds from which on the job is stale (`age_limit`), and
    `own_limit` that the user set it. `log_grew` is when its log was last written, None where it has none or
    others write it, too.
    From `starts_since` on every start of it is known. The rest is remembered from earlier looks: when the
    job was first looked at, the end of the last run that was judged, the last good end, when it was last
    paused, and since when it is known to be late.
    """

    job: Job
    runs: tuple[Run, ...] = ()
    limit: float | None = None
    own_limit: bool = False
    product: ProductAge | None = None
    log_grew: datetime | None = None
    starts_since: datetime | None = None
    first_seen: datetime | None = None
    judged_until: datetime | None = None
    good: datetime | None = None
    held: datetime | None = None
    late_since: datetime | None = None


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
