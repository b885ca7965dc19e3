"""What a systemd timer does, or leaves undone, that its writer may not expect.

The rules are those of systemd.timer(5) and systemd.time(7), and what was measured: a change of the clock
leaves out what it jumps over, and what comes twice is run once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedtui.model import Job, State, TimerFacts
from fedtui.schedule.calendar import Calendar, parse_calendar
from fedtui.schedule.clock_changes import clock_changes, run_times
from fedtui.schedule.patterns import listing
from fedtui.schedule.pitfalls import Pitfall, paused

Spans = tuple[tuple[str, float], ...]
"""Triggers that count from something, such as ("OnBootSec", 300.0)."""

_REPEATING = ("OnUnitActiveSec", "OnUnitInactiveSec")
_SELDOM = 3600.0
"""Seconds between runs from which on a missed one is missed: the others are soon made up for."""


def timer_pitfalls(
    job: Job, facts: TimerFacts, zone: tzinfo, now: datetime, *, sleeps: bool = False
) -> tuple[Pitfall, ...]:
    """The pitfalls of a timer, the gravest first.

    `zone` is the machine's. `sleeps` says that the machine is known to be switched off at times.
    """
    found = [
        *_no_first_start(job, facts),
        *_every_few_seconds(job),
        *_added_up(facts),
        *_stays_active(job, facts),
        *_persistence(job, facts, sleeps=sleeps),
        *calendar_pitfalls(facts.calendar, zone, now),
    ]
    return tuple(found)


def typed(
    job: Job, facts: TimerFacts, calendar: tuple[str, ...], monotonic: Spans, runs: Sequence[datetime]
) -> tuple[Job, TimerFacts]:
    """The timer as it would be with another schedule, whose next `runs` are known.

    Spans alone promise no run beforehand. A timer that has run, or will, has something that they count from.
    """
    first = runs[0] if runs else job.next_run or job.last_run
    facts = replace(facts, calendar=calendar, monotonic=monotonic, service_active_state="")
    return replace(job, facts=facts, next_run=first, later_runs=tuple(runs[1:])), facts


def _no_first_start(job: Job, facts: TimerFacts) -> Iterator[Pitfall]:
    names = [name for name, _ in facts.monotonic]
    if facts.calendar or not names or not set(names) <= set(_REPEATING):
        return
    these = listing([f"{name}=" for name in _REPEATING if name in names])
    counts = "counts" if len(set(names)) == 1 else "count"
    fix = "Add OnBootSec= or OnActiveSec=."
    if job.next_run is None and not job.running and not job.paused:
        text = f"{these} {counts} from a run of {facts.activates}, and nothing starts the first one. {fix}"
        yield Pitfall("never-elapses", "never elapses", text)
    else:
        text = f"{these} {counts} from the last run, and after a boot there is none. {fix}"
        yield Pitfall("no-first-run", "no first run after a boot", text)


def _every_few_seconds(job: Job) -> Iterator[Pitfall]:
    if job.next_run is None or not job.later_runs:
        return
    known = (job.next_run, *job.later_runs)
    seconds = min((later - earlier).total_seconds() for earlier, later in pairwise(known))
    if 0 < seconds < 60:
        yield Pitfall("seconds", "every few seconds", f"It runs every {seconds:.0f} s.")


def _added_up(facts: TimerFacts) -> Iterator[Pitfall]:
    if len(facts.calendar) > 1:
        text = "Each OnCalendar= adds its runs: where two name the same day it runs twice."
        yield Pitfall("adds-up", "times that add up", text)


def _stays_active(job: Job, facts: TimerFacts) -> Iterator[Pitfall]:
    """A service that stays active when its work is done is not started again, whatever the timer does."""
    if facts.service_active_state == "active" and not job.running and job.state is not State.RUNNING:
        text = (
            f"{facts.activates} stays active after its work (RemainAfterExit=), and an active unit is not "
            "started again: the timer will not elapse until it is stopped."
        )
        yield Pitfall("stays-active", "its service stays active", text)


def _persistence(job: Job, facts: TimerFacts, *, sleeps: bool) -> Iterator[Pitfall]:
    if facts.persistent and not facts.calendar:
        text = "Persistent= does nothing without OnCalendar=: a run that is missed stays missed."
        yield Pitfall("persistent-alone", "Persistent= without effect", text)
    if sleeps and facts.calendar and not facts.persistent and _seldom(job, facts):
        text = (
            "This machine is off at times, and a run that falls into such a time is left out. "
            "Persistent=true makes up for it at the next start."
        )
        yield Pitfall("not-persistent", "a run missed while off", text)


def _seldom(job: Job, facts: TimerFacts) -> bool:
    if job.next_run is not None and job.later_runs:
        return (job.later_runs[0] - job.next_run).total_seconds() >= _SELDOM
    calendars = list(map(parse_calendar, facts.calendar))
    return all(one is not None and len(one.hours) * len(one.minutes) <= 24 for one in calendars)


def calendar_pitfalls(expressions: Iterable[str], zone: tzinfo, now: datetime) -> Iterator[Pitfall]:
    """What the clock changes of the coming year do to OnCalendar= expressions; at most two for each."""
    for expression in expressions:
        calendar = parse_calendar(expression)
        own_zone = zone if calendar is None or not calendar.zone else _zone(calendar.zone)
        if calendar is not None and own_zone is not None and not calendar.open_hours:
            yield from _clock_changes(calendar, own_zone, now)


def _clock_changes(calendar: Calendar, zone: tzinfo, now: datetime) -> Iterator[Pitfall]:
    seen = set()
    for change in clock_changes(zone, now):
        times = run_times(calendar.wall_minutes(change.start, change.end))
        every_hour = len(calendar.hours) == 24
        if times is None or every_hour == (change.jump > 0) or (change.jump > 0) in seen:
            continue
        seen.add(change.jump > 0)
        if every_hour:
            yield paused(change)
        elif change.jump > 0:
            text = f"{change.sentence}: {times.verb('is', 'are')} left out."
            yield Pitfall("dst-skipped", "a run left out", text)


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # a name that is not in this machine's database
        return None
