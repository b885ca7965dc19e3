"""Where a user's own files lie, by the XDG base directory specification, and whose folders lead there."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path

from fedtui.system.accounts import name_of


def xdg_folder(variable: str, default: str) -> Path:
    """A base folder: what `variable` says if that is absolute, else `default` below the home folder.

    Root keeps nothing in the home of another (`sudo -E`, `su -m`): there it is below root's own.
    """
    value = os.environ.get(variable, "")
    folder = Path(value) if value.startswith("/") else Path.home() / default
    return Path(pwd.getpwuid(0).pw_dir, default) if os.geteuid() == 0 and other_owner(folder) else folder


def other_owner(folder: Path) -> str:
    """Who besides root owns a folder on the way to `folder`; empty where nobody does."""
    top = Path("/").stat().st_uid  # not 0 in a user namespace
    for place in (folder, *folder.parents):
        with suppress(OSError):
            uid = place.stat().st_uid
            if uid not in (0, top):
                return user_name(uid)
    return ""


def user_name(uid: int) -> str:
    """The account's name, or the number where it has none."""
    return name_of(uid, "{}")


def config_file() -> Path:
    """The path of the user's config.toml, whether or not it is there."""
    return xdg_folder("XDG_CONFIG_HOME", ".config") / "fedtui" / "config.toml"


def is_read_only(path: Path) -> bool:
    """Whether a file of that name could not be made since its file system is mounted so. Blocking."""
    for place in (path, *path.parents):
        with suppress(OSError):
            return bool(os.statvfs(place).f_flag & os.ST_RDONLY)
    return False
