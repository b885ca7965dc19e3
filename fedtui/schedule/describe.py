"""Plain words for cron schedules, made from what the daemon does and not from how it is written.

The words say exactly when a schedule runs; where no words of some length can, the schedule as written
is in for them.
"""

from __future__ import annotations

from functools import lru_cache

from fedtui.schedule.cron import CronSchedule
from fedtui.schedule.day_text import DayText, day_text
from fedtui.schedule.fields import Element, Field
from fedtui.schedule.patterns import MONTHS_IN_FULL, ScheduleText, fitting, listing
from fedtui.schedule.time_text import TimeText, time_text

__all__ = ["NEVER_HERE", "ScheduleText", "describe"]

NEVER_HERE = "never: each of its times is one that the clock leaves out"
"""Why a schedule that names dates has no run in a zone: a wildcard job of the hour that summer time skips."""


@lru_cache(maxsize=16384)
def describe(schedule: CronSchedule) -> ScheduleText:
    """The words for a schedule: see `ScheduleText`."""
    if schedule.reboot:
        return ScheduleText("at boot", "at boot", "once each time the machine starts")
    if schedule.random:
        return _random(schedule)
    if schedule.never_fires:
        return _never(schedule)
    time = time_text(schedule.minutes, schedule.hours)
    days = day_text(schedule.days, schedule.months, schedule.weekdays, schedule.either_day)
    return compose(schedule.text, time, days)


def compose(text: str, time: TimeText, days: DayText) -> ScheduleText:
    """The words for a time of day on some days; `text` is the schedule as written."""
    return ScheduleText(_long(time, days), _short(text, time, days), _sentence(time, days))


def _long(time: TimeText, days: DayText) -> str:
    if not time.clock:
        joint = " on " if days.dated else ", "
        return f"{time.long}{joint}{days.long}" if days.long else time.long
    if not days.long:
        return f"daily {time.long}"
    if days.months_only:
        return f"daily {time.long}, {days.long}"
    return f"{days.long}, {time.long}" if days.dated else f"{days.long} {time.long}"


def _short(text: str, time: TimeText, days: DayText) -> str:
    written = " ".join(text.split())
    if not time.short or (days.dated and not time.clock):
        return fitting(written)
    if days.short:
        return fitting(f"{days.short} {time.short}" if time.clock else f"{time.short} {days.short}", written)
    return fitting(f"daily {time.short}" if time.clock else time.short, time.short, written)


def _sentence(time: TimeText, days: DayText) -> str:
    when = time.sentence
    if time.clock and (days.months_only or not days.sentence):
        when += " every day"
    if days.sentence:
        when += f" {days.sentence}" if time.clock else f", {days.sentence}"
    return f"{when}, {time.rate}" if time.rate else when


def _random(schedule: CronSchedule) -> ScheduleText:
    written = " ".join(schedule.text.split())
    chosen = [
        f"{field.kind.name} {element.low} to {element.high}" for field, element in _random_elements(schedule)
    ]
    return ScheduleText(
        f"random: {written}",
        fitting(written),
        f"cron chooses {listing(chosen)} when it loads the table, so its runs are not known",
    )


def _random_elements(schedule: CronSchedule) -> list[tuple[Field, Element]]:
    return [(field, element) for field in schedule.fields for element in field.elements if element.random]


def _never(schedule: CronSchedule) -> ScheduleText:
    for field in (*schedule.fields[:2], schedule.fields[3]):
        if not field.values:
            return _empty(field)
    days, weekdays = schedule.fields[2], schedule.fields[4]
    if not schedule.either_day and not weekdays.values:
        return _empty(weekdays)
    if not days.values:
        return _empty(days)
    months = listing([MONTHS_IN_FULL[month - 1] for month in schedule.months]).replace(" and ", " or ")
    dates = listing([str(day) for day in days.values]).replace(" and ", " or ")
    return ScheduleText(f"never ({dates} {months})", "never", f"never: there is no {dates} {months}")


def _empty(field: Field) -> ScheduleText:
    backwards = listing([element.text for element in field.elements])
    unit = {"day-of-month": "day", "day-of-week": "weekday"}.get(field.kind.name, field.kind.name)
    verb = "runs" if len(field.elements) == 1 else "run"
    return ScheduleText(
        f"never ({field.text})",
        "never",
        f"never: {backwards} {verb} backwards, which cron takes for no {unit} at all",
    )
