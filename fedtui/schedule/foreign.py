"""Schedules whose runs croniter says: dialects that no cron daemon here reads, and daemons of other kinds.

People paste six fields, `L`, `W`, `#`, `?` and `H` from Quartz, Jenkins and cloud consoles; a label on those
says so, because on this machine they are not what cron would do. The tables of a daemon that is neither
Debian's cron nor cronie (the dialect "other" of `cron.parse`) get their runs and a label from here as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from fedtui.schedule.errors import ScheduleError
from fedtui.schedule.patterns import ScheduleText, fitting

LABEL = "not cron's dialect, computed by croniter"
_HASHED = re.compile(r"(?:^|[\s,])[HR](?:$|[\s,(/])")


@dataclass(frozen=True, slots=True)
class OtherSchedule:
    """A schedule in another dialect; six fields begin with seconds, as in Quartz.

    `hashed` when it has an `H` or `R`, whose value only its own host knows; then no run is known.
    """

    text: str
    hashed: bool = False
    dialect: str = "other"
    label: str = LABEL

    def runs(self, after: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield the runs strictly later than `after`, as croniter computes them, as datetimes in `zone`."""
        return iter(()) if self.hashed else croniter_runs(self.text, after, zone)

    @property
    def words(self) -> ScheduleText:
        """The expression itself: its words would not be certain."""
        return ScheduleText(self.text, fitting(self.text), f"{self.text} ({self.label})")


def parse_other(text: str) -> OtherSchedule:
    """The schedule `text` is in another dialect. Raises ScheduleError where croniter knows none."""
    from croniter import CroniterError, croniter

    text = " ".join(text.split())
    try:
        croniter.expand(text, hash_id=b"fedtui", second_at_beginning=True)
    except (CroniterError, ValueError) as error:
        raise ScheduleError("schedule", str(error)) from error
    return OtherSchedule(text, hashed=_HASHED.search(text) is not None)


def croniter_runs(text: str, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield the runs of `text` strictly later than `after`, as croniter has them, as datetimes in `zone`."""
    from croniter import CroniterBadDateError, croniter  # 74 ms, and few ever need it

    times = croniter(text, after.astimezone(zone), second_at_beginning=True)
    while True:
        try:
            at: datetime = times.get_next(datetime)
        except CroniterBadDateError:
            return
        if at.timestamp() > after.timestamp():
            yield at
