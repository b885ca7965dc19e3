"""bcron's clock: in which minutes does it start a job? (timespec-next.c and bcron-sched.c of bcron 0.11)

After each run bcron looks for the next time, in steps of a minute, an hour, a day or a month, and corrects
each step by the hour that localtime(3) then has. So a job of an hour that the clock leaves out runs in the
hour after it, one of a single hour is not repeated, and odd things happen where the clock is changed by
other than whole hours. All of that is kept here, step by step: `_Scan` is `struct tm` and time_t of
timespec_next(). A zone that has given up summer time may be taken for one that never had any, by C
libraries, and then has no such steps when it changes again.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from fedtui.schedule.daemon import DAY

if TYPE_CHECKING:
    from fedtui.schedule.cron import CronSchedule

_HISTORY = DAY
_LIMIT = 366 * DAY * 10


def start_minutes(schedule: CronSchedule, after: int, zone: tzinfo) -> Iterator[int]:
    """Yield the utc minutes later than `after` in which bcron starts the job, ascending.

    It is taken to have been started a day before `after`. Ends where it finds no time within ten years.
    """
    now = after - _HISTORY
    while True:
        due = _Scan(schedule, now + 1, zone).found()
        if due is None:
            return
        now = max(due, now + 1)
        if now > after:
            yield now


class _Scan:
    """The search for the next time from one minute on; the fields are those of localtime(3)."""

    def __init__(self, schedule: CronSchedule, start: int, zone: tzinfo) -> None:
        self.schedule = schedule
        self.zone = zone
        self.time = self.start = start
        self._read()

    def found(self) -> int | None:
        """The first minute that matches, if there is one within ten years."""
        minutes, hours, days, months, weekdays = (frozenset(field.values) for field in self.schedule.fields)
        single = len(hours) <= 1
        while self.time < self.start + _LIMIT:
            if self.month not in months:
                self._next_month()
            elif self.day not in days or self.weekday not in weekdays:
                self._next_day()
            elif self.hour not in hours:
                self._next_hour(single)
            elif self.minute not in minutes:
                self._next_minute(single)
            else:
                return self.time
        return None

    def _read(self) -> None:
        at = datetime.fromtimestamp(self.time * 60, self.zone)
        self.year, self.month, self.day = at.year, at.month, at.day
        self.hour, self.minute = at.hour, at.minute
        self.weekday, self.summer = at.isoweekday() % 7, bool(at.dst())

    def _next_minute(self, single: bool) -> None:
        self.time += 1
        self.minute += 1
        if self.minute >= 60:
            self._next_hour(single)

    def _next_hour(self, single: bool) -> None:
        hour, summer = self.hour, self.summer
        self.time += 60 - self.minute
        self._read()
        if self.hour > hour + 1:
            self.hour = hour + 1
            if summer:
                self.time -= 60
        elif single and self.hour == hour:
            self._next_hour(False)

    def _next_day(self) -> None:
        self.time += DAY - self.hour * 60 - self.minute
        self._to_midnight()

    def _next_month(self) -> None:
        days = monthrange(self.year, self.month)[1] - (self.day - 1)
        self.time += days * DAY - self.hour * 60 - self.minute
        self._to_midnight()

    def _to_midnight(self) -> None:
        self._read()
        while self.hour > 12:  # the step was too short
            self.time += (24 - self.hour) * 60
            self._read()
        self.time -= self.hour * 60
        self.hour = 0
