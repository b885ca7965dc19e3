"""The verbs that change something: each makes a plan, shows it, asks, applies it and says what came of it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

from fedtui.action_result import Applied, Refused
from fedtui.changes.plan import FileDiff, Plan, Step
from fedtui.changes.record_exit_codes import OFFER
from fedtui.changes.request import Request
from fedtui.cli import drop_output
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import find_jobs
from fedtui.cli.parser import UsageError
from fedtui.cli.plan_records import diff_record, plan_record, result_record, step_text
from fedtui.cli.records import JsonRecords, print_json
from fedtui.engine import Engine
from fedtui.history.database import UndoStep
from fedtui.model import Job, SourceName
from fedtui.presentation.undo_rows import state_word
from fedtui.safe_text import sanitize_and_mask
from fedtui.workspace import Workspace


async def change(workspace: Workspace, options: Namespace) -> int:
    """Carry out pause, resume, reschedule, record, convert, new, edit, delete, undo or redo."""
    return await carry_out(workspace, options, await _request(workspace, options))


async def apply_kept(workspace: Workspace, options: Namespace) -> int:
    """`fedtui apply ID`: apply a plan that `--dry-run --keep` kept."""
    return await carry_out(workspace, options, await workspace.engine.kept(options.id))


async def _request(workspace: Workspace, options: Namespace) -> Request:
    match options.verb:
        case "undo":
            return Request("undo", (), {"id": options.id})
        case "redo":
            return Request("redo")
        case "new":
            await _check(None, options.schedule, workspace)
            given = {name: getattr(options, name) for name in ("schedule", "command", "name", "note")}
            return Request("new", (), given)
        case "record" if options.all or options.never or not options.jobs:
            if [options.all, options.never, bool(options.jobs)].count(True) != 1:
                raise UsageError("record: name jobs, or give --all or --never")
            if options.never:
                return Request("silence", (), {"code": OFFER})
            await workspace.read((SourceName.CRONTAB,))
            return Request("record", (), {"off": options.off})
    if options.verb == "reschedule":
        _read_form(options)
    jobs = await find_jobs(workspace, options.jobs)
    ids = tuple(job.id for job in jobs)
    match options.verb:
        case "record":
            return Request("record", ids, {"off": options.off})
        case "reschedule":
            return Request("reschedule", ids, await _new_schedule(jobs, options, workspace))
        case "convert":
            return Request("convert", ids, {"to": options.to, "linger": options.linger})
        case "edit":
            return Request("edit", ids, await _new_fields(jobs, options, workspace))
    return Request(options.verb, ids)


def _read_form(options: Namespace) -> None:
    """Read `reschedule JOB SCHEDULE` as `reschedule JOB --to SCHEDULE`."""
    if options.to is None:
        if len(options.jobs) != 2:
            raise UsageError("reschedule: give JOB and SCHEDULE, or several jobs and --to SCHEDULE")
        options.to = options.jobs.pop()


async def _new_schedule(jobs: Sequence[Job], options: Namespace, workspace: Workspace) -> dict[str, str]:
    for job in jobs:
        await _check(job, options.to, workspace)
        if job.managed and not options.reason.strip():
            raise UsageError(
                f"reschedule: {sanitize_and_mask(job.name)} follows a profile of the federation pack; "
                "say why it leaves it: --reason TEXT [--ticket ID]"
            )
    return {"schedule": options.to, "reason": options.reason, "ticket": options.ticket}


async def _new_fields(jobs: Sequence[Job], options: Namespace, workspace: Workspace) -> dict[str, str]:
    fields = ("schedule", "command", "name", "note")
    given = {name: getattr(options, name) for name in fields if getattr(options, name) is not None}
    if not given:
        raise UsageError("edit: give at least one of --schedule, --command, --name, --note")
    for option in ("name", "command"):
        if getattr(options, option) is not None and len(jobs) > 1:
            raise UsageError(f"edit: --{option} is for one job")
    for job in jobs if options.schedule is not None else ():
        await _check(job, options.schedule, workspace)
    return given


async def _check(job: Job | None, schedule: str, workspace: Workspace) -> None:
    """A schedule that nothing would accept is wrong usage, with the field named."""
    preview = await workspace.engine.preview(job.id if job is not None else None, schedule)
    if not preview.valid:
        raise UsageError(f"{schedule!r}: {preview.message}")


async def carry_out(
    workspace: Workspace,
    options: Namespace,
    asked: Request | Plan,
    beside: Mapping[str, object] = MappingProxyType({}),
) -> int:
    """Show the plan, ask unless --yes is given, apply it.

    With --json nothing is asked; the answer is one object, to which `beside` adds fields.
    """
    if options.keep_plan and not options.dry_run:
        raise UsageError(f"{options.verb}: --keep goes with --dry-run")
    if options.keep_plan and options.verb == "apply":
        raise UsageError("apply: the plan is kept already")
    plan = await workspace.engine.plan(asked) if isinstance(asked, Request) else asked
    if not options.json:
        print_plan(plan)
    if options.dry_run:
        plan_id = await workspace.engine.keep(plan) if options.keep_plan else None
        if options.json:
            print_json(options.json, {"plan": plan_record(plan, plan_id), **beside})
        else:
            kept = f" Apply it within an hour: fedtui apply {plan_id}" if plan_id else ""
            print(f"Dry run: nothing was changed.{kept}")
        return ExitStatus.DONE
    if not agreed(options, "Apply this change?", "Nothing was changed.", "--yes applies this."):
        return ExitStatus.REFUSED
    applied = await workspace.engine.apply(plan)
    try:
        if options.json:
            print_json(options.json, {"result": result_record(plan, applied), **beside})
        else:
            print(sanitize_and_mask(applied.message) + _way_back(plan, applied))
        if plan.change.undoes is not None and applied.undo_id is not None:
            sys.stdout.flush()  # shown, and only then noted as shown
            await workspace.engine.seen(applied.undo_id)
    except BrokenPipeError:  # its reader went away; the change is in force all the same
        drop_output()
    return ExitStatus.DONE


def _way_back(plan: Plan, applied: Applied) -> str:
    if applied.undo_id is None or (not plan.change.edits and plan.change.resumes is None):
        return ""
    return " Redo: fedtui redo" if plan.verb == "undo" else f" Undo: fedtui undo {applied.undo_id}"


def require_yes(options: Namespace, untouched: str, advice: str) -> None:
    """Raise Refused where --yes is missing and nobody can be asked: with --json, or without a terminal."""
    if options.yes or (not options.json and sys.stdin.isatty()):
        return
    reason = "--json asks nothing." if options.json else "There is no terminal to ask at."
    raise Refused(reason, untouched, advice)


def agreed(options: Namespace, question: str, untouched: str, advice: str) -> bool:
    """Whether --yes was given, or y or yes is the answer at the terminal. Raises like `require_yes`."""
    require_yes(options, untouched, advice)
    if options.yes:
        return True
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() in ("y", "yes"):
        return True
    print(untouched)
    return False


async def list_undo(workspace: Workspace, options: Namespace) -> int:
    """`fedtui undo --list [ID]`: what was changed, newest first, and under which id it can be taken back."""
    engine, records = workspace.engine, JsonRecords(workspace.zone)
    steps = await engine.undo_steps(options.count if options.id is None else sys.maxsize)
    if options.id is not None:
        steps = [step for step in steps if step.id == options.id]
        if not steps:
            raise Refused(f"There is no change {options.id}.", advice="List them: fedtui undo --list")
    listed = []
    for step in steps:
        record = records.undo(step)
        listed.append(record)
        diffs = await _diffs(step, engine) if options.diff or options.id is not None else None
        if options.json:
            record |= {} if diffs is None else {"diffs": [diff_record(diff) for diff in diffs]}
            continue
        where = f"{record['verb']:<11}  {record['name']:<28}  {record['host']:<12}"
        print(f"{step.id:>4}  {record['at']}  {where}  {state_word(step)}")
        if diffs is not None:
            print(f"      {record['summary']}")
        for diff in diffs or ():
            _print_diff(diff)
    if options.json:
        print_json(options.json, listed, "steps", ())
    return ExitStatus.DONE


async def _diffs(step: UndoStep, engine: Engine) -> Sequence[FileDiff]:
    """What the change did to tables and files; nothing where this version or user cannot tell."""
    with suppress(Refused):
        return await engine.step_diffs(step.id)
    return ()


def print_plan(plan: Plan) -> None:
    """The plan as text: what, the diff, the warnings, what will be done."""
    print(sanitize_and_mask(plan.summary))
    for diff in plan.diffs:
        _print_diff(diff)
    for warning in plan.warnings:
        print(f"! {sanitize_and_mask(warning)}")
    print("\nwhat will be done")
    for step in plan.steps:
        print(f"  {step.verb:<7} {_step_text(step)}".rstrip())


def _print_diff(diff: FileDiff) -> None:
    counts = f"{diff.changed} changed, {diff.added} added, {diff.removed} removed, {diff.untouched} untouched"
    print(f"\n{sanitize_and_mask(diff.title)}   {counts}")
    for line in diff.lines:
        print(f"{line.number:>5} {line.sign} {sanitize_and_mask(line.text)}".rstrip())


def _step_text(step: Step) -> str:
    command = " ".join(step.command)
    return sanitize_and_mask("  ".join(part for part in (command, step_text(step)) if part))
