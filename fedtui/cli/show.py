"""The verbs that only look: list, next, show, logs."""

from __future__ import annotations

import asyncio
import itertools
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import Unavailable, find_job
from fedtui.cli.incomplete import missing, report
from fedtui.cli.list_jobs import print_jobs
from fedtui.cli.parser import UsageError
from fedtui.cli.records import JsonRecords, path_text, print_json
from fedtui.model import Job, Problem
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedule.cron import parse_schedule
from fedtui.schedule.describe import describe
from fedtui.schedule.upcoming import runs_of
from fedtui.system.patience import is_bounded, seconds_left
from fedtui.workspace import ANSWER_PATIENCE, LEFT_BEHIND, Workspace

_FIRST_YEAR, _LAST_YEAR = 1900, 9998
"""Years in which every time zone has a moment that a datetime can hold, and one after it."""


async def list_jobs(workspace: Workspace, options: Namespace) -> int:
    """`fedtui list`, of sources that are asked side by side."""
    return print_jobs(workspace, options, await workspace.read(tuple(options.source or ())))


async def next_runs(workspace: Workspace, options: Namespace) -> int:
    """`fedtui next`: the runs of a job or of an expression, all later than --from."""
    if (options.job is None) == (options.expr is None):
        raise UsageError("next: give either a JOB or --expr")
    if options.dialect and options.expr is None:
        raise UsageError("next: --dialect goes with --expr; a job has its table's")
    zone = _zone(options.tz) if options.tz else workspace.zone
    start = _moment(options.start, zone) if options.start else workspace.ports.clock()
    runs: Iterator[datetime]
    lacks: Sequence[Problem] = ()
    if options.expr is not None:
        try:
            schedule = parse_schedule(options.expr, options.dialect or workspace.ports.dialect())
            runs = schedule.runs(start, zone)
            unknown = describe(schedule).sentence if schedule.reboot or schedule.random else "never"
        except ValueError as error:  # a schedule that the daemon refuses, or a dialect that is none
            raise UsageError(f"next: {error}") from error
    else:
        job = await find_job(workspace, options.job)
        if _label(job):
            print(_label(job), file=sys.stderr)
        lacks = _missing(workspace, job, runs=False)
        runs, unknown = runs_of(job, start), job.state_reason or job.schedule_text or "never"
    found = [moment.astimezone(zone) for moment in itertools.islice(runs, options.count)]
    if options.json:
        times = [moment.isoformat(timespec="seconds") for moment in found]
        print_json(options.json, times, "times", lacks)
    else:
        for moment in found:
            print(moment.strftime("%a %d %b %Y %H:%M:%S %Z"))
        if not found:
            print(sanitize_and_mask(unknown), file=sys.stderr)
    return ExitStatus.DONE


def _label(job: Job) -> str:
    """What is to be known of the runs of a job whose daemon's rules are not known here."""
    if job.facts.dialect != "other":
        return ""
    from fedtui.schedule.dialect import OTHER

    return OTHER.label


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"next: {name!r} is not a time zone, such as Europe/Berlin") from error


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"next: --from {text!r} is not RFC 3339, such as 2026-11-24T14:05:12+01:00"
        ) from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise UsageError(f"next: --from {text!r} is not in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


async def show_job(workspace: Workspace, options: Namespace) -> int:
    """`fedtui show`: everything known of one job."""
    job = await find_job(workspace, options.job)
    records = JsonRecords(workspace.zone, options.show_secrets)
    runs = [records.run(run) for run in workspace.runs_of(job)]
    fresh = workspace.snapshot.freshness.get(job.id)
    record = {**records.job(job, fresh), **records.details(job), "runs": runs}
    lacks = _missing(workspace, job)
    if options.json:
        print_json(options.json, record, "job", lacks)
        return ExitStatus.DONE
    if _label(job):
        record["dialect"] = f"other: {_label(job)}"
    for name, value in record.items():
        for line in _lines(value):
            print(f"{name:<16} {line}")
            name = ""
    return ExitStatus.DONE


def _missing(workspace: Workspace, job: Job, *, runs: bool = True) -> Sequence[Problem]:
    """What may be missing of an answer about the job; said on standard error."""
    found = missing(workspace.snapshot, job, runs=runs)
    report(workspace.config, found)
    return found


def _lines(value: Any) -> list[str]:
    match value:
        case None:
            return ["-"]
        case list():
            return [" ".join(_lines(item)) for item in value] or ["-"]
        case dict():
            told = ((key, item) for key, item in value.items() if item not in (None, []))
            return ["  ".join(f"{key}={item}" for key, item in told if (key, item) != ("warnings", 0))]
        case bool():
            return ["yes" if value else "no"]
    return [str(value)]


async def print_log(workspace: Workspace, options: Namespace) -> int:
    """`fedtui logs`: the last lines of a job's log, and with -f what comes after."""
    if options.follow and options.json:
        raise UsageError("logs: --follow and --json exclude each other")
    job = await find_job(workspace, options.job)
    records = JsonRecords(workspace.zone, options.show_secrets)
    feed = workspace.log_of(job, options.lines)
    if feed is None:
        raise Unavailable(f"{records.text(job.name)} writes its output nowhere that fedtui can see.")
    async with aclosing(feed.chunks()) as chunks, _first_within(records.text(feed.title)) as limit:
        async for chunk in chunks:
            limit.reschedule(None)
            if chunk.problem:
                raise Unavailable(records.text(chunk.problem))
            lines = [records.text(line) for line in chunk.lines]
            if not options.follow:
                lines += [records.text(chunk.open_line)] if chunk.open_line else []
                lines = lines[-options.lines :]
            if options.json:
                found = {"job": job.id, "log_path": path_text(job.log_path), "lines": lines}
                print_json(options.json, found, lacks=_missing(workspace, job, runs=False))
            else:
                for line in lines:
                    print(line, flush=True)
            if not options.follow:
                break
    return ExitStatus.DONE


@asynccontextmanager
async def _first_within(title: str) -> AsyncIterator[asyncio.Timeout]:
    """The block may take as long as a verb that only reads, until its limit is lifted."""
    try:
        async with asyncio.timeout(
            seconds_left(ANSWER_PATIENCE) + LEFT_BEHIND if is_bounded() else None
        ) as limit:
            yield limit
    except TimeoutError:
        raise Unavailable(f"{title} could not be read in time.") from None
