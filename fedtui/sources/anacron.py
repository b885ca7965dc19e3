"""anacron's table (/etc/anacrontab): jobs that run once in so many days, whenever the machine is on.

Facts: anacrontab(5), anacron 2.3 (Debian) and the one of cronie. When anacron starts is decided by a
timer, by cron or at boot, and when it last ran a job is in files for root alone: no next run is promised.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from fedtui.crontab.naming import entry_name
from fedtui.model import UNSEEN, CronFacts, Job, Location, SourceName, State
from fedtui.safe_text import decode, sanitize, sanitize_and_mask

PROGRAM = "usr/sbin/anacron"
_SETTING = re.compile(rb"[ \t]*(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=(?P<value>.*)")
_JOB = re.compile(
    rb"[ \t]*(?P<period>\d+|@[a-z]+)[ \t]+(?P<delay>\d+)[ \t]+(?P<job>[^ \t/]+)[ \t]+"
    rb"(?P<command>.*\S)[ \t\r]*"
)
_PERIODS = {
    "@daily": "daily",
    "@weekly": "weekly",
    "@monthly": "monthly",
    "@yearly": "yearly",
    "@annually": "yearly",
}
_DAYS = {1: "daily", 7: "weekly"}


def installed(root: Path) -> bool:
    """True where anacron is there to be run."""
    path = root / PROGRAM
    try:
        return path.is_file() and bool(path.stat().st_mode & 0o111)
    except OSError:
        return False


def anacron_jobs(data: bytes, path: str = "/etc/anacrontab", *, editable: bool = False) -> tuple[Job, ...]:
    """The jobs of an anacrontab; a line that is none of its three kinds is a row of its own."""
    jobs = []
    settings: dict[bytes, bytes] = {}
    lines = data.replace(b"\\\n", b"  ").split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith(b"#"):
            continue
        setting = _SETTING.fullmatch(line)
        if setting is not None:
            settings[setting["name"]] = setting["value"].strip()
            continue
        place = Location(path, number)
        found = _JOB.fullmatch(line)
        if found is None or (found["period"].startswith(b"@") and decode(found["period"]) not in _PERIODS):
            jobs.append(_bad(line, place, editable))
        else:
            jobs.append(_job(line, found, place, tuple(settings.items()), editable))
    return tuple(jobs)


def _job(
    line: bytes,
    found: re.Match[bytes],
    place: Location,
    settings: tuple[tuple[bytes, bytes], ...],
    editable: bool,
) -> Job:
    period, name, command = decode(found["period"]), decode(found["job"]), found["command"]
    words = _PERIODS.get(period) or _DAYS.get(int(period)) or f"every {int(period)} days"
    return Job(
        id=f"{SourceName.SYSTEM_CRONTAB}:{_key(place.path, found['job'], command)}",
        name=sanitize(name) or entry_name(command),
        source=SourceName.SYSTEM_CRONTAB,
        user="root",
        schedule=period,
        schedule_text=f"{words} by anacron",
        schedule_short=words,
        location=place,
        command=sanitize_and_mask(decode(command)),
        state=State.ON,
        state_reason=f"anacron runs it {int(found['delay'])} min after it starts, if it is due",
        last_result=UNSEEN,
        editable=editable,
        facts=CronFacts(place.path, line, command, None, settings, dialect="anacron", home="/root"),
    )


def _bad(line: bytes, place: Location, editable: bool) -> Job:
    text = sanitize(decode(line).strip())
    return Job(
        id=f"{SourceName.SYSTEM_CRONTAB}:bad-{_key(place.path, b'', line)}",
        name=f"anacrontab:{place.line}",
        source=SourceName.SYSTEM_CRONTAB,
        user="root",
        schedule=" ".join(text.split()[:2]),
        schedule_text=" ".join(text.split()[:2]),
        location=place,
        state=State.BAD_LINE,
        state_reason="anacron skips this line: a job needs a period, a delay, a name and a command",
        editable=editable,
        facts=CronFacts(place.path, line, b"", dialect="anacron"),
    )


def _key(path: str, job: bytes, command: bytes) -> str:
    return hashlib.sha1(b"\0".join((path.encode(), job, command)), usedforsecurity=False).hexdigest()[:8]
