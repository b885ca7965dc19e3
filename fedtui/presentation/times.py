"""Words for moments and spans: how long until, how long ago, how long it took, what time it is.

Everything is rounded down: a time that is shown has really passed. `now` is an aware datetime in the zone
to show; other moments are turned into that zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from fedtui.model import Run
from fedtui.schedule.patterns import MONTHS, WEEKDAYS


def seconds_between(earlier: datetime, later: datetime) -> float:
    """Seconds that really pass between two aware moments, across any change of the clocks."""
    return later.timestamp() - earlier.timestamp()


def amount(seconds: float) -> tuple[int, str]:
    """A span as number and unit: seconds below 100 s, minutes below 100 min, hours below 48 h, then days."""
    whole = max(0, int(seconds))
    if whole < 100:
        return whole, "s"
    if whole < 100 * 60:
        return whole // 60, "min"
    if whole < 48 * 3600:
        return whole // 3600, "h"
    return whole // 86400, "d"


def relative(seconds: float) -> str:
    """A span in six cells, number right, unit left: `54 min`, ` 3 h  `, ` 6 d  `."""
    number, unit = amount(seconds)
    return f"{number:>2} {unit:<3}"


def in_words(seconds: float) -> str:
    """A span without padding: `54 min`, `3 h`."""
    number, unit = amount(seconds)
    return f"{number} {unit}"


def duration(seconds: float) -> str:
    """How long something took: `0.3 s`, `9.1 s`, `12 s`, `1 m 04 s`, `2 h 05 m`."""
    seconds = max(0.0, seconds)
    if seconds < 10:
        tenths = int(seconds * 10 + 1e-6)
        return f"{tenths // 10} s" if tenths % 10 == 0 and tenths else f"{tenths / 10:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} m"


def here(moment: datetime, now: datetime) -> datetime:
    return moment.astimezone(now.tzinfo)


def clock(moment: datetime, now: datetime) -> str:
    """`14:10`, for lists."""
    return f"{here(moment, now):%H:%M}"


def clock_seconds(moment: datetime, now: datetime) -> str:
    """`14:05:12`, for logs and messages."""
    return f"{here(moment, now):%H:%M:%S}"


def day(moment: date) -> str:
    """`Tue 24 Nov`, whatever the locale."""
    return f"{WEEKDAYS[moment.isoweekday() % 7]} {moment.day} {MONTHS[moment.month - 1]}"


def weekday_clock(moment: datetime, now: datetime) -> str:
    """`Tue 14:00`; with the date where a week or more lies between: `Tue 10 Nov 14:00`."""
    local = here(moment, now)
    if abs((local.date() - now.date()).days) < 7:
        return f"{WEEKDAYS[local.isoweekday() % 7]} {local:%H:%M}"
    return f"{day(local)} {local:%H:%M}"


def when(moment: datetime, now: datetime) -> str:
    """`14:10`; on another day with that day: `Tue 24 Nov 14:10`."""
    local = here(moment, now)
    return f"{local:%H:%M}" if local.date() == now.date() else f"{day(local)} {local:%H:%M}"


def head_clock(now: datetime, *, wide: bool) -> str:
    """The clock of the head line: `14:05:12 CET`, and the day before it where there is room."""
    zone = now.tzname() or ""
    text = f"{now:%H:%M:%S} {zone}".rstrip()
    return f"{day(now)} {text}" if wide else text


def durations(runs: Iterable[Run]) -> list[float]:
    """How long finished runs took, in their order, in seconds; of those where it is known."""
    return [run.result.duration for run in runs if run.result and run.result.duration is not None]


def usual(took: Sequence[float]) -> float | None:
    """The median of the durations that are known, in seconds."""
    if not took:
        return None
    ordered = sorted(took)  # and not statistics.median, whose import takes longer than the first picture has
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def next_tick(now: datetime) -> timedelta:
    """How long until the clock shows the next second."""
    return timedelta(microseconds=1_000_000 - now.microsecond)


def size(octets: int) -> str:
    """A file's size in decimal units: `812 B`, `4.2 kB`, `212 MB`."""
    value = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
