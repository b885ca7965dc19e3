"""The clock changes of the coming year, in words, with the stretch of wall-clock time that each concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import islice

from fedtui.schedule.daemon import changes
from fedtui.schedule.patterns import MONTHS, WEEKDAYS, listing

_YEAR = timedelta(days=366)
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ClockChange:
    """One change of `jump` minutes: above 0 the wall clock leaves out [start, end), else it repeats it.

    Both are minutes of the wall clock since 1970-01-01 00:00.
    """

    moment: datetime
    jump: int
    start: int
    end: int

    @property
    def sentence(self) -> str:
        """As "On Sun 28 Mar 2027 the clock goes from 02:00 to 03:00"."""
        moment = self.moment
        day = f"{WEEKDAYS[moment.isoweekday() % 7]} {moment.day} {MONTHS[moment.month - 1]} {moment.year}"
        if self.jump > 0:
            return f"On {day} the clock goes from {wall_clock(self.start)} to {wall_clock(self.end)}"
        return f"On {day} the clock goes back from {wall_clock(self.end)} to {wall_clock(self.start)}"


def clock_changes(zone: tzinfo, now: datetime) -> Iterator[ClockChange]:
    """The changes of `zone` in the year from `now` on, in order."""
    for moment, jump in changes(zone, now, now + _YEAR):
        wall = moment.toordinal() * 1440 + moment.hour * 60 + moment.minute - 719163 * 1440
        yield ClockChange(moment, jump, *((wall - jump, wall) if jump > 0 else (wall, wall - jump)))


def wall_clock(wall: int) -> str:
    """The time of day of a wall-clock minute: "02:30"."""
    return f"{wall % 1440 // 60:02}:{wall % 60:02}"


@dataclass(frozen=True, slots=True)
class AffectedRuns:
    """The runs of some times of day: "the run of 02:30", "the runs of 02:00 and 02:30"."""

    text: str
    single: bool

    def verb(self, one: str, more: str) -> str:
        """The text with a verb behind it that agrees."""
        return f"{self.text} {one if self.single else more}"


def run_times(walls: Iterable[int]) -> AffectedRuns | None:
    """Words for the runs at these wall-clock minutes, of which three are named; None where there are none."""
    times = [wall_clock(wall) for wall in islice(walls, _SHOWN + 1)]
    if not times:
        return None
    if len(times) == 1:
        return AffectedRuns(f"the run of {times[0]}", True)
    named = listing(times) if len(times) <= _SHOWN else f"{', '.join(times[:_SHOWN])} …"
    return AffectedRuns(f"the runs of {named}", False)
