"""How a process of fedtui's own is started: this interpreter, this package, wherever it was loaded from."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

_SECURE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where sudo looks for programs, as distributions set it (secure_path)."""


def module_command(module: str) -> tuple[str, ...]:
    """The argument vector that runs a module of this package, whatever the working directory."""
    return (sys.executable, "-P", "-m", module)


def interpreter_environment() -> dict[str, str]:
    """Ours, with the place this package was loaded from where Python would not find it by itself."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def installed_command() -> tuple[str, ...]:
    """How this fedtui is started from anywhere: by its path, else by Python's. Blocking."""
    beside = Path(sys.executable).with_name("fedtui")
    named = Path(sys.argv[0]).absolute()
    for path in (named if named.name == "fedtui" else beside, beside):
        if path.is_file() and os.access(path, os.X_OK):
            return (str(path),)
    found = shutil.which("fedtui")
    return (found,) if found else (sys.executable, "-m", "fedtui")


def sudo_command(*words: str) -> str:
    """The command by which root does the same, with the program's path where sudo would not find it."""
    program = ("fedtui",) if shutil.which("fedtui", path=_SECURE_PATH) else installed_command()
    return shlex.join(("sudo", *program, *words))
