"""The verb `metrics`: jobs, runs and findings as OpenMetrics, for node_exporter's textfile collector."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import Unavailable
from fedtui.cli.incomplete import missing, report
from fedtui.cli.openmetrics import Family, exposition
from fedtui.cli.records import JsonRecords
from fedtui.history.database import KEPT_RUNS, HistoryError
from fedtui.history.run_provenance import in_order
from fedtui.model import Job, Run, Severity, Snapshot
from fedtui.presentation.finding_groups import unseen
from fedtui.system.atomic_write import write_atomically
from fedtui.system.safe_folder import UnsafeFolder, held_folder
from fedtui.verdicts.judge import failures_in_a_row
from fedtui.workspace import Workspace

MODE = 0o644
"""Of the file that is written: its collector is another user."""


async def write_metrics(workspace: Workspace, options: Namespace) -> int:
    """`fedtui metrics`: to standard output, or to a file in one rename."""
    await workspace.read()
    snapshot = await asyncio.to_thread(workspace.checked)
    runs = await asyncio.to_thread(_older_runs, snapshot, workspace)
    report(workspace.config, missing(snapshot))
    records = JsonRecords(workspace.zone)
    text = exposition((*job_families(snapshot, runs, records), *finding_families(snapshot, records)))
    if options.output is None:
        print(text, end="")
        return ExitStatus.DONE
    path = Path(options.output).absolute()
    if path.is_dir():
        raise Unavailable(f"{path} cannot be written: it is a folder.")
    try:
        await asyncio.to_thread(_write, path, text.encode())
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}. Its old content is kept.") from error
    return ExitStatus.DONE


def _write(path: Path, data: bytes) -> None:
    try:
        with held_folder(path.parent) as (at, _):
            write_atomically(Path(path.name), data, mode=MODE, at=at)
    except UnsafeFolder as unsafe:
        raise Unavailable(f"{path} is not written as root: {unsafe}.") from unsafe
    if path.read_bytes() != data:
        raise Unavailable(f"{path} does not hold what was written: something else writes it too.")


def _older_runs(snapshot: Snapshot, workspace: Workspace) -> dict[str, tuple[Run, ...]]:
    """The runs of each job; of those whose latest runs hold no good one, as many as are on record."""
    found = dict(snapshot.runs)
    for job in snapshot.jobs:
        runs = found.get(job.id, ())
        if runs and not any(map(_good, runs)):
            history = workspace.ports.history
            try:
                kept = [run for name in snapshot.ids_of(job.id) for run in history.runs(name, KEPT_RUNS)]
            except HistoryError:
                break  # told by the snapshot's own problems: what is seen now must do
            known = {run.id: run for run in (*kept, *runs)}
            found[job.id] = tuple(in_order(known.values(), snapshot.at))
    return found


def _good(run: Run) -> bool:
    return run.result is not None and run.result.good


def job_families(snapshot: Snapshot, runs: dict[str, tuple[Run, ...]], records: JsonRecords) -> list[Family]:
    """What is known of each job. What is not known has no sample: never a 0 that looks like knowledge."""
    info = Family("fedtui_job_state", "1 for the state that the schedule of a job is in.")
    upcoming = Family("fedtui_job_next_run_timestamp_seconds", "When a job runs next.", "seconds")
    last = Family("fedtui_job_last_run_timestamp_seconds", "When a job last began to run.", "seconds")
    success = Family(
        "fedtui_job_last_success_timestamp_seconds", "When a run of the job last ended well.", "seconds"
    )
    took = Family("fedtui_job_last_duration_seconds", "How long the last finished run took.", "seconds")
    failed = Family(
        "fedtui_job_last_run_failed",
        "1 if a run failed and none known to be good has followed, 0 if the last one was good.",
    )
    in_a_row = Family("fedtui_job_consecutive_failures", "How many of the latest runs failed, in a row.")
    stale = Family("fedtui_job_stale", "1 if what a job brings is older than it may be, 0 if not.")
    running = Family("fedtui_job_running", "1 while the job is running.")
    for job in snapshot.jobs:
        labels = {"id": job.id, "name": records.text(job.name), "source": job.source.value, "user": job.user}
        info.add(1, **labels, state=job.state.value)
        running.add(float(job.running), **labels)
        known = runs.get(job.id, ())
        _moment(upcoming, job.next_run, labels)
        _moment(last, job.last_run, labels)
        _moment(success, next(_successes(job, known), None), labels)
        result = job.last_result
        if result.duration is not None and result.duration >= 0:
            took.add(result.duration, **labels)
        fresh = snapshot.freshness.get(job.id)
        if fresh is not None and fresh.stale is not None:
            stale.add(float(fresh.stale), **labels)
        if job.standing.failed is not None or result.good:
            failed.add(float(job.standing.failed is not None), **labels)
            in_a_row.add(_failures(job, known), **labels)
    up = Family("fedtui_scheduler_up", "1 if the daemon that starts jobs runs, 0 if not.")
    for scheduler in snapshot.schedulers:
        if scheduler.up is not None:
            up.add(float(scheduler.up), scheduler=scheduler.name)
    return [info, upcoming, last, success, took, failed, in_a_row, stale, running, up]


def _moment(family: Family, moment: datetime | None, labels: dict[str, str]) -> None:
    if moment is not None:
        family.add(moment.timestamp(), **labels)


def _successes(job: Job, runs: tuple[Run, ...]) -> Iterator[datetime]:
    """The ends of the runs that did their work, the latest first."""
    yield from (run.end or run.start for run in reversed(runs) if _good(run))
    if not runs and job.last_run is not None and job.last_result.good:
        yield job.last_run


def _failures(job: Job, runs: tuple[Run, ...]) -> int:
    """The failed runs since the last one known not to have failed; unknown ends are not counted."""
    return max(failures_in_a_row(runs), int(job.standing.failed is not None))


def finding_families(snapshot: Snapshot, records: JsonRecords) -> list[Family]:
    """What the doctor says: how many of each severity, each finding, and what was looked at."""
    counts = Family("fedtui_findings", "How many findings there are of a severity.")
    for severity in Severity:
        of_it = [finding for finding in snapshot.findings if finding.severity is severity]
        counts.add(len(of_it), severity=severity.value)
    each = Family("fedtui_finding", "How often a code was found at a job; notes are left out.")
    found: dict[tuple[str, str, str, str], int] = {}
    names = {job.id: records.text(job.name) for job in snapshot.jobs}
    for finding in snapshot.findings:
        if finding.severity is not Severity.NOTE:
            job_id = finding.job_id or ""
            key = (finding.code, finding.severity.value, job_id, names.get(job_id, ""))
            found[key] = found.get(key, 0) + 1
    for (code, severity_name, job_id, name), count in found.items():
        each.add(count, code=code, severity=severity_name, id=job_id, name=name)
    passed = Family("fedtui_checks_passed", "How many codes were looked for and not found.")
    passed.add(len(snapshot.passed))
    missed = Family("fedtui_checks_unchecked", "How many codes could not be looked for everywhere.")
    missed.add(unseen(snapshot.unchecked))
    idle = Family("fedtui_checks_not_applicable", "How many codes are of what this host does not have.")
    idle.add(len(snapshot.not_applicable))
    at = Family("fedtui_checked_timestamp_seconds", "When all this was looked at.", "seconds")
    at.add(snapshot.at.timestamp())
    return [counts, each, passed, missed, idle, at]
