"""One edit: its state, making it, and what has to follow.

The `EditExecutor` remembers which systemd manager has to read its files again, and reloads it before a unit
is switched and when all is made. Only while holding the lock of `unfinished.change_lock`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from fedtui.changes import file_edits, git_edits, recorder_place, unit_edits
from fedtui.changes.edits import (
    Edit,
    FileEdit,
    FolderEdit,
    LingerEdit,
    MaskEdit,
    PausedTimerEdit,
    RecorderEdit,
    RemoteUrlEdit,
    RenameEdit,
    TableEdit,
    UnitEdit,
    WorktreeEdit,
)
from fedtui.changes.paused_timers import PausedTimers
from fedtui.changes.plan import EditState
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system import lock_file


async def state_of(edit: Edit, ports: Ports) -> EditState:
    """The state of what the edit is about. Raises Refused where that cannot be told."""
    match edit:
        case UnitEdit() | LingerEdit() | MaskEdit():
            return await unit_edits.state_of(edit, ports)
        case PausedTimerEdit():
            return await asyncio.to_thread(PausedTimers(ports.config).state_of, edit)
        case RecorderEdit():
            return await asyncio.to_thread(recorder_place.state_of, edit, ports.config)
        case RemoteUrlEdit() | WorktreeEdit():
            return await asyncio.to_thread(git_edits.state_of, edit)
        case TableEdit() | FileEdit() | FolderEdit() | RenameEdit():
            return await asyncio.to_thread(file_edits.state_of, edit, ports)


class EditExecutor:
    """Makes edits, one after the other. Every method raises Refused, or Conflict for what others changed.

    `backup` keeps the texts that are replaced; a rollback replaces only what was written just before.
    """

    def __init__(self, ports: Ports, unread: Iterable[Edit] = (), *, backup: bool = True) -> None:
        self._ports = ports
        self._backup = backup
        self._unread: dict[bool, list[FileEdit]] = {}
        for edit in unread:
            self._written(edit)

    async def make(self, edit: Edit) -> None:
        """Make one edit and read it back."""
        match edit:
            case UnitEdit():
                await self.reload(user_manager=edit.user_manager)
                await unit_edits.switch(edit, self._ports)
            case MaskEdit():
                await unit_edits.set_mask(edit, self._ports)
            case LingerEdit():
                await unit_edits.set_lingering(edit, self._ports)
            case PausedTimerEdit():
                await _in_thread(PausedTimers(self._ports.config).apply, edit)
            case RecorderEdit():
                await _in_thread(recorder_place.apply_recorder_edit, edit, self._ports.config)
            case RemoteUrlEdit() | WorktreeEdit():
                await _in_thread(git_edits.apply_git_edit, edit)
            case TableEdit() | FileEdit() | FolderEdit() | RenameEdit():
                await _in_thread(file_edits.apply_file_edit, edit, self._ports, self._backup)
        self._written(edit)

    def _written(self, edit: Edit) -> None:
        if isinstance(edit, FileEdit):
            user_manager = unit_edits.open_manager(edit.path)
            if user_manager is not None:
                self._unread.setdefault(user_manager, []).append(edit)

    async def reload(self, *, user_manager: bool) -> None:
        """Have a manager read its unit files again where any was written since it last did."""
        files = self._unread.pop(user_manager, [])
        if files:
            await unit_edits.reload(self._ports, files, user_manager=user_manager)

    async def finish(self) -> None:
        """What has to follow the last edit."""
        for user_manager in tuple(self._unread):
            await self.reload(user_manager=user_manager)


async def _in_thread(make: Callable[..., None], *arguments: Any) -> None:
    """Hold the lock for as long as the thread writes: a cancelled task releases its own at once."""
    held = lock_file.HELD.get()
    own = None if held is None else os.dup(held)

    def run() -> None:
        try:
            make(*arguments)
        finally:
            if own is not None:
                os.close(own)

    await asyncio.to_thread(run)


def edit_label(edit: Edit) -> str:
    """The edit in a few words, such as "the crontab of fed" or a path."""
    match edit:
        case TableEdit():
            return f"the crontab of {edit.user}" if edit.table == "crontab" else edit.table
        case FileEdit() | FolderEdit():
            return display_path(Path(edit.path))
        case RenameEdit():
            return f"{display_path(Path(edit.source))}, renamed"
        case UnitEdit() | MaskEdit():
            return edit.unit
        case PausedTimerEdit():
            return f"what is remembered of {edit.unit}"
        case RecorderEdit():
            return "the recorder"
        case LingerEdit():
            return f"the lingering of {edit.user}"
        case RemoteUrlEdit():
            return f"the URL of {edit.remote} in {display_path(Path(edit.repository))}"
        case WorktreeEdit():
            return f"the worktree {display_path(Path(edit.path))}"
