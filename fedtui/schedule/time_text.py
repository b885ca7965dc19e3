"""The time of day of a cron schedule in words: "every 5 min", "hourly at :00", "03:00, 15:00"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from fedtui.schedule.patterns import clock, counted, listing, number_spans, ordinal, past, spans, steps

_MANY_TIMES = 4  # up to here times of day are listed


class TimeText(NamedTuple):
    """Words for the minutes and hours. `clock` says that they are plain times of day, such as "04:00".

    `short` is empty where nothing short is right. `rate` is how often: "12 runs an hour", or empty.
    """

    long: str
    short: str
    sentence: str
    rate: str = ""
    clock: bool = False


@lru_cache(maxsize=4096)
def time_text(minutes: tuple[int, ...], hours: tuple[int, ...]) -> TimeText:
    """Words for `minutes` of `hours`; neither is empty, both ascend."""
    if len(hours) == 24:
        return _each_hour(minutes)
    if len(minutes) * len(hours) == 1 or (
        len(minutes) * len(hours) <= _MANY_TIMES and _uneven(minutes, hours)
    ):
        return _times(minutes, hours)
    if len(minutes) == 1:
        return _some_hours(minutes[0], hours)
    return _minutes_of_hours(minutes, hours)


def _uneven(minutes: Sequence[int], hours: Sequence[int]) -> bool:
    if len(minutes) > 2:
        return False
    by_hour = steps(hours, 24)
    return by_hour is None or (len(hours) <= 2 and (by_hour.first > 0 or len(minutes) > 1))


def _rate(count: int, unit: str) -> str:
    return f"{counted(count, 'run')} {unit}"


def _each_hour(minutes: Sequence[int]) -> TimeText:
    count = len(minutes)
    if count == 60:
        return TimeText("every minute", "every min", "every minute")
    if count == 1:
        at = past(minutes[0])
        return TimeText(f"hourly at {at}", f"hourly {at}", f"at {at} of each hour", "24 runs a day")
    rate = _rate(count, "an hour")
    by = steps(minutes, 60)
    if by is None:
        parts = _minute_spans(minutes)
        return TimeText(
            f"hourly at {', '.join(parts)}", ",".join(parts), f"at {listing(parts)} of each hour", rate
        )
    first, last = past(by.first), past(by.last)
    if by.even and by.first == 0:
        return TimeText(f"every {by.step} min", f"every {by.step} m", f"every {by.step} min", rate)
    if by.even:
        words = f"every {by.step} min from {first}"
        return TimeText(words, f"{by.step} m at {first}", f"{words} of each hour", rate)
    if by.step == 1:
        words = f"every minute from {first} to {last}"
        return TimeText(words, f"{first}–{last}", f"{words} of each hour", rate)
    words = f"every {by.step} min from {first} to {last}"
    return TimeText(words, f"{first}–{last}/{by.step} m", f"{words} of each hour", rate)


def _minute_spans(minutes: Sequence[int]) -> list[str]:
    parts = []
    for low, high in spans(minutes):
        if high - low > 1:
            parts.append(f"{past(low)}–{past(high)}")
        else:
            parts.extend(past(minute) for minute in range(low, high + 1))
    return parts


def _times(minutes: Sequence[int], hours: Sequence[int]) -> TimeText:
    times = [clock(hour, minute) for hour in hours for minute in minutes]
    return TimeText(", ".join(times), ",".join(times), f"at {listing(times)}", clock=True)


def _some_hours(minute: int, hours: Sequence[int]) -> TimeText:
    """One minute of several hours."""
    rate, at = _rate(len(hours), "a day"), past(minute)
    by = steps(hours, 24)
    if by is None:
        words = f"at {at}, {_hour_list(hours)}"
        return TimeText(words, f"{number_spans(hours).replace(' ', '')} h {at}", f"{words} of the day", rate)
    first, last = clock(by.first, minute), clock(by.last, minute)
    if by.even and by.first == 0:
        short = f"every {by.step} h" if minute == 0 else f"{by.step} h at {at}"
        return TimeText(f"every {by.step} h at {at}", short, f"every {by.step} h at {at}", rate)
    if by.even:
        words = f"every {by.step} h from {first}"
        return TimeText(words, f"{first}/{by.step} h", words, rate)
    if by.step == 1:
        words = f"hourly {first}–{last}"
        return TimeText(
            words, f"{by.first}–{by.last} h {at}", f"at {at} of each hour from {first} to {last}", rate
        )
    words = f"every {by.step} h from {first} to {last}"
    return TimeText(words, f"{by.first}–{by.last} h/{by.step} {at}", words, rate)


def _minutes_of_hours(minutes: Sequence[int], hours: Sequence[int]) -> TimeText:
    """Several minutes of several hours, or of one."""
    rate = _rate(len(minutes) * len(hours), "a day")
    every = _each_hour(minutes)
    by = steps(minutes, 60)
    unbroken = len(spans(hours)) == 1
    if unbroken and by is not None and (len(minutes) == 60 or by.even or len(hours) == 1):
        first, last = clock(hours[0], by.first), clock(hours[-1], by.last)
        if by.step == 1:
            span = f"{first}–{last}"
            return TimeText(f"every minute, {span}", span, f"every minute from {first} to {last}", rate)
        hour = str(hours[0]) if len(hours) == 1 else f"{hours[0]}–{hours[-1]}"
        short = f"{by.step} m {hour} h" if by.first == 0 and by.even else ""
        pace = f"every {by.step} min"
        return TimeText(f"{pace}, {first}–{last}", short, f"{pace} from {first} to {last}", rate)
    words = f"{every.long.removeprefix('hourly ')}, {_hour_list(hours)}"
    return TimeText(words, "", f"{words} of the day", rate)


def _hour_list(hours: Sequence[int]) -> str:
    by = steps(hours, 24)
    if by is not None and by.even and by.first == 0 and by.step > 1:
        return f"every {ordinal(by.step)} hour from 0"
    return f"{'hour' if len(hours) == 1 else 'hours'} {number_spans(hours)}"
