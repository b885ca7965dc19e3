"""Which timers are installed, and the state of their unit files.

Up to some two hundred timers systemd is asked (ListUnitFilesByPatterns). It answers by walking all links of
all folders for each file, so that two thousand timers stop the manager for many seconds; there the folders
of its search path are read instead, and the states told as far as links tell them: systemd.unit(5), "Unit
File Load Path"; systemctl(1), "is-enabled".
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

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


def _files(search_path: Sequence[str]) -> dict[str, Path]:
    """The file that counts for each timer: the first on the search path."""
    found: dict[str, Path] = {}
    for folder in search_path:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".timer") and not entry.name.endswith("@.timer"):
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
            for wanting in Path(folder).glob(f"*.{kind}"):
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
        if path.parent.name in ("transient", "generator", "generator.early", "generator.late"):
            return "transient" if path.parent.name == "transient" else "generated"
        return "disabled" if b"[Install]" in path.read_bytes() else "static"
    except OSError:
        return ""
