"""The undo step of a change: on the disk before its first edit, finished after its last. Blocking.

It says how many edits are made, so that a change that was cut short (by a kill, by a power cut) can be seen
and taken back: edits before that number are made, the one of that number may be, those behind it are not.
"""

from __future__ import annotations

import base64
import json
import zlib
from contextlib import suppress
from dataclasses import asdict, fields
from typing import Any, NamedTuple

from fedtui.action_result import Applied, Refused
from fedtui.changes import edits as kinds
from fedtui.changes.edits import Edit, Restore
from fedtui.changes.plan import Plan
from fedtui.changes.undo_log import CUT_SHORT, MARK
from fedtui.history.database import HistoryError
from fedtui.ports import Ports

KIND = "edits"
"""As the history names steps of this format; an older fedtui, which names its own, leaves these alone."""

_KINDS: dict[str, type[Any]] = {
    "TableText": kinds.TableEdit,
    "FileText": kinds.FileEdit,
    "Folder": kinds.FolderEdit,
    "Renamed": kinds.RenameEdit,
    "UnitSwitch": kinds.UnitEdit,
    "Mask": kinds.MaskEdit,
    "PausedTimer": kinds.PausedTimerEdit,
    "Recorder": kinds.RecorderEdit,
    "Lingering": kinds.LingerEdit,
    "RemoteUrl": kinds.RemoteUrlEdit,
    "Worktree": kinds.WorktreeEdit,
}
"""The names are in the histories of users: they stay whatever the classes are called."""
_NAMES = {kind: name for name, kind in _KINDS.items()}
_TEXTS = ("TableText", "FileText")


class StoredChange(NamedTuple):
    """What an undo step holds: the edits in the order of making, how many are made, whether all was done.

    `jobs` are the ids and names of what was changed, `moves` pairs of ids before and after.
    """

    edits: tuple[Edit, ...]
    made: int
    finished: bool
    jobs: tuple[tuple[str, str], ...] = ()
    moves: tuple[tuple[str, str], ...] = ()


def to_payload(kept: StoredChange, undoes: int | None = None, host: str = "") -> str:
    """The JSON that an undo step keeps."""
    record = {"parts": [_record(edit) for edit in kept.edits], "made": kept.made, "finished": kept.finished}
    named = {"jobs": kept.jobs, "moves": kept.moves}
    return json.dumps({**record, **named, "undoes": undoes, "host": host})


def read_stored(payload: str) -> StoredChange:
    """Inverse of `to_payload`. Raises ValueError for what cannot be read."""
    try:
        data = json.loads(payload)
        edits = tuple(map(_edit, data["parts"]))
        named = (_tuples(data.get(name, [])) for name in ("jobs", "moves"))
        return StoredChange(edits, data["made"], data["finished"], *named)
    except (LookupError, TypeError, zlib.error) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _record(edit: Edit) -> dict[str, Any]:
    kind = _NAMES[type(edit)]
    record: dict[str, Any] = {"kind": kind, **asdict(edit)}
    if kind in _TEXTS:
        record |= {name: pack(record[name]) for name in ("before", "after")}
    return record


def _edit(record: dict[str, Any]) -> Edit:
    kind = _KINDS[record["kind"]]
    known = {field.name for field in fields(kind)}
    values = {name: _tuples(value) for name, value in record.items() if name in known}
    if record["kind"] in _TEXTS:
        values |= {name: unpack(values[name]) for name in ("before", "after")}
    elif record["kind"] == "PausedTimer":
        values |= {name: values[name] and to_restore(values[name]) for name in ("before", "after")}
    edit: Edit = kind(**values)
    return edit


def to_restore(record: dict[str, Any]) -> Restore:
    """What JSON holds of a paused timer."""
    return Restore(**{name: _tuples(value) for name, value in record.items()})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def pack(text: bytes | None) -> str | None:
    """A text, or that there was none, as JSON can hold it: a table may be long and hold any byte."""
    return None if text is None else base64.b64encode(zlib.compress(text)).decode("ascii")


def unpack(packed: str | None) -> bytes | None:
    """Inverse of `pack`."""
    return None if packed is None else zlib.decompress(base64.b64decode(packed))


class ChangeJournal:
    """The step of one change that is being made, or of an undo that was cut short and is resumed.

    Raises Refused where the step cannot be kept: then nothing is changed.
    """

    def __init__(self, plan: Plan, ports: Ports) -> None:
        self._ports = ports
        self._plan = plan
        change = plan.change
        self._edits = (*change.made, *change.edits)
        if change.resumes is not None:
            self.id = change.resumes
            self.note(0)
            return
        try:
            self.id = ports.history.add_undo(
                at=ports.clock(),
                verb=plan.verb,
                job_id=plan.job_id,
                job_name=plan.job_name,
                summary=CUT_SHORT + plan.summary,
                kind=KIND if self._edits else MARK,
                payload=self._written(0),
                prepared=True,
            )
        except HistoryError as error:
            raise _not_kept(error) from error

    def note(self, made: int) -> None:
        """So many of the plan's edits are made."""
        try:
            self._ports.history.rewrite_undo(
                self.id, summary=CUT_SHORT + self._plan.summary, payload=self._written(made)
            )
        except HistoryError as error:
            raise Refused(f"How far the change is cannot be kept: {error}", advice=error.advice) from error

    def finish(self) -> Applied:
        """All is made: the step is as any other, and the one that this change took back is marked.

        Where that cannot be written now, the next look at the step finds it out (unfinished.py).
        """
        change = self._plan.change
        payload = self._written(len(change.edits), finished=True)
        try:
            self._ports.history.finish_undo(self.id, change.undoes, self._plan.summary, payload)
        except HistoryError as error:
            return Applied(f"{change.done} The note of it is not whole: {error}", self.id)
        return Applied(change.done, self.id)

    def forget(self) -> None:
        """All was rolled back: nothing to undo, or what was made before the plan's edits."""
        if self._plan.change.resumes is not None:
            self.note(0)
        else:
            forget_step(self.id, self._ports)

    def _written(self, made: int, *, finished: bool = False) -> str:
        change = self._plan.change
        kept = StoredChange(self._edits, len(change.made) + made, finished, self._plan.jobs, self._plan.moves)
        return to_payload(kept, change.undoes, self._ports.host)


def forget_step(undo_id: int, ports: Ports) -> None:
    """The change was not made; where that cannot be noted now, the next look finds it out."""
    with suppress(HistoryError):
        ports.history.forget_undo(undo_id)


def require_history(ports: Ports) -> None:
    """Raise Refused where an undo step could not be kept: then nothing is changed, or made, at all."""
    try:
        ports.history.writable()
    except HistoryError as error:
        raise _not_kept(error) from error


def _not_kept(error: HistoryError) -> Refused:
    return Refused(f"How to undo this cannot be kept. {error}", advice=error.advice)
