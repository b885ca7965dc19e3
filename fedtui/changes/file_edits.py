"""Edits that are files, folders and cron tables: their state, and making them.

Blocking: call these in a thread. What cannot be done raises Refused, what somebody changed meanwhile
Conflict.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from fedtui.action_result import Refused
from fedtui.changes.backup import keep_backup
from fedtui.changes.edits import FileEdit, FolderEdit, RenameEdit, TableEdit
from fedtui.changes.open_table import port_of, read_table
from fedtui.changes.plan import Conflict, EditState
from fedtui.changes.table_edits import apply_table_edit
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system.atomic_write import atomic_write
from fedtui.system.safe_folder import UnsafeFolder, held_folder, owner_mismatch


class SomethingElse(Refused):
    """At the path, or on the way to it, lies what we never make."""


@contextmanager
def held(folder: Path, uid: int | None = None) -> Iterator[int]:
    """A descriptor of the folder, in which something is made for the user `uid`. Raises Refused, OSError."""
    try:
        with held_folder(folder) as (descriptor, owner):
            if uid is not None and owner not in (0, uid):
                raise UnsafeFolder(owner_mismatch(folder, owner, uid))
            yield descriptor
    except UnsafeFolder as unsafe:
        raise SomethingElse(
            f"{unsafe}.", advice="Choose a folder of root's, or run fedtui as that user."
        ) from None


def facts(path: str) -> os.stat_result | None:
    """What lies at `path`, a link not followed; None where nothing does. Raises Refused."""
    file = Path(path)
    try:
        with held(file.parent) as at:
            return os.stat(file.name, dir_fd=at, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Refused(f"{display_path(file)} cannot be read: {error.strerror}.") from error


def read_state(path: str) -> bytes | None:
    """The bytes of a file; None where there is none. Raises Refused for what is no plain file."""
    file = Path(path)
    try:
        with held(file.parent) as at:
            return _read_at(file, at)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"{display_path(file)} cannot be read: {error.strerror}.") from error


def _read_at(file: Path, at: int) -> bytes | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(file.name, flags, dir_fd=at)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise SomethingElse(
            f"{display_path(file)} is a symbolic link to {os.readlink(file.name, dir_fd=at)}.",
            advice="A file elsewhere is not replaced through a link: look at it first.",
        ) from error
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SomethingElse(f"{display_path(file)} is no plain file.")
        return stream.read()


def state_of(edit: FileEdit | FolderEdit | RenameEdit | TableEdit, ports: Ports) -> EditState:
    """How the world is to one of these edits now."""
    match edit:
        case TableEdit():
            table = read_table(port_of(edit.table, edit.user, ports))
            return EditState.of(table, edit.before, edit.after)
        case FileEdit():
            return EditState.of(read_state(edit.path), edit.before, edit.after)
        case FolderEdit():
            there = is_folder(edit.path)
            if there is None:
                return EditState.OTHER
            return EditState.AFTER if there == edit.there else EditState.BEFORE
        case RenameEdit():
            now = (facts(edit.source) is not None, facts(edit.target) is not None)
            return EditState.of(now, (True, False), (False, True))


def is_folder(path: str) -> bool | None:
    """Whether there is a folder at `path`; None where there is something else. Raises Refused."""
    try:
        with held(Path(path)):
            return True
    except NotADirectoryError:
        return None
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Refused(f"{display_path(Path(path))} cannot be read: {error.strerror}.") from error


def apply_file_edit(
    edit: FileEdit | FolderEdit | RenameEdit | TableEdit, ports: Ports, backup: bool = True
) -> None:
    """Make one of these edits and read it back."""
    if isinstance(edit, TableEdit):
        apply_table_edit(edit, ports, backup=backup)
        return
    try:
        match edit:
            case FileEdit():
                _make_file(edit, ports, backup=backup)
            case FolderEdit():
                make_folder(edit)
            case RenameEdit():
                _rename(Path(edit.source), Path(edit.target))
    except OSError as error:
        where = edit.target if isinstance(edit, RenameEdit) else edit.path
        raise Refused(f"{where}: {error.strerror}.") from error


def maker_of(edit: FileEdit | FolderEdit) -> int | None:
    """The user for whom an edit makes something; None where it only takes something away."""
    makes = edit.there if isinstance(edit, FolderEdit) else edit.before is None
    return (edit.owner or (os.geteuid(), 0))[0] if makes else None


def _make_file(edit: FileEdit, ports: Ports, *, backup: bool) -> None:
    path = Path(edit.path)
    if edit.grows and read_state(edit.path) != edit.before:
        return
    if backup and edit.before is not None:
        keep_backup(ports.config, path.name, edit.before, ports.clock())
    with held(path.parent, maker_of(edit)) as at:
        if edit.after is None:
            _still(edit, at)
            with suppress(FileNotFoundError):
                os.unlink(path.name, dir_fd=at)
        else:
            owner = (edit.owner or edit.owner_before) if os.geteuid() == 0 else None
            with atomic_write(Path(path.name), edit.after, mode=edit.mode, owner=owner, at=at) as written:
                _still(edit, at)
                os.replace(written, path.name, src_dir_fd=at, dst_dir_fd=at)
        now = _read_at(path, at)
    if now != edit.after:
        raise Refused(
            f"{display_path(path)} does not hold what was written.", "Look at it before you continue."
        )


def _still(edit: FileEdit, at: int) -> None:
    if _read_at(Path(edit.path), at) != edit.before:
        raise Conflict(f"Someone changed {display_path(Path(edit.path))} after your plan was made.")


def make_folder(edit: FolderEdit) -> None:
    """A folder that is to go and is not empty stays: what is in it is somebody's. Raises Refused, OSError."""
    path = Path(edit.path)
    if is_folder(edit.path) == edit.there:
        return
    with held(path.parent, maker_of(edit)) as at:
        if edit.there:
            os.mkdir(path.name, 0o700, dir_fd=at)
            _hand_over(edit, at)
        else:
            try:
                os.rmdir(path.name, dir_fd=at)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise


def _hand_over(edit: FolderEdit, at: int) -> None:
    """Give the folder that was just made its owner and mode, by its descriptor: its name may be moved."""
    path = Path(edit.path)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path.name, flags, dir_fd=at)
    except OSError as error:
        raise _moved(path) from error
    try:
        if os.geteuid() == 0 and (os.fstat(descriptor).st_uid != 0 or os.listdir(descriptor)):  # noqa: PTH208
            raise _moved(path)
        if edit.owner is not None:
            os.fchown(descriptor, *edit.owner)
        os.fchmod(descriptor, edit.mode)
    except OSError:
        with suppress(OSError):
            os.rmdir(path.name, dir_fd=at)
        raise
    finally:
        os.close(descriptor)


def _moved(path: Path) -> Refused:
    return Refused(
        f"Somebody put something else in place of {path} while it was made.",
        f"That was not touched. The new folder, empty and mode 0700, was moved away from {path}.",
        "Look for it, and set up again.",
    )


def _rename(source: Path, target: Path) -> None:
    """Only a plain file is moved, whatever was put in its place meanwhile."""
    with held(source.parent) as a, held(target.parent) as b:
        if _lies_at(target, b) is not None:
            raise Refused(f"{display_path(target)} is there already.")
        _plain(source, a)
        if os.fstat(a).st_dev != os.fstat(b).st_dev:
            _copy_away(source, a, target, b)
            return
        os.rename(source.name, target.name, src_dir_fd=a, dst_dir_fd=b)
        try:
            _plain(target, b)
        except Refused:
            os.rename(target.name, source.name, src_dir_fd=b, dst_dir_fd=a)
            raise


def _lies_at(path: Path, at: int) -> os.stat_result | None:
    try:
        return os.stat(path.name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _plain(path: Path, at: int) -> None:
    if not stat.S_ISREG(os.stat(path.name, dir_fd=at, follow_symlinks=False).st_mode):
        raise Refused(f"{display_path(path)} is no plain file.", f"{display_path(path)} was left alone.")


def _copy_away(source: Path, a: int, target: Path, b: int) -> None:
    """Across file systems: a copy that was compared, then the source goes."""
    part = f".{target.name}.moving"
    flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with suppress(FileNotFoundError):
        os.unlink(part, dir_fd=b)
    try:
        with (
            os.fdopen(os.open(source.name, os.O_RDONLY | flags, dir_fd=a), "rb") as old,
            os.fdopen(
                os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o600, dir_fd=b), "w+b"
            ) as new,
        ):
            shutil.copyfileobj(old, new)
            new.flush()
            was = os.fstat(old.fileno())
            if os.geteuid() == 0:
                os.fchown(new.fileno(), was.st_uid, was.st_gid)
            os.fchmod(new.fileno(), was.st_mode & 0o777)
            os.utime(new.fileno(), ns=(was.st_atime_ns, was.st_mtime_ns))
            if not stat.S_ISREG(was.st_mode) or not _same(old, new):
                raise Refused(
                    f"The copy of {display_path(source)} is not what it is a copy of.",
                    f"{display_path(source)} ({was.st_size} bytes) is unchanged.",
                )
            os.fsync(new.fileno())
            os.rename(part, target.name, src_dir_fd=b, dst_dir_fd=b)
            if os.fstat(old.fileno()).st_size != was.st_size:  # its job writes to it
                os.unlink(target.name, dir_fd=b)
                raise Refused(f"{display_path(source)} is being written.", "It was left where it is.")
            os.unlink(source.name, dir_fd=a)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=b)


def _same(left: IO[bytes], right: IO[bytes]) -> bool:
    left.seek(0)
    right.seek(0)
    while True:
        a, b = left.read(1 << 20), right.read(1 << 20)
        if a != b:
            return False
        if not a:
            return True
