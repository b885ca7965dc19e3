"""Profiles: which scripts run when. Data in TOML files, ready-made ones in `profiles/`, others of the user's.

Reading one is all that is done here, and telling what it would run; mistakes are named by file, line and key.
"""

from __future__ import annotations

import errno
import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, tzinfo
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from fedtui.config import ConfigError
from fedtui.schedule.cron import CronSchedule, ScheduleError, parse_schedule
from fedtui.schedule.describe import describe

DEFAULT_PROFILE = "conservative"

_LONGEST = 1_000_000
"""Bytes that a profile may have; more is none."""

OWN_KEYS = frozenset(("git", "rotate", "alert"))
"""Keys of the jobs that the pack adds by itself; a profile's jobs are called otherwise."""

_KEY = re.compile(r"[a-z][a-z0-9-]{0,30}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_TIMER = re.compile(
    r"(OnActiveSec|OnBootSec|OnStartupSec|OnUnitActiveSec|OnUnitInactiveSec|OnCalendar)=(\S.*)"
)
_PROFILE: Mapping[str, type] = {"for": str, "reason": str, "recommended": bool, "job": list}
_KINDS: Mapping[type, str] = {
    str: 'a text in quotes, "..."',
    int: "a whole number",
    list: "a list, [...]",
    bool: "true or false",
}
_NEEDED = ("key", "scripts", "schedule", "log")


@dataclass(frozen=True, slots=True)
class ProfileJob:
    """One job of a profile.

    `scripts` are file names to look for under ROOT, the first that is there counts; `program` is what reads
    the script ("bash"). `schedule` is five fields, `log` a file name, `product` a path below ROOT of what the
    script writes, `spread` seconds over which a timer's runs are spread, `timer` lines that a timer gets
    instead of the schedule's OnCalendar=.
    """

    key: str
    name: str
    description: str
    scripts: tuple[str, ...]
    schedule: str
    log: str
    product: str = ""
    reason: str = ""
    spread: int = 0
    timer: tuple[tuple[str, str], ...] = ()
    program: tuple[str, ...] = ("bash",)

    @property
    def times(self) -> CronSchedule:
        """The schedule, read."""
        return parse_schedule(self.schedule)

    @property
    def words(self) -> str:
        """When it runs, in plain words."""
        return describe(self.times).long


_JOB: Mapping[str, type] = {
    one.name: {"str": str, "int": int}.get(str(one.type), list) for one in fields(ProfileJob)
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile. `source` is the name of a ready-made one, else the absolute path of its file."""

    source: str
    suits: str
    reason: str
    jobs: tuple[ProfileJob, ...]
    recommended: bool = False

    @property
    def name(self) -> str:
        """What it is called: its file's name without the ending."""
        return Path(self.source).stem if "/" in self.source else self.source

    def job(self, key: str) -> ProfileJob | None:
        """The job of that key, None where the profile has none."""
        return next((job for job in self.jobs if job.key == key), None)


@dataclass(frozen=True, slots=True)
class JobTimes:
    """What one job of a profile would run: the soonest runs, runs in the next 24 hours, and these by hour."""

    job: ProfileJob
    next: tuple[datetime, ...]
    a_day: int
    hours: tuple[int, ...]


def ready_made() -> tuple[Profile, ...]:
    """The profiles that are shipped, the recommended one first."""
    return tuple(sorted(map(load_profile, _shipped()), key=lambda one: (not one.recommended, one.name)))


def _shipped() -> dict[str, Traversable]:
    """The files of the profiles that are shipped, by name."""
    folder = resources.files("fedtui.federation").joinpath("profiles")
    files = sorted((item.name, item) for item in folder.iterdir() if item.name.endswith(".toml"))
    return {name.removesuffix(".toml"): item for name, item in files}


def load_profile(name: str) -> Profile:
    """A ready-made profile by its name, or one of the user's by the path of its file. Raises ConfigError."""
    shipped = _shipped()
    if name in shipped:
        return read_profile(shipped[name].read_text(encoding="utf-8"), name, name)
    path = Path(name).expanduser().absolute()
    try:
        text = _text(path)
    except FileNotFoundError:
        known = ", ".join(shipped)
        raise ConfigError(f"{name}: no profile of that name, and no such file; there are {known}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no text in UTF-8: byte {error.start}") from error
    return read_profile(text, str(path), str(path))


def _text(path: Path) -> str:
    """What is in a file that may be anything: a device has no end. Raises OSError, UnicodeDecodeError."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > _LONGEST:
        raise OSError(errno.EINVAL, "it is a folder, a device, or too large for a profile")
    return path.read_text(encoding="utf-8")


def read_profile(text: str, source: str, shown_as: str) -> Profile:
    """Read a profile's text. Raises ConfigError that names the file, the line and the key."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{shown_as}: {error}") from error
    reader = _ProfileReader(text, shown_as)
    reader.check(data, _PROFILE, 0)
    jobs = data.get("job", [])
    if not jobs:
        raise ConfigError(f"{shown_as}: a profile needs at least one [[job]]")
    found = tuple(reader.job(table, number) for number, table in enumerate(jobs, start=1))
    reader.once(found)
    return Profile(source, data.get("for", ""), data.get("reason", ""), found, data.get("recommended", False))


def timeline(profile: Profile, now: datetime, zone: tzinfo, count: int = 3) -> tuple[JobTimes, ...]:
    """What the profile would run in the 24 hours after `now`, counted for each hour from now on."""
    return tuple(_times(job, now, zone, count) for job in profile.jobs)


def _times(job: ProfileJob, now: datetime, zone: tzinfo, count: int) -> JobTimes:
    end = now + timedelta(hours=24)
    day = list(takewhile(lambda run: run.timestamp() <= end.timestamp(), job.times.runs(now, zone)))
    hours = [0] * 24
    for run in day:
        hours[int((run.timestamp() - now.timestamp() - 1) // 3600)] += 1
    return JobTimes(job, tuple(islice(job.times.runs(now, zone), count)), len(day), tuple(hours))


class _ProfileReader:
    """Checks the tables of one file; each mistake is reported with its line."""

    def __init__(self, text: str, shown_as: str) -> None:
        self._lines = text.splitlines()
        self._shown_as = shown_as

    def check(self, table: Mapping[str, Any], kinds: Mapping[str, type], job: int) -> None:
        """Every key is known and has the right kind of value; `job` counts [[job]] tables from 1."""
        for key, value in table.items():
            kind = kinds.get(key)
            if kind is None:
                raise self.wrong(key, job, f"is no key of a profile; there are {', '.join(kinds)}")
            if type(value) is not kind:
                raise self.wrong(key, job, f"must be {_KINDS[kind]}")
            if kind is list:
                self._list(key, value, job)

    def _list(self, key: str, items: Any, job: int) -> None:
        if key == "job":
            if not all(isinstance(item, dict) for item in items):
                raise self.wrong(key, job, "is written [[job]]")
        elif not (items and all(isinstance(item, str) and item for item in items)):
            raise self.wrong(key, job, "must be a list of texts")

    def job(self, table: Mapping[str, Any], number: int) -> ProfileJob:
        """One [[job]]."""
        self.check(table, _JOB, number)
        for key in _NEEDED:
            if key not in table:
                raise self.wrong("", number, f"job {number} has no {key}")
        key, name = table["key"], table.get("name", table["key"])
        if not _KEY.fullmatch(key) or key in OWN_KEYS:
            raise self.wrong(
                "key", number, f"{key!r} is no key: small letters, and none of git, rotate, alert"
            )
        if not _NAME.fullmatch(name):
            raise self.wrong("name", number, f"{name!r} cannot name a unit: letters, digits, and . _ -")
        self._paths(table, number)
        self._schedule(table["schedule"], number)
        if not 0 <= table.get("spread", 0) <= 86400:
            raise self.wrong("spread", number, "is seconds, at most 86400")
        given: dict[str, Any] = {
            one: tuple(value) if isinstance(value, list) else value for one, value in table.items()
        }
        given |= {"name": name, "description": table.get("description", name)}
        if not given["description"].isprintable():
            raise self.wrong("description", number, "is one line of plain text")
        given["schedule"] = " ".join(table["schedule"].split())
        given["timer"] = tuple(self._timer(line, number) for line in table.get("timer", ()))
        return ProfileJob(**given)

    def once(self, jobs: Sequence[ProfileJob]) -> None:
        """No two jobs share a key, a name or a log."""
        for what in ("key", "name", "log"):
            seen: set[str] = set()
            for number, job in enumerate(jobs, start=1):
                value = getattr(job, what)
                if value in seen:
                    raise self.wrong(what, number, f"{value!r} is another job's already")
                seen.add(value)

    def _paths(self, table: Mapping[str, Any], number: int) -> None:
        log = table["log"]
        if "/" in log or log in ("", ".", "..") or not log.isprintable():
            raise self.wrong("log", number, "is a file's name, without a folder")
        for key, paths in (("scripts", table["scripts"]), ("product", [table.get("product") or "x"])):
            for path in paths:
                if path.startswith(("/", "~")) or ".." in Path(path).parts or not path.isprintable():
                    raise self.wrong(key, number, f"{path!r} is not below ROOT")

    def _schedule(self, text: str, number: int) -> None:
        try:
            found = parse_schedule(" ".join(text.split()))
        except ScheduleError as error:
            raise self.wrong("schedule", number, f"{text!r}: {error}") from error
        if found.never_fires:
            raise self.wrong("schedule", number, f"{text!r} never comes round")

    def _timer(self, line: str, number: int) -> tuple[str, str]:
        match = _TIMER.fullmatch(line.strip())
        if match is None or not line.isprintable():
            raise self.wrong("timer", number, f'{line!r} is no line such as "OnUnitActiveSec=1h"')
        return match[1], match[2]

    def wrong(self, key: str, job: int, what: str) -> ConfigError:
        """The mistake, with the line of `key` in the `job`-th [[job]] (0: above all of them)."""
        return ConfigError(f"{self._shown_as}, line {self._line(key, job)}: {f'{key} ' if key else ''}{what}")

    def _line(self, key: str, job: int) -> int:
        seen, head = 0, 1
        for number, line in enumerate(self._lines, start=1):
            if re.match(r"\s*\[\[\s*job\s*\]\]", line):
                seen += 1
                head = number if seen == job else head
            if seen == job and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
                return number
        return head
