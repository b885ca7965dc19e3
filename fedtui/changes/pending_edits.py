"""Which edits of a change are to be made: those that are not so yet, with the folders they need.

For a plan, for the look before it is applied, and for its undo.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes import file_edits, unit_edits
from fedtui.changes.apply_edit import edit_label, state_of
from fedtui.changes.change_journal import StoredChange
from fedtui.changes.edits import (
    Edit,
    FileEdit,
    FolderEdit,
    PausedTimerEdit,
    RenameEdit,
    TableEdit,
    UnitEdit,
    inverse,
    is_no_op,
    resource_keys,
)
from fedtui.changes.file_diff import file_diff
from fedtui.changes.open_table import check_table_text, port_of, read_table
from fedtui.changes.plan import Conflict, EditState, FileDiff
from fedtui.changes.recorder_place import recorder_edits
from fedtui.changes.table_edits import ChangedSince, is_made, reverted
from fedtui.changes.unit_edits import record_stamp, switched
from fedtui.config import repair
from fedtui.model import SourceName
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system.paths import is_read_only
from fedtui.system.safe_folder import folder_fault

OTHER_LINES = "Other lines were changed since; they stay as they are."


class NothingToChange(Refused):
    """Every edit is as it should be already; applying the same thing twice is no failure."""


async def pending(edits: Sequence[Edit], ports: Ports) -> tuple[Edit, ...]:
    """The edits that are not so yet, in order. Raises Refused for one that fits neither of its states."""
    found: list[Edit] = []
    seen: set[tuple[str, ...]] = set()
    for edit in edits:
        about = resource_keys(edit)
        if not about & seen:
            now = await state_of(edit, ports)
            if now is EditState.AFTER:
                continue
            if now is EditState.OTHER:
                raise Refused(f"{_begin(edit_label(edit))} is neither as it was nor as it should be.")
        seen |= about
        found.append(edit)
    return tuple(found)


def completed(edits: Sequence[Edit], ports: Ports) -> tuple[Edit, ...]:
    """The edits with the folders and the recorder that they need, checked as far as can be now. Blocking."""
    found: list[Edit] = []
    seen: set[tuple[str, ...]] = set()
    for edit in edits:
        if not resource_keys(edit) & seen:
            found += _missing(edit, seen)
        found += recorder_edits(edit, ports)
        seen |= resource_keys(edit)
        found.append(_fit(edit, ports))
    return tuple(found)


def _begin(words: str) -> str:
    return f"T{words[1:]}" if words.startswith("the ") else words


def _missing(edit: Edit, seen: set[tuple[str, ...]]) -> list[Edit]:
    """The folders that a new file needs and that nobody makes."""
    if not isinstance(edit, FileEdit) or edit.after is None:
        return []
    found: list[Edit] = []
    for folder in Path(edit.path).parents:
        if folder.is_dir() or ("path", str(folder)) in seen:
            break
        seen.add(("path", str(folder)))
        mode = 0o755 if edit.mode & 0o077 else 0o700
        found.insert(0, FolderEdit(str(folder), there=True, mode=mode, owner=edit.owner))
    return found


def _fit(edit: Edit, ports: Ports) -> Edit:
    """The edit with the facts that its plan needs."""
    match edit:
        case TableEdit() if edit.after is not None:
            check_table_text(port_of(edit.table, edit.user, ports), edit.after)
        case FileEdit():
            _may_write(edit)
            was = file_edits.facts(edit.path)
            if edit.before is not None and was is not None:
                now = was.st_mode & 0o7777
                # Of an undo: a mode that was changed since stays.
                mode = edit.mode if edit.mode_before in (None, now) else now
                return replace(edit, mode=mode, mode_before=now, owner_before=(was.st_uid, was.st_gid))
        case FolderEdit():
            _may_write(edit)
            was = file_edits.facts(edit.path)
            if not edit.there and was is not None:  # so that an undo makes it as it was
                owner = (was.st_uid, was.st_gid) if os.geteuid() == 0 else edit.owner
                return replace(edit, mode=was.st_mode & 0o7777, owner=owner)
        case RenameEdit():
            _may_write(edit)
    return edit


def _is_forgotten(edit: FileEdit) -> bool:
    """Whether the file lay where a boot removes it, and is gone."""
    return edit.path.startswith("/run/") and not Path(edit.path).exists()


def _may_write(edit: FileEdit | FolderEdit | RenameEdit) -> None:
    """Raise Refused where the folder is not ours to write in, or not safe for root to write in."""
    path = Path(edit.source if isinstance(edit, RenameEdit) else edit.path)
    folder = next(folder for folder in path.parents if os.path.isdir(folder))  # noqa: PTH112 (never raises)
    if not os.access(folder, os.W_OK | os.X_OK):
        if is_read_only(folder):
            raise Refused(f"{display_path(path)} cannot be written: its file system is read-only.")
        own = repair(folder) if folder.is_relative_to(Path.home()) else ""
        raise Refused(
            f"{display_path(path)} cannot be written: {display_path(folder)} is not yours.",
            advice=own or "Run the same command as root, with sudo.",
        )
    uid = None if isinstance(edit, RenameEdit) else file_edits.maker_of(edit)
    if os.geteuid() == 0 and uid is not None and (unsafe := folder_fault(folder, uid)):
        raise Refused(f"{unsafe}.", advice="Choose a folder of root's, or run fedtui as that user.")


async def check_unchanged(edits: Sequence[Edit], ports: Ports) -> None:
    """Raise Conflict unless every edit's `before` still holds; of several with one subject, the first's.

    Raises NothingToChange where all is as the edits leave it.
    """
    seen: set[tuple[str, ...]] = set()
    states: list[tuple[Edit, EditState]] = []
    for edit in edits:
        if resource_keys(edit) & seen:
            continue
        seen |= resource_keys(edit)
        if isinstance(edit, FileEdit) and edit.triggers_before is not None:
            await unit_edits.check_triggers_before(edit, edit.triggers_before, ports)
        states.append((edit, await state_of(edit, ports)))
    if edits and all(now is EditState.AFTER for _, now in states):
        raise NothingToChange("This was applied already.")
    for edit, now in states:
        made_by_others = isinstance(edit, FolderEdit) or is_no_op(inverse(edit))
        if now is EditState.OTHER or (now is EditState.AFTER and not made_by_others):
            label = edit_label(edit)
            if isinstance(edit, TableEdit):
                label = f"the {port_of(edit.table, edit.user, ports).title}"
            their_diff = await asyncio.to_thread(_their_diff, edit, ports)
            raise Conflict(f"Someone changed {label} after your plan was made.", their_diff=their_diff)


def _their_diff(edit: Edit, ports: Ports) -> tuple[FileDiff, ...]:
    """What others made of a table or a file."""
    if isinstance(edit, TableEdit):
        port = port_of(edit.table, edit.user, ports)
        return (file_diff(port.title, edit.before, read_table(port)),)
    if isinstance(edit, FileEdit) and not edit.private:
        return (file_diff(display_path(Path(edit.path)), edit.before, file_edits.read_state(edit.path)),)
    return ()


async def undo_edits(kept: StoredChange, ports: Ports) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """The edits that take a change back, the last first, and what its plan says of changes made since.

    Raises Refused where what was made is no longer as it was made.
    """
    found: list[Edit] = []
    seen: set[tuple[str, ...]] = set()
    notes: dict[str, None] = {}
    off = await _switched_off(kept, ports)
    made = len(kept.edits) if kept.finished else kept.made
    for index in reversed(range(min(made + 1, len(kept.edits)))):
        edit = kept.edits[index]
        unsure = index == made and not isinstance(edit, UnitEdit)
        if unsure and await is_edit_made(edit, ports) is False:
            continue  # it was not made, or not by us
        if resource_keys(edit) & seen:
            found.append(inverse(edit))
            continue
        back = await _inverse_now(edit, ports, off)
        if isinstance(back, UnitEdit) and await _is_gone(back, found, ports):
            notes[f"{back.unit} is gone: it is not switched on."] = None
        elif back is not None:
            seen |= resource_keys(edit)
            found.append(back)
            stamp = await asyncio.to_thread(record_stamp, back, kept.edits)
            found += [stamp] if stamp is not None else []
            if isinstance(edit, TableEdit) and isinstance(back, TableEdit):
                notes |= dict.fromkeys([OTHER_LINES] if back.before != edit.after else [])
                notes |= dict.fromkeys(f"{unit} is off: its line comes back paused." for unit in off.values())
    return tuple(found), tuple(notes)


async def _switched_off(kept: StoredChange, ports: Ports) -> dict[str, str]:
    """The timers that a conversion switched on and that are off now, by the keys of their former lines."""
    lines = {new: old.partition(":")[2] for old, new in kept.moves}
    found: dict[str, str] = {}
    for edit in kept.edits if lines else ():
        if not isinstance(edit, UnitEdit):
            continue
        source = SourceName.USER_TIMER if edit.user_manager else SourceName.SYSTEM_TIMER
        line = lines.get(f"{source}:{edit.unit}")
        if line is not None:
            now = await switched(edit.unit, ports, user_manager=edit.user_manager)
            if any(on < was for on, was in zip(now, edit.after, strict=True)):
                found[line] = edit.unit
    return found


async def _is_gone(edit: UnitEdit, found: Sequence[Edit], ports: Ports) -> bool:
    """Whether a unit to be switched on is not there, and none of the edits before it brings units."""
    if not any(edit.after) or any(isinstance(one, FileEdit) and one.after is not None for one in found):
        return False
    return await unit_edits.is_gone(edit.unit, ports, user_manager=edit.user_manager)


async def resume_undo(
    kept: StoredChange, ports: Ports
) -> tuple[tuple[Edit, ...], tuple[Edit, ...], tuple[str, ...]]:
    """Of an undo that was cut short: what is made, what is left, what its plan says of changes made since.

    Raises Refused where an edit is neither as it was nor as it should be.
    """
    made: list[Edit] = []
    left: list[Edit] = []
    seen: set[tuple[str, ...]] = set()
    notes: tuple[str, ...] = ()
    for edit in kept.edits:
        now = edit if resource_keys(edit) & seen else await _inverse_now(inverse(edit), ports)
        if now is None and not left:
            made.append(edit)
        elif now is not None:
            seen |= resource_keys(edit)
            left.append(now)
            if isinstance(edit, TableEdit) and isinstance(now, TableEdit) and now.before != edit.before:
                notes = (OTHER_LINES,)
    return tuple(made), tuple(left), notes


async def is_edit_made(edit: Edit, ports: Ports) -> bool | None:
    """Whether the edit is made, whatever else others changed in its table. Raises Refused.

    None where others changed its file or its lines since, so that it cannot be known.
    """
    if isinstance(edit, TableEdit):
        now = await asyncio.to_thread(read_table, port_of(edit.table, edit.user, ports))
        return is_made(now, edit)
    return {EditState.AFTER: True, EditState.BEFORE: False}.get(await state_of(edit, ports))


async def _inverse_now(edit: Edit, ports: Ports, off: Collection[str] = ()) -> Edit | None:
    """The opposite of an edit from how the world is now; None where it is so already.

    Lines whose keys are in `off` come back paused.
    """
    back = inverse(edit)
    if isinstance(edit, TableEdit):
        return await asyncio.to_thread(reverted, edit, ports, off)
    now = await state_of(back, ports)
    if now is EditState.AFTER:
        return None
    if now is EditState.BEFORE:
        return back
    if isinstance(back, FileEdit) and (back.grows or await asyncio.to_thread(_is_forgotten, back)):
        return None
    if isinstance(back, PausedTimerEdit):
        raise ChangedSince(
            f"{back.unit} was paused or resumed since.", advice="Pause or resume it as it should be."
        )
    if isinstance(back, UnitEdit):
        state = await switched(back.unit, ports, user_manager=back.user_manager)
        return replace(back, before=state)
    raise ChangedSince(
        f"{_begin(edit_label(edit))} was changed since, so taking the change back would lose that edit.",
        advice=f"The texts from before are in {display_path(ports.config.backups)}.",
    )
