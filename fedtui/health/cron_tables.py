"""FT120-FT123, FT125, FT135, FT139: what a table says twice, has commented out, or its cron ignores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from fedtui.crontab.command import read_command
from fedtui.crontab.setting import DEFAULT_PATH
from fedtui.health.checks import EVERY_JOB, CheckReport, check, error_rule, note_rule, warning_rule
from fedtui.health.command_facts import command_facts, started
from fedtui.health.file_facts import FileFacts
from fedtui.model import APART, CommentedOut, CronFacts, Job, Remedy, Snapshot, SourceName, State, cron_jobs
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.schedule.upcoming import runs_of
from fedtui.sources.recorder import jobs_by_key

ALTERNATIVES = warning_rule(
    "FT120",
    "one job runs on several schedules",
    "Examples offer a cautious, a usual and a bold schedule to choose from. Pasted whole, all of them are in "
    "force, and the runs of one get into the way of another's.",
    "Keep one of the lines: p pauses the others, x deletes them.",
)
DUPLICATE = warning_rule(
    "FT121",
    "a duplicate line",
    "cron starts both at the same moment, on the same files.",
    "Delete one of them: x.",
)
TWICE_SCHEDULED = warning_rule(
    "FT135",
    "one script is run by several schedulers",
    "Two tables, or a table and a timer, start the same script for the same user. Neither knows of the "
    "other: their runs may meet, and pausing one leaves the other.",
    "Keep one of them: p pauses the other.",
    needs=EVERY_JOB,
)
ZONE_IGNORED = warning_rule(
    "FT123",
    "CRON_TZ has no effect here",
    "cronie reads the schedule in the zone that CRON_TZ names. Debian's cron passes it on to the job and "
    "reads the schedule in the machine's own zone.",
    "Write the schedule in the machine's zone, or make it a timer: OnCalendar= takes a zone.",
)

ONE_KEY = warning_rule(
    "FT139",
    "lines are recorded as one",
    "A copy of a recorded line keeps the key of its records, which name no line. So none of these exit codes "
    "counts for any of them: a failure of these jobs would not be seen here.",
    "Record each of them again: fedtui record JOB --off, then fedtui record JOB.",
    needs=("crontab",),
)

COMMENTED_OUT = note_rule(
    "FT122",
    "a job that is commented out",
    "A # in front of a line switches the job off for good, and nothing reminds of it: what was meant for a "
    "day stays off for a year.",
    "Take the # away where it should run again, or delete the line.",
)

BAD_SHELL = error_rule(
    "FT125",
    "SHELL= cannot be started",
    "cron executes exactly what SHELL= says: without it no job below that line runs. A comment behind the "
    "value belongs to it, and a bare name is not looked up.",
    "Write the whole path of an installed shell, and nothing behind it: SHELL=/bin/bash.",
)
SEVERAL = 2
_COMPARED = 400
"""Runs of each line that are looked at for a moment that another has too."""

_BY = {
    SourceName.CRONTAB: "a crontab",
    SourceName.SYSTEM_CRONTAB: "/etc/crontab",
    SourceName.CRON_D: "/etc/cron.d",
    SourceName.USER_TIMER: "a user timer",
    SourceName.SYSTEM_TIMER: "a system timer",
}
_RUNS = (State.ON, State.RUNNING, State.OVERDUE, State.SCHEDULER_DOWN)


def _live(snapshot: Snapshot) -> Iterator[tuple[Job, CronFacts]]:
    for job, cron, _ in command_facts(snapshot):
        idle = cron.command.strip() in (b"", b":", b"true", b"/bin/true")
        if job.state in _RUNS and not cron.parts and not idle:
            yield job, cron


def _shared(jobs: list[Job]) -> str:
    """The name of jobs that only differ in what tells their rows apart."""
    return jobs[0].name.partition(APART)[0]


@check(DUPLICATE)
def duplicates(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT121: lines of the same schedule, command and user; one finding for each set."""
    same: dict[tuple[str, str, bytes], list[Job]] = defaultdict(list)
    for job, cron in _live(snapshot):
        same[job.user, " ".join(job.schedule.split()), cron.command.strip()].append(job)
    for jobs in same.values():
        if len(jobs) > 1:
            where = " and ".join(str(job.location) for job in jobs[:3])
            yield DUPLICATE.found(
                f"{_shared(jobs)} is started {len(jobs)} times at once: {where} say the same.",
                tuple(f"{job.location}  {job.schedule}" for job in jobs[:8]),
                title=f"{_shared(jobs)} is there {len(jobs)} times",
                job=jobs[-1],
            )


@check(BAD_SHELL)
def bad_shell(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT125: SHELL= names no program; one finding for each value of a table."""
    seen: set[tuple[str, str, str]] = set()
    for job, cron, _ in command_facts(snapshot):
        shell = decode(dict(cron.environment).get(b"SHELL", b""))
        if not shell or (cron.table, job.user, shell) in seen:
            continue
        seen.add((cron.table, job.user, shell))
        path = shell if shell.startswith("/") else f"{cron.home}/{shell}"
        if why := host.hidden(path):
            yield BAD_SHELL.hidden(path, why)
        elif not host.executable(path):
            yield BAD_SHELL.found(
                f"cron cannot start {job.name} and the jobs around it: there is no shell {shell}.",
                (f"SHELL={shell}", f"line  {job.location}"),
                title=f"SHELL={shell} cannot be started",
                job=job,
            )


@check(ONE_KEY)
def one_key(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT139: recorded lines whose records have one key; one finding for each key."""
    for key, jobs in jobs_by_key(snapshot.jobs).items():
        if len(jobs) > 1:
            yield ONE_KEY.found(
                f"{len(jobs)} lines have the recorder's key {key}: whose run a record tells of is not known.",
                tuple(f"{job.location}  {job.schedule}  {job.name}" for job in jobs[:8]),
                title=f"{jobs[0].name} and {jobs[1].name} are recorded as one",
                job=jobs[-1],
            )


@check(ALTERNATIVES)
def alternatives(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT120: the same script on several schedules of one user."""
    same: dict[tuple[str, bytes], list[Job]] = defaultdict(list)
    for job, cron in _live(snapshot):
        if b"/" in cron.command:  # `true` may be in many lines, a script of one's own is a job
            same[job.user, cron.command.strip()].append(job)
    for jobs in same.values():
        schedules = {" ".join(job.schedule.split()) for job in jobs} - {"@reboot"}
        if len(schedules) >= SEVERAL and _overlap(jobs):
            yield ALTERNATIVES.found(
                f"{_shared(jobs)} runs on {len(schedules)} schedules at once, by the same command.",
                tuple(f"{job.location}  {job.schedule}  {job.schedule_text}" for job in jobs[:8]),
                title=f"{_shared(jobs)} runs on {len(schedules)} schedules",
                job=jobs[0],
            )


def _overlap(jobs: list[Job]) -> bool:
    """Whether one moment is of several schedules: one line could not say moments that are all different."""
    seen: set[datetime] = set()
    for job in jobs:
        if job.next_run is None:
            continue
        found = runs_of(job, job.next_run - timedelta(minutes=1))
        runs = set(islice((run.astimezone(UTC) for run in found), _COMPARED))
        if not seen.isdisjoint(runs):
            return True
        seen |= runs
    return False


@check(TWICE_SCHEDULED)
def twice_scheduled(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT135: the same script with the same arguments, by tables and timers of one user."""
    same: dict[tuple[str, str, tuple[str, ...]], list[Job]] = defaultdict(list)
    for job, reading in started(snapshot, host):
        if reading.script is not None and job.state in _RUNS:
            same[job.user, reading.script, reading.arguments].append(job)
    for (_, script, _), jobs in same.items():
        sources = dict.fromkeys(job.source for job in jobs)
        commands = {cron.command.strip() for _, cron in cron_jobs(jobs)}
        if len(sources) > 1 and (len(commands) > 1 or any(not job.facts.in_table for job in jobs)):
            yield TWICE_SCHEDULED.found(
                f"{script} is run by {jobs[0].location} and by {_place(jobs[-1])}.",
                tuple(f"{job.location}  {job.schedule_text}" for job in jobs[:8]),
                title=f"{_shared(jobs)} is run by {' and by '.join(_BY[source] for source in sources)}",
                job=jobs[0],
            )


def _place(job: Job) -> str:
    return str(job.location) if job.facts.in_table else job.name


@check(ZONE_IGNORED)
def zone_ignored(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT123: CRON_TZ above a line, where the daemon that runs does not know it; one finding a zone."""
    by_zone: dict[tuple[str, str, bytes, str], list[Job]] = defaultdict(list)
    for job, cron in _live(snapshot):
        zone = dict(cron.environment).get(b"CRON_TZ")
        if zone and cron.dialect != "cronie" and decode(zone) != cron.zone:
            by_zone[cron.table, job.user, zone, cron.zone].append(job)
    for (table, _, zone, used), jobs in by_zone.items():
        name = sanitize_and_mask(decode(zone))
        yield ZONE_IGNORED.found(
            f"{len(jobs)} jobs of {table} are under CRON_TZ={name}, and run by {used} time.",
            tuple(f"{job.name}  {job.schedule}" for job in jobs[:8]),
            title=f"CRON_TZ={name} has no effect",
            job=jobs[0],
        )


@check(COMMENTED_OUT)
def commented_out(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT122: comment lines that are jobs, and no prose that begins with numbers."""
    for line in snapshot.commented:
        if COMMENTED_OUT.code in line.silenced or host.shipped(line.table) or not _is_meant(line, host):
            continue
        yield COMMENTED_OUT.found(
            f"{line.name} is switched off with a #: its schedule says {line.schedule_text}.",
            (f"line  {line.location}", decode(line.raw)),
            title=f"{line.name} is commented out",
            remedy=Remedy("uncomment", "take the # away", line=line) if line.editable else None,
        )


def _is_meant(line: CommentedOut, host: FileFacts) -> bool:
    """Whether the words are a command: the # is right before stars, or what they name is a program."""
    if line.tight and "*" in line.schedule:
        return True
    name = read_command(line.command, "/").program
    if name is None or "/" in name:
        return b"/" in line.command
    return any(host.executable(f"{folder}/{name}") for folder in decode(DEFAULT_PATH).split(":"))
