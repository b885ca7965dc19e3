"""Edits of cron tables: back up the old text, write, read back; undo a change in a table that others edited.

Blocking.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from fedtui.action_result import OutcomeUnknown, Refused
from fedtui.changes.backup import ETC_CRONTAB, OWN, keep_backup, keep_own
from fedtui.changes.edits import TableEdit
from fedtui.changes.file_diff import file_diff
from fedtui.changes.open_table import check_table_text, port_of, read_table
from fedtui.changes.plan import Conflict, FileDiff
from fedtui.crontab import Document
from fedtui.crontab.edit import EditError, pause
from fedtui.crontab.table_diff import holds, revert
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system.cron_product import installed_product
from fedtui.system.crontab_port import (
    CrontabChanged,
    CrontabError,
    CrontabPort,
    CrontabRefused,
    CrontabUnknown,
)
from fedtui.system.crontab_program import SystemCrontab
from fedtui.system.program import ProgramError, run_program
from fedtui.system.system_table import SystemTable

_UPDATE_DEADLINE = 20.0


class ChangedSince(Refused):
    """What a change made was changed again, so that it cannot be taken back by itself."""


def apply_table_edit(edit: TableEdit, ports: Ports, *, backup: bool) -> None:
    """Back up the text before, and put the text after in its place.

    Raises Conflict when the table is no longer the text before, Refused for what crontab(1) refuses; the
    table is then unchanged.
    """
    port = port_of(edit.table, edit.user, ports)
    kept = None
    if backup and edit.before is not None:
        kept = _keep(edit, edit.before, ports)
    try:
        port.replace(edit.before, edit.after)
    except CrontabChanged as error:
        raise Conflict(
            f"Someone edited the {port.title} after your plan was made.", their_diff=_their_diff(port, edit)
        ) from error
    except CrontabUnknown as error:
        raise OutcomeUnknown(f"{error.sentence}.", error.advice) from error
    except CrontabRefused as error:
        raise Refused(
            f"crontab refuses: {error.sentence}.", "The old table is unchanged.", error.advice
        ) from error
    except CrontabError as error:
        where = f" Its text from before is in {display_path(kept)}." if kept else ""
        raise Refused(f"{error.sentence}.", f"Check it before you continue.{where}", error.advice) from error


def is_in_force(edit: TableEdit, ports: Ports) -> bool:
    """Whether what starts the jobs has read the table: systemd-cron may miss a change, and is then helped."""
    product = None if ports.demo else installed_product()
    if product is None or not product.by_timers:
        return True
    from fedtui.system import generated_units  # few hosts need it

    port = port_of(edit.table, edit.user, ports)

    def moment() -> float:
        stamp = port.stamp()
        times = stamp if isinstance(stamp, tuple) else ()
        # A file's has its inode behind the time, a spool's the times of all its folders.
        return max(times[:1] if isinstance(port, SystemTable) else times, default=0) / 1e9

    def write_again() -> bool:
        if os.geteuid() == 0:
            ended = run_program(["systemctl", "restart", *generated_units.UPDATE], deadline=_UPDATE_DEADLINE)
            return ended.status == 0
        return isinstance(port, SystemCrontab) and edit.after is not None and port.write_again(edit.after)

    name = edit.user if edit.table == OWN else Path(edit.table).name
    written = generated_units.WrittenTable(name, edit.before, edit.after)
    try:
        return generated_units.await_read(written, moment, write_again)
    except (CrontabError, ProgramError):
        return False


def _keep(edit: TableEdit, text: bytes, ports: Ports) -> Path:
    """Keep the text from before under a name that says whose table it is."""
    own = edit.table == OWN and edit.user == ports.user
    if own and Document.parse(text).entries:
        return keep_own(ports.config, ports.host, text, ports.clock())
    if edit.table == OWN:
        what = OWN if own else f"{OWN}@{edit.user}"
    else:
        what = ETC_CRONTAB if edit.table == "/etc/crontab" else edit.table.rpartition("/")[2]
    return keep_backup(ports.config, what, text, ports.clock())


def is_made(now: bytes | None, edit: TableEdit) -> bool | None:
    """Whether the text `now` holds the edit, whatever else was changed; None where that cannot be told."""
    if now in (edit.before, edit.after):
        return now == edit.after
    return holds(now or b"", edit.before or b"", edit.after or b"")


def reverted(edit: TableEdit, ports: Ports, paused: Collection[str] = ()) -> TableEdit | None:
    """The edit that takes this one back from the table as it is now, other people's later edits kept.

    Lines that had the keys `paused` come back paused. None where there is nothing to take back. Raises
    Refused where the edit's own lines were changed since.
    """
    port = port_of(edit.table, edit.user, ports)
    now = read_table(port)
    if is_made(now, edit) is False:
        return None
    before = _with_fixes(edit, ports)
    before = _with_pauses(edit, before, paused, ports) if before and paused else before
    new = before
    if now != edit.after:
        new = revert(now or b"", before or b"", edit.after or b"")
        if new is None:
            raise ChangedSince(
                f"The lines that this change made in the {port.title} were changed since, so taking it back "
                "would lose that edit.",
                advice=f"The texts from before are in {display_path(ports.config.backups)}.",
            )
    if new:
        new = _with_newline(port, new)
    if new == now:
        return None
    return TableEdit(edit.user, edit.table, now, new)


def _with_fixes(edit: TableEdit, ports: Ports) -> bytes | None:
    """The text before, with the bad lines as the change fixed them: crontab(1) takes no bad line back."""
    if not edit.before or edit.table != "crontab":
        return edit.before
    document = Document.parse(edit.before, user=edit.user, dialect=ports.dialect())
    bad = document.bad_lines if document.rules.checked else ()
    lines, fixed = edit.before.split(b"\n"), (edit.after or b"").split(b"\n")
    for line in bad:
        at = line.number - 1
        lines[at] = fixed[at] if len(fixed) == len(lines) else b"# " + line.raw
    return b"\n".join(lines)


def _with_pauses(edit: TableEdit, before: bytes, keys: Collection[str], ports: Ports) -> bytes:
    system = edit.table != "crontab"
    user = "" if system else edit.user
    document = Document.parse(before, system=system, table=edit.table, user=user, dialect=ports.dialect())
    try:
        for key in keys:
            entry = document.entry(key)
            if entry is not None and not entry.paused:
                document = document.reparse(pause(document, entry))
    except EditError as error:
        raise Refused(f"The line cannot come back paused: {error}.") from error
    return bytes(document)


def _with_newline(port: CrontabPort, text: bytes) -> bytes:
    """The text as crontab(1) takes it: one that it would refuse for want of a last newline gets that."""
    try:
        check_table_text(port, text)
    except Refused:
        if text.endswith(b"\n"):
            raise
        text += b"\n"
        check_table_text(port, text)
    return text


def _their_diff(port: CrontabPort, edit: TableEdit) -> tuple[FileDiff, ...]:
    try:
        return (file_diff(port.title, edit.before, port.read()),)
    except CrontabError:
        return ()  # the message alone must do; the new plan will say why it cannot be read
