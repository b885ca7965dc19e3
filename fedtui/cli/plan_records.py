"""Plans and results of changes as the objects that `--json` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fedtui.cli.in_shell import in_shell
from fedtui.safe_text import sanitize_and_mask

if TYPE_CHECKING:
    from fedtui.action_result import Applied
    from fedtui.changes.plan import FileDiff, Plan, Step
    from fedtui.cli import json_types
    from fedtui.model import Job


def plan_record(plan: Plan, plan_id: str | None) -> json_types.PlanRecord:
    """What would be done; `plan_id` is that of a kept plan."""
    return {
        "id": plan_id,
        **_change(plan),
        "steps": [_step(step) for step in plan.steps],
        "destructive": plan.destructive,
        "alternative": plan.alternative or None,
    }


def result_record(plan: Plan, applied: Applied) -> json_types.ResultRecord:
    """What was done."""
    message = sanitize_and_mask(applied.message)
    return {**_change(plan), "message": message, "undo_id": applied.undo_id}


def run_plan_record(verb: str, jobs: Iterable[Job], summary: str) -> json_types.PlanRecord:
    """What `run` or `stop` would do: no file is written."""
    return {
        "id": None,
        **_of_run(verb, jobs, summary),
        "steps": [],
        "destructive": verb == "stop",
        "alternative": None,
    }


def run_result_record(verb: str, jobs: Iterable[Job], message: str) -> json_types.ResultRecord:
    """What `stop` did; nothing takes it back."""
    return {**_of_run(verb, jobs, message), "message": sanitize_and_mask(message), "undo_id": None}


def _change(plan: Plan) -> json_types.ChangeRecord:
    """A change of a setting, or of the set-up as a whole (whose id is no `SOURCE:KEY`), has no job."""
    return {
        "verb": plan.verb,
        "jobs": [_reference(*job) for job in plan.jobs if ":" in job[0]],
        "summary": sanitize_and_mask(plan.summary),
        "diffs": [diff_record(diff) for diff in plan.diffs],
        "warnings": [sanitize_and_mask(text) for text in plan.warnings],
    }


def _of_run(verb: str, jobs: Iterable[Job], summary: str) -> json_types.ChangeRecord:
    return {
        "verb": verb,
        "jobs": [_reference(job.id, job.name) for job in jobs],
        "summary": sanitize_and_mask(summary),
        "diffs": [],
        "warnings": [],
    }


def _reference(job_id: str, name: str) -> json_types.JobReference:
    return {"id": job_id, "name": sanitize_and_mask(name)}


def diff_record(diff: FileDiff) -> json_types.DiffRecord:
    """The difference that a change makes to one table or file."""
    return {
        "title": sanitize_and_mask(diff.title),
        "changed": diff.changed,
        "added": diff.added,
        "removed": diff.removed,
        "untouched": diff.untouched,
        "lines": [
            {"number": line.number, "sign": line.sign, "text": sanitize_and_mask(line.text)}
            for line in diff.lines
        ],
    }


def _step(step: Step) -> json_types.StepRecord:
    return {
        "verb": step.verb,
        "command": [sanitize_and_mask(word) for word in step.command] or None,
        "text": sanitize_and_mask(step_text(step)),
    }


def step_text(step: Step) -> str:
    """What a step says beside its command."""
    return in_shell(step.text) if step.verb == "undo" else step.text
