"""The verb `history`: every run that was seen, newest first."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Mapping

from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import find_job
from fedtui.cli.incomplete import missing, report
from fedtui.cli.records import TRIGGERS, JsonRecords, print_json
from fedtui.history.run_provenance import in_order
from fedtui.model import Job, Run
from fedtui.presentation.glyphs import cut, outcome_glyph, to_ascii
from fedtui.presentation.job_rows import name_words
from fedtui.presentation.times import duration
from fedtui.safe_text import sanitize_and_mask
from fedtui.workspace import Workspace


async def print_history(workspace: Workspace, options: Namespace) -> int:
    """`fedtui history [JOB]`: the runs on record, after a look at what is new."""
    if options.job is not None:
        job = await find_job(workspace, options.job)
        names = {job.id: job}
    else:
        names = {job.id: job for job in (await workspace.read()).jobs}
    wanted = options.job and next(iter(names))
    known = _known(workspace, wanted, options.count)
    runs = in_order(known, workspace.now(), newest_first=True)[: options.count]
    lacks = missing(workspace.snapshot, names[wanted] if wanted else None)
    report(lacks)
    records = JsonRecords(workspace.zone, options.show_secrets)
    if options.json:
        print_json(options.json, [records.history(run) for run in runs], "runs", lacks)
        return ExitStatus.DONE
    for run in runs:
        line = _line(run, names, workspace)
        print(to_ascii(line) if options.ascii else line)
    if not runs:
        print("No run is on record yet.")
    return ExitStatus.DONE


def _known(workspace: Workspace, job_id: str | None, count: int) -> Iterable[Run]:
    """What the database holds, and what was seen just now and could not be written."""
    seen = [run for runs in workspace.snapshot.runs.values() for run in runs]
    kept = {run.id: run for run in workspace.ports.history.runs(job_id, count)}
    kept |= {run.id: run for run in seen if job_id in (None, run.job_id)}
    folded = {other for run in kept.values() for other in run.also}
    return [run for run in kept.values() if run.id not in folded]


def _line(run: Run, jobs: Mapping[str, Job], workspace: Workspace) -> str:
    job = jobs.get(run.job_id)
    name = (
        name_words(job, 24) if job is not None else cut(sanitize_and_mask(run.job_id.partition(":")[2]), 24)
    )
    start = run.start.astimezone(workspace.zone)
    if run.result is None:
        outcome, took, why = "► running", "", ""
    else:
        sign = outcome_glyph(run.result)
        outcome = f"{sign.glyph} {sanitize_and_mask(sign.word)}"
        took = duration(run.result.duration) if run.result.duration is not None else ""
        why = sanitize_and_mask("; ".join(run.result.reasons or run.result.evidence))
    trigger = TRIGGERS.get(run.trigger.value, run.trigger.value)
    head = f"{start:%a %d %b %H:%M:%S}  {name:<24}  {cut(outcome, 20):<20}"
    return f"{head}  {took:>9}  {trigger:<8}  {why}".rstrip()
