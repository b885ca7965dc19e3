"""Whether what each job brings is too old: for rows, findings, `list`, metrics and status. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from fedtui.config import ConfigError
from fedtui.logs.log_ownership import LogWriters
from fedtui.model import Condition, Freshness, Job, Outcome, Snapshot, State
from fedtui.runs.data_age import product_age
from fedtui.schedule.upcoming import runs_of
from fedtui.system.zone import local_zone
from fedtui.verdicts.evidence import CountedStarts, LoadedAt, seen_evidence
from fedtui.verdicts.judge import holds, judge
from fedtui.verdicts.limits import PERIODS, age_limit


def freshness_of(
    snapshot: Snapshot,
    product_of: Callable[[Job], str],
    limits: Mapping[str, float],
    notes: Path | None,
    loaded_at: LoadedAt,
) -> Mapping[str, Freshness]:
    """By job id, of each job that is not paused and of which it is known.

    `product_of` is `RuleBook.product_of`, or one that remembers its answers. `limits` are those that the user
    set, in seconds by a job's id or name; `notes` as `newest_data` has them.
    """
    now = snapshot.at.astimezone(local_zone()[1])
    found: dict[str, Freshness] = {}
    writers: LogWriters | None = None
    starts = CountedStarts(snapshot.starts)
    for job in snapshot.jobs:
        if job.state in (State.PAUSED, State.OFF):
            continue
        product, sign = _declared(job, product_of), _last_sign(job) or snapshot.starts_since
        if not product and (sign is None or _within_a_period(job, sign, now, limits)):
            if sign is not None and sign is not snapshot.starts_since:
                found[job.id] = Freshness(False)
            continue
        writers = writers or LogWriters(snapshot.jobs)
        age = product_age(product, now, notes) if product else None
        limit = age_limit(job, now, limits, job.managed)
        evidence = seen_evidence(job, snapshot, limit, age, writers, starts, loaded_at)
        judged = holds(judge(evidence, now), Condition.STALE)
        if product or judged.holds is not None:
            found[job.id] = Freshness(judged.holds, judged.words, limit.seconds, age)
    return MappingProxyType(found)


def _declared(job: Job, product_of: Callable[[Job], str]) -> str:
    try:
        return product_of(job)
    except ConfigError:  # FT710 reports it
        return ""


def _last_sign(job: Job) -> datetime | None:
    """When the job last ended well, or last began, where nobody knows how that run ended."""
    good = job.standing.good
    if job.standing.failed is not None:
        return good
    began = job.last_run if job.last_result.outcome is Outcome.UNKNOWN else None
    return max(filter(None, (good, began, job.running_since if good is None else None)), default=None)


def _within_a_period(job: Job, sign: datetime, now: datetime, limits: Mapping[str, float]) -> bool:
    """Whether the next two runs show it to be fresh: to find the largest gap of a schedule takes long."""
    runs = [] if limits else list(islice(runs_of(job, now), 2))
    if len(runs) < 2:
        return False
    gap = runs[1].timestamp() - runs[0].timestamp()
    return now.timestamp() - sign.timestamp() <= PERIODS * gap
