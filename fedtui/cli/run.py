"""The verbs that start and stop a run: run, stop."""

from __future__ import annotations

import sys
from argparse import Namespace

from fedtui.action_result import OutcomeUnknown, PartlyDone, Refused
from fedtui.cli.change import agreed
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import find_jobs
from fedtui.cli.plan_records import run_plan_record, run_result_record
from fedtui.cli.records import JsonRecords, print_json
from fedtui.model import Outcome, Run
from fedtui.runs import control
from fedtui.safe_text import SafeOutput, sanitize_and_mask
from fedtui.schedule.patterns import listing
from fedtui.workspace import Workspace


async def run_job(workspace: Workspace, options: Namespace) -> int:
    """`fedtui run`: start a job; with --wait show its output and end with its verdict."""
    (job,) = await find_jobs(workspace, (options.job,))
    if options.dry_run:
        would = f"Would run {sanitize_and_mask(job.name)}: {sanitize_and_mask(job.command or job.name)}"
        if options.json:
            print_json(options.json, run_plan_record("run", (job,), would), "plan")
        else:
            print(would)
        return ExitStatus.DONE
    run = await control.start(job, workspace.ports)
    if not options.wait:
        if options.json:
            print_json(options.json, JsonRecords(workspace.zone).run(run), "run")
        else:
            print(f"{sanitize_and_mask(job.name)} is running. Follow it: fedtui logs -f {job.id}")
        return ExitStatus.DONE
    ended = await _follow(run, workspace, quiet=bool(options.json))
    status = _verdict(ended, quiet=bool(options.json))
    if options.json:
        print_json(options.json, JsonRecords(workspace.zone).run(ended), "run")
    return status


async def _follow(run: Run, workspace: Workspace, quiet: bool) -> Run:
    """Print the run's output as it comes; returns the run as it ended."""
    out = SafeOutput(sys.stdout.buffer)
    async for update in control.watch_run(run.id, workspace.ports):
        if not quiet:
            out.write(update.output)
        if update.run is not None:
            run = update.run
    if not quiet:
        out.write(b"", ended=True)
    return run


def _verdict(run: Run, quiet: bool) -> int:
    result = run.result
    if result is None:
        raise Refused("The run was lost from sight; how it ended is not known.", "", "Look: fedtui show JOB")
    if not quiet:
        took = "" if result.duration is None else f"in {result.duration:.1f} s"
        reasons = "; ".join(result.why)
        parts = (result.outcome.value, result.ending, took, reasons)
        print("-- " + "  ".join(sanitize_and_mask(part) for part in parts if part), file=sys.stderr)
    if result.outcome is Outcome.UNKNOWN:
        return ExitStatus.REFUSED
    good = result.outcome in (Outcome.OK, Outcome.WARNINGS, Outcome.SKIPPED)
    return ExitStatus.DONE if good else ExitStatus.JOB_FAILED


async def stop_jobs(workspace: Workspace, options: Namespace) -> int:
    """`fedtui stop`: end runs in progress; asks first, as it takes something away."""
    jobs = await find_jobs(workspace, options.jobs)
    names = listing([sanitize_and_mask(job.name) for job in jobs])
    summary = f"Stop {names}: SIGTERM, then SIGKILL after a grace."
    if not options.json:
        print(summary)
    if options.dry_run:
        if options.json:
            print_json(options.json, run_plan_record("stop", jobs, summary), "plan")
        else:
            print("Dry run: nothing was stopped.")
        return ExitStatus.DONE
    question = "Stop it?" if len(jobs) == 1 else "Stop them?"
    if not agreed(options, question, "Nothing was stopped.", "--yes stops without asking."):
        return ExitStatus.REFUSED
    stopped, refused = [], []
    for job, ended in zip(jobs, await control.stop_each(jobs, workspace.ports), strict=True):
        if isinstance(ended, Refused):
            refused.append(ended)
        else:
            stopped.append((job, ended.message))
    message = " ".join(text for _, text in stopped)
    others = " ".join(dict.fromkeys(str(one) if not stopped else one.message for one in refused))
    unknown = next((one for one in refused if isinstance(one, OutcomeUnknown)), None)
    if unknown is not None:
        raise OutcomeUnknown(" ".join(filter(None, (message, others))), unknown.advice)
    if refused and not stopped:
        raise refused[0] if len(refused) == 1 else Refused(others, "")
    if refused:
        raise PartlyDone(message, others, next((one.advice for one in refused if one.advice), ""))
    if options.json:
        print_json(options.json, run_result_record("stop", jobs, message), "result")
    else:
        print(sanitize_and_mask(message))
    return ExitStatus.DONE
