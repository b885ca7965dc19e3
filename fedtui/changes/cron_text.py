"""What the plans for cron lines say: schedules in words, first runs, how often more or less."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedtui.changes.draft import Draft
from fedtui.crontab import Entry
from fedtui.model import CronFacts, Job, TimerFacts
from fedtui.ports import Ports
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.schedule.cron import ScheduleError, parse_schedule
from fedtui.schedule.describe import describe
from fedtui.schedule.pitfalls import find_pitfalls
from fedtui.system.zone import local_zone

# A Monday to the next, in a zone without clock changes: how often a schedule runs in a plain week.
_WEEK = datetime(2026, 6, 1, tzinfo=UTC)


def zone_of(job: Job | None) -> tuple[str, tzinfo]:
    """The zone that the job's schedule is read in: its own, else the machine's."""
    match job.facts if job is not None else None:
        case CronFacts(zone=zone):
            with suppress(ZoneInfoNotFoundError, ValueError):  # "localtime": that zone has no name here
                return zone, ZoneInfo(zone)
        case TimerFacts() | None:
            pass
        case _ as never:
            assert_never(never)
    return local_zone()


def dialect_of(job: Job | None, ports: Ports | None = None) -> str:
    """The dialect that the job's table is read in; of a new job, that of the daemon here. Blocking."""
    if job is not None and job.facts.dialect:
        return job.facts.dialect
    return "debian" if ports is None else ports.dialect()


def words_of(schedule: str, job: Job | None = None, ports: Ports | None = None) -> str:
    """The schedule in plain words; as written where cron does not take it."""
    try:
        return describe(parse_schedule(schedule, dialect_of(job, ports))).long
    except ScheduleError:
        return sanitize_and_mask(schedule)


def first_run(schedule: str, job: Job | None, ports: Ports) -> str:
    """When it runs first from now on, such as "Tue 24 Nov 14:10"."""
    parsed = parse_schedule(schedule, dialect_of(job, ports))
    _, zone = zone_of(job)
    run = next(parsed.runs(ports.clock(), zone), None)
    if run is not None:
        return f"run {run:%a} {run.day} {run:%b %H:%M}"
    if parsed.random:
        return "run: not known"
    return "run at the next boot" if parsed.reboot else "run: never"


def frequency(before: str, after: str, job: Job | None = None) -> str:
    """How many runs more or less: "48 fewer runs a day."; "" where it makes no difference or is not known."""
    try:
        difference = _runs_a_week(after, job) - _runs_a_week(before, job)
    except ScheduleError:
        return ""
    if difference == 0:
        return ""
    count, per = (abs(difference) // 7, "day") if difference % 7 == 0 else (abs(difference), "week")
    return f"{count:,} {'more' if difference > 0 else 'fewer'} {'run' if count == 1 else 'runs'} a {per}."


def _runs_a_week(schedule: str, job: Job | None) -> int:
    parsed = parse_schedule(schedule, dialect_of(job))
    end = _WEEK + timedelta(days=7)
    runs = parsed.runs(_WEEK - timedelta(minutes=1), UTC)
    return sum(1 for _ in takewhile(lambda run: run < end, runs))


def pitfall_warnings(schedule: str, job: Job | None, ports: Ports) -> tuple[str, ...]:
    """The traps of a schedule as the confirm dialog warns of them."""
    try:
        parsed = parse_schedule(schedule, dialect_of(job, ports))
    except ScheduleError:
        return ()
    _, zone = zone_of(job)
    return tuple(trap.text for trap in find_pitfalls(parsed, zone, ports.clock()))


def draft_text(entry: Entry) -> Draft:
    """An entry as a form shows it."""
    return Draft(entry.schedule, decode(entry.field), entry.name, entry.note)
