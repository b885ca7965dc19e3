"""FT1xx: lines of cron tables that cron refuses, or that cannot do what they say."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache

from fedtui.crontab.command import program, script_path
from fedtui.health.host import Host
from fedtui.model import CronFacts, Finding, Job, Severity, Snapshot, State
from fedtui.safe_text import decode

CRON_PATH = b"/usr/bin:/bin"
"""The PATH of Debian's cron where the table sets none (crontab(5))."""


def bad_line(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """FT101: a line that cron refuses; the daemon then drops the whole table."""
    for job in snapshot.jobs:
        if job.state is not State.BAD_LINE or job.cron is None:
            continue
        dropped = [
            other.name
            for other in snapshot.jobs
            if other.state is State.NOT_LOADED
            and other.cron is not None
            and other.user == job.user
            and other.cron.table == job.cron.table
        ]
        yield Finding(
            "FT101",
            Severity.ERROR,
            f"bad line {job.location}",
            f"cron refuses {job.location} ({job.state_reason}) and therefore ignores the whole table"
            + (f": {len(dropped)} other jobs do not run." if dropped else "."),
            (decode(job.cron.raw), *dropped[:5]),
            "Mend the line: E edits it, x deletes it.",
            job.id,
        )


def table_not_loaded(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """FT102: a table that cron ignores for another reason than a bad line; one finding a table."""
    bad = {(job.cron.table, job.user) for job in snapshot.jobs if job.state is State.BAD_LINE and job.cron}
    told: set[str] = set()
    for job in snapshot.jobs:
        if job.state is not State.NOT_LOADED or job.cron is None or job.cron.table in told:
            continue
        if (job.cron.table, job.user) in bad:
            continue
        told.add(job.cron.table)
        yield Finding(
            "FT102",
            Severity.ERROR,
            f"{job.location.path} is ignored",
            f"cron does not load {job.location.path}: {job.state_reason}.",
            (job.state_reason,),
            job_id=job.id,
        )


def never_fires(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """FT103: a schedule that cron accepts and that no date ever meets."""
    for job in snapshot.jobs:
        if job.state is State.NEVER_FIRES:
            yield Finding(
                "FT103",
                Severity.WARNING,
                "schedule never fires",
                f"{job.name} looks active, but no date ever meets its schedule.",
                (job.schedule, job.state_reason),
                "e gives it another schedule.",
                job.id,
            )


def script_missing(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """FT110: the script that a line runs is not there."""
    for job, cron in _live_lines(snapshot):
        script = _script(cron.command, cron.home, cron.environment)
        if script is not None and host.exists(script) is False:
            yield Finding(
                "FT110",
                Severity.ERROR,
                "script is missing",
                f"{job.name} runs a script that is not there.",
                (script, str(job.location)),
                f"ls -l {posixpath.dirname(script)}",
                job.id,
            )


def not_on_path(snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """FT118: the command is not on the PATH that cron gives the job."""
    for job, cron in _live_lines(snapshot):
        name = _program(cron.command)
        if name is None or "/" in name:
            continue
        path = decode(dict(cron.environment).get(b"PATH", CRON_PATH))
        if not any(host.executable(posixpath.join(folder, name)) for folder in path.split(":") if folder):
            yield Finding(
                "FT118",
                Severity.ERROR,
                f"{name} is not on cron's PATH",
                f"{job.name} starts {name}, which cron cannot find: it does not read your shell's profile.",
                (f"cron's PATH  {path}", str(job.location)),
                f"Write the whole path, or set PATH= above the line. Where is it: command -v {name}",
                job.id,
            )


# A checkup follows every change, and the lines of a table seldom change.
_script = lru_cache(maxsize=16384)(script_path)
_program = lru_cache(maxsize=16384)(program)


def _live_lines(snapshot: Snapshot) -> Iterator[tuple[Job, CronFacts]]:
    for job in snapshot.jobs:
        if job.cron is not None and job.state not in (State.BAD_LINE, State.PAUSED):
            yield job, job.cron
