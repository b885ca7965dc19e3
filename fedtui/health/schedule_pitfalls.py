"""Schedules that do something else than they seem to say: the pitfalls of `fedtui.schedule`, as findings.

What is reported while a schedule is typed is reported here of those in the tables already. The clock
changes of a year concern nearly every nightly job, and are notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedtui.health.checks import TIMERS, CheckReport, Rule, check, error_rule, note_rule, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.model import Job, Remedy, Severity, Snapshot, State, cron_jobs, timer_jobs
from fedtui.schedule.contention import LEAST, busy_minutes
from fedtui.schedule.cron import ScheduleError, parse_schedule
from fedtui.schedule.pitfalls import Pitfall, find_pitfalls
from fedtui.schedule.timer_pitfalls import timer_pitfalls

IGNORED_TEXT = warning_rule(
    "FT104",
    "text in the schedule that cron ignores",
    "cron stops reading a field where it no longer understands it, and says nothing of the rest.",
    "Write the schedule without that text, or as it was meant: e.",
)
BACKWARDS = warning_rule(
    "FT105",
    "an empty range",
    "A range such as 22-2 does not run over midnight: cron takes it for no time at all, without a word.",
    "Write it as two ranges, 22-23,0-2: e.",
)
UNEVEN = note_rule(
    "FT106",
    "uneven steps",
    "A step starts again with each hour, day, week, month or year. Where it does not divide that, the last "
    "gap is another one.",
    "Take a step that divides the hour or the day, if even gaps matter: e.",
)
EITHER_DAY = warning_rule(
    "FT107",
    "day or weekday",
    "Where both day fields are restricted cron runs the job when either matches, not both (crontab(5)). "
    "The first Monday of a month cannot be said with them.",
    "Restrict one day field, and test the other one in the command: e.",
)
CRON_CLOCK = note_rule(
    "FT108",
    "the clock change moves a run",
    "Twice a year an hour is missing or comes twice. What a cron job of that hour does then depends on the "
    "daemon and on how its schedule is written.",
    "Move the job to an hour that no clock change touches: e.",
)
PILE_UP = note_rule(
    "FT119",
    "many jobs start in the same minute",
    "Jobs that start together wait for each other's disk, network and locks: each takes longer, and some "
    "fail only then.",
    "Spread them over the hour: e.",
    needs=("crontab", "system-tables", *TIMERS),
)
NEVER_ELAPSES = error_rule(
    "FT209",
    "a timer that nothing starts for the first time",
    "OnUnitActiveSec= and OnUnitInactiveSec= count from a run of the unit. Without a first run they never "
    "elapse, though the timer is active (systemd.timer(5)).",
    "Add OnBootSec= or OnActiveSec= to the timer.",
)
PERSISTENT_ALONE = warning_rule(
    "FT210",
    "Persistent= has no effect without OnCalendar=",
    "Persistent=true makes up for runs that were missed while the machine was off, but only for OnCalendar= "
    "(systemd.timer(5)). Beside OnUnitActiveSec= alone it does nothing.",
    "Give the timer an OnCalendar=, or take the line out.",
)
NO_FIRST_RUN = warning_rule(
    "FT211",
    "a timer that does not come back after a boot",
    "OnUnitActiveSec= and OnUnitInactiveSec= count from the last run, and a boot forgets it: the timer runs "
    "now, and stands still from the next boot on.",
    "Add OnBootSec= or OnActiveSec= to the timer.",
)
STAYS_ACTIVE = warning_rule(
    "FT212",
    "the timer's service stays active",
    "systemd does not start a unit that is active already. A service with RemainAfterExit= stays so when its "
    "work is done, and the timer starts nothing.",
    "Take RemainAfterExit= out of the service.",
)
TIMER_CLOCK = note_rule(
    "FT213",
    "the clock change leaves a run out",
    "A timer whose time falls into the hour that the clock jumps over is not run that day.",
    "Move the timer to an hour that no clock change touches: e.",
)

NOT_PERSISTENT = warning_rule(
    "FT214",
    "a timer that loses runs while the machine sleeps",
    "A calendar run that falls into a time in which the machine is off or asleep is left out, unless the "
    "timer has Persistent=true (systemd.timer(5)).",
    "Add Persistent=true to the timer, if a late run is better than none.",
)

_CRON = {
    "ignored-text": IGNORED_TEXT,
    "backwards-range": BACKWARDS,
    "uneven-step": UNEVEN,
    "either-day": EITHER_DAY,
    "dst-pause": CRON_CLOCK,
    "dst-skipped": CRON_CLOCK,
    "dst-moved": CRON_CLOCK,
    "dst-doubled": CRON_CLOCK,
}
"""Rules by the code of the pitfall. "never-fires" is FT103's; a time that is random is meant to be."""

_TIMER = {
    "never-elapses": NEVER_ELAPSES,
    "persistent-alone": PERSISTENT_ALONE,
    "no-first-run": NO_FIRST_RUN,
    "stays-active": STAYS_ACTIVE,
    "not-persistent": NOT_PERSISTENT,
    "dst-pause": TIMER_CLOCK,
    "dst-skipped": TIMER_CLOCK,
}


@check(IGNORED_TEXT, BACKWARDS, UNEVEN, EITHER_DAY, CRON_CLOCK)
def schedule_pitfalls(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT104-FT108: what cron does with a schedule and its writer may not expect; each rule once a job."""
    day = datetime.combine(snapshot.at.date(), time(), snapshot.at.tzinfo)
    for job, cron in cron_jobs(snapshot.jobs):
        if job.state in (State.BAD_LINE, State.PAUSED):
            continue
        by_rule: dict[Rule, list[Pitfall]] = {}
        for pitfall in _cron_pitfalls(job.schedule, cron.dialect, cron.zone, day):
            if pitfall.code in _CRON:
                by_rule.setdefault(_CRON[pitfall.code], []).append(pitfall)
        for rule, found in by_rule.items():
            yield rule.found(
                " ".join(pitfall.text for pitfall in found),
                (f"schedule  {job.schedule}", f"line  {job.location}"),
                title="" if rule is CRON_CLOCK else found[0].title,
                remedy=_rewrite(job, found),
                job=job,
            )


@lru_cache(16384)  # more than the longest table has lines, so that a second checkup asks nothing again
def _cron_pitfalls(schedule: str, dialect: str, zone: str, day: datetime) -> tuple[Pitfall, ...]:
    """The pitfalls of a schedule from a day on: a table of thousands of lines has few schedules."""
    try:
        return find_pitfalls(parse_schedule(schedule, dialect), ZoneInfo(zone), day)
    except (ScheduleError, ZoneInfoNotFoundError, ValueError):
        return ()  # anacron's, or a zone that this machine does not know: nothing is said of those


def _rewrite(job: Job, found: list[Pitfall]) -> Remedy | None:
    """The schedule that the pitfall's nearest suggestion gives."""
    schedules = [schedule for pitfall in found for schedule in pitfall.schedules]
    if not schedules or not job.editable:
        return None
    return Remedy("schedule", f"write the schedule as {schedules[0]}", schedules[0])


@check(NEVER_ELAPSES, PERSISTENT_ALONE, NO_FIRST_RUN, STAYS_ACTIVE, TIMER_CLOCK, NOT_PERSISTENT)
def timer_schedule_pitfalls(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT209-FT214: what a timer leaves undone that its writer may not expect; each rule once a timer."""
    asleep = host.sleeps()
    for job, facts in timer_jobs(snapshot.jobs):
        if job.state is State.UNREACHABLE:
            continue
        by_rule: dict[Rule, list[Pitfall]] = {}
        for pitfall in timer_pitfalls(job, facts, host.zone(), snapshot.at, sleeps=bool(asleep)):
            if pitfall.code in _TIMER:
                by_rule.setdefault(_TIMER[pitfall.code], []).append(pitfall)
        monotonic = tuple(f"{name}=  {seconds:g} s" for name, seconds in facts.monotonic)
        calendar = tuple(f"OnCalendar=  {one}" for one in facts.calendar)
        for rule, found in by_rule.items():
            seen = (f"this machine  {asleep}",) if rule is NOT_PERSISTENT else ()
            vendors = rule is NOT_PERSISTENT and host.shipped(facts.fragment)
            yield rule.found(
                " ".join(pitfall.text for pitfall in found),
                (*calendar, *monotonic, *seen, f"file  {facts.fragment}"),
                severity=Severity.NOTE if vendors else rule.severity,
                job=job,
            )


PILES = 3
"""So many piles are reported; one is a warning from twice as many jobs on as make a pile."""


@check(PILE_UP)
def jobs_at_once(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT119: jobs that start in the same minute; the largest piles only."""
    hour = snapshot.at.replace(minute=0, second=0, microsecond=0)
    jobs = {job.id: job for job in snapshot.jobs if job.state in (State.ON, State.RUNNING, State.OVERDUE)}
    same = (hour, tuple((job.id, job.schedule) for job in jobs.values()))
    piles = host.worked_out("pile-ups", same, lambda: busy_minutes(tuple(jobs.values()), hour, least=LEAST))
    for pile in piles[:PILES]:
        together = [jobs[job_id] for job_id in pile.job_ids]
        title = f"{len(together)} jobs start at {pile.at.astimezone(host.zone()):%H:%M}"
        moved = dict(pile.spread)
        more = (f"and {len(together) - 8} more",) if len(together) > 8 else ()
        yield PILE_UP.found(
            title + (f", and {pile.times} times a day so." if pile.times > 1 else "."),
            tuple(_description(job, moved.get(job.id)) for job in together[:8]) + more,
            title=title,
            severity=Severity.WARNING if len(moved) >= LEAST * 2 else Severity.NOTE,
        )


def _description(job: Job, spread: str | None) -> str:
    return f"{job.name}  {job.schedule}" + (f", apart at {spread}" if spread else "")
