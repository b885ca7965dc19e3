"""Which timers are installed, and the state of their unit files.

Up to some two hundred timers systemd is asked (ListUnitFilesByPatterns). It answers by walking all links of
all folders for each file, so that two thousand timers stop the manager for many seconds; there the folders
of its search path are read instead, and the states derived as far as links show them: systemd.unit(5), "Unit
File Load Path"; systemctl(1), "is-enabled".
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from fedtui.bus.systemd_names import PAUSE_FILE, is_instance, made_by
from fedtui.system.unit_files import read_file

_TIMER = re.compile(r"[A-Za-z0-9:_.\\@-]{1,250}\.timer")
"""Names that systemd takes; of a file with any other it says nothing."""

ASK_AT_MOST = 200
"""Timers up to which systemd itself is asked for the states."""


def names(search_path: Sequence[str]) -> set[str]:
    """The names of all installed timers, templates left out. Blocking."""
    return set(_files(search_path))


def states(search_path: Sequence[str]) -> dict[str, str]:
    """The unit file state of each: masked, enabled, enabled-runtime, static, disabled, ... Blocking."""
    files = _files(search_path)
    enabled = _enabled(search_path)
    return {name: _state(path, enabled.get(name, "")) for name, path in files.items()}


def instances(search_path: Sequence[str]) -> dict[str, str]:
    """Instances of templates by what is on disk of them, with their state; none of systemd's lists has them.

    They are enabled by a link, or paused ("disabled") by a drop-in of fedtui's. Blocking.
    """
    files = (file for folder in search_path for file in _globbed(folder, f"*@*.timer.d/{PAUSE_FILE}"))
    found = {file.parent.name.removesuffix(".d"): "disabled" for file in files} | _enabled(search_path)
    return {name: state for name, state in found.items() if _TIMER.fullmatch(name) and is_instance(name)}


def _globbed(folder: str, pattern: str) -> list[Path]:
    """Nothing of a folder that is not ours to read: before Python 3.13 `glob` raises there."""
    try:
        return list(Path(folder).glob(pattern))
    except OSError:
        return []


def _files(search_path: Sequence[str]) -> dict[str, Path]:
    """The file that counts for each timer: the first on the search path."""
    found: dict[str, Path] = {}
    for folder in search_path:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if _TIMER.fullmatch(entry.name) and not entry.name.endswith("@.timer"):
                        found.setdefault(entry.name, Path(entry.path))
        except OSError:
            continue
    return found


def _enabled(search_path: Sequence[str]) -> dict[str, str]:
    """What a link in some unit's .wants or .requires folder makes of a timer."""
    found: dict[str, str] = {}
    for folder in search_path:
        runtime = folder.startswith("/run/")
        for kind in ("wants", "requires"):
            for wanting in _globbed(folder, f"*.{kind}"):
                try:
                    timers = [link.name for link in wanting.iterdir() if link.suffix == ".timer"]
                except OSError:
                    continue
                for name in timers:
                    found.setdefault(name, "enabled-runtime" if runtime else "enabled")
    return found


def _state(path: Path, enabled: str) -> str:
    try:
        if path.is_symlink() and path.readlink() == Path("/dev/null"):
            return "masked"
        if enabled:
            return enabled
        return made_by(str(path)) or ("disabled" if b"[Install]" in read_file(path) else "static")
    except OSError:
        return ""
