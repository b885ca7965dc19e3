"""Undos and redos whose end nobody may have been shown: repeated after a kill, one must not go further.

The history marks such a step until `seen`. A lock, shared by every process that is about to show one, tells
a process that lives from one that was killed. Blocking.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from fedtui.action_result import Refused
from fedtui.history.database import HistoryError, UndoStep
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system import lock_file

_Answer = TypeVar("_Answer")

_HELD: dict[int, int] = {}
"""Descriptors of the lock, by the undo or redo of ours that is not shown yet."""


def hold(ports: Ports) -> int:
    """A descriptor that says that this process lives. Raises Refused."""
    return _ask(lock_file.share, "written", ports)


def keep(undo_id: int | None, descriptor: int) -> None:
    """Hold the lock until the step is `seen`."""
    _HELD[undo_id or 0] = descriptor


def seen(undo_id: int, ports: Ports) -> None:
    """Note that the end of an undo or redo was shown: the same command then means the next one."""
    with suppress(HistoryError):  # the next one asks once more, no harm is done
        ports.history.mark_seen(undo_id)
    descriptor = _HELD.pop(undo_id, None)
    if descriptor is not None:
        os.close(descriptor)


def is_cut_off(step: UndoStep, ports: Ports) -> bool:
    """Whether the process that made the step was killed before it showed the end. Raises Refused."""
    return step.unseen and _ask(lock_file.is_free, "read", ports)


def _ask(question: Callable[[Path], _Answer], done: str, ports: Ports) -> _Answer:
    path = ports.config.state / "unseen.lock"
    try:
        return question(path)
    except OSError as error:
        raise Refused(f"{display_path(path)} cannot be {done}: {error.strerror}.") from error
