"""Carry out a change of a cron table: keep the old text, write, read back. Blocking."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fedtui.action_result import Refused
from fedtui.changes.backup import keep_backup
from fedtui.changes.cron_change import CronChange, PlanText, file_diff, plan_table
from fedtui.changes.open_table import OpenTable, port_of, read_table
from fedtui.changes.plan import Conflict, EditState, FileDiff, Plan
from fedtui.changes.undo_records import pack, plan_already_undone, unpack
from fedtui.changes.undo_text import undo_words, what_was_done
from fedtui.crontab import Document
from fedtui.crontab.table_diff import holds, revert
from fedtui.history.database import UndoStep
from fedtui.ports import Ports
from fedtui.runs.install_recorder import install_recorder
from fedtui.safe_text import display_path
from fedtui.system.crontab_port import CrontabChanged, CrontabError, CrontabPort, CrontabRefused
from fedtui.system.system_table import SystemTable


def cron_payload(change: CronChange) -> dict[str, Any]:
    """What its undo step keeps."""
    return {
        "user": change.user,
        "table": change.table,
        "before": pack(change.base),
        "after": pack(change.new),
    }


def write_cron_change(change: CronChange, ports: Ports) -> None:
    """Write the planned text in place of the one it was planned on.

    Raises Conflict when the table is no longer that text, Refused for what crontab(1) refuses; the table then
    stands as it was.
    """
    _still(port_of(change.table, change.user, ports), change)
    put_table(change.user, change.table, change.base, change.new, ports)


def state_of_cron(data: Mapping[str, Any], ports: Ports) -> EditState:
    """Whether the table holds the change. Where nothing tells, an undo could take nothing back."""
    current = read_table(port_of(data["table"], data["user"], ports))
    before, after = unpack(data["before"]), unpack(data["after"])
    made = is_made(current, before, after)
    return EditState.AFTER if made else EditState.BEFORE


def is_made(current: bytes | None, before: bytes | None, after: bytes | None) -> bool | None:
    """Whether `current` holds the change, whatever else was changed; None where that cannot be told."""
    if current in (before, after):
        return current == after
    return holds(current or b"", before or b"", after or b"")


def put_table(user: str, table: str, base: bytes | None, new: bytes | None, ports: Ports) -> None:
    """Keep the text `base` of a table, and put `new` in its place. Raises as `make` does."""
    port = port_of(table, user, ports)
    if table == "crontab" and user == ports.user:
        install_recorder(ports, new, user)
    kept = None
    if base is not None:
        kept = keep_backup(ports.config, _backup_of(table), base, ports.clock())
    try:
        port.replace(base, new)
    except CrontabChanged as error:
        raise _stale(port, base) from error
    except CrontabRefused as error:
        raise Refused(f"crontab refuses: {error}", "The old table stands.", error.advice) from error
    except CrontabError as error:
        where = f" Its text from before is in {display_path(kept)}." if kept else ""
        raise Refused(
            f"{error}", f"Look at the {port.title} before you go on.{where}", error.advice
        ) from error


def plan_undo_of_cron(step: UndoStep, ports: Ports) -> Plan:
    """The change of `step` taken back from the table as it is now, other people's later edits kept."""
    data = json.loads(step.payload)
    before, after = unpack(data["before"]), unpack(data["after"])
    port = port_of(data["table"], data["user"], ports)
    current = read_table(port)
    if is_made(current, before, after) is False:
        return plan_already_undone(step, f"The {port.title}")
    new = reverted_text(port, current, before, after, ports)
    if new == current:
        return plan_already_undone(step, f"The {port.title}")
    system = isinstance(port, SystemTable)
    document = Document.parse(
        current or b"",
        system=system,
        table=data["table"],
        user="" if system else data["user"],
        dialect=ports.dialect(),
    )
    summary = undo_words(step)
    if current != after:
        summary += " Other lines were changed since; they stay as they are."
    words = PlanText("undo", step.job_id, step.job_name, summary, f"Undone: {what_was_done(step)}.", step.id)
    return plan_table(OpenTable(port, current, document), new, ports, words)


def reverted_text(
    port: CrontabPort, current: bytes | None, before: bytes | None, after: bytes | None, ports: Ports
) -> bytes | None:
    """`current` without the change from `before` to `after`, other people's later edits kept.

    Raises Refused where the lines of the change were changed since.
    """
    if current == after:
        return before
    new = revert(current or b"", before or b"", after or b"")
    if new is None:
        raise Refused(
            f"The lines that this change made in the {port.title} were changed since, so taking it back "
            "would lose somebody's edit.",
            advice=f"The texts from before are in {display_path(ports.config.backups)}.",
        )
    return new


def _backup_of(table: str) -> str:
    return table.rpartition("/")[2]


def _still(port: CrontabPort, change: CronChange) -> None:
    if read_table(port) != change.base:
        raise _stale(port, change.base)


def _stale(port: CrontabPort, base: bytes | None) -> Conflict:
    their_diff: tuple[FileDiff, ...] = ()
    try:
        their_diff = (file_diff(port.title, base or b"", port.read() or b""),)
    except CrontabError:
        their_diff = ()  # the message alone must do; the new plan will say why it cannot be read
    return Conflict(f"Someone edited the {port.title} after your plan was made.", their_diff=their_diff)
