"""Parts of a compound change that are files, folders and cron tables: how they stand, and making them.

Blocking: call these in a thread. What cannot be done raises Refused, what somebody changed meanwhile Stale.
"""

from __future__ import annotations

import os
import shutil
from enum import Enum
from pathlib import Path

from fedtui.actions.backup import for_the_eye, keep
from fedtui.actions.cron_apply import put_table
from fedtui.actions.parts import FileText, Folder, Renamed, TableText
from fedtui.actions.plan import Refused, Stale
from fedtui.actions.ports import Ports
from fedtui.actions.table import port_of, read_table
from fedtui.whole_file import beside


class Stands(Enum):
    """How the world is to a part: as before it, as after it, or neither."""

    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"

    @classmethod
    def of(cls, now: object, before: object, after: object) -> Stands:
        """Which of the two states `now` is; AFTER where they are the same."""
        return cls.AFTER if now == after else cls.BEFORE if now == before else cls.OTHER


def read(path: str) -> bytes | None:
    """The bytes of a file; None where there is none. Raises Refused for what is no plain file."""
    file = Path(path)
    if file.is_symlink():
        raise Refused(
            f"{for_the_eye(file)} is a symbolic link to {file.readlink()}.",
            advice="A file that stands elsewhere is not replaced through a link: look at it first.",
        )
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"{for_the_eye(file)} cannot be read: {error.strerror}.") from error


def stands(part: FileText | Folder | Renamed | TableText, ports: Ports) -> Stands:
    """How the world is to one of these parts now."""
    match part:
        case TableText():
            table = read_table(port_of(part.table, part.user, ports))
            return Stands.of(table, part.before, part.after)
        case FileText():
            return Stands.of(read(part.path), part.before, part.after)
        case Folder():
            path = Path(part.path)
            if path.exists() and not path.is_dir():
                return Stands.OTHER
            return Stands.AFTER if path.is_dir() == part.there else Stands.BEFORE
        case Renamed():
            now = (os.path.lexists(part.source), os.path.lexists(part.target))
            return Stands.of(now, (True, False), (False, True))


def make(part: FileText | Folder | Renamed | TableText, ports: Ports) -> None:
    """Make one of these parts and read it back."""
    if isinstance(part, TableText):
        put_table(part.user, part.table, part.before, part.after, ports)
        return
    try:
        match part:
            case FileText():
                _make_file(part, ports)
            case Folder():
                _make_folder(part)
            case Renamed():
                _rename(Path(part.source), Path(part.target))
    except OSError as error:
        where = error.filename or getattr(part, "path", "")
        raise Refused(f"{where}: {error.strerror}.") from error


def _make_file(part: FileText, ports: Ports) -> None:
    path = Path(part.path)
    if part.grows and read(part.path) != part.before:
        return
    if part.before is not None:
        keep(ports.config, path.name, part.before, ports.clock())
    if part.after is None:
        _still(part)
        path.unlink(missing_ok=True)
    else:
        owner = part.owner
        if owner is None and os.geteuid() == 0:
            owner = part.owner_before
        with beside(path, part.after, mode=part.mode, owner=owner) as written:
            _still(part)
            written.replace(path)
    if read(part.path) != part.after:
        raise Refused(f"{for_the_eye(path)} does not hold what was written.", "Look at it before you go on.")


def _still(part: FileText) -> None:
    if read(part.path) != part.before:
        raise Stale(f"Someone changed {for_the_eye(Path(part.path))} after your plan was made.")


def _make_folder(part: Folder) -> None:
    """A folder that is to go and is not empty stays: what is in it is somebody's."""
    path = Path(part.path)
    if path.is_dir() == part.there:
        return
    if part.there:
        path.mkdir(mode=0o700)
        if part.owner is not None:
            os.chown(path, *part.owner, follow_symlinks=False)
        path.chmod(part.mode)
    elif not any(path.iterdir()):
        path.rmdir()


def _rename(source: Path, target: Path) -> None:
    if os.path.lexists(target):
        raise Refused(f"{for_the_eye(target)} is there already.")
    if source.stat().st_dev == target.parent.stat().st_dev:
        source.rename(target)
        return
    size = source.stat().st_size
    part = target.with_name(f".{target.name}.moving")
    try:
        shutil.copy2(source, part)
        if os.geteuid() == 0:
            shutil.chown(part, source.stat().st_uid, source.stat().st_gid)
        if not _same(source, part):
            raise Refused(
                f"The copy of {for_the_eye(source)} is not what it is a copy of.",
                f"{for_the_eye(source)} ({size} bytes) stands as it was.",
            )
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    source.unlink()


def _same(one: Path, other: Path) -> bool:
    with one.open("rb") as left, other.open("rb") as right:
        while True:
            a, b = left.read(1 << 20), right.read(1 << 20)
            if a != b:
                return False
            if not a:
                os.fsync(right.fileno())
                return True
