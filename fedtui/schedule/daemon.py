"""The cron daemon's clock: in which minutes does it start a job, also when the local clock is changed?

A model of the main loop of cron.c (Debian cron 3.0pl1, cronie 1.7.2): the daemon counts wall-clock minutes,
and when the next minute is not the one after the last it sorts the jump by size. Times in here are whole
minutes: since the epoch ("utc"), or the same plus the zone's offset ("wall").

Runs skipped by a jump forward start one by one in the minute after it. The daemon waits 10 s between two of
them unless a job ends, so more than six long jobs spill into later minutes; that depends on the jobs and is
not modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

DAY = 1440
_HISTORY = DAY  # how long the daemon is taken to have been running
_SMALL = 5  # a jump up to here is caught up minute by minute
_MEDIUM = 180  # a jump beyond this (3 h) is lost, or run again
_PATIENCE = 50 * 366 * DAY  # 29 February on a given weekday comes back within 40 years
_LAST_YEAR = 9998

Matches = Callable[[int, int], Iterator[int]]
"""Gives, ascending, the wall minutes in [start, end) that a schedule names."""


def start_minutes(
    matches: Matches, wildcard: bool, after: int, zone: tzinfo, *, by_dst: bool = False
) -> Iterator[int]:
    """Yield the utc minutes later than `after` in which the daemon starts the job, ascending.

    `wildcard` jobs (minute or hour begins with `*`) follow the wall clock. The others are started at
    once, in the first minute after a jump forward, when a start was jumped over, and are not repeated
    when the clock is put back. More than one start in a minute is given once: the daemon makes up for them
    one after the other, the next as soon as any job ends but after 10 s at the latest, so that only more
    than six of them, all of jobs that run for long, reach the following minutes. Ends after fifty years
    without a start. `by_dst` is cronie's clock, which notices a new offset only when summer time begins or
    ends.
    """
    reached: int | None = None
    latest = after
    for begin, end, offset in _stretches(after - _HISTORY, zone, by_dst):
        first, stop = begin + offset, end + offset
        resume = first
        jump = 1 if reached is None else first - reached
        back = _put_back(jump, by_dst)
        if reached is None:
            pass
        elif 1 < jump <= _MEDIUM and (not wildcard or jump <= _SMALL):
            if next(matches(reached + 1, first + 1), None) is not None:
                resume = first + 1
                if begin > after:
                    latest = begin
                    yield begin
        elif back and (not wildcard or jump == 0):  # the daemon sleeps on through the same minute
            resume = reached + 1
        for wall in matches(max(resume, after + 1 + offset), stop):
            latest = wall - offset
            yield latest
        reached = max(reached, stop - 1) if back and reached is not None else stop - 1
        if end - latest > _PATIENCE:
            return


def _put_back(jump: int, by_dst: bool) -> bool:
    """True for a jump after which jobs of a fixed time are not repeated."""
    return (jump >= -_MEDIUM if by_dst else jump > -_MEDIUM) and jump <= 0


def followed_minutes(matches: Matches, after: int, zone: tzinfo) -> Iterator[int]:
    """The utc minutes later than `after` whose wall-clock minute matches, none made up for."""
    latest = after
    for begin, end, offset in _stretches(after, zone):
        for wall in matches(max(begin, after + 1) + offset, end + offset):
            latest = wall - offset
            yield latest
        if end - latest > _PATIENCE:
            return


def without_repeats(minutes: Iterator[int], wildcard: bool, after: int, zone: tzinfo) -> Iterator[int]:
    """`minutes` without those that cronie's clock, in the daemon's `zone`, has a second time.

    In these it starts no job of a fixed time, not even one whose own zone (CRON_TZ) has no change.
    `wildcard` jobs only miss the one of a change by a minute.
    """
    reached: int | None = None
    minute = next(minutes, None)
    for begin, end, offset in _stretches(after - _HISTORY, zone, True):
        held = begin
        jump = 1 if reached is None else begin + offset - reached
        if reached is not None and _put_back(jump, True) and (not wildcard or jump == 0):
            held = reached + 1 - offset
        while minute is not None and minute < end:
            if not begin <= minute < held:
                yield minute
            minute = next(minutes, None)
        if minute is None:
            return
        reached = max(held, end) - 1 + offset


def _stretches(start: int, zone: tzinfo, by_dst: bool = False) -> Iterator[tuple[int, int, int]]:
    """Spans of utc minutes with one offset each, from `start` on: (begin, end, offset in minutes).

    With `by_dst` the offset stays until summer time begins or ends.
    """
    begin, (offset, dst) = start, _state(start, zone)
    year = datetime.fromtimestamp(start * 60, UTC).year
    while year <= _LAST_YEAR:
        for change, changed, in_dst in _changes(zone, year):
            if change > begin and (in_dst != dst if by_dst else changed != offset):
                yield begin, change, offset
                begin, offset, dst = change, changed, in_dst
        year += 1
        end = _new_year(year)
        if end > begin:
            yield begin, end, offset
            begin = end


@lru_cache(maxsize=4096)
def _changes(zone: tzinfo, year: int) -> tuple[tuple[int, int, bool], ...]:
    """The changes of one utc year: (first utc minute of the new offset, offset in minutes, in summer time).

    tzinfo gives no list of its changes, so each day is looked at and the change is found by halving.
    """
    found = []
    minute, end = _new_year(year), _new_year(year + 1)
    state = _state(minute, zone)
    while minute < end:
        later = min(minute + DAY, end)
        changed = _state(later, zone)
        if changed != state:
            low, high = minute, later
            while high - low > 1:
                middle = (low + high) // 2
                if _state(middle, zone) == state:
                    low = middle
                else:
                    high = middle
            found.append((high, *changed))
        minute, state = later, changed
    return tuple(found)


def changes(zone: tzinfo, after: datetime, until: datetime) -> Iterator[tuple[datetime, int]]:
    """The clock changes of `zone` in (after, until]: the moment, in the zone, and the jump in minutes.

    A jump of +60 is the usual spring change: the wall clock skips 60 minutes up to that moment.
    """
    first, last = int(after.timestamp() // 60), int(until.timestamp() // 60)
    offset, _ = _state(first, zone)
    for year in range(after.astimezone(UTC).year, until.astimezone(UTC).year + 1):
        for minute, changed, _ in _changes(zone, year):
            if first < minute <= last and changed != offset:
                yield datetime.fromtimestamp(minute * 60, zone), changed - offset
                offset = changed


def _state(minute: int, zone: tzinfo) -> tuple[int, bool]:
    """The offset in minutes, and whether it is one of summer time."""
    at = datetime.fromtimestamp(minute * 60, zone)
    offset = at.utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60), bool(at.dst())


@lru_cache(maxsize=512)
def _new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 60
