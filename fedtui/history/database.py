"""The user's SQLite database of runs and undo steps: WAL, mode 0600, bounded, safe against a kill.

Several processes write it at once (the dashboard, the command line, the supervisors of detached runs),
so every call opens its own short transaction. Blocking: call it in a thread from the event loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class UndoStep:
    """How to take one applied change back. `payload` is JSON that only the change's own kind reads."""

    id: int
    at: datetime
    verb: str
    job_id: str
    job_name: str
    summary: str
    kind: str
    payload: str
    undone: bool = False


class History:
    """The database at one path; opened lazily, created with mode 0600."""
