"""The verb `setup`: the federation pack set up, looked at, and taken away again.

Shown before anything is done: the profile with its timeline, what the look around found, each script's trial
run, the plan. `--dry-run` runs no script and changes nothing.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable

from fedtui.actions.plan import Refused
from fedtui.cli.changing import DONE
from fedtui.cli.parser import UsageError
from fedtui.federation.profile import ready_made
from fedtui.federation.request import SetupRequest
from fedtui.federation.survey import Survey, look_around
from fedtui.presentation.federation import profile_lines, remark_lines
from fedtui.presentation.signs import to_ascii
from fedtui.safe_text import shown
from fedtui.workspace import Workspace


async def setup(workspace: Workspace, options: Namespace) -> int:
    """`fedtui setup`: set up, or with --status, --remove, --profiles."""
    if options.profiles:
        return _profiles(workspace, options)
    return await _set_up(workspace, options)


def _profiles(workspace: Workspace, options: Namespace) -> int:
    for number, profile in enumerate(ready_made()):
        _print([""] if number else [], options)
        _print(profile_lines(profile, workspace.now(), workspace.zone), options)
    return DONE


async def _set_up(workspace: Workspace, options: Namespace) -> int:
    request = _request(options)
    snapshot = await workspace.read()
    survey = await look_around(request, snapshot, workspace.ports)
    _print(_survey_lines(survey, workspace), options)
    if options.dry_run:
        _print(["", "Dry run: no script was run and nothing was changed."], options)
        return DONE
    raise Refused("Setting up is not possible yet.", advice="--dry-run shows what was found.")


def _survey_lines(survey: Survey, workspace: Workspace) -> Iterable[str]:
    yield from profile_lines(survey.profile, workspace.now(), workspace.zone)
    yield ""
    yield f"root {survey.root}; jobs run as {survey.owner.name}. {survey.logs.why}"
    for one in survey.found:
        yield f"  {one.job.name}: {one.path or 'no script'}"
    if survey.remarks:
        yield ""
        yield "what was found"
        yield from (f"  {line}" for line in remark_lines(survey.remarks))


def _request(options: Namespace) -> SetupRequest:
    if options.alert and options.no_alert:
        raise UsageError("setup: --alert and --no-alert exclude each other")
    alerts = () if options.no_alert else tuple(options.alert) if options.alert else None
    return SetupRequest(
        root=options.root,
        profile=options.profile,
        backend=options.backend,
        log_dir=options.log_dir,
        git=options.git,
        rotate=options.rotate,
        alerts=alerts,
        mail_to="" if options.no_alert and options.mail_to is None else options.mail_to,
        heartbeat="" if options.no_alert and options.heartbeat is None else options.heartbeat,
        linger=options.linger,
        run_as=options.run_as,
        force=options.force,
    )


def _print(lines: Iterable[str], options: Namespace) -> None:
    for line in lines:
        safe = shown(line)
        print(to_ascii(safe) if options.ascii else safe)
    sys.stdout.flush()
