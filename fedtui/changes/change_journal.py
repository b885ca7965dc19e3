"""The undo step of a compound change, kept from before its first edit to after its last. Blocking.

It says how many edits are made, so that a change that was cut short (by a kill, by a power cut) can be seen
and taken back: edits before that number are made, the one of that number may be, those behind it are not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, NamedTuple

from fedtui.action_result import Applied, Refused
from fedtui.changes import edits as kinds
from fedtui.changes.edits import ChangeSet, Edit
from fedtui.changes.plan import Plan
from fedtui.changes.undo_records import finish_step, forget_step, pack, prepare_step, unpack
from fedtui.history.database import HistoryError
from fedtui.ports import Ports

_KINDS: dict[str, type[Any]] = {
    "TableText": kinds.TableEdit,
    "FileText": kinds.FileEdit,
    "Folder": kinds.FolderEdit,
    "Renamed": kinds.RenameEdit,
    "UnitSwitch": kinds.UnitEdit,
    "Lingering": kinds.LingerEdit,
    "RemoteUrl": kinds.RemoteUrlEdit,
    "Worktree": kinds.WorktreeEdit,
}
"""The names are in the histories of users: they stay whatever the classes are called."""
_NAMES = {kind: name for name, kind in _KINDS.items()}
_TEXTS = ("TableText", "FileText")
CUT_SHORT = "Cut short: "


class StoredChange(NamedTuple):
    """What an undo step holds: the edits in the order of making, how many are made, whether all was done."""

    edits: tuple[Edit, ...]
    made: int
    finished: bool


def to_payload(edits: Sequence[Edit], made: int, *, finished: bool, undoes: int | None = None) -> str:
    records = [_record(edit) for edit in edits]
    return json.dumps({"parts": records, "made": made, "finished": finished, "undoes": undoes})


def read_stored(payload: str) -> StoredChange:
    """Inverse of `to_payload`."""
    data = json.loads(payload)
    return StoredChange(tuple(map(_edit, data["parts"])), data["made"], data["finished"])


def _record(edit: Edit) -> dict[str, Any]:
    kind = _NAMES[type(edit)]
    record: dict[str, Any] = {"kind": kind, **asdict(edit)}
    if kind in _TEXTS:
        record |= {name: pack(record[name]) for name in ("before", "after")}
    return record


def _edit(record: dict[str, Any]) -> Edit:
    kind = _KINDS[record["kind"]]
    known = {field.name for field in fields(kind)}
    values = {name: value for name, value in record.items() if name in known}
    if record["kind"] in _TEXTS:
        values |= {name: unpack(values[name]) for name in ("before", "after")}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    edit: Edit = kind(**values)
    return edit


class ChangeJournal:
    """The step of one change that is being made, or of an undo that was cut short and is taken up again."""

    def __init__(self, plan: Plan, change_set: ChangeSet, ports: Ports) -> None:
        self._ports = ports
        self._plan = plan
        self._change_set = change_set
        self._edits = (*change_set.made, *change_set.edits)
        if change_set.resumes is not None:
            self.id = change_set.resumes
            self.note(0)
            return
        payload = json.loads(self._written(0))
        self.id = prepare_step(plan, payload, change_set.undoes, ports, CUT_SHORT + plan.summary)

    def note(self, made: int) -> None:
        """So many of the change set's edits are made."""
        try:
            self._ports.history.rewrite_undo(
                self.id, summary=CUT_SHORT + self._plan.summary, payload=self._written(made)
            )
        except HistoryError as error:
            raise Refused(f"How far the change is cannot be kept: {error}", advice=error.advice) from error

    def finish(self) -> Applied:
        """All is made: the step is as any other, and the one that this change took back is marked."""
        change_set = self._change_set
        payload = self._written(len(change_set.edits), finished=True)
        return finish_step(
            change_set.done, self.id, change_set.undoes, self._ports, self._plan.summary, payload
        )

    def forget(self) -> None:
        """All was taken back: nothing to undo, or what was made before the change set's edits."""
        if self._change_set.resumes is not None:
            self.note(0)
        else:
            forget_step(self.id, self._ports)

    def _written(self, made: int, *, finished: bool = False) -> str:
        done = len(self._change_set.made) + made
        return to_payload(self._edits, done, finished=finished, undoes=self._change_set.undoes)
