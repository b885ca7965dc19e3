"""One change at a time, and what a kill left of one: looked at before the next change, and before an undo.

A step that was prepared and not finished says nothing of its change. What was not made is forgotten; what was
made, in whole or in part, is offered to be undone. An undo that was cut short stays prepared: taking its step
back again finishes it, so that an undo repeated after a kill never makes the change again.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from fedtui.action_result import Refused
from fedtui.changes import change_set, cron_apply, silence_finding, timer_pause, timer_reschedule
from fedtui.changes.plan import Conflict, EditState
from fedtui.changes.undo_records import forget_step, require_history
from fedtui.history.database import HistoryError, UndoStep
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system import lock_file

PATIENCE = 10.0
"""Seconds that a change waits for another process's to be made."""


class ChangeKind(NamedTuple):
    """What is done with changes of one kind: kept in a step, made, compared with the world."""

    payload: Callable[[Any], dict[str, Any]]
    make: Callable[[Any, Ports], Awaitable[None]]
    stands: Callable[[Mapping[str, Any], Ports], Awaitable[EditState]]


def _threaded(
    payload: Callable[[Any], dict[str, Any]],
    make: Callable[[Any, Ports], None],
    stands: Callable[[Mapping[str, Any], Ports], EditState],
) -> ChangeKind:
    return ChangeKind(
        payload,
        lambda change, ports: asyncio.to_thread(_under_lock, make, change, ports),
        lambda data, ports: asyncio.to_thread(stands, data, ports),
    )


def _under_lock(make: Callable[[Any, Ports], None], change: Any, ports: Ports) -> None:
    """Hold the lock for as long as the thread writes: a cancelled task releases its own at once."""
    held = lock_file.HELD.get()
    own = None if held is None else os.dup(held)
    try:
        make(change, ports)
    finally:
        if own is not None:
            os.close(own)


KINDS = {
    "crontab": _threaded(cron_apply.cron_payload, cron_apply.write_cron_change, cron_apply.state_of_cron),
    "config-file": _threaded(
        silence_finding.config_payload, silence_finding.write_config_change, silence_finding.state_of_config
    ),
    "timer-state": ChangeKind(
        timer_pause.timer_payload, timer_pause.write_timer_state, timer_pause.state_of_timer
    ),
    "timer-drop-in": ChangeKind(
        timer_reschedule.drop_in_payload, timer_reschedule.write_drop_in, timer_reschedule.state_of_drop_in
    ),
}
"""All but compound changes, which keep their own note of how far they are."""


@asynccontextmanager
async def change_lock(ports: Ports) -> AsyncIterator[None]:
    """One change at a time, of all processes. Also a crontab that outlives its fedtui holds the lock."""
    await asyncio.to_thread(require_history, ports)  # before the lock's file is made
    path = ports.config.state / "change.lock"
    deadline = time.monotonic() + PATIENCE
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
    """`settle`, where there is anything to settle. Raises Conflict while another change is being made."""
    if await asyncio.to_thread(prepared, ports):
        async with change_lock(ports):
            await recover(ports)


async def recover(ports: Ports) -> None:
    """Find out what became of changes that were cut short. Only while holding the lock of `alone`."""
    for step in await asyncio.to_thread(prepared, ports):
        try:
            now = await state_of_step(step, ports)
        except (Refused, LookupError, ValueError, TypeError):
            continue  # not known now, or not readable: the step stays as it is, and later changes are made
        if now is EditState.BEFORE:
            await asyncio.to_thread(forget_step, step.id, ports)
        elif step.undoes is None:
            await asyncio.to_thread(_offer, step, ports)


async def state_of_step(step: UndoStep, ports: Ports) -> EditState:
    """How the world is to the step's change. Raises Refused where that cannot be told."""
    if step.kind == "bundle":
        return await change_set.state_of_set(step, ports)
    if step.kind not in KINDS:
        raise Refused(f"Change {step.id} ({step.kind}) was made by another version of fedtui.")
    return await KINDS[step.kind].stands(json.loads(step.payload), ports)


def prepared(ports: Ports) -> list[UndoStep]:
    """The steps of changes that are being made or were cut short, newest first. Blocking."""
    try:
        return ports.history.prepared_undo()
    except HistoryError:
        return []  # what needs the history reports it


def _offer(step: UndoStep, ports: Ports) -> None:
    try:
        ports.history.finish_undo(step.id, None)
    except HistoryError as error:
        raise Refused(f"{error}", advice=error.advice) from error
