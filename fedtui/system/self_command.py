"""How a process of fedtui's own is started: this interpreter, this package, wherever it was loaded from."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def module_command(module: str) -> tuple[str, ...]:
    """The argument vector that runs a module of this package, whatever the working directory."""
    return (sys.executable, "-P", "-m", module)


def interpreter_environment() -> dict[str, str]:
    """Ours, with the place this package was loaded from where Python would not find it by itself."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
