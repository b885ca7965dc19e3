"""One change at a time, and recovery from a kill: before the next plan, and before its change.

A step that is prepared and not finished says nothing of its change. One that was not made is forgotten; one
that was made, in whole or in part, is offered to be undone. Bookkeeping (`edits.is_bookkeeping`) is no
part: it is taken back where nothing else was made, and made where nothing else is left. An undo that was made
in part stays prepared: undoing its step again finishes it. One that was made whole is finished here, and its
end counts as not seen yet, so that an undo repeated after a kill never goes further back.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.apply_edit import EditExecutor, state_of
from fedtui.changes.change_journal import StoredChange, forget_step, require_history, to_payload
from fedtui.changes.edits import Edit, FileEdit, TableEdit, UnitEdit, inverse, is_bookkeeping
from fedtui.changes.old_steps import KINDS, stored_change
from fedtui.changes.open_table import port_of
from fedtui.changes.pending_edits import is_edit_made
from fedtui.changes.plan import Conflict, EditState
from fedtui.changes.undo_log import CUT_SHORT
from fedtui.history.database import HistoryError, UndoStep
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system import lock_file, temp_folder
from fedtui.system.atomic_write import sweep
from fedtui.system.crontab_file import TableFile
from fedtui.system.patience import waiting

PATIENCE = 10.0
"""Seconds that a change waits for that of another process."""


@asynccontextmanager
async def change_lock(ports: Ports) -> AsyncIterator[None]:
    """One change at a time, of all processes. Also a crontab that outlives its fedtui holds the lock."""
    await asyncio.to_thread(temp_folder.sweep)
    await asyncio.to_thread(require_history, ports)  # before the lock's file is made
    path = ports.config.state / "change.lock"
    deadline = time.monotonic() + PATIENCE
    with waiting("another change"):
        while True:
            try:
                descriptor = lock_file.take(path)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise Conflict("Another change is being made at this moment.") from error
                await asyncio.sleep(0.05)
            except OSError as error:
                raise Refused(
                    f"How to undo this cannot be kept: {display_path(path)}: {error.strerror}.",
                    advice=f"Check that {display_path(path.parent)} is yours, writable and not full.",
                ) from error
    token = lock_file.HELD.set(descriptor)
    try:
        yield
    finally:
        lock_file.HELD.reset(token)
        os.close(descriptor)


async def recover_if_needed(ports: Ports) -> None:
    """`recover`, where there is anything to. Raises Conflict while another change is being made."""
    if await asyncio.to_thread(prepared, ports):
        async with change_lock(ports):
            await recover(ports)


async def recover(ports: Ports) -> None:
    """Find out what became of changes that were cut short. Only while holding `change_lock`."""
    for step in await asyncio.to_thread(prepared, ports):
        try:
            await recover_step(step, ports)
        except (Refused, LookupError, ValueError, TypeError):
            continue  # not known now, or not readable: the step stays as it is, and later changes are made


async def recover_step(step: UndoStep, ports: Ports) -> None:
    """Forget the step, finish it, or offer it. Raises Refused where its state cannot be told."""
    kept = stored_change(step)
    await asyncio.to_thread(_sweep, kept.edits, ports)
    made = kept.made
    found = await is_edit_made(kept.edits[made], ports) if made < len(kept.edits) else False
    if found is not False:
        made += 1
    else:  # a rollback may have been cut short, and gone further than it noted
        while made and await state_of(kept.edits[made - 1], ports) is EditState.BEFORE:
            made -= 1
    rest = kept.edits[made:]
    ends = not rest or (found is not None and all(map(is_bookkeeping, rest)))
    if all(map(is_bookkeeping, kept.edits[:made])):  # the change itself was not made
        executor = EditExecutor(ports)
        for edit in reversed(kept.edits[:made]):
            await executor.make(inverse(edit))
        await asyncio.to_thread(forget_step, step.id, ports)
    elif (
        ends
        # An undo that may be made or not stays cut short: `u` looks at it again, and names what was changed.
        and (found is not None or step.undoes is None)
        and await _is_whole(kept.edits[made - 1], ports)
    ):
        executor = EditExecutor(ports, unread=kept.edits)
        for edit in rest:
            await executor.make(edit)
        await executor.finish()
        await asyncio.to_thread(_finish, step, kept._replace(made=len(kept.edits), finished=True), ports)
    elif step.undoes is None:
        await asyncio.to_thread(_finish, step, kept._replace(made=min(made, kept.made)), ports)
    elif made < kept.made and step.kind in KINDS:  # the resumed undo starts from here
        payload = to_payload(kept._replace(made=made), step.undoes, step.host)
        with suppress(HistoryError):
            await asyncio.to_thread(
                ports.history.rewrite_undo, step.id, summary=step.summary, payload=payload
            )


async def _is_whole(edit: Edit, ports: Ports) -> bool:
    """Whether an edit that left something is made as a whole: a unit may be enabled and not started."""
    return not isinstance(edit, UnitEdit) or await state_of(edit, ports) is EditState.AFTER


def _sweep(edits: Sequence[Edit], ports: Ports) -> None:
    """Remove the temporary files that a killed write left beside tables and files."""
    for edit in edits:
        if isinstance(edit, FileEdit):
            sweep(Path(edit.path))
        elif isinstance(edit, TableEdit):
            port = port_of(edit.table, edit.user, ports)
            if isinstance(port, TableFile):
                sweep(port.path)


def prepared(ports: Ports) -> list[UndoStep]:
    """The steps of changes that are being made or were cut short here, newest first. Blocking."""
    try:
        return [step for step in ports.history.prepared_undo() if ports.is_here(step.host)]
    except HistoryError:
        return []  # what needs the history reports it


def _finish(step: UndoStep, kept: StoredChange, ports: Ports) -> None:
    """Have the step say what was made; one that was not made whole keeps saying that it was cut short."""
    summary = step.summary.removeprefix(CUT_SHORT) if kept.finished else step.summary
    # The payload of an older version stays as it is: its own kind says how to read it.
    payload = to_payload(kept, step.undoes, step.host) if step.kind in KINDS else ""
    try:
        ports.history.finish_undo(step.id, step.undoes, summary, payload)
    except HistoryError as error:
        raise Refused(f"{error}", advice=error.advice) from error
