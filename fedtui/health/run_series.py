"""FT303-FT308: what a row of runs tells that no single one does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile
from statistics import median
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedtui.health.checks import CRON_TABLES, EVERY_JOB, CheckReport, check, error_rule, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.health.timer_units import systemctl
from fedtui.model import (
    CronFacts,
    Job,
    Mark,
    Outcome,
    Run,
    Severity,
    Snapshot,
    State,
    Trigger,
    cron_jobs,
    timer_jobs,
)
from fedtui.results.verdict import overlaps
from fedtui.schedule.cron import ScheduleError, parse_schedule

START_LIMIT = error_rule(
    "FT303",
    "systemd refuses to start the service",
    "A service that is started too often in a short time is not started any more (StartLimitBurst=): the "
    "timer elapses, and nothing happens.",
    "Reset the counter with systemctl reset-failed, and look at what starts it so often.",
)
OVERLAP = warning_rule(
    "FT304",
    "runs overlap",
    "cron starts the next run whether or not the last one is over. Two at once write the same files, and the "
    "slower they get, the more there are.",
    "Put flock -n LOCKFILE before the command: E. Or give it more time between runs: e.",
    needs=(*EVERY_JOB, "own-runs"),
)
SLOWER = warning_rule(
    "FT305",
    "runs take longer and longer",
    "What grows has an end: the next run's start, a time limit, or the disk.",
    "h shows the runs; look at what the job reads more of each time.",
    needs=(*EVERY_JOB, "own-runs"),
)
FLAPPING = warning_rule(
    "FT306",
    "runs fail now and then",
    "A job that fails every few runs looks fine to anyone who sees only its last run.",
    "h shows which runs failed, l what they said.",
    needs=(*EVERY_JOB, "own-runs"),
)
STALE = warning_rule(
    "FT307",
    "product was not renewed",
    "The run ended without an error, and the file that it should renew is an old one, an empty one, or none.",
    "l shows the run. The file is product= in config.toml, else the federation set-up's.",
)
MISSED = warning_rule(
    "FT308",
    "runs were missed",
    "cron makes up for nothing: what was due while the machine was off, or the daemon down, is left out.",
    "r runs it now. anacron, or a timer with Persistent=true (c), makes up for such runs.",
    needs=(*CRON_TABLES, "cron-log"),
)

LEAST = 6
"""Finished runs from which on a tendency can be seen."""

SETTLED = timedelta(minutes=5)
"""How old a due time must be: what is due now is FT302's."""


def hit_start_limit(job: Job) -> bool:
    """Whether the last run failed because systemd did not start it any more."""
    return Mark.START_LIMIT in job.last_result.marks


@check(START_LIMIT)
def start_limit(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT303: the service of a timer hit its start limit."""
    for job, timer in timer_jobs(snapshot.jobs):
        if job.last_result.outcome is not Outcome.FAILED or not hit_start_limit(job):
            continue
        yield START_LIMIT.found(
            f"systemd does not start {timer.activates} any more.",
            job.last_result.reasons,
            command=f"{systemctl(timer, change=True)} reset-failed {timer.activates}",
            job=job,
        )


@check(OVERLAP)
def overlap(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT304: runs of one job by its schedule that began before the last one was over."""
    for job, runs in _runs(snapshot):
        if _LOCKED_LINE.search(job.command or ""):
            continue  # the second run ends at once: that is what the lock is for
        scheduled = [run for run in runs if run.trigger is Trigger.SCHEDULE and not _shut_out(run)]
        count = overlaps(scheduled, snapshot.at)
        if count:
            yield OVERLAP.found(
                f"{count} of the last {len(runs)} runs of {job.name} began before the one before was over.",
                (f"schedule  {job.schedule}", *_longest(runs)),
                job=job,
            )


_LOCKED_LINE = re.compile(
    r"^\s*(?:\S*/)?flock(?:\s+-\S+|\s+\d+(?=\s+-))*\s+(?:-[a-zA-Z]*n[a-zA-Z]*|--nb|--nonblock(?:ing)?)\s"
)
"""A line that begins with a lock that is not waited for, as FT304 itself advises."""


def _shut_out(run: Run) -> bool:
    """Whether the run said that it was locked out, or found nothing to do."""
    result = run.result
    return result is not None and (result.outcome is Outcome.SKIPPED or Mark.LOCKED in result.marks)


def _longest(runs: Sequence[Run]) -> tuple[str, ...]:
    known = [(run.result.duration, run) for run in runs if run.result and run.result.duration is not None]
    if not known:
        return ()
    duration, run = max(known, key=lambda pair: pair[0])
    return (f"longest  {duration:.0f} s, begun {run.start:%Y-%m-%d %H:%M}",)


def _runs(snapshot: Snapshot) -> Iterator[tuple[Job, tuple[Run, ...]]]:
    for job in snapshot.jobs:
        runs = snapshot.runs.get(job.id, ())
        if runs and job.state is not State.PAUSED:
            yield job, runs


@check(SLOWER)
def slower(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT305: the last three good runs all took more than twice what was usual, and a minute at least."""
    for job, runs in _runs(snapshot):
        took = [run.result.duration for run in runs if run.result and _is_good(run)]
        known = [duration for duration in took if duration is not None]
        if len(known) < LEAST:
            continue
        usual, last = median(known[:-3]), known[-3:]
        if min(last) > 2 * usual and min(last) >= 60 and last == sorted(last):
            yield SLOWER.found(
                f"{job.name} used to take {usual:.0f} s, and takes {last[-1]:.0f} s now.",
                ("last runs  " + ", ".join(f"{duration:.0f} s" for duration in known[-6:]),),
                title=f"{job.name} takes longer and longer",
                job=job,
            )


def _is_good(run: Run) -> bool:
    return run.result is not None and run.result.outcome in (Outcome.OK, Outcome.WARNINGS)


@check(FLAPPING)
def flapping(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT306: four changes between good and failed in the last ten runs, the last of which was good."""
    for job, runs in _runs(snapshot):
        ends = [_is_good(run) for run in runs if _is_good(run) or _is_failed(run)][-10:]
        changes = sum(one is not other for one, other in pairwise(ends))
        if changes >= 4 and len(ends) >= LEAST and ends[-1]:  # else FT301 speaks of it
            failed = ends.count(False)
            yield FLAPPING.found(
                f"{failed} of the last {len(ends)} runs of {job.name} failed, though the last one did not.",
                ("runs  " + " ".join("ok" if good else "failed" for good in ends),),
                title=f"{job.name} fails now and then",
                job=job,
            )


def _is_failed(run: Run) -> bool:
    return run.result is not None and run.result.outcome is Outcome.FAILED


@check(STALE)
def stale_product(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT307: a run that ended well did not renew the job's product."""
    for job in snapshot.jobs:
        result = job.last_result
        if result.outcome is Outcome.WARNINGS and Mark.PRODUCT in result.marks:
            said = next((one for one in result.reasons if "its product " in one), result.reasons[0])
            yield STALE.found(
                f"{job.name} ended without an error, but {said.removeprefix('1 warning: ')}.",
                (said,),
                title=f"{job.name}: product not renewed",
                job=job,
            )


@check(MISSED)
def missed(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT308: runs that were due since the last one, where cron's log shows every start of that time.

    The table must have stood unchanged since: a schedule written later was not due before.
    """
    hidden = next((one for one in snapshot.problems if one.source == "cron-log"), None)
    if snapshot.lacks("crontab"):
        return
    if hidden is not None and any(cron_jobs(snapshot.jobs)):
        yield MISSED.found(
            "Whether cron left out a run before now is not seen: its log is not.",
            (hidden.message,),
            title="missed runs are not seen",
            fix=hidden.advice,
            severity=Severity.NOTE,
        )
        return
    if snapshot.starts_since is None:
        if host.is_machine and any(cron_jobs(snapshot.jobs)):
            yield MISSED.unchecked("cron's log", "from when on it names every start is not known")
        return
    for job, cron in cron_jobs(snapshot.jobs):
        if job.last_run is None or job.state is not State.ON or job.next_run is None:
            continue
        written = _written(cron.table, host)
        if written is None:
            yield MISSED.unchecked(cron.table, "when it was last written is not known")
            continue
        floor = max(snapshot.starts_since, job.last_run, written) + timedelta(minutes=2)
        due = _dues(job, cron, floor, snapshot.at - SETTLED)
        if due:
            yield MISSED.found(
                f"{job.name} was not started at {due[0]:%Y-%m-%d %H:%M}, though it was due.",
                (
                    f"last run  {job.last_run.astimezone(due[0].tzinfo):%Y-%m-%d %H:%M}",
                    *(f"due  {at:%Y-%m-%d %H:%M}" for at in due[:5]),
                ),
                title=f"{job.name} missed {len(due)} run" + ("" if len(due) == 1 else "s"),
                job=job,
            )


_SPOOLS = ("/var/spool/cron/crontabs", "/var/spool/cron")


def _written(table: str, host: FileFacts) -> datetime | None:
    """When the table was last written, at the latest; None where that cannot be seen."""
    for path in (table,) if table.startswith("/") else _SPOOLS:
        at = host.changed(path)
        if at is not None:
            return at
    return None


def _dues(job: Job, cron: CronFacts, floor: datetime, until: datetime) -> list[datetime]:
    """The first due times of the schedule between the two moments, ten at most."""
    if floor >= until:
        return []
    try:
        runs = parse_schedule(job.schedule, cron.dialect).runs(floor, ZoneInfo(cron.zone))
        return list(takewhile(until.__ge__, islice(runs, 10)))
    except (ScheduleError, ZoneInfoNotFoundError, ValueError):
        return []  # anacron's, or another dialect's
