"""`fedtui env`: what a job's scheduler gives it, against the user's shell; and the lines that fix it."""

from __future__ import annotations

import shlex
from argparse import Namespace
from typing import Any

from fedtui import environment
from fedtui.changes.request import Request
from fedtui.cli.change import carry_out
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import find_jobs
from fedtui.cli.incomplete import missing, report
from fedtui.cli.parser import UsageError
from fedtui.cli.records import JsonRecords, print_json
from fedtui.environment import Comparison, Relation, SchedulerSide
from fedtui.environment.values import masked
from fedtui.presentation.environment_rows import EnvironmentView, text_rows
from fedtui.safe_text import decode, sanitize, sanitize_and_mask
from fedtui.system.path_lookup import ProgramLookup
from fedtui.workspace import Workspace


async def show_environment(workspace: Workspace, options: Namespace) -> int:
    """Print one side, or with --diff or --json both; with --set plan the lines and apply them."""
    jobs = await find_jobs(workspace, options.jobs)
    if options.set:
        settings = {"settings": _settings(options.set)}
        request = Request("environment", tuple(job.id for job in jobs), settings)
        return await carry_out(workspace, options, request)
    if len(jobs) > 1:
        raise UsageError("env: several jobs go with --set only")
    job = jobs[0]
    lacks = missing(workspace.snapshot, job, runs=False)
    report(workspace, lacks)
    given = await environment.given_side(job, workspace.ports)
    if not options.diff and not options.json:
        _print_given(given, show_secrets=options.show_secrets)
        return ExitStatus.DONE
    shell = await environment.shell_side(job, workspace.ports)
    comparison = environment.compare(job, given, shell)
    if options.json:
        print_json(
            options.json,
            _record(comparison, JsonRecords(workspace.zone, options.show_secrets), only=options.diff),
            lacks=lacks,
        )
    else:
        _print_comparison(comparison, EnvironmentView(workspace.home, unmasked=options.show_secrets))
    return ExitStatus.DONE


def _settings(words: list[str]) -> dict[str, str]:
    wrong = next((word for word in words if "=" not in word or word.startswith("=")), None)
    if wrong is not None:
        raise UsageError(f"env: --set {wrong!r} sets nothing; write NAME=VALUE")
    return dict(word.split("=", 1) for word in words)


def _print_given(given: SchedulerSide, *, show_secrets: bool) -> None:
    for name, value in sorted(given.environment.items()):
        print(f"{sanitize(decode(name))}={_value(decode(name), value, show_secrets=show_secrets)}")
    for text in given.notes:
        print(f"# {sanitize_and_mask(text)}")


def _value(name: str, value: bytes, *, show_secrets: bool) -> str:
    text = decode(value)
    return sanitize(text if show_secrets else masked(name, text))


def _print_comparison(comparison: Comparison, view: EnvironmentView) -> None:
    for row in text_rows(comparison, view):
        print(row)
    for reason in comparison.reasons:
        print(f"! {reason.lead} {sanitize_and_mask(reason.sentence)}")
    for text in (*comparison.given.notes, *comparison.shell.notes):
        print(f"# {sanitize_and_mask(text)}")
    print(f"# {comparison.given.scheduler}'s side: {sanitize_and_mask(comparison.given.how)}")
    if not comparison.fixes:
        return
    if comparison.given.unit:
        print(f"Fix: set it in a drop-in of {sanitize(comparison.given.unit)}, under [Service]:")
        for name, value in comparison.fixes.items():
            print(f'Environment="{name}={sanitize(value)}"')
        return
    words = [f"--set={name}={value}" for name, value in comparison.fixes.items()]
    print(f"Fix: {sanitize(shlex.join(['fedtui', 'env', comparison.job.id, *words]))}")


def _record(comparison: Comparison, records: JsonRecords, *, only: bool) -> dict[str, Any]:
    """Both sides as JSON; `only` leaves out what is the same."""

    def value(name: str, raw: bytes | None) -> str | None:
        return None if raw is None else _value(name, raw, show_secrets=records.show_secrets)

    return {
        "job": comparison.job.id,
        "scheduler": comparison.given.scheduler,
        "evidence": records.text(comparison.given.how),
        "shell": records.text(comparison.shell.program),
        "notes": [records.text(text) for text in (*comparison.given.notes, *comparison.shell.notes)],
        "variables": [
            {
                "name": sanitize(one.name),
                "relation": one.relation.value,
                "scheduler": value(one.name, one.given),
                "shell": value(one.name, one.shell),
                "read_at": records.text(one.read_at) or None,
            }
            for one in comparison.variables
            if not only or one.relation is not Relation.SAME
        ],
        "commands": [
            {
                "name": sanitize(one.name),
                "where": records.text(one.where),
                "relation": one.relation.value,
                "scheduler": _place(one.given),
                "shell": _place(one.shell),
                "tested": one.tested,
            }
            for one in comparison.programs
            if not only or one.relation is not Relation.SAME
        ],
        "reasons": [
            {"severity": one.severity.value, "text": records.text(f"{one.lead} {one.sentence}")}
            for one in comparison.reasons
        ],
        "fix": {name: sanitize(value) for name, value in comparison.fixes.items()},
    }


def _place(found: ProgramLookup) -> str | None:
    return None if found.path is None else sanitize(found.path)
