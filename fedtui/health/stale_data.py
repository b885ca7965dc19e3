"""FT710: whether the data that a job should renew is as new as its schedule promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fedtui.health.checks import EVERY_JOB, CheckReport, check, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.model import Job, Outcome, ProductAge, Snapshot, State

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
    """FT710: the newest data of a product is too old, or where a job has none, its last good or only run."""
    for job in snapshot.jobs:
        product = host.product_of(job)
        fresh = snapshot.freshness.get(job.id)
        if fresh is None or fresh.limit is None:
            continue
        age, limit = fresh.product, _hours(fresh.limit)
        if age is None:
            if fresh.stale and job.standing.failed is None and job.state is not State.OVERDUE:
                yield _no_run(job, fresh.words, limit, host)
        elif age.fault:
            yield STALE_DATA.unchecked(product, age.fault)
        elif age.at is None:
            missing = "there is no such file" if age.modified is None else "it is empty"
            yield STALE_DATA.found(f"{job.name} should write {product}, and {missing}.", (product,), job=job)
        elif fresh.stale:
            yield STALE_DATA.found(
                f"The newest data of {job.name} is from {_at(age.at, host)}, and it should be at most "
                f"{limit} old.",
                _evidence(age, age.at, host),
                job=job,
            )


def _no_run(job: Job, words: str, limit: str, host: FileFacts) -> CheckReport:
    """Of a job without a product: FT301 and FT302 report a failure, and a run that is overdue."""
    good = job.standing.good
    if good is None or job.last_result.outcome is Outcome.UNKNOWN:
        said = f"{job.name} has not been seen to run, and it should every {limit}."
        return STALE_DATA.found(said, (words,), title=f"{job.name} has not run for too long", job=job)
    said = (
        f"The last run of {job.name} that ended well did so {_at(good, host)}, and one should every {limit}."
    )
    title = f"no run of {job.name} has ended well for too long"
    return STALE_DATA.found(said, (words,), title=title, job=job)


def _evidence(age: ProductAge, newest: datetime, host: FileFacts) -> tuple[str, ...]:
    said = [f"newest data in {age.path}: {_at(newest, host)}"]
    if age.lines and age.modified is not None:
        said.append(f"the file itself was written {_at(age.modified, host)}")
    if age.broken:
        said.append(f"{age.broken} of {age.lines} lines are broken")
    if age.ahead:
        said.append(f"{age.ahead} of {age.lines} lines are from the future, and do not count")
    return tuple(said)


def _at(moment: datetime, host: FileFacts) -> str:
    return f"{moment.astimezone(host.zone()):%Y-%m-%d %H:%M}"


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60)
    hours, left = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {left} min" if left else f"{hours} h" if hours <= 48 else f"{hours // 24} days"
