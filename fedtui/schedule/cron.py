"""Cron schedules that run when the daemon on the host runs them: parse, ask for runs, split a line.

`parse_schedule` takes the five fields or a nickname (`@daily`) in the dialect of one daemon (see `dialect`),
where everything follows that daemon's own source; or for a daemon that is not modelled ("other"), where
croniter says the runs. What has more than five fields is in `foreign`.
Nothing here reads a clock or a time zone of the machine's.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import assert_never

from fedtui.schedule import daemon
from fedtui.schedule.dialect import BUSYBOX, CRONIE, DEBIAN, Clock, Dialect, Settings, dialect_named
from fedtui.schedule.errors import ScheduleError
from fedtui.schedule.fields import KINDS, Element, Field

__all__ = ["NICKNAMES", "CronSchedule", "ScheduleError", "parse_schedule", "split_schedule"]

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",  # but see `Dialect.weekly`
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_REBOOT = "@reboot"
_EPOCH = date(1970, 1, 1).toordinal()
_LONGEST = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SHORTEST = 29  # every month has this many days in some year


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """When a line of a cron table runs.

    `text` is the schedule as written, without blanks around it; `fields` are its five fields, for a
    nickname those it stands for, and none for `@reboot`. Equal texts of one dialect are equal.
    """

    text: str
    dialect: Dialect
    fields: tuple[Field, ...]
    nickname: str = ""

    def __hash__(self) -> int:
        """Of the text alone, which tells schedules apart: the fields hold hundreds of numbers."""
        return hash(self.text)

    @property
    def reboot(self) -> bool:
        """True for `@reboot`: one run each time the machine starts, none at a time that is known."""
        return not self.fields

    @property
    def minutes(self) -> tuple[int, ...]:
        """The minutes it names, 0 to 59, ascending."""
        return self._values(0)

    @property
    def hours(self) -> tuple[int, ...]:
        """The hours it names, 0 to 23, ascending."""
        return self._values(1)

    @property
    def days(self) -> tuple[int, ...]:
        """The days of the month it names, 1 to 31, ascending."""
        return self._values(2)

    @property
    def months(self) -> tuple[int, ...]:
        """The months it names, 1 to 12, ascending."""
        return self._values(3)

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The weekdays it names, 0 (Sunday) to 6, ascending."""
        return self._values(4)

    def _values(self, index: int) -> tuple[int, ...]:
        return self.fields[index].values if self.fields else ()

    @property
    def either_day(self) -> bool:
        """True when one matching day field is enough: neither counts as unrestricted (`Field.star`)."""
        if not self.fields or self.dialect.both_days:
            return False
        return not (self.fields[2].star or self.fields[4].star)

    @property
    def wildcard(self) -> bool:
        """True for a job that follows the clock through its changes: its minute or hour begins with `*`.

        BusyBox's crond lets all jobs do so, bcron those of more than one hour.
        """
        match self.dialect.clock:
            case Clock.FOLLOWS:
                return bool(self.fields)
            case Clock.HOURLY:
                return len(self.hours) > 1
            case Clock.MAKES_UP | Clock.MAKES_UP_DST | Clock.UNKNOWN:
                return bool(self.fields) and (self.fields[0].star or self.fields[1].star)
            case _ as never:
                assert_never(never)

    @property
    def random(self) -> tuple[Element, ...]:
        """The elements whose value cronie chooses when it loads the table; then no run is known."""
        return tuple(element for field in self.fields for element in field.elements if element.random)

    @property
    def never_fires(self) -> bool:
        """True when no minute of any year matches: 30 February, `fri-sun`, `22-2`."""
        if self.reboot:
            return False
        if not (self.minutes and self.hours and self.months):
            return True
        always = bool(self.days) and self.days[0] <= _SHORTEST
        in_calendar = always or any(day <= _LONGEST[month] for month in self.months for day in self.days)
        if self.either_day:
            return not (in_calendar or self.weekdays)
        return not (in_calendar and self.weekdays)

    def runs(self, after: datetime, zone: tzinfo, daemon_zone: tzinfo | None = None) -> Iterator[datetime]:
        """Yield the starts strictly later than `after`, ascending, as datetimes in `zone`.

        The daemon is taken to have been running, which matters around a clock change. `daemon_zone` is the
        daemon's own zone where the table names `zone` as another (`Dialect.table_zone`). Nothing for
        `@reboot` and for random elements; an end after fifty years without a start. Raises ValueError for a
        naive `after`.
        """
        if after.tzinfo is None:
            raise ValueError("after must be an aware datetime")
        if self.reboot or self.never_fires or self.random:
            return iter(())
        if self.dialect.clock is Clock.UNKNOWN:
            from fedtui.schedule.foreign import croniter_runs  # seldom met, and a list is to load little

            return croniter_runs(" ".join(map(_plain, self.fields)), after, zone)
        minutes = self._start_minutes(int(after.timestamp() // 60), zone, daemon_zone)
        return (datetime.fromtimestamp(minute * 60, zone) for minute in minutes)

    def _start_minutes(self, after: int, zone: tzinfo, daemon_zone: tzinfo | None) -> Iterator[int]:
        match self.dialect.clock:
            case Clock.FOLLOWS:
                return daemon.followed_minutes(self.wall_minutes, after, zone)
            case Clock.HOURLY:
                from fedtui.schedule.bcron_starts import start_minutes

                return start_minutes(self, after, zone)
            case clock:
                by_dst = clock is Clock.MAKES_UP_DST
                if daemon_zone is None:
                    return daemon.start_minutes(self.wall_minutes, self.wildcard, after, zone, by_dst=by_dst)
                minutes = daemon.followed_minutes(self.wall_minutes, after, zone)
                return daemon.without_repeats(minutes, self.wildcard, after, daemon_zone)

    def wall_minutes(self, start: int, end: int) -> Iterator[int]:
        """The wall-clock minutes in [start, end) that the fields name, ascending.

        Counted from 1970-01-01 00:00 of the wall clock; clock changes play no part in it.
        """
        if start >= end or not self.fields:
            return
        hours = [hour * 60 for hour in self.hours]
        minutes = self.minutes
        for midnight in self._midnights(start // daemon.DAY, end):
            for hour in hours:
                base = midnight + hour
                if base + 59 < start:
                    continue
                for minute in minutes:
                    wall = base + minute
                    if wall >= end:
                        return
                    if wall >= start:
                        yield wall

    def _midnights(self, first_day: int, end: int) -> Iterator[int]:
        """Wall minutes of the midnights of matching days, from day `first_day` since the epoch on."""
        days, weekdays = set(self.days), set(self.weekdays)
        months, either = self.months, self.either_day
        first = date.fromordinal(_EPOCH + first_day)
        year, month, day = first.year, first.month, first.day
        while True:
            before = date(year, month, 1).toordinal() - _EPOCH - 1  # the day before the first
            if (before + day) * daemon.DAY >= end:
                return
            if month in months:
                for number in range(day, monthrange(year, month)[1] + 1):
                    by_date, by_weekday = number in days, (before + number + 4) % 7 in weekdays
                    if (by_date or by_weekday) if either else (by_date and by_weekday):
                        yield (before + number) * daemon.DAY
            day, month = 1, month + 1
            if month > 12:
                year, month = year + 1, 1


def _plain(field: Field) -> str:
    """A field for croniter, which has ideas of its own on `0-0` and the like."""
    if any(element.text == "*" for element in field.elements):
        return "*"
    return ",".join(map(str, field.values))


@lru_cache(maxsize=16384)
def parse_schedule(text: str, dialect: str = "debian") -> CronSchedule:
    """The schedule that `text` is: five fields or a nickname, blanks around it allowed.

    Bytes of a table are given decoded as Latin-1. Raises ScheduleError for what the daemon refuses, and
    for anything behind the schedule, which in a table would be the command.
    """
    rules = dialect_named(dialect)
    if "\n" in text:
        raise ScheduleError("command", "a schedule is one line")
    schedule, rest = _read(text, rules)
    if rest < len(text):
        raise ScheduleError("command", f"{text[rest:]!r} follows the schedule")
    return schedule


def split_schedule(
    line: bytes | str, dialect: str = "debian", *, system: bool = False, root: bool = False
) -> tuple[str, int]:
    """Split a line of a cron table as the daemon does: (schedule as written, offset of what follows).

    What follows is the command, or with `system` the user name; the offset counts bytes of `bytes` and
    characters of `str`. The schedule is in the line unchanged (bytes read as Latin-1), behind leading
    blanks. `root` says whose table it is. Raises ScheduleError for a line that the daemon refuses.
    """
    rules = dialect_named(dialect)
    text = line.decode("latin-1") if isinstance(line, bytes) else line
    start = _skip(_grammar(rules.blanks)[0], text, 0)
    if rules is CRONIE and text.startswith("-", start):  # do not log
        if not (system or root):
            raise ScheduleError("option", "only root's jobs can do without a line in the log")
        start += 1
        if text[start : start + 1] in (" ", "\t"):
            raise ScheduleError(KINDS[0].name, "a blank follows the -")
    schedule, rest = _read(text, rules, start)
    follows = text[rest : rest + 1]
    if follows == "*" and (rules is CRONIE or (rules is DEBIAN and not system)):
        raise ScheduleError("command", "a sixth field; a schedule has five")
    if not rules.drops_table and follows in ("", "\n"):
        raise ScheduleError("command", "no command follows the schedule")
    return schedule.text, rest


@lru_cache(maxsize=4)
def _grammar(blanks: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Patterns of blanks, of five fields with blanks behind each, and of a nickname."""
    some, none = f"[{blanks}]*", f"[^{blanks}\n]*"
    return re.compile(some), re.compile(f"({none}){some}" * len(KINDS)), re.compile(f"[^{blanks}\n\0]*")


def _read(text: str, dialect: Dialect, at: int = 0) -> tuple[CronSchedule, int]:
    """The schedule at the start of `text`, and where the text behind it and the blanks begins."""
    blanks, five, nickname = _grammar(dialect.blanks)
    start = _skip(blanks, text, at)
    if text[start : start + 1] == "@":
        if not dialect.nicknames:
            raise ScheduleError(
                "time specifier", f"{dialect.label} has no @daily and the like; write five fields"
            )
        end = _skip(nickname, text, start)
        return _nickname(text[start:end], dialect), _skip(blanks, text, end)
    match = five.match(text, start)
    if match is None:  # pragma: no cover - every part of the pattern may be empty
        raise AssertionError(text)
    fields = []
    for number, kind in enumerate(KINDS, start=1):
        if dialect is BUSYBOX and (not match[number] or "#" in match[number]):
            raise ScheduleError("command", "a line needs five fields and a command, before any #")
        fields.append(dialect.read_field(kind, match[number]))
        following = match.start(number + 1) if number < len(KINDS) else match.end()
        if text[following : following + 1] == "\xff" and dialect.settings is Settings.DEBIAN:
            raise ScheduleError(kind.name, "cron takes the byte 0xFF for the end of the file")
    return CronSchedule(text[start : match.end(len(KINDS))], dialect, tuple(fields)), match.end()


def _skip(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()


@lru_cache(maxsize=64)
def _nickname(name: str, dialect: Dialect) -> CronSchedule:
    if name == _REBOOT:
        return CronSchedule(name, dialect, (), name)
    if name in NICKNAMES:
        written = dialect.weekly if name == "@weekly" else NICKNAMES[name]
        fields = parse_schedule(written, dialect.name).fields
        return CronSchedule(name, dialect, fields, name)
    if name.lower() in (*NICKNAMES, _REBOOT):
        raise ScheduleError("time specifier", f"{name} must be in lower case: {name.lower()}")
    raise ScheduleError("time specifier", f"{name} is unknown; cron knows {' '.join((_REBOOT, *NICKNAMES))}")
