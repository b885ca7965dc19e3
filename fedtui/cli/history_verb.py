"""The verb `history`: every run that was seen, newest first."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Collection, Iterable

from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import Unavailable, find_job
from fedtui.cli.incomplete import missing, report
from fedtui.cli.parser import UsageError
from fedtui.cli.records import TRIGGERS, JsonRecords, print_json
from fedtui.history.run_provenance import in_order
from fedtui.model import Run
from fedtui.presentation.glyphs import cut, outcome_glyph, to_ascii
from fedtui.presentation.history_text import JobNames
from fedtui.presentation.job_rows import name_words
from fedtui.presentation.times import duration
from fedtui.safe_text import sanitize_and_mask
from fedtui.system.patience import in_time, seconds_left
from fedtui.workspace import FACTS_DEADLINE, HAND_OVER, Workspace


async def print_history(workspace: Workspace, options: Namespace) -> int:
    """`fedtui history [JOB]`: the runs on record, after a look at what is new."""
    ids = () if options.job is None else await _ids(workspace, options.job)
    if not ids:
        await workspace.read()
    jobs = JobNames.of(workspace.snapshot)
    recall = {"": lambda: list(_known(workspace, ids, options.count))}
    known = (await asyncio.to_thread(in_time, recall, seconds_left(FACTS_DEADLINE) + HAND_OVER)).get("")
    if known is None:
        raise Unavailable("The history could not be read in time.")
    runs = in_order(known, workspace.now(), newest_first=True)[: options.count]
    lacks = missing(workspace.snapshot, None if not ids else workspace.snapshot.job(next(iter(ids))))
    report(workspace.config, lacks)
    records = JsonRecords(workspace.zone, options.show_secrets)
    if options.json:
        print_json(options.json, [records.history(run, jobs) for run in runs], "runs", lacks)
        return ExitStatus.DONE
    for run in runs:
        line = _line(run, jobs, workspace)
        print(to_ascii(line) if options.ascii else line)
    if not runs:
        print("No run is on record yet.")
    return ExitStatus.DONE


async def _ids(workspace: Workspace, key: str) -> Collection[str]:
    """The ids under which runs of the job called `key` are on record; it may be gone. Raises UsageError."""
    try:
        job = await find_job(workspace, key)
    except UsageError:
        snapshot = workspace.snapshot
        gone = {
            job_id
            for job_id, name in snapshot.past_names.items()
            if key in (job_id, name, name.removesuffix(".timer"))
            and snapshot.job(snapshot.heirs.get(job_id, job_id)) is None
        }
        if not gone:
            raise
        return gone
    return workspace.snapshot.ids_of(job.id)


def _known(workspace: Workspace, ids: Collection[str], count: int) -> Iterable[Run]:
    """What the database holds, and what was seen just now and could not be written; no ids: of all jobs."""
    seen = [run for runs in workspace.snapshot.runs.values() for run in runs]
    kept = {run.id: run for one in ids or (None,) for run in workspace.ports.history.runs(one, count)}
    kept |= {run.id: run for run in seen if not ids or run.job_id in ids}
    folded = {other for run in kept.values() for other in run.also}
    return [run for run in kept.values() if run.id not in folded]


def _line(run: Run, jobs: JobNames, workspace: Workspace) -> str:
    job = jobs.job(run)
    name = name_words(job, 24) if job is not None else cut(jobs.name(run), 24)
    start = run.start.astimezone(workspace.zone)
    if run.result is None:
        outcome, took, why = "► running", "", ""
    else:
        sign = outcome_glyph(run.result)
        outcome = f"{sign.glyph} {sanitize_and_mask(sign.word)}"
        took = duration(run.result.duration) if run.result.duration is not None else ""
        why = sanitize_and_mask("; ".join(run.result.why or run.result.known_from))
    trigger = TRIGGERS.get(run.trigger.value, run.trigger.value)
    head = f"{start:%a %d %b %H:%M:%S}  {name:<24}  {cut(outcome, 20):<20}"
    return f"{head}  {took:>9}  {trigger:<8}  {why}".rstrip()
