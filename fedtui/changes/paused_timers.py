"""Which timers fedtui holds back, and what has to be put back to let them run again.

systemd cannot tell a timer that is paused from one that was never switched on, so the difference is kept
here: one JSON file in the state folder, mode 0600, replaced atomically. Blocking.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace

from fedtui.action_result import Refused
from fedtui.changes.edits import PausedTimerEdit, Restore
from fedtui.changes.plan import Conflict, EditState
from fedtui.config import Config
from fedtui.system.atomic_write import write_atomically
from fedtui.system.regular_file import read_regular


class PausedTimers:
    """The memory in one state folder."""

    def __init__(self, config: Config) -> None:
        self.path = config.state / "paused-timers.json"

    def names(self, *, user_manager: bool) -> frozenset[str]:
        """The units of one manager that are held back; none where the file cannot be read."""
        try:
            return frozenset(kept.unit for kept in self._read() if kept.user_manager == user_manager)
        except Refused:
            return frozenset()

    def reader(self, *, user_manager: bool) -> Callable[[], frozenset[str]]:
        """`names` as the callable that a TimerSource takes."""
        return lambda: self.names(user_manager=user_manager)

    def get(self, unit: str, *, user_manager: bool) -> Restore | None:
        """What was remembered of a unit, or None."""
        found = (kept for kept in self._read() if (kept.unit, kept.user_manager) == (unit, user_manager))
        return next(found, None)

    def put(self, restore: Restore) -> None:
        """Remember a pause. Raises Refused where that cannot be written."""
        self._write([*self._others(restore.unit, restore.user_manager), restore])

    def drop(self, unit: str, *, user_manager: bool) -> None:
        """Forget a pause that has ended."""
        others = self._others(unit, user_manager)
        if len(others) != len(self._read()):
            self._write(others)

    def state_of(self, edit: PausedTimerEdit) -> EditState:
        """What is remembered, compared with the edit."""
        return EditState.of(self.get(edit.unit, user_manager=edit.user_manager), edit.before, edit.after)

    def apply(self, edit: PausedTimerEdit) -> None:
        """Remember or forget the pause. Raises Conflict, Refused."""
        if self.state_of(edit) is EditState.OTHER:
            raise Conflict(f"{edit.unit} was paused or resumed after your plan was made.")
        if edit.after is None:
            self.drop(edit.unit, user_manager=edit.user_manager)
        else:
            self.put(edit.after)

    def _others(self, unit: str, user_manager: bool) -> list[Restore]:
        return [kept for kept in self._read() if (kept.unit, kept.user_manager) != (unit, user_manager)]

    def _read(self) -> list[Restore]:
        try:
            entries = json.loads(read_regular(self.path))
            kept = [Restore(**entry) for entry in entries]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise Refused(
                f"{self.path}, which holds what paused timers need, cannot be read: {error}.",
                advice="Nothing was deleted. Fix it, or move it away to forget the pauses.",
            ) from error
        return [replace(item, links=tuple((path, target) for path, target in item.links)) for item in kept]

    def _write(self, entries: list[Restore]) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self.path, json.dumps([asdict(entry) for entry in entries]).encode())
        except OSError as error:
            raise Refused(f"{self.path} cannot be written: {error.strerror}.") from error
