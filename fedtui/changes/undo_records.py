"""The undo step of a change: on the disk before the change, finished after it, looked at again after a kill.

A step's payload is JSON; texts lie in it packed, since a table may be long and hold any byte. Of a step that
is only prepared nobody knows whether its change was made: that is found out by comparing (unfinished.py).
Blocking.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fedtui.action_result import Applied, Refused
from fedtui.changes.plan import Plan, Step
from fedtui.changes.undo_text import undo_words, what_was_done
from fedtui.history.database import HistoryError, UndoStep
from fedtui.ports import Ports


@dataclass(frozen=True, slots=True)
class MarkUndone:
    """A step whose change is not, or no longer, in force: only that is noted."""

    undoes: int
    done: str

    @property
    def kind(self) -> str:
        """No step of this kind is kept."""
        return "note"


def plan_already_undone(step: UndoStep, what: str) -> Plan:
    """The plan of an undo that finds `what` as it was before, as one does that was killed near its end."""
    return Plan(
        verb="undo",
        job_id=step.job_id,
        job_name=step.job_name,
        summary=f"{undo_words(step)} {what} is already as it was before: only the step is marked.",
        diffs=(),
        steps=(Step("write", f"change {step.id} is marked as taken back"),),
        change=MarkUndone(step.id, f"Undone: {what_was_done(step)}."),
    )


def mark_undone(noted: MarkUndone, ports: Ports) -> Applied:
    """Mark the step; an undo of it that was cut short counts as the one that took it back."""
    try:
        cut = next((step for step in ports.history.prepared_undo() if step.undoes == noted.undoes), None)
        if cut is None:
            ports.history.mark_undone(noted.undoes)
        else:
            ports.history.finish_undo(cut.id, noted.undoes)
    except HistoryError as error:
        raise Refused(f"That it was taken back cannot be kept. {error}", advice=error.advice) from error
    return Applied(noted.done, None if cut is None else cut.id)


def require_history(ports: Ports) -> None:
    """Raise Refused where an undo step could not be kept: then nothing is changed, or made, at all."""
    try:
        ports.history.writable()
    except HistoryError as error:
        raise Refused(f"How to undo this cannot be kept. {error}", advice=error.advice) from error


def prepare_step(
    plan: Plan, payload: Mapping[str, Any], undoes: int | None, ports: Ports, summary: str = ""
) -> int:
    """Keep the step before its change. Raises Refused where that cannot be: then nothing is changed."""
    try:
        return ports.history.add_undo(
            at=ports.clock(),
            verb=plan.verb,
            job_id=plan.job_id,
            job_name=plan.job_name,
            summary=summary or plan.summary,
            kind=plan.change.kind,
            payload=json.dumps({**payload, "undoes": undoes}),
            prepared=True,
        )
    except HistoryError as error:
        raise Refused(f"How to undo this cannot be kept. {error}", advice=error.advice) from error


def finish_step(
    done: str, undo_id: int, undoes: int | None, ports: Ports, summary: str = "", payload: str = ""
) -> Applied:
    """The change is made. Where that cannot be noted now, the next look at the step finds it out."""
    try:
        ports.history.finish_undo(undo_id, undoes, summary, payload)
    except HistoryError as error:
        return Applied(f"{done} The note of it is not whole: {error}", undo_id)
    return Applied(done, undo_id)


def forget_step(undo_id: int, ports: Ports) -> None:
    """The change was not made; where that cannot be noted now, the next look finds it out."""
    with suppress(HistoryError):
        ports.history.forget_undo(undo_id)


def pack(text: bytes | None) -> str | None:
    """A text, or that there was none, as JSON can hold it."""
    return None if text is None else base64.b64encode(zlib.compress(text)).decode("ascii")


def unpack(packed: str | None) -> bytes | None:
    """Inverse of `pack`."""
    return None if packed is None else zlib.decompress(base64.b64decode(packed))
