"""Folders held by a descriptor, so that root follows no link that another user could put there. Blocking.

Root opens a path component by component (openat(2), O_NOFOLLOW). Links of root's in folders of root's are
followed, since nobody else can place them (/var/log may be one). Below the first folder of another user only
that user's own folders are entered: they can rename what lies there, also what is not theirs. For everybody
else the kernel's own checks do, and links are followed as usual.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from fedtui.system.accounts import name_of
from fedtui.system.regular_file import require_regular

_HOLD = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_LINKS = 40


class UnsafeFolder(Exception):
    """Root does not work in a folder, since another user could lead it elsewhere; fit to show."""


@contextmanager
def held_folder(folder: Path) -> Iterator[tuple[int, int]]:
    """A descriptor (O_PATH) of `folder`, and the uid that controls the way to it; 0: only root does.

    The uid is 0, too, where we are not root. Raises UnsafeFolder, OSError.
    """
    descriptor, uid = _walk(folder) if os.geteuid() == 0 else _open(folder)
    try:
        yield descriptor, uid
    finally:
        os.close(descriptor)


def read_owned(path: Path, uid: int, most: int = -1) -> bytes:
    """The first `most` bytes of a file of `uid`'s, where nobody else could lead root elsewhere.

    Raises UnsafeFolder, OSError, also for a link and for what is no regular file.
    """
    with held_folder(path.parent) as (folder, owner):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        with os.fdopen(os.open(path.name, flags, dir_fd=folder), "rb") as file:
            facts = os.fstat(file.fileno())
            require_regular(path, facts)
            if owner not in (0, uid) or facts.st_uid != uid:
                raise UnsafeFolder(owner_mismatch(path, facts.st_uid, uid))
            return file.read(most)


def folder_fault(folder: Path, uid: int) -> str:
    """Why nothing is made in `folder`, there or not, for the user `uid`; empty where it can be. For root."""
    for place in (folder, *folder.parents):
        try:
            with held_folder(place) as (_, owner):
                return "" if owner in (0, uid) else owner_mismatch(place, owner, uid)
        except UnsafeFolder as unsafe:
            return str(unsafe)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                return f"{place} cannot be entered: {error.strerror}"
    return ""


def owner_mismatch(folder: Path, owner: int, uid: int) -> str:
    """That `owner` can rename what is in `folder`, where something is to be made for `uid`."""
    return f"{folder} is controlled by {_name(owner)}, not by {_name(uid)}"


def _open(folder: Path) -> tuple[int, int]:
    return os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC), 0


def _walk(folder: Path) -> tuple[int, int]:
    left = list(folder.absolute().parts[1:])
    here, at = os.open("/", _HOLD), PurePath("/")
    top = os.fstat(here).st_uid  # not 0 in a user namespace; a user who owns "/" owns the machine
    uid = links = 0
    try:
        while left:
            name = left.pop(0)
            found = os.open(name, _HOLD, dir_fd=here)
            facts = os.fstat(found)
            try:
                if name != "/":
                    _check_step(os.fstat(here), facts, uid, at / name)
                target = PurePath(os.readlink("", dir_fd=found)) if stat.S_ISLNK(facts.st_mode) else None
                links += target is not None
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(folder))
            except BaseException:
                os.close(found)
                raise
            if target is not None:
                os.close(found)
                left[:0] = target.parts
                continue
            os.close(here)
            here, at = found, at / name
            uid = 0 if facts.st_uid in (0, top) else facts.st_uid
    except BaseException:
        os.close(here)
        raise
    return here, uid


def _check_step(folder: os.stat_result, entry: os.stat_result, uid: int, path: PurePath) -> None:
    """Whether root goes on to `entry` of `folder`, where `uid` controls the way so far. Raises."""
    if stat.S_ISLNK(entry.st_mode):
        if uid or entry.st_uid:
            raise UnsafeFolder(f"{path} is a symbolic link that {_name(uid or entry.st_uid)} can change")
    elif not stat.S_ISDIR(entry.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        raise UnsafeFolder(f"{path.parent} can be written by anybody, who can replace {path.name} in it")
    if uid not in (0, entry.st_uid):
        raise UnsafeFolder(
            f"{path} belongs to {_name(entry.st_uid)} in a folder of {_name(uid)}'s, who can replace it"
        )


def _name(uid: int) -> str:
    return name_of(uid, "the user {}")
