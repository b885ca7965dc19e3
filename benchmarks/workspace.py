"""Demo workspaces of any size, and the commands that open them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fedtui.demo.files import crontab_file, lay

HELLO = [sys.executable, str(Path(__file__).with_name("hello.py"))]
FIRST = "job-00000"
MOST = 9_990
"""As many entries as crontab(1) takes with a few comments: it refuses a table of more than 10,000 lines."""

# What the installed command runs; -m would add runpy, which the installed command does not load.
_COMMAND = [sys.executable, "-c", "import sys; from fedtui.__main__ import main; sys.exit(main())"]


def be_like_installed() -> None:
    """Let the programs that are measured find their compiled modules, as an installed program does."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def make(folder: Path, entries: int) -> None:
    """A demo workspace with `entries` crontab lines: no two equal, one schedule each, most of them rare."""
    lay(folder)
    lines = [
        f"{number % 60} {number // 60 % 24} * * {number % 7} "
        f"sh ~/federation/scripts/sync-learning-data.sh {number} >> ~/logs/{number % 50}.log 2>&1\n"
        for number in range(entries)
    ]
    crontab_file(folder).write_text("".join((f"# name: {FIRST}\n", *lines)))


def dashboard(folder: Path) -> list[str]:
    """The command that opens the dashboard on a workspace."""
    return [*_COMMAND, "demo", "--folder", str(folder)]


def crontab_list(folder: Path) -> list[str]:
    """The command that lists the crontab of a workspace."""
    return [*dashboard(folder), "list", "--source", "crontab", "--json"]
