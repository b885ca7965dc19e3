"""FT710: whether the data that a job should renew is as new as its schedule promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fedtui.health.checks import EVERY_JOB, CheckReport, check, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.model import Snapshot
from fedtui.runs.data_age import DataAge
from fedtui.verdicts.limits import age_limit
from fedtui.verdicts.product_verdict import judge_product

STALE_DATA = warning_rule(
    "FT710",
    "the data is stale",
    "The job ran, perhaps with success, and what it should bring is old: a file that is rewritten each "
    "time looks fresh by its date, and may hold nothing new for days.",
    "l shows what the job said, h its runs; r runs it now.",
    needs=EVERY_JOB,
)


@check(STALE_DATA)
def stale_data(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT710: the newest data of a product is older than its job's limit allows."""
    now = snapshot.at.astimezone(host.zone())
    for job in snapshot.jobs:
        product = host.product_of(job)
        limit = age_limit(job, now, host.age_limits, job.managed) if product and not job.paused else None
        if limit is None or limit.seconds is None:
            continue
        verdict = judge_product(job, snapshot.runs.get(job.id, ()), product, limit, now, host.notes)
        if verdict.age.fault:
            yield STALE_DATA.unchecked(product, verdict.age.fault)
        elif verdict.age.at is None:
            missing = "there is no such file" if verdict.age.modified is None else "it is empty"
            yield STALE_DATA.found(f"{job.name} should write {product}, and {missing}.", (product,), job=job)
        elif verdict.stale:
            yield STALE_DATA.found(
                f"The newest data of {job.name} is from {_at(verdict.age.at, host)}, and it should be at "
                f"most {_hours(limit.seconds)} old.",
                _evidence(host.freshness(product, now), verdict.age.at, host),
                job=job,
            )


def _evidence(found: DataAge, newest: datetime, host: FileFacts) -> tuple[str, ...]:
    said = [f"newest data in {found.path}: {_at(newest, host)}"]
    if found.newest is not None:
        said.append(f"the file itself was written {_at(found.modified, host)}")
    if found.broken:
        said.append(f"{found.broken} of {found.lines} lines are broken")
    if found.ahead:
        said.append(f"{found.ahead} of {found.lines} lines are from the future, and do not count")
    return tuple(said)


def _at(moment: datetime, host: FileFacts) -> str:
    return f"{moment.astimezone(host.zone()):%Y-%m-%d %H:%M}"


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60)
    hours, left = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {left} min" if left else f"{hours} h" if hours <= 48 else f"{hours // 24} days"
