"""Jobs that start in the same minute, and minutes to move them to.

Thirty jobs at midnight are thirty jobs at once: each is slow, and each runs into the others. What is given
for each is the same schedule at a later minute of the same hour, so that nothing else about it changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import assert_never

from fedtui.model import CronFacts, Job, TimerFacts
from fedtui.schedule.cron import CronSchedule
from fedtui.schedule.pitfalls import Pitfall
from fedtui.schedule.upcoming import cron_schedule, runs_of

LEAST = 5
"""Jobs in one minute that are a pile."""

_NAMED = 3
"""So many of the others are named to somebody who types a schedule."""

_DAY = timedelta(days=1)
_OFTEN = 48
"""Runs a day beyond which a job is always about, and no more a part of one pile than of another."""
_APART = 5
"""Minutes between jobs that are spread, if the hour has as many."""


@dataclass(frozen=True, slots=True)
class BusyMinute:
    """Jobs that start in one minute: `at` is the first time, `job_ids` in the order of the jobs.

    `times` says how often they do in the time looked at. `spread` gives new schedules, (job id, schedule),
    for those that can be moved within their hour; the others stay.
    """

    at: datetime
    job_ids: tuple[str, ...]
    times: int
    spread: tuple[tuple[str, str], ...]


def busy_minutes(
    jobs: Sequence[Job], after: datetime, *, least: int = LEAST, within: timedelta = _DAY
) -> tuple[BusyMinute, ...]:
    """The minutes in which at least `least` jobs start, in (after, after + within], the largest pile first.

    A pile whose jobs are all in a larger one, or in an earlier one of the same size, is left out.
    Timers with a random delay are spread already, and jobs that run more than every half hour are left out.
    """
    end = after + within
    minutes: dict[int, list[Job]] = {}
    moments: dict[int, datetime] = {}
    for job in jobs:
        for at in _starts(job, after, end):
            minute = _minute(at)
            moments.setdefault(minute, at.replace(second=0, microsecond=0))
            minutes.setdefault(minute, []).append(job)
    piles: dict[tuple[str, ...], tuple[int, int, list[Job]]] = {}
    for minute in sorted(minutes):
        together = minutes[minute]
        if len(together) >= least:
            key = tuple(job.id for job in together)
            first, times, _ = piles.get(key, (minute, 0, together))
            piles[key] = (first, times + 1, together)
    found: list[BusyMinute] = []
    kept: list[set[str]] = []
    for key, (minute, times, together) in sorted(piles.items(), key=lambda pile: (-len(pile[0]), pile[1][0])):
        ids = set(key)
        if not any(ids <= larger for larger in kept):
            kept.append(ids)
            found.append(BusyMinute(moments[minute], key, times, tuple(_spread(together))))
    return tuple(found)


class Contention:
    """Who else starts when in the day after `after`, for one whose schedule is typed: made once a dialog.

    `but` is the id of the job itself.
    """

    def __init__(self, jobs: Sequence[Job], after: datetime, but: str = "") -> None:
        self._after = after
        self._end = after + _DAY
        self._minutes: dict[int, list[str]] | None = None
        self._jobs = [job for job in jobs if job.id != but]

    def pitfall(self, job: Job) -> Pitfall | None:
        """The fullest minute that `job` would start in, and a quieter one of its hour; None for no pile.

        The first time it works out the whole day.
        """
        minutes = self._others()
        own = list(_starts(job, self._after, self._end))
        at = max(own, key=lambda one: len(minutes.get(_minute(one), ())), default=None)
        others = [] if at is None else minutes.get(_minute(at), [])
        if at is None or len(others) + 1 < LEAST:
            return None
        names = ", ".join(others[:_NAMED])
        rest = len(others) - _NAMED
        text = (
            f"{len(others)} other jobs start at {at:%H:%M} too, and each is slower for it. They are {names}"
            + (f" and {rest} more." if rest > 0 else ".")
        )
        match job.facts:
            case TimerFacts():
                text += " RandomizedDelaySec= would spread them."
            case CronFacts():
                pass
            case _ as never:
                assert_never(never)
        instead = self._quieter(job, own)
        return Pitfall("pile-up", "many jobs at once", text, instead, instead)

    def _others(self) -> dict[int, list[str]]:
        if self._minutes is None:
            found: dict[int, list[str]] = {}
            for job in self._jobs:
                for at in _starts(job, self._after, self._end):
                    found.setdefault(_minute(at), []).append(job.name)
            self._minutes = found
        return self._minutes

    def _quieter(self, job: Job, own: Sequence[datetime]) -> tuple[str, ...]:
        """The schedule at the nearest later minute of the hour in which the fewest others start."""
        schedule = _movable(job)
        if schedule is None:
            return ()
        minutes = self._others()

        def others(by: int) -> int:
            return max(len(minutes.get(_minute(at) + by, ())) for at in own)

        steps = range(_APART, 60 - schedule.minutes[-1], _APART)
        by = min(steps, key=lambda step: (others(step), step), default=None)
        return () if by is None or others(by) >= others(0) else (_moved(schedule, by),)


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _starts(job: Job, after: datetime, end: datetime) -> Iterator[datetime]:
    """The runs of a job in time, one a minute; none for one that runs too often, or at random.

    Of a timer only the next few runs are known, so how close they lie says how often it runs.
    """
    frequent = False
    match job.facts:
        case TimerFacts(randomized_delay=delay):
            if delay:
                return
            frequent = _close(job)
        case CronFacts():
            schedule = cron_schedule(job)
            if schedule is not None and len(schedule.minutes) * len(schedule.hours) > _OFTEN:
                return
        case _ as never:
            assert_never(never)
    begin, last = after.timestamp(), end.timestamp()
    most = round(_OFTEN * ((end - after) / _DAY))
    found = {
        _minute(at): at for at in islice(runs_of(job, after), most + 1) if begin < at.timestamp() <= last
    }
    if len(found) <= most and not frequent:
        yield from found.values()


def _close(job: Job) -> bool:
    """Whether the runs of a timer that are known lie closer together than half an hour, all of them."""
    runs = [run.timestamp() for run in (job.next_run, *job.later_runs) if run is not None]
    return len(runs) > 2 and max(map(float.__sub__, runs[1:], runs)) <= _DAY.total_seconds() / _OFTEN


def _spread(jobs: Sequence[Job]) -> Iterator[tuple[str, str]]:
    """New schedules for all but the first of those that can be moved; an immovable one keeps the minute."""
    movable = [(job, schedule) for job in jobs if (schedule := _movable(job)) is not None]
    staying = len(movable) < len(jobs)
    moved = movable if staying else movable[1:]
    if not moved:
        return
    room = 59 - max(schedule.minutes[-1] for _, schedule in moved)
    if room < 1:
        return
    step = max(1, min(_APART, room // len(moved)))
    for place, (job, schedule) in enumerate(moved):
        by = 1 + place % room if step == 1 else (place + 1) * step
        yield job.id, _moved(schedule, by)


def _moved(schedule: CronSchedule, by: int) -> str:
    minutes = ",".join(str(minute + by) for minute in schedule.minutes)
    return " ".join([minutes, *(field.text for field in schedule.fields[1:])])


def _movable(job: Job) -> CronSchedule | None:
    """The schedule of a cron job that may be changed here and whose minutes are few and named one by one."""
    schedule = cron_schedule(job) if job.editable else None
    if schedule is None or schedule.reboot or schedule.fields[0].star or len(schedule.minutes) > 4:
        return None
    return schedule
