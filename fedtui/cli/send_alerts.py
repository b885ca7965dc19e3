"""`fedtui check --alert`: what a schedule of the pack runs every few minutes, and its test message.

Its exit status is about the check itself, since a scheduler looks at it: 0 all was looked at and told, 1
something could not be looked at or told, 3 nothing could be looked at, or nobody is there to be told.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterator

from fedtui.action_result import Refused
from fedtui.alert_addresses import addresses
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.parser import UsageError
from fedtui.cli.records import JsonRecords, print_json
from fedtui.federation.alerts.alert_check import AlertCheck, AlertReport
from fedtui.federation.alerts.collect import own_jobs, pack_jobs
from fedtui.federation.alerts.message import headline, line
from fedtui.history.alert_memory import AlertMemoryError
from fedtui.pack import Pack, load_pack
from fedtui.presentation.glyphs import to_ascii
from fedtui.workspace import Workspace


async def alert(workspace: Workspace, options: Namespace) -> int:
    """`fedtui check --alert`: look, and tell what is new. With --test only a message is sent."""
    if not options.alert:
        raise UsageError("check: --test belongs to --alert", ExitStatus.REFUSED)
    if workspace.ports.demo:
        raise Refused("The demo tells nobody of anything.", "Nothing was sent.")
    if workspace.config.unread:
        raise Refused("config.toml cannot be read, so who is to be told is not known.", "Nothing was sent.")
    pack = await asyncio.to_thread(load_pack)
    told = addresses(pack, workspace.config)
    if not told:
        raise Refused(
            "There is nobody to tell.",
            "Nothing was sent.",
            "Name a channel: fedtui setup --alert URL or --mail-to ADDRESS, or [alert] in config.toml.",
        )
    check = AlertCheck(workspace.config, told, workspace.host, workspace.now)
    try:
        if options.test:
            report = await check.test()
        else:
            report = await _check(check, pack, workspace)
    except AlertMemoryError as error:
        raise Refused(str(error), "Nothing was sent.") from error
    records = JsonRecords(workspace.zone, options.show_secrets)
    if options.json:
        print_json(options.json, _record(report, records))
    else:
        for text in _lines(report, records):
            print(to_ascii(text) if options.ascii else text)
    return report.status


async def _check(check: AlertCheck, pack: Pack | None, workspace: Workspace) -> AlertReport:
    snapshot = await workspace.read()
    if pack is None:
        user = workspace.ports.user
        return await check.check(lambda known: own_jobs(snapshot, user, workspace.book, known), snapshot)
    watched = await pack_jobs(pack, snapshot, workspace.ports)
    return await check.check(lambda _: watched, snapshot)


def _lines(report: AlertReport, records: JsonRecords) -> Iterator[str]:
    if not report.test:
        yield from _looked(report, records)
    for one in report.sent:
        if one.why:
            later = "" if report.test or not one.count else " It is tried again at the next check."
            yield f"✗ {records.text(one.label)}: {records.text(one.why)}.{later}"
        else:
            told = "" if report.test or not one.count else f": told of {_count(one.count, 'change')}"
            yield f"✓ {records.text(one.label)}{told}"
    yield from (f"? {records.text(text)}" for text in report.trouble)


def _looked(report: AlertReport, records: JsonRecords) -> Iterator[str]:
    hidden = f", {report.unseen} could not be" if report.unseen else ""
    paused = f", {report.paused} paused and not judged" if report.paused else ""
    yield f"{_count(report.looked_at, 'job')} looked at{paused}{hidden}"
    yield from (f"  new: {records.text(line(event))}" for event in report.new)
    fresh = {(event.subject, event.kind) for event in report.new}
    for event in report.standing:
        if (event.subject, event.kind) not in fresh:
            since = event.at.astimezone(records.zone)
            yield f"  told before: {headline(event)}, since {since:%Y-%m-%d %H:%M}"
    if report.looked_at and not report.standing:
        yield "  no open problem" + (" of what could be looked at" if hidden else "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _record(report: AlertReport, records: JsonRecords) -> dict[str, object]:
    return {
        "exit_status": report.status,
        "looked_at": report.looked_at,
        "paused": report.paused,
        "unseen": report.unseen,
        "new": [{"job": e.subject, "kind": e.kind, "begins": e.holds, "text": line(e)} for e in report.new],
        "standing": [
            {"job": e.subject, "kind": e.kind, "since": records.when(e.at), "text": line(e)}
            for e in report.standing
        ],
        "sent": [
            {"channel": records.text(one.label), "count": one.count, "error": records.text(one.why) or None}
            for one in report.sent
        ],
        "trouble": [records.text(text) for text in report.trouble],
    }
