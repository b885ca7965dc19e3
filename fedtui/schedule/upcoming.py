"""What runs next, over all jobs, in true order.

Lazy: of each job only the runs that are asked for are computed, so ten thousand jobs cost one heap. Times
are compared as moments; two datetimes of one zone would be compared by the wall clock, which repeats itself.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedtui.model import CronFacts, Job, TimerFacts
from fedtui.schedule.cron import CronSchedule, parse_schedule

EARLY = timedelta(seconds=2)
"""How much before it was due a start may seem to lie: the clocks of its sources differ a little."""

DUE_WITHIN = timedelta(seconds=60)
"""How long after its due minute what was written or mailed tells of a run: then it may be due again."""

RunsOf = Callable[[Job, datetime], Iterable[datetime]]
"""The runs of a job after a moment, soonest first; may be endless. `runs_of` is one."""


def runs_of(job: Job, after: datetime) -> Iterator[datetime]:
    """Yield the known runs of a job strictly later than `after`, ascending.

    Nothing for a job that promises no run. A cron job's are computed and need not end; a timer's are those
    its source knows.
    """
    if job.next_run is None:
        return
    match job.facts:
        case CronFacts() as cron:
            schedule = cron_schedule(job)
            zone = _zone(cron.zone) or job.next_run.tzinfo
            if schedule is not None and zone is not None:
                yield from schedule.runs(after, zone, _zone(cron.daemon_zone) if cron.daemon_zone else None)
                return
        case TimerFacts():
            pass
        case _ as never:
            assert_never(never)
    moment = after.timestamp()
    for at in (job.next_run, *job.later_runs):
        if at.timestamp() > moment:
            moment = at.timestamp()
            yield at


def last_due(job: Job, moment: datetime, within: timedelta) -> datetime | None:
    """The last run of a cron job's schedule in the span `within` up to `moment`, that of a paused job too."""
    job, last = replace(job, next_run=job.next_run or moment), None
    for due in runs_of(job, moment - within):
        if due.timestamp() > moment.timestamp():
            break
        last = due
    return last


def upcoming(
    jobs: Iterable[Job], after: datetime, runs_of: RunsOf = runs_of
) -> Iterator[tuple[datetime, Job]]:
    """Yield the runs of all `jobs` strictly later than `after`, in order, each with its job; may be endless.

    Runs of one moment are in the order of `jobs`. `after` must not be earlier than the moment that the
    jobs' `next_run` were found at.
    """
    heap: list[tuple[float, int, datetime, Job, Iterator[datetime] | None]] = []
    moment = after.timestamp()
    for place, job in enumerate(jobs):
        if job.next_run is None:
            continue
        at, rest = job.next_run, None
        stamp = at.timestamp()
        if stamp <= moment:  # it is overdue, or has begun since
            rest = iter(runs_of(job, after))
            later = _later(rest, after)
            if later is None:
                continue
            at, stamp = later, later.timestamp()
        heap.append((stamp, place, at, job, rest))
    heapq.heapify(heap)
    while heap:
        _, place, at, job, rest = heap[0]
        yield at, job
        rest = rest or iter(runs_of(job, at))
        following = _later(rest, at)
        if following is None:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (following.timestamp(), place, following, job, rest))


def _later(runs: Iterator[datetime], at: datetime) -> datetime | None:
    """The next of `runs` that is later than `at`."""
    moment = at.timestamp()
    return next((run for run in runs if run.timestamp() > moment), None)


def cron_schedule(job: Job) -> CronSchedule | None:
    """The schedule of a cron line; None for a timer, and for another dialect or text made safe to show."""
    match job.facts:
        case CronFacts() as cron:
            try:
                return parse_schedule(job.schedule, cron.dialect)
            except ValueError:  # its source knows the runs
                return None
        case TimerFacts():
            return None
        case _ as never:
            assert_never(never)


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # a name that is not in this machine's database
        return None
