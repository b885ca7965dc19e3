"""The undo step of an applied change: made sure of before the write, kept after it. Blocking.

A step's payload is JSON; texts lie in it packed, since a table may be long and hold any byte.
"""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

from fedtui.actions.backup import for_the_eye
from fedtui.actions.plan import Applied, Plan, Refused
from fedtui.actions.ports import Ports
from fedtui.history.database import HistoryError


def require_history(ports: Ports) -> None:
    """Raise Refused where an undo step could not be kept: then nothing is changed in the first place."""
    try:
        ports.history.writable()
    except HistoryError as error:
        raise Refused(f"How to undo this cannot be kept. {error}", advice=error.advice) from error


def remember(
    plan: Plan, done: str, payload: str, undoes: int | None, ports: Ports, kept: Path | None = None
) -> Applied:
    """Keep the step, and mark the one that this change took back. The change itself is done by now."""
    try:
        undo_id = ports.history.add_undo(
            at=ports.clock(),
            verb=plan.verb,
            job_id=plan.job_id,
            job_name=plan.job_name,
            summary=plan.summary,
            kind=plan.change.kind,
            payload=payload,
        )
        if undoes is not None:
            ports.history.mark_undone(undoes)
    except HistoryError as error:
        where = f" The text from before is in {for_the_eye(kept)}." if kept else ""
        return Applied(f"{done} It cannot be undone with u: {error}{where}")
    return Applied(done, undo_id)


def pack(text: bytes | None) -> str | None:
    """A text, or that there was none, as JSON can hold it."""
    return None if text is None else base64.b64encode(zlib.compress(text)).decode("ascii")


def unpack(packed: str | None) -> bytes | None:
    """Inverse of `pack`."""
    return None if packed is None else zlib.decompress(base64.b64decode(packed))
