"""The verbs that change something: each makes a plan, shows it, asks, applies it and says what came of it."""

from __future__ import annotations

import sys
from argparse import Namespace

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes.plan import FileDiff, Plan, Step
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import find_job
from fedtui.cli.parser import UsageError
from fedtui.cli.plan_records import plan_record, result_record
from fedtui.cli.records import JsonRecords, print_json
from fedtui.model import Job
from fedtui.safe_text import sanitize, sanitize_and_mask
from fedtui.workspace import Workspace


async def change(workspace: Workspace, options: Namespace) -> int:
    """Carry out pause, resume, reschedule, convert, new, edit, delete or undo."""
    return await carry_out(workspace, options, await _plan(workspace, options))


async def _plan(workspace: Workspace, options: Namespace) -> Plan:
    ports = workspace.ports
    match options.verb:
        case "undo":
            return await changes.plan_undo(ports, options.id)
        case "new":
            draft = changes.Draft(options.schedule, options.command, options.name, options.note)
            await _check(None, draft.schedule, workspace)
            return await changes.plan_new(draft, ports)
    job = await find_job(workspace, options.job)
    match options.verb:
        case "pause":
            return await changes.plan_pause(job, ports)
        case "resume":
            return await changes.plan_resume(job, ports)
        case "record":
            return await changes.plan_record(job, ports, off=options.off)
        case "delete":
            return await changes.plan_delete(job, ports)
        case "reschedule":
            await _check(job, options.schedule, workspace)
            if job.managed and not options.reason.strip():
                raise UsageError(
                    f"reschedule: {sanitize_and_mask(job.name)} follows a profile of the federation pack; "
                    "say why it leaves it: --reason TEXT [--ticket ID]"
                )
            return await changes.plan_reschedule(job, options.schedule, ports, options.reason, options.ticket)
        case "convert":
            from fedtui.conversion.convert import plan_convert

            return await plan_convert(job, options.to, ports, linger=options.linger)
        case "edit":
            draft = _edited(await changes.load_draft(job, ports), options)
            await _check(job, draft.schedule, workspace)
            return await changes.plan_edit(job, draft, ports)
    raise AssertionError(options.verb)


def _edited(draft: changes.Draft, options: Namespace) -> changes.Draft:
    given = {
        name: getattr(options, name)
        for name in ("schedule", "command", "name", "note")
        if getattr(options, name) is not None
    }
    if not given:
        raise UsageError("edit: give at least one of --schedule, --command, --name, --note")
    return changes.Draft(
        **{**{n: getattr(draft, n) for n in ("schedule", "command", "name", "note")}, **given}
    )


async def _check(job: Job | None, schedule: str, workspace: Workspace) -> None:
    """A schedule that nothing would accept is wrong usage, with the field named."""
    preview = await changes.preview(job, schedule, workspace.ports, workspace.now())
    if not preview.valid:
        raise UsageError(f"{schedule!r}: {preview.message}")


async def carry_out(workspace: Workspace, options: Namespace, plan: Plan) -> int:
    """Show the plan, ask where nobody has said --yes, apply it. With --json nothing is asked."""
    if not options.json:
        print_plan(plan)
    if options.dry_run:
        if options.json:
            print_json(options.json, plan_record(plan), "plan")
        else:
            print("Dry run: nothing was changed.")
        return ExitStatus.DONE
    require_yes(options, "Nothing was changed.", "--yes applies this.")
    if not options.yes and not confirmed("Apply this change?"):
        print("Nothing was changed.")
        return ExitStatus.REFUSED
    applied = await changes.apply(plan, workspace.ports)
    if options.json:
        print_json(options.json, result_record(plan, applied), "result")
        return ExitStatus.DONE
    undo = f" Undo: fedtui undo {applied.undo_id}" if applied.undo_id is not None else ""
    print(sanitize(applied.message) + undo)
    return ExitStatus.DONE


def require_yes(options: Namespace, untouched: str, advice: str) -> None:
    """Raise Refused where --yes is missing and nobody can be asked: with --json, or without a terminal."""
    if options.yes or (not options.json and sys.stdin.isatty()):
        return
    reason = "--json asks nothing." if options.json else "There is no terminal to ask at."
    raise Refused(reason, untouched, advice)


async def list_undo(workspace: Workspace, options: Namespace) -> int:
    """`fedtui undo --list`: what was changed, newest first, and under which id it can be taken back."""
    records = JsonRecords(workspace.zone)
    steps = [records.undo(step) for step in await changes.undo_steps(workspace.ports, 50)]
    if options.json:
        print_json(options.json, steps, "steps")
        return ExitStatus.DONE
    for step in steps:
        done = "  undone" if step["undone"] else "  cut short" if step["cut_short"] else ""
        print(f"{step['id']:>4}  {step['at']}  {step['verb']:<10}  {step['name']}  {step['summary']}{done}")
    return ExitStatus.DONE


def confirmed(question: str) -> bool:
    """Ask at the terminal; only y or yes is a yes."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


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
    return sanitize_and_mask("  ".join(part for part in (command, step.text) if part))
