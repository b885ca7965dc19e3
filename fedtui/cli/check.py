"""The verb `check`: what the doctor finds, for people, for programs and for monitors.

Its own exit statuses: 0 fine, 1 warnings (or something could not be looked at), 2 errors, 3 wrong usage or
nothing could be checked.
"""

from __future__ import annotations

import asyncio
import sys
import textwrap
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fedtui.cli import drop_output
from fedtui.cli.in_shell import in_shell
from fedtui.cli.incomplete import missing, sentences
from fedtui.cli.records import JsonRecords, print_json
from fedtui.health import RULES
from fedtui.model import Finding, Severity, Snapshot, Unchecked
from fedtui.presentation import finding_groups as groups
from fedtui.presentation.glyphs import SEVERITIES, to_ascii
from fedtui.workspace import Workspace

if TYPE_CHECKING:
    from fedtui.cli import json_types

_WORDS = {0: "fine", 1: "warnings", 2: "errors", 3: "nothing could be checked"}
_STATUSES = {**_WORDS, 3: "not_checked"}
_NAGIOS = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}


async def check(workspace: Workspace, options: Namespace) -> int:
    """`fedtui check`: read everything once, and say what is found."""
    await workspace.read(later_runs=True)
    snapshot = await asyncio.to_thread(workspace.checked)
    try:
        _print(snapshot, options, JsonRecords(workspace.zone, options.show_secrets, options.json))
        sys.stdout.flush()
    except BrokenPipeError:  # its reader went away (`fedtui check | head`): what was found stays true
        drop_output()
    return groups.status(snapshot)


def _print(snapshot: Snapshot, options: Namespace, records: JsonRecords) -> None:
    form = options.format
    if options.json:
        print_json(options.json, _record(snapshot, records), lacks=missing(snapshot))
    elif form == "openmetrics":
        from fedtui.cli.metrics import finding_families
        from fedtui.cli.openmetrics import exposition

        print(exposition(finding_families(snapshot, records)), end="")
    else:
        lines = _nagios(snapshot, records) if form == "nagios" else _text(snapshot, records)
        for line in lines:
            print(to_ascii(line) if options.ascii else line)


# For people

_WIDTH = 100


def _text(snapshot: Snapshot, records: JsonRecords) -> Iterator[str]:
    jobs = {job.id: job for job in snapshot.jobs}
    for group in groups.grouped(snapshot.findings):
        place = records.text(groups.where(group, jobs, 60))
        title = records.text(groups.title_beside(group, jobs))
        yield f"{SEVERITIES[group.severity].glyph} {group.code}  {place}  {title}"
        yield from _details(group, snapshot, records)
    for one in snapshot.unchecked:
        yield f"? not checked  {records.text(one.what)}"
        yield from _wrapped(sentences(one.reason, in_shell(one.advice)), records)
        if one.codes:
            yield from _wrapped(f"not looked for: {' '.join(one.codes)}", records)
    yield ", ".join(groups.Counts.of(snapshot).words())


def _details(group: groups.FindingGroup, snapshot: Snapshot, records: JsonRecords) -> Iterator[str]:
    finding = group.first
    if len(group.findings) == 1:
        yield from _wrapped(finding.sentence, records)
        yield from (f"    {records.text(fact)}" for fact in finding.evidence)
    else:
        for one in group.findings[:8]:
            job = snapshot.job(one.job_id) if one.job_id else None
            if job is None:
                yield from _wrapped(one.sentence, records)
            else:
                yield f"    {records.text(job.name)}  {records.text(str(job.location))}"
        if len(group.findings) > 8:
            yield f"    and {len(group.findings) - 8} more"
    if finding.severity is not Severity.NOTE:
        yield from _wrapped(groups.why_it_matters(finding), records)
    if finding.fix:
        yield from _wrapped(f"Fix: {in_shell(finding.fix)}", records)
    if finding.command and len(group.findings) == 1:
        yield f"    $ {records.text(finding.command)}"


def _wrapped(text: str, records: JsonRecords) -> list[str]:
    return textwrap.wrap(
        records.text(text), _WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )


# For monitors


def _nagios(snapshot: Snapshot, records: JsonRecords) -> Iterator[str]:
    """One line and its performance data, then a line a finding, as the plug-in guidelines have it."""
    counts = groups.Counts.of(snapshot)
    worst = [group for group in groups.grouped(snapshot.findings) if group.severity is not Severity.NOTE]
    jobs = {job.id: job for job in snapshot.jobs}
    lines = [
        f"{group.code} {groups.where(group, jobs, 60)}: {groups.title_beside(group, jobs)}" for group in worst
    ]
    lines += [f"not checked: {one.what}: {one.reason}" for one in snapshot.unchecked]
    head = ", ".join(counts.words()) + (f" - {lines[0]}" if lines else "")
    numbers = (
        f"errors={counts.errors} warnings={counts.warnings} notes={counts.notes} "
        f"passed={counts.passed} unchecked={counts.unchecked} not_applicable={counts.not_applicable}"
    )
    yield f"FEDTUI {_NAGIOS[groups.status(snapshot)]} - {_plain(head, records)} | {numbers}"
    yield from (_plain(line, records) for line in lines)


def _plain(text: str, records: JsonRecords) -> str:
    """Text without the bar that begins performance data."""
    return records.text(text).replace("|", "/").replace("\n", " ")


# For programs


def _record(snapshot: Snapshot, records: JsonRecords) -> dict[str, Any]:
    exit_status = groups.status(snapshot)
    return {
        "status": records.word(_WORDS[exit_status], _STATUSES[exit_status]),
        "exit_status": exit_status,
        "at": records.when(snapshot.at),
        "counts": groups.Counts.of(snapshot)._asdict(),
        "findings": [_finding(finding, snapshot, records) for finding in snapshot.findings],
        "unchecked": [_unchecked(one, records) for one in snapshot.unchecked],
        "passed": list(snapshot.passed),
        "not_applicable": list(snapshot.not_applicable),
    }


def _finding(finding: Finding, snapshot: Snapshot, records: JsonRecords) -> json_types.FindingRecord:
    job = snapshot.job(finding.job_id) if finding.job_id is not None else None
    rule = RULES.get(finding.code)
    remedy = finding.remedy
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "group": None if rule is None else records.word(rule.group.value, rule.group.name.lower()),
        "title": records.text(finding.title),
        "sentence": records.text(finding.sentence),
        "evidence": [records.text(fact) for fact in finding.evidence],
        "why": groups.why_it_matters(finding),
        "fix": records.text(in_shell(finding.fix)),
        "command": records.text(finding.command) or None,
        "remedy": None if remedy is None else {"verb": remedy.verb, "words": records.text(remedy.words)},
        "job": finding.job_id,
        "job_name": None if job is None else records.text(job.name),
        "location": None if job is None else records.text(str(job.location)),
    }


def _unchecked(one: Unchecked, records: JsonRecords) -> json_types.UncheckedRecord:
    return {
        "codes": list(one.codes),
        "what": records.text(one.what),
        "reason": records.text(one.reason),
        "advice": records.text(in_shell(one.advice)),
    }
