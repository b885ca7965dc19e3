"""What a schedule would mean, while it is typed: validity, words, the next runs, pitfalls.

Cron lines are computed here; timers are asked of systemd-analyze, the only one who reads its calendar
expressions without error.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import assert_never

from fedtui.changes.cron_text import dialect_of, zone_of
from fedtui.changes.timer_schedule import TimerSchedule, TimerScheduleError, check_schedule, pitfalls_of
from fedtui.model import CronFacts, Job, Location, SourceName, TimerFacts
from fedtui.ports import Ports
from fedtui.schedule.contention import Contention
from fedtui.schedule.cron import ScheduleError, parse_schedule
from fedtui.schedule.describe import describe
from fedtui.schedule.dialect import dialect_named
from fedtui.schedule.foreign import parse_other
from fedtui.schedule.pitfalls import Pitfall, find_pitfalls
from fedtui.schedule.timer import describe_timer
from fedtui.schedule.timer_pitfalls import typed
from fedtui.system.program import ProgramError

RUNS = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """What is known of a schedule as typed.

    `message` says why it is not valid, `field` which part is at fault. `runs` are at most five aware
    datetimes in the zone of the schedule, `dialect` and `zone` words for whose rules and whose clock apply.
    """

    valid: bool
    message: str
    field: str | None
    words: str
    runs: tuple[datetime, ...]
    pitfalls: tuple[Pitfall, ...]
    dialect: str
    zone: str


async def preview(
    job: Job | None, text: str, ports: Ports, now: datetime, contention: Contention | None = None
) -> Preview:
    """What `text` would mean for `job`; None stands for a new cron job. Never raises for a bad text.

    `contention` is who else starts when; without it nothing is said of jobs that start together.
    """
    if job is None:
        return await asyncio.to_thread(_cron, None, None, text, ports, now, contention)
    match job.facts:
        case TimerFacts() as timer:
            return await _timer(job, timer, text, now, contention)
        case CronFacts() as cron:
            return await asyncio.to_thread(_cron, job, cron, text, ports, now, contention)
        case _ as never:
            assert_never(never)


def _cron(
    job: Job | None,
    cron: CronFacts | None,
    text: str,
    ports: Ports,
    now: datetime,
    contention: Contention | None,
) -> Preview:
    zone_name, zone = zone_of(job)
    dialect = dialect_of(job, ports)
    label = dialect_named(dialect).label
    try:
        schedule = parse_schedule(text, dialect)
    except ScheduleError as error:
        message = error.message + _other_dialect(text, "this cron" if dialect == "other" else label)
        return Preview(False, message, error.field, "", (), (), label, zone_name)
    runs = tuple(islice(schedule.runs(now, zone), RUNS))
    found = find_pitfalls(schedule, zone, now)
    if runs:
        facts = replace(cron or CronFacts("", b"", b"", zone=zone_name), dialect=dialect)
        of_it = job or Job("", "", SourceName.CRONTAB, "", text, "", Location(""), facts)
        new = replace(of_it, schedule=text, next_run=runs[0], editable=True, facts=facts)
        found = _with_pile(found, new, contention)
    return Preview(True, "", None, describe(schedule).sentence, runs, found, label, zone_name)


def _other_dialect(text: str, label: str) -> str:
    """A hint where the text is a schedule elsewhere, such as with seconds or `L`."""
    try:
        other = parse_other(text)
    except ScheduleError:
        return ""
    return f"; it is a schedule, but of another dialect than {label}'s" if other.text else ""


async def _timer(
    job: Job, facts: TimerFacts, text: str, now: datetime, contention: Contention | None
) -> Preview:
    zone_name, zone = zone_of(None)
    try:
        schedule = await check_schedule(text, now, RUNS)
    except TimerScheduleError as error:
        return Preview(False, str(error), error.field, "", (), (), "systemd", zone_name)
    except ProgramError as error:
        return Preview(
            False, f"systemd-analyze cannot be asked: {error}", None, "", (), (), "systemd", zone_name
        )
    runs = tuple(run.astimezone(zone) for run in schedule.runs)
    words = describe_timer(schedule.calendar, schedule.monotonic).sentence
    found = await asyncio.to_thread(_pitfalls, job, facts, schedule, now, contention)
    return Preview(True, "", None, words, runs, found, "systemd", zone_name)


def _pitfalls(
    job: Job, facts: TimerFacts, schedule: TimerSchedule, now: datetime, contention: Contention | None
) -> tuple[Pitfall, ...]:
    found = list(pitfalls_of(schedule, job, facts, now))
    if facts.randomized_delay:
        delay = f"{facts.randomized_delay:.0f} s"
        text = f"Each run is put off by up to {delay} at random (RandomizedDelaySec=)."
        found.append(Pitfall("random-delay", "a random delay", text))
    new, _ = typed(job, facts, schedule.calendar, schedule.monotonic, schedule.runs)
    return _with_pile(tuple(found), new, contention)


def _with_pile(found: tuple[Pitfall, ...], job: Job, contention: Contention | None) -> tuple[Pitfall, ...]:
    """The pitfalls, and that of many jobs in one minute last: it is none of the schedule's own."""
    pile = contention.pitfall(job) if contention is not None else None
    return found if pile is None else (*found, pile)
