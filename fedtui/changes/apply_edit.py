"""One part of a compound change: how the world is to it, making it, and what has to follow.

The `EditExecutor` remembers which systemd manager has to read its files anew, and sees to it before a unit is
switched and when all is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from fedtui.changes import file_edits, git_edits, unit_edits
from fedtui.changes.edits import (
    Edit,
    FileEdit,
    FolderEdit,
    LingerEdit,
    RemoteUrlEdit,
    RenameEdit,
    TableEdit,
    UnitEdit,
    WorktreeEdit,
)
from fedtui.changes.plan import EditState
from fedtui.ports import Ports
from fedtui.safe_text import display_path


async def state_of(part: Edit, ports: Ports) -> EditState:
    """How the world is to the part now. Raises Refused where that cannot be told."""
    match part:
        case UnitEdit() | LingerEdit():
            return await unit_edits.state_of(part, ports)
        case RemoteUrlEdit() | WorktreeEdit():
            return await asyncio.to_thread(git_edits.state_of, part)
        case TableEdit() | FileEdit() | FolderEdit() | RenameEdit():
            return await asyncio.to_thread(file_edits.state_of, part, ports)


class EditExecutor:
    """Makes parts, one after the other. Every method raises Refused, or Stale for what others changed."""

    def __init__(self, ports: Ports, unread: Iterable[Edit] = ()) -> None:
        self._ports = ports
        self._unread: dict[bool, list[FileEdit]] = {}
        for part in unread:
            self._written(part)

    async def make(self, part: Edit) -> None:
        """Make one part and read it back."""
        match part:
            case UnitEdit():
                await self.reload(user_manager=part.user_manager)
                await unit_edits.switch(part, self._ports)
            case LingerEdit():
                await unit_edits.set_lingering(part, self._ports)
            case RemoteUrlEdit() | WorktreeEdit():
                await asyncio.to_thread(git_edits.apply_git_edit, part)
            case TableEdit() | FileEdit() | FolderEdit() | RenameEdit():
                await asyncio.to_thread(file_edits.apply_file_edit, part, self._ports)
        self._written(part)

    def _written(self, part: Edit) -> None:
        if isinstance(part, FileEdit):
            user_manager = unit_edits.open_manager(part.path)
            if user_manager is not None:
                self._unread.setdefault(user_manager, []).append(part)

    async def reload(self, *, user_manager: bool) -> None:
        """Have a manager read its unit files anew where any was written since it last did."""
        files = self._unread.pop(user_manager, [])
        if files:
            await unit_edits.reload(self._ports, files, user_manager=user_manager)

    async def finish(self) -> None:
        """What has to follow the last part."""
        for user_manager in tuple(self._unread):
            await self.reload(user_manager=user_manager)


def edit_label(part: Edit) -> str:
    """The part in a few words, such as "the crontab of fed" or a path."""
    match part:
        case TableEdit():
            return f"the crontab of {part.user}" if part.table == "crontab" else part.table
        case FileEdit() | FolderEdit():
            return display_path(Path(part.path))
        case RenameEdit():
            return f"{display_path(Path(part.source))}, renamed"
        case UnitEdit():
            return part.unit
        case LingerEdit():
            return f"the lingering of {part.user}"
        case RemoteUrlEdit():
            return f"the URL of {part.remote} in {display_path(Path(part.repository))}"
        case WorktreeEdit():
            return f"the worktree {display_path(Path(part.path))}"
