"""Which parts of a compound change are to be made: those that are not so yet, with the folders they need.

For a plan, for the look before it is applied, and for its undo.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fedtui.actions import part_files
from fedtui.actions.backup import for_the_eye
from fedtui.actions.bundle_journal import Kept
from fedtui.actions.cron_apply import is_made, taken_back
from fedtui.actions.cron_change import check_text, file_diff
from fedtui.actions.part_making import named, stands
from fedtui.actions.part_units import stamp_left, switched
from fedtui.actions.parts import FileText, Folder, Part, Renamed, TableText, UnitSwitch, subjects, turned
from fedtui.actions.plan import FileDiff, Refused, Stale, Stands
from fedtui.actions.table import port_of, read_table
from fedtui.config import repair
from fedtui.ports import Ports
from fedtui.system.safe_folder import folder_fault


class NothingToChange(Refused):
    """Every part is as it should be already; for whoever applies the same thing twice no failure."""


async def to_do(parts: Sequence[Part], ports: Ports) -> tuple[Part, ...]:
    """The parts that are not so yet, in order, folders for files put before them. Raises Refused."""
    found: list[Part] = []
    seen: set[tuple[str, ...]] = set()
    for part in parts:
        about = subjects(part)
        if not about & seen:
            now = await stands(part, ports)
            if now is Stands.AFTER:
                continue
            if now is Stands.OTHER:
                raise Refused(f"{_begin(named(part))} is neither as it was nor as it should be.")
            found += await asyncio.to_thread(_missing, part, seen)
        seen |= about
        found.append(await asyncio.to_thread(_fit, part, ports))
    return tuple(found)


def _begin(words: str) -> str:
    return f"T{words[1:]}" if words.startswith("the ") else words


def _missing(part: Part, seen: set[tuple[str, ...]]) -> list[Part]:
    """The folders that a new file needs and that nobody makes."""
    if not isinstance(part, FileText) or part.after is None:
        return []
    found: list[Part] = []
    for folder in Path(part.path).parents:
        if folder.is_dir() or ("path", str(folder)) in seen:
            break
        seen.add(("path", str(folder)))
        mode = 0o755 if part.mode & 0o077 else 0o700
        found.insert(0, Folder(str(folder), there=True, mode=mode, owner=part.owner))
    return found


def _fit(part: Part, ports: Ports) -> Part:
    """The part with what the plan has to know of the world, checked as far as can be now."""
    match part:
        case TableText() if part.after is not None:
            check_text(port_of(part.table, part.user, ports), part.after)
        case FileText():
            _may_write(part)
            was = part_files.facts(part.path)
            if part.before is not None and was is not None:
                return replace(part, mode_before=was.st_mode & 0o7777, owner_before=(was.st_uid, was.st_gid))
        case Folder():
            _may_write(part)
            was = part_files.facts(part.path)
            if not part.there and was is not None:  # so that an undo makes it as it was
                owner = (was.st_uid, was.st_gid) if os.geteuid() == 0 else part.owner
                return replace(part, mode=was.st_mode & 0o7777, owner=owner)
        case Renamed():
            _may_write(part)
    return part


def _may_write(part: FileText | Folder | Renamed) -> None:
    """Raise Refused where the folder is not ours to write in, or not safe for root to write in."""
    path = Path(part.source if isinstance(part, Renamed) else part.path)
    folder = next(folder for folder in path.parents if os.path.isdir(folder))  # noqa: PTH112 (never raises)
    if not os.access(folder, os.W_OK | os.X_OK):
        own = repair(folder) if folder.is_relative_to(Path.home()) else ""
        raise Refused(
            f"{for_the_eye(path)} cannot be written: {for_the_eye(folder)} is not yours.",
            advice=own or "Run the same command as root, with sudo.",
        )
    uid = None if isinstance(part, Renamed) else part_files.maker_of(part)
    if os.geteuid() == 0 and uid is not None and (unsafe := folder_fault(folder, uid)):
        raise Refused(f"{unsafe}.", advice="Choose a folder of root's, or run fedtui as that user.")


async def still(parts: Sequence[Part], ports: Ports) -> None:
    """Raise Stale unless every part's `before` still holds; of several with one subject, the first's."""
    seen: set[tuple[str, ...]] = set()
    for part in parts:
        if subjects(part) & seen:
            continue
        seen |= subjects(part)
        now = await stands(part, ports)
        made_by_others = now is Stands.AFTER and isinstance(part, Folder)
        if now is not Stands.BEFORE and not made_by_others:
            theirs = await asyncio.to_thread(_theirs, part, ports)
            raise Stale(f"Someone changed {named(part)} after your plan was made.", theirs=theirs)


def _theirs(part: Part, ports: Ports) -> tuple[FileDiff, ...]:
    """What others made of a table or a file."""
    if isinstance(part, TableText):
        port = port_of(part.table, part.user, ports)
        return (file_diff(port.title, part.before or b"", read_table(port) or b""),)
    if isinstance(part, FileText) and not part.private:
        now = part_files.read(part.path)
        return (file_diff(for_the_eye(Path(part.path)), part.before or b"", now or b""),)
    return ()


async def undoing(kept: Kept, ports: Ports) -> tuple[tuple[Part, ...], bool]:
    """The parts that take a change back, the last first, and whether others changed tables since.

    Raises Refused where what was made is no longer as it was made.
    """
    found: list[Part] = []
    seen: set[tuple[str, ...]] = set()
    others = False
    made = len(kept.parts) if kept.finished else kept.made
    for index in reversed(range(min(made + 1, len(kept.parts)))):
        part = kept.parts[index]
        unsure = index == made and not isinstance(part, UnitSwitch)
        if unsure and not await _is_made(part, ports):
            continue  # it was not made, or not by us
        if subjects(part) & seen:
            found.append(turned(part))
            continue
        back = await _turned_now(part, ports)
        if back is not None:
            seen |= subjects(part)
            found += await asyncio.to_thread(_missing, back, seen)
            found.append(back)
            stamp = await asyncio.to_thread(stamp_left, back, kept.parts)
            found += [stamp] if stamp is not None else []
            others |= (
                isinstance(part, TableText) and isinstance(back, TableText) and back.before != part.after
            )
    return tuple(found), others


async def resuming(kept: Kept, ports: Ports) -> tuple[tuple[Part, ...], tuple[Part, ...], bool]:
    """Of an undo that was cut short: what is made, what is left, whether others changed tables.

    Raises Refused where a part is neither as it was nor as it should be.
    """
    made = list(kept.parts[: kept.made])
    left: list[Part] = []
    seen: set[tuple[str, ...]] = set()
    others = False
    for part in kept.parts[kept.made :]:
        now = part if subjects(part) & seen else await _turned_now(turned(part), ports)
        if now is None and not left:
            made.append(part)  # the kill came between the part and the note of it
        elif now is not None:
            seen |= subjects(part)
            left.append(now)
            others |= isinstance(part, TableText) and isinstance(now, TableText) and now.before != part.before
    return tuple(made), tuple(left), others


async def _is_made(part: Part, ports: Ports) -> bool:
    if isinstance(part, TableText):
        now = await asyncio.to_thread(read_table, port_of(part.table, part.user, ports))
        return is_made(now, part.before, part.after) is True
    return await stands(part, ports) is Stands.AFTER


async def _turned_now(part: Part, ports: Ports) -> Part | None:
    """The opposite of a part from how the world is now; None where it is so already."""
    back = turned(part)
    if isinstance(part, TableText):
        return await asyncio.to_thread(_table_back, part, ports)
    now = await stands(back, ports)
    if now is Stands.AFTER:
        return None
    if now is Stands.BEFORE:
        return back
    if isinstance(back, FileText) and back.grows:
        return None
    if isinstance(back, UnitSwitch):
        state = await switched(back.unit, ports, user_manager=back.user_manager)
        return replace(back, before=state)
    raise Refused(
        f"{_begin(named(part))} was changed since, so taking the change back would lose somebody's edit.",
        advice=f"The texts from before are in {for_the_eye(ports.config.backups)}.",
    )


def _table_back(part: TableText, ports: Ports) -> TableText | None:
    port = port_of(part.table, part.user, ports)
    now = read_table(port)
    if is_made(now, part.before, part.after) is False:
        return None
    new = taken_back(port, now, part.before, part.after, ports)
    if new == now:
        return None
    if new is not None:
        check_text(port, new)
    return TableText(part.user, part.table, now, new)
