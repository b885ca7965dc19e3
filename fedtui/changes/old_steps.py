"""Undo steps that other versions of fedtui wrote, as the edits that they mean.

Up to 0.1 each kind of change had a payload of its own; those steps are in users' histories, and stay usable.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fedtui.action_result import Refused
from fedtui.changes.change_journal import KIND, StoredChange, read_stored, to_restore, unpack
from fedtui.changes.edits import Edit, FileEdit, TableEdit, inverse
from fedtui.changes.timer_pause import pause_edits
from fedtui.changes.timer_unit import TimerTarget
from fedtui.changes.undo_log import MARK
from fedtui.history.database import UndoStep

KINDS = (KIND, "bundle")
"""Kinds of steps whose payload is a list of edits; "bundle" up to 0.1."""


def stored_change(step: UndoStep) -> StoredChange:
    """The edits of a step, whichever version wrote it. Raises Refused for one that is newer than this."""
    try:
        if step.kind in (*KINDS, MARK):
            return read_stored(step.payload)
        if step.kind not in _EDITS:
            raise Refused(
                f"Change {step.id} ({step.kind}) was made by another version of fedtui, which can undo it."
            )
        edits = _EDITS[step.kind](json.loads(step.payload))
    except (ValueError, LookupError, TypeError) as error:
        raise Refused(
            f"Change {step.id} cannot be read ({error}): another version of fedtui made it, and can undo it."
        ) from error
    return StoredChange(edits, 0 if step.prepared else len(edits), not step.prepared)


def _crontab(data: dict[str, Any]) -> tuple[Edit, ...]:
    return (TableEdit(data["user"], data["table"], unpack(data["before"]), unpack(data["after"])),)


def _config_file(data: dict[str, Any]) -> tuple[Edit, ...]:
    path = Path(data["path"]).resolve()
    return (FileEdit(str(path), unpack(data["before"]), unpack(data["after"]), mode=0o600),)


def _timer_drop_in(data: dict[str, Any]) -> tuple[Edit, ...]:
    return (FileEdit(data["path"], unpack(data["before"]), unpack(data["after"])),)


def _timer_state(data: dict[str, Any]) -> tuple[Edit, ...]:
    target, restore = TimerTarget(**data["target"]), to_restore(data["restore"])
    if data["pause"]:
        return pause_edits(target, restore, kept=None)
    return tuple(inverse(edit) for edit in reversed(pause_edits(target, restore, kept=None)))


_EDITS: dict[str, Callable[[dict[str, Any]], tuple[Edit, ...]]] = {
    "crontab": _crontab,
    "config-file": _config_file,
    "timer-drop-in": _timer_drop_in,
    "timer-state": _timer_state,
}
