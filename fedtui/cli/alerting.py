"""`fedtui check --alert`: what a schedule of the pack runs every few minutes, and its test message.

Its exit status is about the check itself, since a scheduler looks at it: 0 all was looked at and told, 1
something could not be looked at or told, 3 nothing could be looked at, or nobody is there to be told.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterator

from fedtui.actions.plan import Refused
from fedtui.cli.parser import UsageError
from fedtui.cli.records import Records, print_json
from fedtui.federation.alert_looks import own_jobs, pack_jobs
from fedtui.federation.alert_message import headline, line
from fedtui.federation.alerting import AlertCheck, AlertReport, Sent
from fedtui.history.alert_memory import AlertMemoryError
from fedtui.pack import load_pack
from fedtui.presentation.signs import to_ascii
from fedtui.sources.alert_addresses import addresses
from fedtui.workspace import Workspace


async def alert(workspace: Workspace, options: Namespace) -> int:
    """`fedtui check --alert`: look, and tell what is new. With --test only a message is sent."""
    if not options.alert:
        raise UsageError("check: --test belongs to --alert", 3)
    if workspace.ports.demo:
        raise Refused("The demo tells nobody of anything.", "Nothing was sent.")
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
            await workspace.read()
            snapshot = await asyncio.to_thread(workspace.checked)
            if pack is None:
                watched = own_jobs(snapshot, workspace.ports.user, workspace.product_of)
            else:
                watched = await pack_jobs(pack, snapshot, workspace.ports, workspace.product_of)
            report = await check.check(watched, snapshot)
    except AlertMemoryError as error:
        raise Refused(str(error), "Nothing was sent.") from error
    records = Records(workspace.zone, options.show_secrets)
    if options.json or options.format == "json":
        print_json(_record(report, records))
    else:
        for text in _lines(report, records, test=options.test):
            print(to_ascii(text) if options.ascii else text)
    return report.status


def _lines(report: AlertReport, records: Records, *, test: bool) -> Iterator[str]:
    if not test:
        yield f"{_count(report.looked_at, 'job')} looked at" + (
            f", {report.unseen} could not be" if report.unseen else ""
        )
        for event in report.new:
            yield f"  new: {records.text(line(event))}"
        fresh = {(event.subject, event.kind) for event in report.new}
        for event in report.standing:
            if (event.subject, event.kind) not in fresh:
                since = event.at.astimezone(records.zone)
                yield f"  told before: {headline(event)}, since {since:%Y-%m-%d %H:%M}"
        if not report.standing:
            yield (
                "  no problem stands"
                if not report.unseen
                else "  of what could be looked at, no problem stands"
            )
    for one in report.sent:
        yield _sent(one, records)
    for text in report.trouble:
        yield f"? {records.text(text)}"


def _sent(one: Sent, records: Records) -> str:
    label = records.text(one.label)
    if one.why:
        later = " It is tried again at the next check." if one.count else ""
        return f"✗ {label}: {records.text(one.why)}.{later}"
    return f"✓ {label}" + (f": {one.count} told" if one.count else "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _record(report: AlertReport, records: Records) -> dict[str, object]:
    return {
        "exit_status": report.status,
        "looked_at": report.looked_at,
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
