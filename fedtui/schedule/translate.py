"""A cron schedule as OnCalendar= expressions that name the same minutes, and back where that can be said.

Both sides are sets of values, so a translation is exact but for changes of the clock, of which
`clock_words` tells; what cannot be said on the other side raises `TranslationError` with the reason. The
grammar is that of systemd.time(7). Steps are written with their end (`00..22/2`), since systemd at times
loses itself in open ones around a change of the clock.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from fedtui.schedule.calendar import Calendar, parse_calendar
from fedtui.schedule.clock_changes import clock_changes, run_times
from fedtui.schedule.cron import CronSchedule
from fedtui.schedule.patterns import WEEKDAYS, listing, spans, steps

_PARTS = ("minutes", "hours", "days", "months", "weekdays")
_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_ALL_DAYS, _ALL_WEEKDAYS = tuple(range(1, 32)), tuple(range(7))


class TranslationError(ValueError):
    """The schedule cannot be said on the other side; the message says why, without a full stop."""


@dataclass(frozen=True, slots=True)
class TimerTriggers:
    """What a timer gets: OnCalendar= expressions, or `at_boot` where it is to run at each start."""

    calendar: tuple[str, ...]
    at_boot: bool = False


def to_calendar(schedule: CronSchedule, zone: str = "") -> TimerTriggers:
    """The expressions that elapse in exactly the minutes that the cron schedule names.

    `zone` is the IANA zone that the schedule is read in where that is not the machine's (cronie's CRON_TZ).
    """
    if schedule.reboot:
        return TimerTriggers((), at_boot=True)
    if schedule.random:
        named = listing([element.text for element in schedule.random])
        raise TranslationError(f"{named} is a time that cron chooses by chance when it loads the table")
    if schedule.never_fires:
        raise TranslationError("it never runs, and a timer without a run is none")
    days, weekdays = schedule.days, schedule.weekdays
    pairs = [(days, weekdays)]
    if schedule.either_day:
        pairs = [(days, _ALL_WEEKDAYS), (_ALL_DAYS, weekdays)]
        if _ALL_DAYS in (days,) or weekdays == _ALL_WEEKDAYS:
            pairs = [(_ALL_DAYS, _ALL_WEEKDAYS)]
    end = f" {zone}" if zone else ""
    return TimerTriggers(tuple(_expression(schedule, *pair) + end for pair in pairs if pair[0] and pair[1]))


def _expression(schedule: CronSchedule, days: Sequence[int], weekdays: Sequence[int]) -> str:
    date = f"*-{_part(schedule.months, 1, 12)}-{_part(days, 1, 31)}"
    time = f"{_part(schedule.hours, 0, 23)}:{_part(schedule.minutes, 0, 59)}:00"
    named = "" if tuple(weekdays) == _ALL_WEEKDAYS else f"{_weekdays(weekdays)} "
    return f"{named}{date} {time}"


def _part(values: Sequence[int], low: int, high: int) -> str:
    """Numbers as systemd writes them: `*`, `00..55/5`, `01..07,15`."""
    if len(values) == high - low + 1:
        return "*"
    by = steps(values, 0)
    if by is not None and by.step > 1 and len(values) > 2:
        return f"{by.first:02}..{by.last:02}/{by.step}"
    return ",".join(f"{a:02}" if a == b else f"{a:02}..{b:02}" for a, b in spans(values))


def _weekdays(values: Sequence[int]) -> str:
    """Weekdays from Monday on, as systemd counts them: its ranges do not go round."""
    places = sorted((value - 1) % 7 for value in values)
    name = [WEEKDAYS[(place + 1) % 7] for place in range(7)]
    found = []
    for a, b in spans(places):
        found += [f"{name[a]}..{name[b]}"] if b - a > 1 else [name[place] for place in range(a, b + 1)]
    return ",".join(found)


def to_cron(expressions: Sequence[str], zone: str = "") -> str:
    """The five fields that name exactly the minutes in which the OnCalendar= expressions elapse.

    Expressions best in the form that systemd normalises them to; `zone` is the machine's own.
    """
    if not expressions:
        raise TranslationError("it has no OnCalendar= that names a time")
    read = [_read(expression, zone) for expression in expressions]
    while len(read) > 1:
        merged = _merged(read)
        if merged is None:
            break
        read = merged
    first, *more = read
    if not more:
        return _fields(first)
    if len(more) == 1:
        either = _either(first, more[0])
        if either:
            return either
    raise TranslationError(
        f"its {len(read)} OnCalendar= lines name times that no single line of a crontab names"
    )


def _read(expression: str, zone: str) -> Calendar:
    text = " ".join(expression.split())
    calendar = parse_calendar(text)
    if calendar is None:
        raise TranslationError(f"{text}: {_why_not(text)}")
    if calendar.seconds != (0,):
        raise TranslationError(f"{text} names seconds, and cron counts in minutes")
    if calendar.zone and calendar.zone != zone:
        raise TranslationError(f"{text} names the time zone {calendar.zone}, and a line of a crontab cannot")
    return replace(calendar, text="", zone="", open_hours=False)


def _why_not(text: str) -> str:
    if "~" in text:
        return "it counts days from the end of the month, which cron cannot"
    if re.search(r"(^| )[0-9]{2,4}([./,][0-9./,]*)?-", text):
        return "it names years, which cron has no field for"
    if re.search(r":[0-9*/.,]*\.[0-9]", text.replace("..", "")):
        return "it names parts of a second, and cron counts in minutes"
    return "what it means is not certain enough to write it as five fields"


def _merged(read: list[Calendar]) -> list[Calendar] | None:
    """The expressions with two made one, where they differ in one part only."""
    for at, one in enumerate(read):
        for other in read[at + 1 :]:
            apart = [name for name in _PARTS if getattr(one, name) != getattr(other, name)]
            if len(apart) > 1:
                continue
            rest = [calendar for calendar in read if calendar is not one and calendar is not other]
            return [_joined(one, other), *rest]
    return None


def _joined(one: Calendar, other: Calendar) -> Calendar:
    parts = {name: tuple(sorted({*getattr(one, name), *getattr(other, name)})) for name in _PARTS}
    return replace(one, **parts)  # type: ignore[arg-type]  # fields by name


def _fields(calendar: Calendar) -> str:
    """Five fields where both days must match: cron wants a field that begins with `*` for that."""
    days, weekdays = _cron_part(calendar.days, 2), _cron_part(calendar.weekdays, 4)
    if not (days.startswith("*") or weekdays.startswith("*")):
        days = _starred(calendar.days, 1, 31) or days
        weekdays = weekdays if days.startswith("*") else _starred(calendar.weekdays, 0, 7) or weekdays
    if not (days.startswith("*") or weekdays.startswith("*")):
        raise TranslationError(
            "it wants a day of the month that is also a certain weekday, and cron takes either of the two"
        )
    return _five(calendar, days, weekdays)


def _five(calendar: Calendar, days: str, weekdays: str) -> str:
    minutes, hours = _cron_part(calendar.minutes, 0), _cron_part(calendar.hours, 1)
    return f"{minutes} {hours} {days} {_cron_part(calendar.months, 3)} {weekdays}"


def _either(one: Calendar, other: Calendar) -> str:
    """Five fields for two expressions of which one names days of the month, the other weekdays; "" if not."""
    if one.weekdays != _ALL_WEEKDAYS:
        one, other = other, one
    if (one.minutes, one.hours, one.months) != (other.minutes, other.hours, other.months):
        return ""
    if one.weekdays != _ALL_WEEKDAYS or other.days != _ALL_DAYS:
        return ""
    return _five(one, _cron_part(one.days, 2, star=False), _cron_part(other.weekdays, 4, star=False))


def _cron_part(values: Sequence[int], place: int, *, star: bool = True) -> str:
    """Numbers as a field of a crontab: `*`, `*/5`, `0-59/7`, `1-5,7`; without `star` none that begins so."""
    low, high = _FIELDS[place]
    by = steps(values, 0)
    if star and len(values) == high - low + 1:
        return "*"
    if by is not None and by.step > 1 and len(values) > 2:
        whole = star and by.first == low and by.last + by.step > high and (place != 4 or by.step != 7)
        return f"*/{by.step}" if whole else f"{by.first}-{by.last}/{by.step}"
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans(values))


def _starred(values: Sequence[int], low: int, high: int) -> str:
    """The same numbers in a field that begins with `*`, such as `*/31,2-7`; "" where `low` is not among them.

    The star makes cron want both day fields; its step leaves of the star what is wanted anyway.
    """
    for step in range(2, high + 1):
        first = {value % 7 if high == 7 else value for value in range(low, high + 1, step)}
        if first <= set(values):
            rest = [value for value in values if value not in first]
            return ",".join([f"*/{step}", *(str(a) if a == b else f"{a}-{b}" for a, b in spans(rest))])
    return ""


def clock_words(schedule: CronSchedule, zone: tzinfo, now: datetime) -> str:
    """Where cron and systemd part at the next change of the clock that concerns the runs; "" where nowhere.

    cron makes up for a run of a fixed time that a change forward leaves out, and repeats a job that follows
    the wall clock in an hour that comes twice; a timer does neither.
    """
    for change in clock_changes(zone, now):
        if schedule.wildcard == (change.jump > 0):
            continue
        times = run_times(schedule.wall_minutes(change.start, change.end))
        if times is None:
            continue
        if change.jump > 0:
            return f"{change.sentence}: cron makes up for {times.text}, a timer does not."
        return f"{change.sentence}: cron repeats {times.text}, a timer does not."
    return ""
