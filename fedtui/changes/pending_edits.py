"""Which parts of a compound change are to be made: those that are not so yet, with the folders they need.

For a plan, for the look before it is applied, and for its undo.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes import file_edits
from fedtui.changes.apply_edit import edit_label, state_of
from fedtui.changes.change_journal import StoredChange
from fedtui.changes.cron_apply import is_made, reverted_text
from fedtui.changes.cron_change import check_table_text, file_diff
from fedtui.changes.edits import (
    Edit,
    FileEdit,
    FolderEdit,
    RenameEdit,
    TableEdit,
    UnitEdit,
    inverse,
    resource_keys,
)
from fedtui.changes.open_table import port_of, read_table
from fedtui.changes.plan import Conflict, EditState, FileDiff
from fedtui.changes.unit_edits import record_stamp, switched
from fedtui.config import repair
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system.safe_folder import folder_fault


class NothingToChange(Refused):
    """Every part is as it should be already; for whoever applies the same thing twice no failure."""


async def pending(parts: Sequence[Edit], ports: Ports) -> tuple[Edit, ...]:
    """The parts that are not so yet, in order, folders for files put before them. Raises Refused."""
    found: list[Edit] = []
    seen: set[tuple[str, ...]] = set()
    for part in parts:
        about = resource_keys(part)
        if not about & seen:
            now = await state_of(part, ports)
            if now is EditState.AFTER:
                continue
            if now is EditState.OTHER:
                raise Refused(f"{_begin(edit_label(part))} is neither as it was nor as it should be.")
            found += await asyncio.to_thread(_missing, part, seen)
        seen |= about
        found.append(await asyncio.to_thread(_fit, part, ports))
    return tuple(found)


def _begin(words: str) -> str:
    return f"T{words[1:]}" if words.startswith("the ") else words


def _missing(part: Edit, seen: set[tuple[str, ...]]) -> list[Edit]:
    """The folders that a new file needs and that nobody makes."""
    if not isinstance(part, FileEdit) or part.after is None:
        return []
    found: list[Edit] = []
    for folder in Path(part.path).parents:
        if folder.is_dir() or ("path", str(folder)) in seen:
            break
        seen.add(("path", str(folder)))
        mode = 0o755 if part.mode & 0o077 else 0o700
        found.insert(0, FolderEdit(str(folder), there=True, mode=mode, owner=part.owner))
    return found


def _fit(part: Edit, ports: Ports) -> Edit:
    """The part with what the plan has to know of the world, checked as far as can be now."""
    match part:
        case TableEdit() if part.after is not None:
            check_table_text(port_of(part.table, part.user, ports), part.after)
        case FileEdit():
            _may_write(part)
            was = file_edits.facts(part.path)
            if part.before is not None and was is not None:
                return replace(part, mode_before=was.st_mode & 0o7777, owner_before=(was.st_uid, was.st_gid))
        case FolderEdit():
            _may_write(part)
            was = file_edits.facts(part.path)
            if not part.there and was is not None:  # so that an undo makes it as it was
                owner = (was.st_uid, was.st_gid) if os.geteuid() == 0 else part.owner
                return replace(part, mode=was.st_mode & 0o7777, owner=owner)
        case RenameEdit():
            _may_write(part)
    return part


def _may_write(part: FileEdit | FolderEdit | RenameEdit) -> None:
    """Raise Refused where the folder is not ours to write in, or not safe for root to write in."""
    path = Path(part.source if isinstance(part, RenameEdit) else part.path)
    folder = next(folder for folder in path.parents if os.path.isdir(folder))  # noqa: PTH112 (never raises)
    if not os.access(folder, os.W_OK | os.X_OK):
        own = repair(folder) if folder.is_relative_to(Path.home()) else ""
        raise Refused(
            f"{display_path(path)} cannot be written: {display_path(folder)} is not yours.",
            advice=own or "Run the same command as root, with sudo.",
        )
    uid = None if isinstance(part, RenameEdit) else file_edits.maker_of(part)
    if os.geteuid() == 0 and uid is not None and (unsafe := folder_fault(folder, uid)):
        raise Refused(f"{unsafe}.", advice="Choose a folder of root's, or run fedtui as that user.")


async def check_unchanged(parts: Sequence[Edit], ports: Ports) -> None:
    """Raise Stale unless every part's `before` still holds; of several with one subject, the first's."""
    seen: set[tuple[str, ...]] = set()
    for part in parts:
        if resource_keys(part) & seen:
            continue
        seen |= resource_keys(part)
        now = await state_of(part, ports)
        made_by_others = now is EditState.AFTER and isinstance(part, FolderEdit)
        if now is not EditState.BEFORE and not made_by_others:
            their_diff = await asyncio.to_thread(_theirs, part, ports)
            raise Conflict(
                f"Someone changed {edit_label(part)} after your plan was made.", their_diff=their_diff
            )


def _theirs(part: Edit, ports: Ports) -> tuple[FileDiff, ...]:
    """What others made of a table or a file."""
    if isinstance(part, TableEdit):
        port = port_of(part.table, part.user, ports)
        return (file_diff(port.title, part.before or b"", read_table(port) or b""),)
    if isinstance(part, FileEdit) and not part.private:
        now = file_edits.read_state(part.path)
        return (file_diff(display_path(Path(part.path)), part.before or b"", now or b""),)
    return ()


async def undo_edits(kept: StoredChange, ports: Ports) -> tuple[tuple[Edit, ...], bool]:
    """The parts that take a change back, the last first, and whether others changed tables since.

    Raises Refused where what was made is no longer as it was made.
    """
    found: list[Edit] = []
    seen: set[tuple[str, ...]] = set()
    others = False
    made = len(kept.parts) if kept.finished else kept.made
    for index in reversed(range(min(made + 1, len(kept.parts)))):
        part = kept.parts[index]
        unsure = index == made and not isinstance(part, UnitEdit)
        if unsure and not await is_edit_made(part, ports):
            continue  # it was not made, or not by us
        if resource_keys(part) & seen:
            found.append(inverse(part))
            continue
        back = await _turned_now(part, ports)
        if back is not None:
            seen |= resource_keys(part)
            found += await asyncio.to_thread(_missing, back, seen)
            found.append(back)
            stamp = await asyncio.to_thread(record_stamp, back, kept.parts)
            found += [stamp] if stamp is not None else []
            others |= (
                isinstance(part, TableEdit) and isinstance(back, TableEdit) and back.before != part.after
            )
    return tuple(found), others


async def resume_undo(kept: StoredChange, ports: Ports) -> tuple[tuple[Edit, ...], tuple[Edit, ...], bool]:
    """Of an undo that was cut short: what is made, what is left, whether others changed tables.

    Raises Refused where a part is neither as it was nor as it should be.
    """
    made = list(kept.parts[: kept.made])
    left: list[Edit] = []
    seen: set[tuple[str, ...]] = set()
    others = False
    for part in kept.parts[kept.made :]:
        now = part if resource_keys(part) & seen else await _turned_now(inverse(part), ports)
        if now is None and not left:
            made.append(part)  # the kill came between the part and the note of it
        elif now is not None:
            seen |= resource_keys(part)
            left.append(now)
            others |= isinstance(part, TableEdit) and isinstance(now, TableEdit) and now.before != part.before
    return tuple(made), tuple(left), others


async def is_edit_made(part: Edit, ports: Ports) -> bool:
    """Whether the part is made, whatever else others changed in its table. Raises Refused."""
    if isinstance(part, TableEdit):
        now = await asyncio.to_thread(read_table, port_of(part.table, part.user, ports))
        return is_made(now, part.before, part.after) is True
    return await state_of(part, ports) is EditState.AFTER


async def _turned_now(part: Edit, ports: Ports) -> Edit | None:
    """The opposite of a part from how the world is now; None where it is so already."""
    back = inverse(part)
    if isinstance(part, TableEdit):
        return await asyncio.to_thread(_table_back, part, ports)
    now = await state_of(back, ports)
    if now is EditState.AFTER:
        return None
    if now is EditState.BEFORE:
        return back
    if isinstance(back, FileEdit) and back.grows:
        return None
    if isinstance(back, UnitEdit):
        state = await switched(back.unit, ports, user_manager=back.user_manager)
        return replace(back, before=state)
    raise Refused(
        f"{_begin(edit_label(part))} was changed since, so taking the change back would lose "
        "somebody's edit.",
        advice=f"The texts from before are in {display_path(ports.config.backups)}.",
    )


def _table_back(part: TableEdit, ports: Ports) -> TableEdit | None:
    port = port_of(part.table, part.user, ports)
    now = read_table(port)
    if is_made(now, part.before, part.after) is False:
        return None
    new = reverted_text(port, now, part.before, part.after, ports)
    if new == now:
        return None
    if new is not None:
        check_table_text(port, new)
    return TableEdit(part.user, part.table, now, new)
