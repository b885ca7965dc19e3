"""FT710: whether the data that a job should renew is as new as its schedule promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from fedtui.health.checks import EVERY_JOB, CheckReport, check, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.model import Snapshot
from fedtui.runs.data_age import ENDING, DataAge
from fedtui.schedule.period import allowed_age

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
    """FT710: the newest data of a product is older than two periods of the job that renews it."""
    for job in snapshot.jobs:
        product = host.product_of(job)
        allowed = allowed_age(job, snapshot.at) if product else None
        if allowed is None:
            continue
        try:
            found = host.freshness(product, snapshot.at)
        except FileNotFoundError:
            yield STALE_DATA.found(
                f"{job.name} should write {product}, and there is no such file.", (product,), job=job
            )
            continue
        except OSError as error:
            yield STALE_DATA.unchecked(product, error.strerror or str(error))
            continue
        if found.newest is None and Path(product).suffix == ENDING:
            yield STALE_DATA.unchecked(product, "no line of it has a timestamp that can be read")
            continue
        newest = found.newest or found.modified
        if snapshot.at - newest > allowed:
            yield STALE_DATA.found(
                f"The newest data of {job.name} is from {_at(newest, host)}, and it should be at most "
                f"{_hours(allowed)} old.",
                _evidence(found, newest, host),
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


def _hours(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    hours, left = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {left} min" if left else f"{hours} h" if hours <= 48 else f"{hours // 24} days"
