"""How often a job runs, and so how old what it brings may become before it is stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, pairwise

from fedtui.model import Job
from fedtui.schedule.upcoming import runs_of

MOST_RUNS = 4000
HORIZON = timedelta(days=800)
"""How far the largest gap between two runs is looked for: a week of a job that runs each working minute."""

_REPEATS = ("OnUnitActiveSec", "OnUnitInactiveSec")


def period_of(job: Job, now: datetime) -> float | None:
    """The largest gap between two runs of the job by its schedule, in seconds; None where there is none.

    Also of a job that promises no run at the moment, since its scheduler is down, say.
    """
    repeats = [seconds for name, seconds in job.timer.monotonic if name in _REPEATS] if job.timer else []
    if job.timer is not None and not job.timer.calendar:
        return max(repeats, default=None)
    promised = job if job.next_run is not None or job.cron is None else replace(job, next_run=now)
    until = (now + HORIZON).timestamp()
    stamps = (run.timestamp() for run in islice(runs_of(promised, now), MOST_RUNS))
    gaps: list[float] = []
    for earlier, later in pairwise(stamps):
        gaps.append(later - earlier)
        if later > until:
            break
    return max(gaps, default=None)
