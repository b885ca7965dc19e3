"""How old what a job brings may be: the one limit that findings, alerts and status read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from fedtui.model import Job
from fedtui.schedule.period import period_of
from fedtui.schedulers import driver_of

PERIODS = 2
"""After how many periods of its schedule a job is stale: two hours for an hourly one."""


class AgeLimit(NamedTuple):
    """`seconds` from which on the job is stale, None where nothing was promised. `own`: the user set it."""

    seconds: float | None
    own: bool = False


def age_limit(
    job: Job, now: datetime, settings: Mapping[str, float], *names: str, period: float | None = None
) -> AgeLimit:
    """The limit of a job: what `settings` ([alert.stale], seconds by id or name) says, else by its period.

    `names` are more names that `settings` may have for it; `period` is what is remembered of its period, in
    seconds, for where the schedule does not tell it now. Never less than one late run takes.
    """
    for name in (job.id, *job.names, *names):
        if name in settings:
            return AgeLimit(float(settings[name]), own=True)
    found = period_of(job, now)
    found = found if found is not None else period
    return AgeLimit(
        None if found is None else max(PERIODS * found, found + driver_of(job).grace.total_seconds())
    )
