"""FT010: a table that was changed in a way that cron does not notice.

Debian's cron looks once a minute at the time of the spool folder, of /etc/crontab, and of /etc/cron.d with
its files; where none of them moved it reads nothing again (`load_database` in its database.c). crontab(1)
touches the folder for that. Who writes into a table's file in the spool does not, and what was written is
not in force until something else moves. Only root sees those files: to everybody else, whose way to a
table is crontab(1), the rule is a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from fedtui.health.checks import CRON_TABLES, CheckReport, check, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.model import Job, Severity, Snapshot, SourceName, cron_jobs, timer_jobs
from fedtui.schedule.patterns import counted
from fedtui.sources.generated_timers import NO_TIMER, is_generated
from fedtui.system.generated_units import READ_AGAIN

NOT_REREAD = warning_rule(
    "FT010",
    "cron has not read a changed table",
    "cron looks at a table again only when crontab installed it, and systemd-cron not while it reads another "
    "one. Until it does, the new lines do not run, and those that were removed still run.",
    "Install tables with crontab, or touch the spool folder.",
    needs=CRON_TABLES,
)

SPOOL = "/var/spool/cron/crontabs"
SYSTEM = ("/etc/crontab", "/etc/cron.d")

MARGIN = 5.0
"""Seconds that a look may be late, or a program's start."""

GRACE = 75.0
"""Seconds after which cron has looked: it does at the beginning of each minute."""


@check(NOT_REREAD)
def not_reread(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT010: a table in the spool that is newer than all that makes Debian's cron read again."""
    daemon, folder = host.cron(), host.moved(SPOOL)
    if daemon.dialect != "debian" or daemon.up is False:
        return  # another cron's ways are its own; one that does not run is FT001's
    if not host.is_machine or not any(job.source is SourceName.CRONTAB for job in snapshot.jobs):
        return
    if not host.names(SPOOL):
        yield NOT_REREAD.found(
            "Whether cron has read a table that was written past crontab is seen by root alone.",
            (SPOOL,),
            title="what cron has read is not seen",
            fix="Nothing to fix. sudo fedtui check looks for it.",
            severity=Severity.NOTE,
        )
        return
    if daemon.up is None or daemon.since is None or folder is None:
        yield NOT_REREAD.unchecked("what cron has read", "since when cron runs is not known")
        return
    looked = [daemon.since.timestamp()]
    for path in (SPOOL, *SYSTEM, *(f"{SYSTEM[1]}/{name}" for name in host.names(SYSTEM[1]))):
        looked += [_next_look(found[1]) for found in (host.moved(path),) if found is not None]
    for name in host.names(SPOOL):
        written = host.moved(f"{SPOOL}/{name}")
        if written is None or written[0] <= max(looked) + MARGIN:
            continue
        if snapshot.at.timestamp() - written[1] > GRACE:
            yield NOT_REREAD.found(
                f"cron still runs the table of {name} as it was before it was last written.",
                (
                    f"written  {_when(written[0])}  {SPOOL}/{name}",
                    f"folder  {_when(folder[0])}  {SPOOL}",
                    f"cron  since {_when(daemon.since.timestamp())}",
                ),
                title=f"cron has not read the table of {name}",
                command=f"sudo touch {SPOOL}",
            )


@check(NOT_REREAD)
def no_timer_made(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT010: lines that systemd-cron has made no timer of: it misses a change while it reads another one."""
    lines: dict[str, list[Job]] = defaultdict(list)
    for job, cron in cron_jobs(snapshot.jobs):
        if job.state_reason == NO_TIMER:
            lines[cron.table].append(job)
    for table, jobs in lines.items():
        yield NOT_REREAD.found(
            f"systemd-cron has made no timers of {len(jobs)} lines of {table}: they do not run.",
            tuple(f"{job.name}  {job.location}" for job in jobs[:8]),
            title=f"systemd-cron has not read {table}",
            job=jobs[0],
            fix="Have it read the tables again. It leaves out lines that it refuses or whose guard fails.",
            command=READ_AGAIN,
        )
    left = [(job, timer) for job, timer in timer_jobs(snapshot.jobs) if is_generated(timer)]
    if left:
        yield NOT_REREAD.found(
            f"systemd-cron still runs {counted(len(left), 'line')} that the tables no longer have so.",
            tuple(f"{timer.unit}  {timer.description}" for _, timer in left[:8]),
            title="systemd-cron has not read its tables",
            job=left[0][0],
            fix="Have it read the tables again.",
            command=READ_AGAIN,
        )


def _next_look(moment: float) -> float:
    """When cron looks next: until then it has not read what moved at `moment`, nor what comes after it."""
    return (moment // 60 + 1) * 60


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
