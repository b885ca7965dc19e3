"""The files that services append their output to: whoever starts them, their lines are no job's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from pwd import getpwuid

from fedtui.system.paths import xdg_folder
from fedtui.system.unit_files import assignments, output_file

_SYSTEM = tuple(map(Path, ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system")))
"""What packages bring to /usr/lib logs to the journal or to files of its own."""

_OF_USERS = Path("/etc/systemd/user")
_KEEP = 30.0


def outputs_of_services() -> Mapping[str, frozenset[str]]:
    """The services of the system and of this user by the file that they write to, with its links followed.

    Blocking. Remembered for half a minute.
    """
    return _outputs(int(time.monotonic() / _KEEP))


@lru_cache(maxsize=1)
def _outputs(_: int) -> Mapping[str, frozenset[str]]:
    user, found = getpwuid(os.geteuid()), dict[str, frozenset[str]]()
    own = xdg_folder("XDG_CONFIG_HOME", ".config") / "systemd/user"
    for folder in (*_SYSTEM, _OF_USERS, own):
        of_user = user.pw_name if folder in (_OF_USERS, own) else None
        for unit in _services(folder):
            path = output_file(assignments(_files(folder, unit), "Service"), unit, of_user)
            if path is not None:
                real = os.path.realpath(path)
                found[real] = found.get(real, frozenset()) | {unit}
    return found


def _services(folder: Path) -> Iterator[str]:
    """The services that have a file or a folder of drop-ins there; links are other names of them (Alias=)."""
    try:
        names = sorted({name.removesuffix(".d") for name in os.listdir(folder)})  # noqa: PTH208 (names alone)
    except OSError:
        return
    yield from (name for name in names if name.endswith(".service") and not (folder / name).is_symlink())


def _files(folder: Path, unit: str) -> list[str]:
    return [str(folder / unit), *map(str, sorted((folder / f"{unit}.d").glob("*.conf")))]
