"""One part of a compound change: how the world is to it, making it, and what has to follow.

The `Maker` remembers which systemd manager has to read its files anew, and sees to it before a unit is
switched and when all is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from fedtui.actions import part_files, part_git, part_units
from fedtui.actions.backup import for_the_eye
from fedtui.actions.parts import (
    FileText,
    Folder,
    Lingering,
    Part,
    RemoteUrl,
    Renamed,
    TableText,
    UnitSwitch,
    Worktree,
)
from fedtui.actions.plan import Stands
from fedtui.ports import Ports


async def stands(part: Part, ports: Ports) -> Stands:
    """How the world is to the part now. Raises Refused where that cannot be told."""
    match part:
        case UnitSwitch() | Lingering():
            return await part_units.stands(part, ports)
        case RemoteUrl() | Worktree():
            return await asyncio.to_thread(part_git.stands, part)
        case TableText() | FileText() | Folder() | Renamed():
            return await asyncio.to_thread(part_files.stands, part, ports)


class Maker:
    """Makes parts, one after the other. Every method raises Refused, or Stale for what others changed."""

    def __init__(self, ports: Ports, unread: Iterable[Part] = ()) -> None:
        self._ports = ports
        self._unread: dict[bool, list[FileText]] = {}
        for part in unread:
            self._written(part)

    async def make(self, part: Part) -> None:
        """Make one part and read it back."""
        match part:
            case UnitSwitch():
                await self.reload(user_manager=part.user_manager)
                await part_units.switch(part, self._ports)
            case Lingering():
                await part_units.set_lingering(part, self._ports)
            case RemoteUrl() | Worktree():
                await asyncio.to_thread(part_git.make, part)
            case TableText() | FileText() | Folder() | Renamed():
                await asyncio.to_thread(part_files.make, part, self._ports)
        self._written(part)

    def _written(self, part: Part) -> None:
        if isinstance(part, FileText):
            user_manager = part_units.manager_of(part.path)
            if user_manager is not None:
                self._unread.setdefault(user_manager, []).append(part)

    async def reload(self, *, user_manager: bool) -> None:
        """Have a manager read its unit files anew where any was written since it last did."""
        files = self._unread.pop(user_manager, [])
        if files:
            await part_units.reload(self._ports, files, user_manager=user_manager)

    async def finish(self) -> None:
        """What has to follow the last part."""
        for user_manager in tuple(self._unread):
            await self.reload(user_manager=user_manager)


def named(part: Part) -> str:
    """The part in a few words, such as "the crontab of fed" or a path."""
    match part:
        case TableText():
            return f"the crontab of {part.user}" if part.table == "crontab" else part.table
        case FileText() | Folder():
            return for_the_eye(Path(part.path))
        case Renamed():
            return f"{for_the_eye(Path(part.source))}, renamed"
        case UnitSwitch():
            return part.unit
        case Lingering():
            return f"the lingering of {part.user}"
        case RemoteUrl():
            return f"the URL of {part.remote} in {for_the_eye(Path(part.repository))}"
        case Worktree():
            return f"the worktree {for_the_eye(Path(part.path))}"
