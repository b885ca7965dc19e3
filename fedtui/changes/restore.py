"""Cron tables put back from kept texts: which there are, what each would change, the plan.

Also copies of the user's own table as others write it, so that one that fedtui never changed can be put back
after `crontab -r`. All but `plan_restore` is blocking.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from fedtui.action_result import Refused
from fedtui.changes.backup import ETC_CRONTAB, OWN, KeptText, keep_own, kept_texts, newest_own
from fedtui.changes.change_set import plan_edits
from fedtui.changes.edits import TableEdit
from fedtui.changes.old_steps import stored_change
from fedtui.changes.open_table import port_of, read_table
from fedtui.changes.pending_edits import NothingToChange
from fedtui.changes.plan import Plan
from fedtui.changes.wording import Wording
from fedtui.config import Config
from fedtui.crontab import Document
from fedtui.crontab.table_diff import split_lines
from fedtui.history.database import History, HistoryError, UndoStep
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.schedule.patterns import counted
from fedtui.system.crontab_port import CrontabPort
from fedtui.system.local_time import short_moment
from fedtui.system.regular_file import read_regular

_APPLYING = timedelta(minutes=10)
"""How long before a text was kept the step of its change was written, at most."""

_Table = tuple[str, str]
"""User and table, as a TableEdit has them."""
_TableLog = Sequence[tuple[UndoStep, TableEdit]]


class KeptTable(NamedTuple):
    """A kept text against the table as it is now: lines that putting it back loses, and that it brings back.

    `lost` and `gained` are None for a file that `plan_restore` does not put back, and where the table could
    not be read, as `unread` says.
    """

    kept: KeptText
    lines: int
    lost: int | None = None
    gained: int | None = None
    unread: str = ""


def kept_tables(ports: Ports) -> list[KeptTable]:
    """Every kept text, newest first."""
    log = _owner_log(ports.history)
    tables: dict[_Table, bytes | Refused | None] = {}
    found: list[KeptTable] = []
    for kept in kept_texts(ports.config):
        with suppress(OSError):
            text = read_regular(kept.path)
            row = KeptTable(kept, len(split_lines(text)))
            with suppress(Refused):
                table = _table_of(kept, text, log, ports.user)
                port = port_of(table[1], table[0], ports)
                if table not in tables:
                    tables[table] = _table_now(port)
                now = tables[table]
                if isinstance(now, Refused):
                    row = row._replace(unread=now.message)
                else:
                    row = KeptTable(kept, row.lines, *_difference(now, text))
            found.append(row)
    return found


def _table_now(port: CrontabPort) -> bytes | Refused | None:
    """The table's text, or why it cannot be read."""
    try:
        return read_table(port)
    except Refused as refusal:
        return refusal


async def plan_restore(name: str, ports: Ports) -> Plan:
    """Put the kept text of that name back in its table. Raises Refused where it is no table's."""
    wording, edit = await asyncio.to_thread(_propose, name, ports)
    return await plan_edits(wording, (edit,), ports)


def _propose(name: str, ports: Ports) -> tuple[Wording, TableEdit]:
    kept = next((kept for kept in kept_texts(ports.config) if kept.name == name), None)
    if kept is None:
        raise Refused(f"No kept table is called {name}.", advice="List them: fedtui restore")
    try:
        text = read_regular(kept.path)
    except OSError as error:
        raise Refused(f"{display_path(kept.path)} cannot be read: {error.strerror}.") from error
    user, table = _table_of(kept, text, _owner_log(ports.history), ports.user)
    port = port_of(table, user, ports)
    now = read_table(port)
    title = f"the {port.title}" if table == OWN else table
    when = short_moment(kept.at)
    if now is None and table != OWN:
        raise Refused(
            f"{table} is gone; fedtui makes no system tables.",
            advice=f"Run: sudo cp {display_path(kept.path)} {table}",
        )
    if now == text:
        raise NothingToChange(f"The text of {title} is that of {when} already.")
    lost, gained = _difference(now, text)
    summary = (
        f"Restore {title} as of {when}: {counted(lost, 'line')} lost, {counted(gained, 'line')} brought back."
    )
    done = f"Restored {title} as of {when}."
    wording = Wording("restore", "", port.title, summary, done, destructive=lost > 0)
    return wording, TableEdit(user, table, now, text)


def _difference(now: bytes | None, text: bytes) -> tuple[int, int]:
    """How many lines of `now` are not in `text`, and the other way round; their order does not count."""
    here, there = Counter(split_lines(now or b"")), Counter(split_lines(text))
    return (here - there).total(), (there - here).total()


# Which table a text is of


def _table_of(kept: KeptText, text: bytes, log: _TableLog, user: str) -> _Table:
    """Whose text it is. Of a text without a user's name, kept by root, `log` says so."""
    what, _, other = kept.what.partition("@")
    if what == OWN and other:
        return other, OWN
    if kept.what == ETC_CRONTAB:
        return "root", "/etc/crontab"
    for step, edit in log:
        near = -_APPLYING < step.at - kept.at < timedelta(seconds=1)
        if near and edit.before == text and Path(edit.table).name == kept.what:
            return edit.user, edit.table
    if kept.what == OWN:
        return user, OWN
    path = f"/etc/cron.d/{kept.what}"
    if Path(path).is_file():
        return "root", path
    raise Refused(
        f"{kept.name} is no cron table.",
        advice=f"Its text is in {display_path(kept.path)}; U and fedtui undo --list list changes of files.",
    )


def _owner_log(history: History) -> _TableLog:
    """The log by which to tell whose a text is. Root changes many tables, everybody else their own."""
    return _table_log(history) if os.geteuid() == 0 else ()


def _table_log(history: History) -> _TableLog:
    """Every edit of a table in the log of changes, newest first; none where that cannot be read."""
    found: list[tuple[UndoStep, TableEdit]] = []
    with suppress(HistoryError):
        for step in history.undo_steps(payloads=True):
            with suppress(Refused):
                edits = stored_change(step).edits
                found += [(step, edit) for edit in edits if isinstance(edit, TableEdit)]
    return found


# The user's own table


def keep_own_table(text: bytes | None, ports: Ports) -> None:
    """Keep a copy of the user's own table as it was read, if it has jobs and the newest copy differs."""
    if text is None or not _has_jobs(text):
        return
    newest = _newest_own(ports.config, ports.history, ports.user, ports.host)
    if newest is None or newest[1] != text:
        with suppress(Refused):  # nothing was asked for, so nothing is refused
            keep_own(ports.config, ports.host, text, ports.clock())


def lost_table(config: Config, history: History, user: str, host: str) -> tuple[KeptText, bytes] | None:
    """The kept text to put back where the user's own table on this host is found without jobs.

    None where a change made here took the last one away.
    """
    newest = _newest_own(config, history, user, host)
    if newest is None:
        return None
    kept, text = newest
    for step, edit in _table_log(history):
        if (
            step.at > kept.at - _APPLYING
            and step.host in ("", host)
            and (edit.user, edit.table) == (user, OWN)
            and (step.at >= kept.at or edit.before == text)
        ):
            return newest if _has_jobs(edit.after or b"") else None
    return newest


def _newest_own(config: Config, history: History, user: str, host: str) -> tuple[KeptText, bytes] | None:
    """The newest kept text of the user's own table on this host that has jobs."""
    log, newest = _owner_log(history), newest_own(config, host)
    for kept in kept_texts(config) if newest is not None else ():
        if kept.what == OWN and newest in ("", kept.name):
            with suppress(OSError, Refused):
                text = read_regular(kept.path)
                if _has_jobs(text) and _table_of(kept, text, log, user) == (user, OWN):
                    return kept, text
    return None


def _has_jobs(text: bytes) -> bool:
    return bool(Document.parse(text).entries)
