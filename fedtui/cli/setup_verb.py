"""The verb `setup`: the federation pack set up, looked at, and taken away again.

Shown before anything is done: the profile with its timeline, what the look around found, each script's trial
run, the plan. `--dry-run` runs no script and changes nothing.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace

from fedtui.changes.pending_edits import NothingToChange
from fedtui.changes.request import Request
from fedtui.cli.change import carry_out, require_yes
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import choose
from fedtui.cli.incomplete import missing, report
from fedtui.cli.parser import UsageError
from fedtui.cli.records import JsonRecords, print_json
from fedtui.cli.setup_records import issue_record, status_record
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.profile import ready_made
from fedtui.federation.setup.preflight import Preflight
from fedtui.federation.setup.request import SetupRequest
from fedtui.federation.setup.service import SetupService
from fedtui.federation.setup.test_run import TestRun
from fedtui.federation.setup_issue import SetupIssue, worst_first
from fedtui.model import Snapshot
from fedtui.presentation.federation_status import status_lines
from fedtui.presentation.federation_text import issue_lines, profile_lines
from fedtui.presentation.glyphs import to_ascii
from fedtui.safe_text import SafeOutput, sanitize_and_mask
from fedtui.workspace import Workspace

_NOTHING_CHANGES = "Nothing changes: everything is as it should be already."


async def setup(workspace: Workspace, options: Namespace) -> int:
    """`fedtui setup`: set up, or with --status, --remove, --profiles."""
    if options.json and options.profiles:
        raise UsageError("setup: --profiles has no --json")
    if options.profiles:
        return _profiles(workspace, options)
    if options.status:
        return await _status(workspace, options)
    if options.remove:
        plan = await workspace.engine.plan(Request("remove-setup"))
        return await carry_out(workspace, options, plan, _beside([], ()))
    return await _set_up(workspace, options)


def _profiles(workspace: Workspace, options: Namespace) -> int:
    for number, profile in enumerate(ready_made()):
        _print([""] if number else [], options)
        _print(profile_lines(profile, workspace.now(), workspace.zone), options)
    return ExitStatus.DONE


async def _status(workspace: Workspace, options: Namespace) -> int:
    snapshot = await workspace.read()
    lacks = missing(snapshot)
    report(workspace.config, lacks)
    status = await workspace.engine.setup.status()
    if options.json:
        records = JsonRecords(workspace.zone, options.show_secrets)
        print_json(options.json, status_record(status, records), lacks=lacks)
    else:
        _print(status_lines(status, workspace.now()), options)
    return ExitStatus.DONE


async def _set_up(workspace: Workspace, options: Namespace) -> int:
    await workspace.read()
    engine = workspace.engine
    preflight = await engine.setup.preflight(_request(options, workspace.snapshot))
    _print(_preflight_lines(preflight, workspace), options)
    untried = await engine.setup.untried(preflight)
    if untried and not options.dry_run:
        advice = "--yes runs them and applies what passes, --dry-run shows the plan."
        require_yes(options, "No script was run and nothing was changed.", advice)
    trials = () if options.dry_run else await _try(preflight, untried, engine.setup, options)
    if options.dry_run and untried:
        _print(["", "Dry run: no script is run; the plan is that of scripts that pass."], options)
    prepared = await engine.setup.prepare(preflight, trials)
    if prepared.issues:
        _print(["", "besides the jobs", *(f"  {line}" for line in issue_lines(prepared.issues))], options)
    without = prepared.not_set_up
    found = [trial.as_issue(force=trial.key in preflight.insisted) for trial in trials]
    beside = _beside(without, (*preflight.issues, *found, *prepared.issues))
    try:
        plan = await engine.plan(prepared.request)
    except NothingToChange:
        rest = f"Nothing changes. Not set up: {', '.join(without)}; what was found says why."
        _print(["", rest if without else _NOTHING_CHANGES], options)
        if options.json:
            print_json(options.json, beside)
        status = ExitStatus.DONE
    else:
        _print([""], options)
        status = await carry_out(workspace, options, plan, beside)
    left_out = without and not options.dry_run and status == ExitStatus.DONE
    return ExitStatus.PARTLY_DONE if left_out else status


def _beside(without: Sequence[str], issues: Iterable[SetupIssue]) -> dict[str, object]:
    """What the JSON answer says beside the plan or the result."""
    return {"not_set_up": list(without), "issues": [issue_record(one) for one in worst_first(issues)]}


async def _try(
    preflight: Preflight, untried: Iterable[ManagedJob], service: SetupService, options: Namespace
) -> tuple[TestRun, ...]:
    """Run each script that is new once, its output shown as it comes."""
    trials: list[TestRun] = []
    told = SafeOutput((sys.stderr if options.json else sys.stdout).buffer)
    for job in untried:
        _print(["", f"trial run of {job.name}, as {_scheduler(preflight)} would run it"], options)
        trial = await service.test_run(preflight, job, told.write)
        told.write(b"", ended=True)
        trials.append(trial)
        _print(issue_lines([trial.as_issue(force=job.key in preflight.insisted)]), options)
    return tuple(trials)


def _scheduler(preflight: Preflight) -> str:
    return {"cron": "cron", "user": "the user's systemd", "system": "systemd"}[preflight.backend]


def _preflight_lines(preflight: Preflight, workspace: Workspace) -> Iterable[str]:
    yield from profile_lines(preflight.profile, workspace.now(), workspace.zone)
    yield ""
    yield f"root {preflight.root}; jobs run as {preflight.owner.name}. {preflight.logs.why}"
    for one in preflight.found:
        own = preflight.taken.get(one.job.key)
        line = f"; your line, {own.location}: {own.schedule}" if own is not None else ""
        yield f"  {one.job.name}: {one.path or 'no script'}{line}"
    if preflight.issues:
        yield ""
        yield "what was found"
        yield from (f"  {line}" for line in issue_lines(preflight.issues))


def _request(options: Namespace, snapshot: Snapshot) -> SetupRequest:
    if options.alert and options.no_alert:
        raise UsageError("setup: --alert and --no-alert exclude each other")
    if options.profile_schedules and options.adopt is None:
        raise UsageError("setup: --profile-schedules goes with --adopt")
    others = ("alerts", "adopt", "adopt_jobs", "force", "no_force")
    given = {one.name: getattr(options, one.name) for one in fields(SetupRequest) if one.name not in others}
    request = SetupRequest(
        **given,
        alerts=tuple(options.alert) if options.alert else None,
        force=options.force is True,
        no_force=options.force is False,
        adopt=options.adopt is not None,
        adopt_jobs=tuple(choose(snapshot, key).id for key in options.adopt or ()),
    )
    return replace(request, alerts=(), mail_to="", heartbeat="") if options.no_alert else request


def _print(lines: Iterable[str], options: Namespace) -> None:
    """To standard output or, with --json, to standard error."""
    out = sys.stderr if options.json else sys.stdout
    for line in lines:
        safe = sanitize_and_mask(line)
        print(to_ascii(safe) if options.ascii else safe, file=out)
    out.flush()
