"""How a scheduler starts this fedtui, for the jobs of the pack that are verbs of its own. Blocking."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from fedtui.system.self_command import interpreter_environment

_FOLDERS = ("XDG_CONFIG_HOME", "XDG_STATE_HOME")


def scheduled_environment() -> dict[str, str]:
    """What a scheduler has to set so that this fedtui finds what it finds now: mostly nothing."""
    found = {name: os.environ[name] for name in _FOLDERS if os.environ.get(name, "").startswith("/")}
    if len(scheduled_command()) > 1:  # not installed: Python needs its path
        found["PYTHONPATH"] = interpreter_environment()["PYTHONPATH"]
    return found


def scheduled_command() -> tuple[str, ...]:
    """How a scheduler starts this fedtui: by the installed program's path, else by Python's."""
    beside = Path(sys.executable).with_name("fedtui")
    named = Path(sys.argv[0]).absolute()
    for path in (named if named.name == "fedtui" else beside, beside):
        if path.is_file() and os.access(path, os.X_OK):
            return (str(path),)
    found = shutil.which("fedtui")
    return (found,) if found else (sys.executable, "-m", "fedtui")
