"""The undo step of a compound change, kept from before its first part to after its last. Blocking.

It says how many parts are made, so that a change that was cut short (by a kill, by a power cut) can be seen
and taken back: parts before that number are made, the one of that number may be, those behind it are not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, NamedTuple

from fedtui.actions import parts as kinds
from fedtui.actions.parts import Bundle, Part
from fedtui.actions.plan import Applied, Plan, Refused
from fedtui.actions.ports import Ports
from fedtui.actions.undo_memory import pack, unpack
from fedtui.history.database import HistoryError

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        kinds.TableText,
        kinds.FileText,
        kinds.Folder,
        kinds.Renamed,
        kinds.UnitSwitch,
        kinds.Lingering,
        kinds.RemoteUrl,
        kinds.Worktree,
    )
}
_TEXTS = ("TableText", "FileText")
CUT_SHORT = "Cut short: "


class Kept(NamedTuple):
    """What an undo step holds: the parts in the order of making, how many are made, whether all was done."""

    parts: tuple[Part, ...]
    made: int
    finished: bool


def written(parts: Sequence[Part], made: int, *, finished: bool) -> str:
    """As JSON."""
    return json.dumps({"parts": [_record(part) for part in parts], "made": made, "finished": finished})


def read(payload: str) -> Kept:
    """Inverse of `written`."""
    data = json.loads(payload)
    return Kept(tuple(map(_part, data["parts"])), data["made"], data["finished"])


def _record(part: Part) -> dict[str, Any]:
    kind = type(part).__name__
    record: dict[str, Any] = {"kind": kind, **asdict(part)}
    if kind in _TEXTS:
        record |= {name: pack(record[name]) for name in ("before", "after")}
    return record


def _part(record: dict[str, Any]) -> Part:
    kind = _KINDS[record["kind"]]
    known = {field.name for field in fields(kind)}
    values = {name: value for name, value in record.items() if name in known}
    if record["kind"] in _TEXTS:
        values |= {name: unpack(values[name]) for name in ("before", "after")}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    part: Part = kind(**values)
    return part


class Journal:
    """The step of one change that is being made."""

    def __init__(self, plan: Plan, bundle: Bundle, ports: Ports) -> None:
        self._history = ports.history
        self._plan = plan
        self._bundle = bundle
        try:
            self.id = ports.history.add_undo(
                at=ports.clock(),
                verb=plan.verb,
                job_id=plan.job_id,
                job_name=plan.job_name,
                summary=CUT_SHORT + plan.summary,
                kind=bundle.kind,
                payload=written(bundle.parts, 0, finished=False),
            )
        except HistoryError as error:
            raise Refused(f"How to undo this cannot be kept. {error}", advice=error.advice) from error

    def note(self, made: int) -> None:
        """So many parts are made."""
        self._rewrite(CUT_SHORT + self._plan.summary, made, finished=False)

    def finish(self) -> Applied:
        """All is made: the step is as any other, and the one that this change took back is marked."""
        done = self._bundle.done
        try:
            self._rewrite(self._plan.summary, len(self._bundle.parts), finished=True)
            if self._bundle.undoes is not None:
                self._history.mark_undone(self._bundle.undoes)
        except Refused as refusal:
            return Applied(f"{done} The note of it is not whole: {refusal.message}", self.id)
        except HistoryError as error:
            return Applied(f"{done} The note of it is not whole: {error}", self.id)
        return Applied(done, self.id)

    def forget(self) -> None:
        """All was taken back: there is nothing to undo."""
        try:
            self._history.forget_undo(self.id)
        except HistoryError as error:
            raise Refused(f"The note of a change that was taken back stays: {error}") from error

    def _rewrite(self, summary: str, made: int, *, finished: bool) -> None:
        payload = written(self._bundle.parts, made, finished=finished)
        try:
            self._history.rewrite_undo(self.id, summary=summary, payload=payload)
        except HistoryError as error:
            raise Refused(f"How far the change is cannot be kept: {error}", advice=error.advice) from error
