"""Whether what each job brings is too old: for rows, findings, `list`, metrics and status. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from fedtui.config import ConfigError
from fedtui.model import Condition, Freshness, Job, ProductAge, Run, Snapshot
from fedtui.runs.data_age import product_age
from fedtui.schedule.upcoming import runs_of
from fedtui.system.zone import local_zone
from fedtui.verdicts.evidence import JobEvidence
from fedtui.verdicts.judge import holds, judge
from fedtui.verdicts.limits import PERIODS, AgeLimit, age_limit


def freshness_of(
    snapshot: Snapshot, product_of: Callable[[Job], str], limits: Mapping[str, float], notes: Path | None
) -> Mapping[str, Freshness]:
    """By job id, of each job that is not paused and has a product, or whose last known run ended well.

    `product_of` is `RuleBook.product_of`, or one that remembers its answers. `limits` are those that the user
    set, in seconds by a job's id or name; `notes` as `newest_data` has them.
    """
    now = snapshot.at.astimezone(local_zone()[1])
    found: dict[str, Freshness] = {}
    for job in snapshot.jobs:
        if job.paused:
            continue
        good = job.standing.good if job.standing.failed is None else None
        product, runs = _declared(job, product_of), snapshot.runs.get(job.id, ())
        if product or (good is not None and not _within_a_period(job, good, now, limits)):
            age = product_age(product, now, notes) if product else None
            found[job.id] = _judged(job, runs, age_limit(job, now, limits, job.managed), now, age)
        elif good is not None:
            found[job.id] = Freshness(False)
    return MappingProxyType(found)


def _declared(job: Job, product_of: Callable[[Job], str]) -> str:
    try:
        return product_of(job)
    except ConfigError:  # FT710 reports it
        return ""


def _judged(
    job: Job, runs: tuple[Run, ...], limit: AgeLimit, now: datetime, product: ProductAge | None
) -> Freshness:
    judged = holds(judge(JobEvidence(job, runs, *limit, product), now), Condition.STALE)
    return Freshness(judged.holds, judged.words, limit.seconds, product)


def _within_a_period(job: Job, good: datetime, now: datetime, limits: Mapping[str, float]) -> bool:
    """Whether the next two runs show it to be fresh: to find the largest gap of a schedule takes long."""
    runs = [] if limits else list(islice(runs_of(job, now), 2))
    return len(runs) == 2 and now - good <= PERIODS * (runs[1] - runs[0])
