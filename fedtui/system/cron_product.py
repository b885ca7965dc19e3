"""The crons that fedtui knows: how each is recognised, which units it has, which tables it reads.

Facts: the packages of Debian 12 and 13 (cron, cronie, systemd-cron, bcron, busybox), and their sources.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

_PROGRAMS = (
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/usr/lib/systemd/system-generators",
    "/lib/systemd/system-generators",
)
_UNITS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator.late",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)

GENERATED = Path("/run/systemd/generator")
"""Where systemd-cron makes its units."""

Exists = Callable[[str], bool | None]


@dataclass(frozen=True, slots=True)
class CronProduct:
    """One program that starts the lines of cron tables.

    `dialect` names it, and its rules in `fedtui.schedule`. `daemon` is the name of root's process that shows
    that it runs; empty where there is none. `programs` show that it is installed, `units` are the names under
    which distributions start it, the likeliest first. `reads_system`: /etc/crontab and /etc/cron.d as well.
    `logs_starts`: it writes each start to the system's log. `unit_tells`: it ends with its unit. `by_timers`:
    it makes a timer of systemd of each line.
    """

    dialect: str
    title: str
    daemon: str
    programs: tuple[str, ...]
    units: tuple[str, ...]
    reads_system: bool = True
    logs_starts: bool = True
    unit_tells: bool = True
    by_timers: bool = False

    def installed_as(self, exists: Exists = os.path.exists) -> str:
        """The path of the file that shows that it is installed; empty where none does."""
        paths = (f"{folder}/{name}" for name in self.programs for folder in _PROGRAMS)
        return next(filter(exists, paths), "")

    def unit(self, exists: Exists = os.path.exists) -> str:
        """The unit that starts it here; empty where none does."""
        return next((name for name in self.units for folder in _UNITS if exists(f"{folder}/{name}")), "")


DEBIAN = CronProduct("debian", "cron", "cron", ("cron",), ("cron.service",))
CRONIE = CronProduct("cronie", "cronie", "crond", ("crond",), ("cronie.service", "crond.service"))
BUSYBOX = CronProduct(
    "busybox", "BusyBox's crond", "crond", ("crond",), ("crond.service",), reads_system=False
)
# bcron-sched, which decides, runs as a user of its own: its child bcron-exec ends with it, and is root's.
BCRON = CronProduct(
    "bcron",
    "bcron",
    "bcron-exec",
    ("bcron-start",),
    ("bcron-sched.service", "bcron.service"),
    logs_starts=False,
    unit_tells=False,  # Debian's init script for it cannot stop it
)
SYSTEMD_CRON = CronProduct(
    "systemd-cron",
    "systemd-cron",
    "",
    ("systemd-crontab-generator",),
    ("cron.target",),
    logs_starts=False,
    by_timers=True,
)
SYSTEMD_CRON_2 = replace(SYSTEMD_CRON, dialect="systemd-cron-2", title="systemd-cron 2")
_OF_VERSION_2 = "/usr/libexec/systemd-cron"
PRODUCTS = (DEBIAN, CRONIE, BUSYBOX, BCRON, SYSTEMD_CRON, SYSTEMD_CRON_2)
UNITS = tuple(dict.fromkeys(unit for product in PRODUCTS for unit in product.units))
TELLING_UNITS = tuple(dict.fromkeys(unit for one in PRODUCTS if one.unit_tells for unit in one.units))
DAEMONS = frozenset(product.daemon for product in PRODUCTS) - {""}


def names_in_units(name: str) -> Sequence[str]:
    """How the units of systemd-cron call a table or a user: version 2 drops dots."""
    return tuple(dict.fromkeys((name, name.replace(".", ""))))


def installed_product(exists: Exists = os.path.exists) -> CronProduct | None:
    """The cron that is installed; None where none is that fedtui knows."""
    for product in PRODUCTS:
        path = product.installed_as(exists)
        if path:
            if product is SYSTEMD_CRON and exists(_OF_VERSION_2):
                return SYSTEMD_CRON_2
            is_busybox = product is CRONIE and Path(path).resolve().name == "busybox"
            return BUSYBOX if is_busybox else product
    return None


def product_of(dialect: str) -> CronProduct | None:
    """The product of that dialect; None for one that is no product's ("other")."""
    return next((product for product in PRODUCTS if product.dialect == dialect), None)
