"""How often a job runs, and so how old what it brings may become before it is stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import assert_never

from fedtui.model import CronFacts, Job, TimerFacts
from fedtui.schedule.upcoming import runs_of

MOST_RUNS = 4000
HORIZON = timedelta(days=800)
"""How far the largest gap between two runs is looked for: a week of a job that runs each working minute."""

_REPEATS = ("OnUnitActiveSec", "OnUnitInactiveSec")


def period_of(job: Job, now: datetime) -> float | None:
    """The largest gap between two runs of the job by its schedule, in seconds; None where there is none.

    Also of a job that promises no run at the moment, since its scheduler is down, say.
    """
    promised = job
    match job.facts:
        case TimerFacts(calendar=(), monotonic=spans):
            return max((seconds for name, seconds in spans if name in _REPEATS), default=None)
        case TimerFacts():
            pass
        case CronFacts():
            promised = replace(job, next_run=job.next_run or now)
        case _ as never:
            assert_never(never)
    until = (now + HORIZON).timestamp()
    stamps = (run.timestamp() for run in islice(runs_of(promised, now), MOST_RUNS))
    gaps: list[float] = []
    for earlier, later in pairwise(stamps):
        gaps.append(later - earlier)
        if later > until:
            break
    return max(gaps, default=None)
