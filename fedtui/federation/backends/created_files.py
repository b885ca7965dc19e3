"""What a change of the pack's leaves behind, written down so that the removal takes it away. Blocking.

Any change that puts something where nothing was (the set-up, a job of the pack that is converted) tells
`federation.toml` of its new folders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fedtui.changes.edits import Edit, FileEdit, FolderEdit, LingerEdit, UnitEdit
from fedtui.changes.unit_edits import file_stamps
from fedtui.federation import log_folder
from fedtui.pack import Origin, Pack, load_pack, pack_file, read_pack, written

PACK_MODE = 0o600


def new_folders(edits: Sequence[Edit]) -> tuple[str, ...]:
    """The folders that these edits make, those that files need included; the outermost first."""
    made = [Path(edit.path) for edit in edits if isinstance(edit, FolderEdit) and edit.there]
    files = [Path(edit.path) for edit in edits if isinstance(edit, FileEdit) and edit.after is not None]
    folders = [file.parent for file in (*files, pack_file())]
    if any(isinstance(edit, UnitEdit) and edit.user_manager and edit.after[0] for edit in edits):
        folders.append(file_stamps(user_manager=True))  # systemd makes it
    for folder in folders:
        made += log_folder.missing(folder)
    return tuple(dict.fromkeys(str(path) for path in made if not path.exists()))


def record_created(origin: Origin, edits: Sequence[Edit]) -> Origin:
    """`origin` with the folders that these edits make, and with lingering where they turn it on."""
    lingers = any(isinstance(edit, LingerEdit) and edit.after for edit in edits)
    folders = dict.fromkeys((*origin.made_folders, *new_folders(edits)))
    return replace(origin, made_folders=tuple(folders), made_lingering=origin.made_lingering or lingers)


def pack_edit(before: bytes | None, pack: Pack | None) -> FileEdit:
    """The edit by which federation.toml says `pack`, or goes; it is not shown where it holds credentials."""
    was = None if before is None else read_pack(before)
    secret = any(one is not None and (one.alerts or one.heartbeat) for one in (pack, was))
    after = None if pack is None else written(pack)
    return FileEdit(str(pack_file()), before, after, PACK_MODE, private=secret)


def created_files(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edit that tells federation.toml what these edits make; none where there is nothing to tell.

    Raises ConfigError where that file cannot be used.
    """
    pack = load_pack()
    recorded = None if pack is None else replace(pack, origin=record_created(pack.origin, edits))
    return () if recorded is None or recorded == pack else (pack_edit(pack_file().read_bytes(), recorded),)
