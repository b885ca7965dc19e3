"""What a cron schedule does that its writer may not expect, said before it is written to a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from fedtui.schedule.clock_changes import AffectedRuns, ClockChange, clock_changes, run_times, wall_clock
from fedtui.schedule.cron import CronSchedule
from fedtui.schedule.day_text import day_text
from fedtui.schedule.describe import NEVER_HERE, describe
from fedtui.schedule.dialect import BUSYBOX, Clock
from fedtui.schedule.fields import DAY, HOUR, MINUTE, MONTH, WEEKDAY, Field
from fedtui.schedule.patterns import MONTHS_IN_FULL, WEEKDAYS_IN_FULL

_UNITS = {MINUTE: ("hour", "min"), HOUR: ("day", "h"), DAY: ("month", "days"), MONTH: ("year", "months")}
_CAUGHT_UP, _LOST = 5, 180  # minutes: see daemon.start_minutes


@dataclass(frozen=True, slots=True)
class Pitfall:
    """One surprise. `code` is stable; `title` a short phrase, `text` one or two sentences.

    `suggestions` are words to write in place of the field, nearest first; `schedules` the whole schedule
    with each of them.
    """

    code: str
    title: str
    text: str
    suggestions: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()


def find_pitfalls(schedule: CronSchedule, zone: tzinfo, now: datetime) -> tuple[Pitfall, ...]:
    """Its pitfalls, the gravest first; clock changes of `zone` for a year from `now` count too."""
    if schedule.reboot:
        return ()
    found = list(_field_pitfalls(schedule))
    if schedule.never_fires:
        return (Pitfall("never-fires", "never runs", _sentence(describe(schedule).sentence)), *found)
    if schedule.random:
        found.append(Pitfall("random", "a time that is not known", _sentence(describe(schedule).sentence)))
        return tuple(found)
    found.extend(_either_day(schedule))
    if schedule.dialect.clock is Clock.UNKNOWN:
        text = (
            "The daemon here is another cron, and its runs are computed by croniter. "
            "What it does when the clock changes is not known."
        )
        found.append(Pitfall("other-cron", "another cron", text))
    elif schedule.dialect.clock is not Clock.HOURLY:
        found.extend(_clock_changes(schedule, zone, now))
    if next(schedule.runs(now, zone), None) is None:
        found.insert(0, Pitfall("never-fires", "never runs here", _sentence(NEVER_HERE)))
    return tuple(found)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _field_pitfalls(schedule: CronSchedule) -> Iterator[Pitfall]:
    for place, field in enumerate(schedule.fields):
        if field.ignored and schedule.dialect is BUSYBOX:
            values = ", ".join(map(str, field.values)) or "nothing"
            text = (
                f"crond cannot read {field.ignored}, logs that, and takes the {field.kind.name} for {values}."
            )
            yield _pitfall(schedule, place, "ignored-text", "text that crond cannot read", text, ())
        elif field.ignored:
            kept = field.text[: -len(field.ignored)]
            text = f"cron reads {field.text} as {kept} and ignores {field.ignored} without a word."
            yield _pitfall(schedule, place, "ignored-text", "text that cron ignores", text, (kept,))
        yield from _backwards(schedule, place, field)
        yield from _uneven(schedule, place, field)


def _pitfall(
    schedule: CronSchedule, place: int, code: str, title: str, text: str, suggestions: tuple[str, ...]
) -> Pitfall:
    words = [field.text for field in schedule.fields]
    whole = tuple(" ".join([*words[:place], word, *words[place + 1 :]]) for word in suggestions)
    return Pitfall(code, title, text, suggestions, whole)


def _backwards(schedule: CronSchedule, place: int, field: Field) -> Iterator[Pitfall]:
    for element in field.elements:
        if element.high >= element.low:
            continue
        text = f"{element.text} runs backwards: cron takes it for nothing, not for a span over the end."
        suggestions: tuple[str, ...] = ()
        if element.step == 1 and len(field.elements) == 1:
            low, high = (1 if field.kind is WEEKDAY else field.kind.low), element.high
            over = f"{element.low}-{field.kind.high}"
            if not (field.kind is WEEKDAY and high == 0):
                over += f",{low}-{high}" if high > low else f",{low}"
            suggestions = (over,)
        yield _pitfall(schedule, place, "backwards-range", "an empty range", text, suggestions)


def _uneven(schedule: CronSchedule, place: int, field: Field) -> Iterator[Pitfall]:
    """A step that is meant to repeat for good, but starts again with each hour, day, week, month or year."""
    if len(field.elements) != 1 or field.elements[0].step < 2 or not field.values:
        return
    element, kind = field.elements[0], field.kind
    if element.low - kind.low >= element.step or element.high + element.step <= kind.high:
        return
    if kind is DAY:
        last, first = field.values[-1], field.values[0]
        text = f"{element.text} starts again every month: after day {last} comes day {first}."
        yield _pitfall(schedule, place, "uneven-step", "uneven steps", text, ())
        return
    turn = 7 if kind is WEEKDAY else kind.high - kind.low + 1
    first, last = field.values[0], field.values[-1]
    gap = first + turn - last
    if gap == element.step:
        return
    period, unit = _UNITS.get(kind, ("week", "days"))
    if len(field.values) == 1:
        text = f"{element.text} starts again every {period}, so it stands for {_named(field, first)} alone."
    else:
        edge = f"From {_named(field, last)} to {_named(field, first)}"
        text = (
            f"{element.text} starts again every {period}. {edge} is {_amount(gap, unit)}, not {element.step}."
        )
    suggestions = (
        tuple(f"*/{step}" for step in _even_steps(element.step, turn)) if kind in (MINUTE, HOUR) else ()
    )
    yield _pitfall(schedule, place, "uneven-step", "uneven steps", text, suggestions)


def _even_steps(step: int, turn: int) -> list[int]:
    """Steps that divide the turn: the two next below `step` and the one above, nearest first."""
    even = [divisor for divisor in range(2, turn // 2 + 1) if turn % divisor == 0]
    below, above = [one for one in even if one < step][-2:], [one for one in even if one > step][:1]
    return sorted(below + above, key=lambda divisor: (abs(divisor - step), divisor))


def _named(field: Field, value: int) -> str:
    if field.kind is MINUTE:
        return f":{value:02}"
    if field.kind is HOUR:
        return f"{value:02}:00"
    return WEEKDAYS_IN_FULL[value] if field.kind is WEEKDAY else MONTHS_IN_FULL[value - 1]


def _amount(number: int, unit: str) -> str:
    return f"{number} {unit.removesuffix('s') if number == 1 else unit}"


def _either_day(schedule: CronSchedule) -> Iterator[Pitfall]:
    if not schedule.either_day or not (schedule.days and schedule.weekdays):
        return
    if len(schedule.days) == 31 or len(schedule.weekdays) == 7:
        narrow = len(schedule.days) < 31 or len(schedule.weekdays) < 7
        if narrow and not schedule.nickname:
            text = "One day field covers every day and either is enough, so the other one restricts nothing."
            yield Pitfall("either-day", "day or weekday", text)
        return
    words = day_text(schedule.days, schedule.months, schedule.weekdays, either=True)
    text = (
        f"Either day field is enough: it runs {words.sentence}, not only where both hold. "
        "For both, test one of them in the command."
    )
    yield Pitfall("either-day", "day or weekday", text)


def _clock_changes(schedule: CronSchedule, zone: tzinfo, now: datetime) -> Iterator[Pitfall]:
    """At most one pitfall for a change forward and one for a change back."""
    seen = set()
    for change in clock_changes(zone, now):
        if len(schedule.hours) == 24:  # nothing is missed or twice that the next hour would not bring
            if not schedule.wildcard and -_LOST <= change.jump < 0:
                yield paused(change)
                return
            continue
        times = run_times(schedule.wall_minutes(change.start, change.end))
        if times is None or (change.jump > 0) in seen:
            continue
        pitfall = _changed(schedule.wildcard, change, times)
        if pitfall is not None:
            seen.add(change.jump > 0)
            yield pitfall


def paused(change: ClockChange) -> Pitfall:
    """The pitfall of a job of every hour that has no second run in an hour that comes twice."""
    again = f"from {wall_clock(change.start)} to {wall_clock(change.end)}"
    return Pitfall(
        "dst-pause", "a long pause", f"{change.sentence}: it does not run {again} the second time."
    )


def _changed(wildcard: bool, change: ClockChange, times: AffectedRuns) -> Pitfall | None:
    """What the change does to these runs; see `daemon.start_minutes`."""
    if change.jump > 0:
        if change.jump < _CAUGHT_UP:
            return None
        if wildcard or change.jump >= _LOST:
            text = f"{change.sentence}: {times.verb('is', 'are')} left out."
            return Pitfall("dst-skipped", "a run left out", text)
        text = f"{change.sentence}: {times.verb('starts', 'start')} at {wall_clock(change.end)}."
        return Pitfall("dst-moved", "a run moved", text)
    if change.jump < (-1 if wildcard else -_LOST):
        text = f"{change.sentence}: {times.verb('happens', 'happen')} twice."
        return Pitfall("dst-doubled", "a run done twice", text)
    return None
