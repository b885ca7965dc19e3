"""What a scheduler sets for this fedtui, for the jobs of the pack that are verbs of its own. Blocking."""

from __future__ import annotations

import os

from fedtui.system.self_command import installed_command, interpreter_environment

_FOLDERS = ("XDG_CONFIG_HOME", "XDG_STATE_HOME")


def scheduled_environment() -> dict[str, str]:
    """What a scheduler has to set so that this fedtui finds what it finds now: mostly nothing."""
    found = {name: os.environ[name] for name in _FOLDERS if os.environ.get(name, "").startswith("/")}
    if len(installed_command()) > 1:  # not installed: Python needs its path
        found["PYTHONPATH"] = interpreter_environment()["PYTHONPATH"]
    return found
