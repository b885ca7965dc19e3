"""The text of a table as it was, kept in the state folder before every write. Blocking.

One file per write, mode 0600, on the disk before the write begins: `crontab.YYYYMMDD-HHMMSS` of the user's
own table, `crontab@bob.DATE` of another's, `etc-crontab.DATE` of /etc/crontab, else the last part of a path.
A home may be shared by machines: `.own@HOST` holds the name of the newest text of the own table there.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from fedtui.action_result import Refused
from fedtui.config import Config, repair
from fedtui.system.atomic_write import atomic_write, sweep_folder, write_atomically
from fedtui.system.local_time import stamp
from fedtui.system.regular_file import read_regular
from fedtui.system.zone import local_zone

KEPT_BACKUPS = 500
_NAME = re.compile(r"([^.].*)\.(\d{8}-\d{6})(?:\.(\d{1,3}))?")


OWN = "crontab"
ETC_CRONTAB = "etc-crontab"


class KeptText(NamedTuple):
    """A text in the backup folder. `what` is the name without the date."""

    at: datetime
    number: int
    name: str
    what: str
    path: Path


def backup_name(what: str, at: datetime) -> str:
    """The file's name: `what` is "crontab", or the last part of another file's path."""
    return f"{what}.{stamp(at)}"


def kept_texts(config: Config) -> list[KeptText]:
    """All texts that are kept, newest first. `at` is in the machine's zone, whole seconds."""
    found: list[KeptText] = []
    with suppress(OSError):
        for path in config.backups.iterdir():
            match = _NAME.fullmatch(path.name)
            with suppress(ValueError):
                if match is not None and path.is_file():
                    at = datetime.strptime(match[2], "%Y%m%d-%H%M%S").replace(tzinfo=local_zone()[1])
                    found.append(KeptText(at, int(match[3] or 1), path.name, match[1], path))
    return sorted(found, reverse=True)


def keep_backup(config: Config, what: str, text: bytes, at: datetime) -> Path:
    """Write `text` under a name that no backup has yet, and return its path. Raises Refused."""
    folder = config.backups
    name = backup_name(what, at)
    try:
        for made in (config.state, folder):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def keep_own(config: Config, host: str, text: bytes, at: datetime) -> Path:
    """`keep_backup` of the user's own table on this host, which has jobs. Raises Refused."""
    kept = keep_backup(config, OWN, text, at)
    with suppress(OSError):  # without it the text is found by its name
        write_atomically(_own_mark(config, host), kept.name.encode())
    return kept


def newest_own(config: Config, host: str) -> str | None:
    """The name of the newest text of the own table on this host; empty where none is noted for any host.

    None where texts of other hosts alone are known.
    """
    with suppress(OSError):
        return read_regular(_own_mark(config, host)).decode("utf-8", "replace")
    with suppress(OSError):
        return None if any(config.backups.glob(".own@*")) else ""
    return ""


def _own_mark(config: Config, host: str) -> Path:
    return config.backups / f".own@{host}"


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
    """The oldest go beyond `KEPT_BACKUPS`; the newest never, nor the folders of removed federations."""
    kept = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    paths = sorted(kept, key=lambda path: path.stat().st_mtime_ns)
    for path in paths[:-KEPT_BACKUPS]:
        path.unlink(missing_ok=True)
