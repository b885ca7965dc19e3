"""What cron itself says in the log: the starts of jobs, and the daemon's complaints. Pure.

Debian's cron writes `(user) CMD (command)` with the pid of the job's process, the command up to its first
`%` with odd bytes as `\\303`, `^I`, `^?` (its misc.c, mkprints). Its exit status it does not write. BusyBox's
crond writes `USER user pid PID cmd command` (its crond.c, start_jobs).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from fedtui.logs.journal_records import JournalEntry
from fedtui.model import CronStart

IDENTIFIERS = ("CRON", "cron", "CROND", "crond")
_LINE = re.compile(r"\((?P<who>[^)]*)\) (?P<verb>[A-Za-z][A-Za-z ]*?) \((?P<rest>.*)\)", re.DOTALL)
_BUSYBOX = re.compile(r"USER (?P<who>\S+) pid +(?P<pid>[1-9]\d*) cmd (?P<command>.*)", re.DOTALL)
_HARMLESS = frozenset(
    ("INFO", "info", "RELOAD", "LIST", "REPLACE", "DELETE", "STARTUP", "BEGIN EDIT", "END EDIT", "CMD", "END")
) | {"CMDEND", "CMDOUT"}  # cronie's
_SYSLOG = re.compile(
    r"(?P<stamp>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ "
    r"(?P<name>CROND?|crond?)\[(?P<pid>\d+)\]: (?P<text>.*)"
)


@dataclass(frozen=True, slots=True)
class CronNotice:
    """The daemon complained: of a table, of a job that could not be started. `who` is a user or CRON."""

    who: str
    text: str
    at: datetime


def read_entries(entries: Iterable[JournalEntry]) -> tuple[list[CronStart], list[CronNotice]]:
    """The starts and the complaints among lines of cron."""
    starts: list[CronStart] = []
    notices: list[CronNotice] = []
    for entry in entries:
        match = _LINE.fullmatch(entry.text)
        if match is None:
            started = _BUSYBOX.fullmatch(entry.text)
            if started is not None:
                starts.append(CronStart(started["who"], started["command"], int(started["pid"]), entry.at))
            continue
        if match["verb"] == "CMD":
            starts.append(CronStart(match["who"], match["rest"], entry.pid or 0, entry.at))
        elif match["verb"] not in _HARMLESS:
            notices.append(CronNotice(match["who"], f"{match['verb']} ({match['rest']})", entry.at))
    return starts, notices


def syslog_entry(line: str, now: datetime, zone: tzinfo) -> JournalEntry | None:
    """A line of /var/log/syslog that cron wrote; None for any other.

    The traditional stamp has no year: it is the latest that is not more than a day after `now`.
    """
    match = _SYSLOG.fullmatch(line.rstrip("\n"))
    if match is None:
        return None
    at = _stamp(match["stamp"], now, zone)
    return JournalEntry(at, 6, match["text"], match["name"], int(match["pid"])) if at else None


def _stamp(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    try:
        if text[0].isdigit():
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        for year in (now.year + 1, now.year, now.year - 1):
            try:
                at = datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=zone)
            except ValueError:  # 29 February of a year that has none
                continue
            if at <= now + timedelta(days=1):
                return at.astimezone(UTC)
    except ValueError:
        return None
    return None
