"""The text of a table as it was, kept in the state folder before every write. Blocking.

One file per write, `crontab.YYYYMMDD-HHMMSS`, mode 0600, on the disk before the write begins.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.config import Config, repair
from fedtui.system.atomic_write import atomic_write, sweep_folder
from fedtui.system.local_time import stamp

KEPT_BACKUPS = 500


def backup_name(what: str, at: datetime) -> str:
    """The file's name: `what` is "crontab", or the last part of another file's path."""
    return f"{what}.{stamp(at)}"


def keep_backup(config: Config, what: str, text: bytes, at: datetime) -> Path:
    """Write `text` under a name that no backup has yet, and return its path. Raises Refused."""
    folder = config.backups
    name = backup_name(what, at)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep_folder(folder)
        with atomic_write(folder / name, text) as written:
            for number in range(1, 1000):
                path = folder / (name if number == 1 else f"{name}.{number}")
                if _put(written, path):
                    _prune(folder)
                    return path
    except OSError as error:
        raise Refused(
            f"The old text cannot be kept: {error.filename}: {error.strerror}.",
            advice=repair(folder) or f"Check that {folder} is yours, writable and not full.",
        ) from error
    raise Refused(f"The old text cannot be kept: {folder / name} and a thousand like it exist.")


def _put(written: Path, path: Path) -> bool:
    """Give the file the name, unless it is taken."""
    try:
        os.link(written, path)
    except FileExistsError:
        return False
    except PermissionError:  # a file system without hard links; who else writes here holds the change lock
        if path.exists():
            return False
        written.replace(path)
    return True


def _prune(folder: Path) -> None:
    """The oldest go beyond `KEPT_BACKUPS`; the newest never."""
    kept = (path for path in folder.iterdir() if not path.name.startswith("."))
    paths = sorted(kept, key=lambda path: path.stat().st_mtime_ns)
    for path in paths[:-KEPT_BACKUPS]:
        path.unlink(missing_ok=True)
