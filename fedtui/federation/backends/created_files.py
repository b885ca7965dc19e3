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


def new_folders(parts: Sequence[Edit]) -> tuple[str, ...]:
    """The folders that these parts make, those that files need included; the outermost first."""
    made = [Path(part.path) for part in parts if isinstance(part, FolderEdit) and part.there]
    files = [Path(part.path) for part in parts if isinstance(part, FileEdit) and part.after is not None]
    folders = [file.parent for file in (*files, pack_file())]
    if any(isinstance(part, UnitEdit) and part.user_manager and part.after[0] for part in parts):
        folders.append(file_stamps(user_manager=True))  # systemd makes it
    for folder in folders:
        made += log_folder.missing(folder)
    return tuple(dict.fromkeys(str(path) for path in made if not path.exists()))


def record_created(origin: Origin, parts: Sequence[Edit]) -> Origin:
    """`origin` with the folders that these parts make, and with lingering where they turn it on."""
    lingers = any(isinstance(part, LingerEdit) and part.after for part in parts)
    folders = dict.fromkeys((*origin.made_folders, *new_folders(parts)))
    return replace(origin, made_folders=tuple(folders), made_lingering=origin.made_lingering or lingers)


def pack_edit(before: bytes | None, pack: Pack) -> FileEdit:
    """The part by which federation.toml says `pack`; its text is not shown where it holds credentials."""
    was = None if before is None else read_pack(before)
    secret = any(one is not None and (one.alerts or one.heartbeat) for one in (pack, was))
    return FileEdit(str(pack_file()), before, written(pack), PACK_MODE, private=secret)


def created_files(parts: Sequence[Edit]) -> tuple[Edit, ...]:
    """The part that tells federation.toml what these parts make; none where there is nothing to tell.

    Raises ConfigError where that file cannot be used.
    """
    pack = load_pack()
    told = None if pack is None else replace(pack, origin=record_created(pack.origin, parts))
    return () if told is None or told == pack else (pack_edit(pack_file().read_bytes(), told),)
