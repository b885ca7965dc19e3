"""`fedtui drill`: the list of drills, or one of them rehearsed, shown first and confirmed."""

from __future__ import annotations

import asyncio
import shlex
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from fedtui.action_result import Refused
from fedtui.cli.change import agreed
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.parser import UsageError
from fedtui.cli.records import JsonRecords, print_json
from fedtui.federation.drills.drill import Drill, DrillSetting
from fedtui.federation.drills.drill_events import DrillEvent, DrillPhase
from fedtui.federation.drills.drill_list import ALL, find
from fedtui.federation.drills.drill_setting import DrillOptions, drills_folder, gather_setting
from fedtui.federation.drills.run_drill import NOTHING, DrillOutcome, run_drill, tidy
from fedtui.presentation.glyphs import to_ascii
from fedtui.safe_text import sanitize_and_mask
from fedtui.workspace import Workspace

if TYPE_CHECKING:
    from fedtui.cli import json_types

PHASES = ("before", "doing", "after")
"""The steps of a drill's plan, in their order."""


async def drill(workspace: Workspace, options: Namespace) -> int:
    """List the drills, or run one: 0 passed, 1 failed, 3 refused."""
    await _tidy(workspace)
    setting = await gather_setting(_asked(options), workspace.ports)
    if not options.name:
        return await _list(setting, options, JsonRecords(workspace.zone))
    chosen = find(options.name)
    if chosen is None:
        known = ", ".join(one.name for one in ALL)
        raise UsageError(f"drill: there is no drill {options.name!r}; there are {known}")
    reason = await asyncio.to_thread(chosen.blocked_reason, setting)
    if reason:
        raise Refused(f"The drill {chosen.name} cannot be run here: {reason}.", NOTHING)
    if not options.json:
        await _show(chosen, setting, options)
    if options.dry_run:
        if options.json:
            print_json(options.json, await _planned(chosen, setting))
        else:
            _print("Dry run: nothing was done.", options)
        return ExitStatus.DONE
    if not agreed(options, "Run this drill?", "Nothing was done.", "--yes runs it without asking."):
        return ExitStatus.REFUSED
    return await _rehearse(chosen, setting, options, JsonRecords(workspace.zone))


def _asked(options: Namespace) -> DrillOptions:
    try:
        stop, start = shlex.split(options.stop or ""), shlex.split(options.start or "")
    except ValueError as error:
        raise UsageError(f"drill: --stop and --start are commands: {error}") from error
    return DrillOptions(
        root=options.root or "",
        profile=options.profile or "",
        zone=options.zone or "",
        stop=tuple(stop),
        start=tuple(start),
        program=options.program or "",
    )


async def _tidy(workspace: Workspace) -> None:
    """Drills that were killed together with their guards are cleaned up at the next look."""
    for journal, complaints in await asyncio.to_thread(tidy, drills_folder(workspace.config)):
        how = "; ".join(complaints) if complaints else "it has been cleaned up now"
        print(sanitize_and_mask(f"A drill {journal.drill} was cut off earlier: {how}."), file=sys.stderr)


async def _list(setting: DrillSetting, options: Namespace, records: JsonRecords) -> int:
    found = await asyncio.to_thread(lambda: [(one, one.blocked_reason(setting)) for one in ALL])
    if options.json:
        print_json(options.json, [_listed(one, reason, records) for one, reason in found], "drills", ())
        return ExitStatus.DONE
    for number, (one, reason) in enumerate(found):
        if number:
            _print("", options)
        _print(f"{one.name}  {one.about}", options)
        _print(f"    expected: {one.expected}", options)
        _print(
            f"    cannot be run here: {reason}" if reason else f"    run it: fedtui drill {one.name}", options
        )
    return ExitStatus.DONE


def _listed(one: Drill, reason: str, records: JsonRecords) -> json_types.DrillRecord:
    return {
        "name": one.name,
        "title": one.title,
        "about": one.about,
        "expected": one.expected,
        "can_run": not reason,
        "reason": records.text(reason) or None,
    }


async def _planned(chosen: Drill, setting: DrillSetting) -> dict[str, Any]:
    plan = await asyncio.to_thread(chosen.plan, setting)
    return {
        "drill": chosen.name,
        "expected": chosen.expected,
        **{phase: [sanitize_and_mask(step) for step in getattr(plan, phase)] for phase in PHASES},
    }


async def _show(chosen: Drill, setting: DrillSetting, options: Namespace) -> None:
    plan = await asyncio.to_thread(chosen.plan, setting)
    _print(f"{chosen.title}: {chosen.about}", options)
    for phase in PHASES:
        for step in getattr(plan, phase):
            _print(f"  {phase:<9} {step}", options)
    _print(f"  expected  {chosen.expected}", options)
    _print("  anyway    A guard cleans up where the drill is killed.", options)


async def _rehearse(chosen: Drill, setting: DrillSetting, options: Namespace, records: JsonRecords) -> int:
    events: list[DrillEvent] = []

    def tell(event: DrillEvent) -> None:
        if options.json:
            events.append(event)
        else:
            _print(_told(event), options)

    outcome = await run_drill(chosen, setting, tell)
    if options.json:
        print_json(options.json, _record(outcome, events, records))
    else:
        _verdict(outcome, options)
    return ExitStatus.DONE if outcome.passed else ExitStatus.JOB_FAILED


def _told(event: DrillEvent) -> str:
    return (
        f"    | {event.text}" if event.phase is DrillPhase.OUTPUT else f"{event.phase.value:<11} {event.text}"
    )


def _verdict(outcome: DrillOutcome, options: Namespace) -> None:
    _print("", options)
    for complaint in outcome.complaints:
        _print(f"not cleaned up: {complaint}", options)
    _print(f"{'passed' if outcome.passed else 'failed'}: {outcome.found.text}", options)
    for fact in outcome.found.evidence:
        _print(f"    {fact}", options)


def _record(outcome: DrillOutcome, events: list[DrillEvent], records: JsonRecords) -> dict[str, Any]:
    return {
        "drill": outcome.drill,
        "passed": outcome.passed,
        "expected": outcome.expected,
        "found": records.text(outcome.found.text),
        "evidence": [records.text(fact) for fact in outcome.found.evidence],
        "cleaned_up": not outcome.complaints,
        "complaints": [records.text(one) for one in outcome.complaints],
        "steps": [{"phase": event.phase.value, "text": records.text(event.text)} for event in events],
    }


def _print(text: str, options: Namespace) -> None:
    safe = sanitize_and_mask(text)
    print(to_ascii(safe) if options.ascii else safe, flush=True)
