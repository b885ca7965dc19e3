"""The verb `restore`: which texts of cron tables are kept, and one of them put back."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from fedtui.changes.request import Request
from fedtui.cli.change import carry_out
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.incomplete import report
from fedtui.cli.records import JsonRecords, print_json
from fedtui.model import Problem
from fedtui.presentation.times import day
from fedtui.safe_text import sanitize
from fedtui.workspace import Workspace

if TYPE_CHECKING:
    from fedtui.changes.restore import KeptTable
    from fedtui.cli import json_types


async def restore(workspace: Workspace, options: Namespace) -> int:
    """`fedtui restore [NAME]`."""
    if options.name is not None:
        return await carry_out(workspace, options, Request("restore", (), {"name": options.name}))
    tables = await workspace.engine.kept_tables()
    unread = dict.fromkeys(table.unread for table in tables if table.unread)
    lacks = [Problem("crontab", text) for text in unread]
    report(workspace, lacks)
    if options.json:
        records = JsonRecords(workspace.zone)
        print_json(options.json, [_record(table, records) for table in tables], "tables", lacks)
        return ExitStatus.DONE
    width = max((len(sanitize(table.kept.name)) for table in tables), default=0)
    if tables:
        print(f"{'NAME':<{width}}  {'KEPT':<21}{'LINES':>6}{'LOST':>6}{'GAINED':>8}")
    for table in tables:
        at = table.kept.at.astimezone(workspace.zone)
        when = f"{day(at)} {at:%H:%M:%S}"
        counts = ("-", "-") if table.lost is None else (table.lost, table.gained)
        name = sanitize(table.kept.name)
        print(f"{name:<{width}}  {when:<21}{table.lines:>6}{counts[0]:>6}{counts[1]:>8}")
    print("\nPut one back: fedtui restore NAME" if tables else "No tables kept yet.")
    return ExitStatus.DONE


def _record(table: KeptTable, records: JsonRecords) -> json_types.KeptTableRecord:
    return {
        "name": sanitize(table.kept.name),
        "at": records.at(table.kept.at),
        "lines": table.lines,
        "lost": table.lost,
        "gained": table.gained,
    }
