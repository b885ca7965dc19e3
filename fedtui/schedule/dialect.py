"""The cron daemons whose rules fedtui knows, and in what they differ; `dialect_named` finds one.

Each is modelled from its own source, and held to it by `tests/oracle`. Names are as facts, JSON and
`--dialect` have them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from fedtui.schedule.fields import Field, FieldKind, read_cronie, read_debian, read_other


class Clock(Enum):
    """What a daemon does when the wall clock is changed.

    MAKES_UP: runs of a fixed time are made up for and not repeated (see `daemon.start_minutes`);
    MAKES_UP_DST: the same, but an offset that changes without summer time is noticed late. FOLLOWS: what
    the wall clock leaves out is left out, what it repeats is repeated. HOURLY is bcron's (see
    `bcron_starts`). UNKNOWN: the runs are croniter's.
    """

    MAKES_UP = 1
    MAKES_UP_DST = 2
    FOLLOWS = 3
    HOURLY = 4
    UNKNOWN = 5


class Settings(Enum):
    """What a line that sets a variable looks like; `crontab.setting` has the grammars."""

    DEBIAN = 1
    CRONIE = 2
    BUSYBOX = 3
    BCRON = 4
    SYSTEMD_CRON = 5


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """One daemon's rules. `label` names it on screen.

    `read_field` reads one of the five fields, and `blanks` part them. `both_days`: the day of the month and
    the weekday must both match, always; else one that its daemon takes for unrestricted leaves the choice
    to the other, and of two restricted ones either is enough. `nicknames` says that `@daily` and its kind
    are known, `weekly` what it reads `@weekly` as.

    Of a table: `percent` says that `%` ends the command; `drops_table` that one bad line drops the whole
    table; `needs_newline` that a last line without one is not read; `longest_command` are the bytes a command
    may have, 0 for any number; `table_zone` is the setting that names the zone of the lines below it;
    `complaint` is what the daemon says of any bad line, "" where it names the field; `checked` that its
    crontab(1) refuses a table with one.
    """

    name: str
    label: str
    read_field: Callable[[FieldKind, str], Field]
    clock: Clock
    settings: Settings
    blanks: str = " \t"
    both_days: bool = False
    nicknames: bool = True
    weekly: str = "0 0 * * 0"
    percent: bool = True
    drops_table: bool = False
    needs_newline: bool = False
    longest_command: int = 0
    table_zone: bytes = b""
    complaint: str = ""
    checked: bool = True


# Loaded where such a daemon is met: what few hosts have must not cost the start on all others.
def _read_busybox(kind: FieldKind, word: str) -> Field:
    from fedtui.schedule.busybox_fields import read_busybox

    return read_busybox(kind, word)


def _read_bcron(kind: FieldKind, word: str) -> Field:
    from fedtui.schedule.bcron_fields import read_bcron

    return read_bcron(kind, word)


def _read_systemd_cron(kind: FieldKind, word: str) -> Field:
    from fedtui.schedule.systemd_cron_fields import read_systemd_cron

    return read_systemd_cron(kind, word)


DEBIAN = Dialect(
    "debian",
    "Debian cron",
    read_debian,
    Clock.MAKES_UP,
    Settings.DEBIAN,
    drops_table=True,
    needs_newline=True,
    longest_command=998,  # one that fills get_string()'s MAX_COMMAND - 1 bytes is "too long"
)
CRONIE = Dialect(
    "cronie",
    "cronie",
    read_cronie,
    Clock.MAKES_UP_DST,
    Settings.CRONIE,
    needs_newline=True,
    table_zone=b"CRON_TZ",
)
BUSYBOX = Dialect(
    "busybox",
    "BusyBox crond",
    _read_busybox,
    Clock.FOLLOWS,
    Settings.BUSYBOX,
    percent=False,
    checked=False,
)
BCRON = Dialect(
    "bcron",
    "bcron",
    _read_bcron,
    Clock.HOURLY,
    Settings.BCRON,
    blanks=" \t\n\v\f\r",
    both_days=True,
    nicknames=False,
    percent=False,
    checked=False,
    complaint="unparseable line",
)
SYSTEMD_CRON = Dialect(
    "systemd-cron",
    "systemd-cron",
    _read_systemd_cron,
    Clock.FOLLOWS,
    Settings.SYSTEMD_CRON,
    blanks=" \t\v\f\r",
    both_days=True,
    weekly="0 0 * * 1",  # systemd's own "weekly"
    percent=False,
)
SYSTEMD_CRON_2 = replace(SYSTEMD_CRON, name="systemd-cron-2", label="systemd-cron 2", percent=True)
OTHER = Dialect(
    "other",
    "another cron, computed by croniter",
    read_other,
    Clock.UNKNOWN,
    Settings.DEBIAN,
    drops_table=True,
    needs_newline=True,
    longest_command=998,
)
DIALECTS = {
    dialect.name: dialect for dialect in (DEBIAN, CRONIE, BUSYBOX, BCRON, SYSTEMD_CRON, SYSTEMD_CRON_2, OTHER)
}


def dialect_named(name: str) -> Dialect:
    """The dialect of that name. Raises ValueError."""
    try:
        return DIALECTS[name]
    except KeyError:
        raise ValueError(f"unknown dialect {name!r}; there are {', '.join(DIALECTS)}") from None
