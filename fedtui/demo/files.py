"""Lays the demo workspace's folder: three small real scripts, a crontab, and places for logs and data."""

from __future__ import annotations

from pathlib import Path

from fedtui.crontab.line import PAUSED

_SCRIPTS = Path(__file__).with_name("scripts")

CRONTAB = f"""\
# Demo workspace of fedtui. Nothing here touches your own crontab.
SHELL=/bin/sh

# Hourly: sync high-value patterns
0 * * * * sh ~/federation/scripts/sync-learning-data.sh >> ~/logs/federated-sync.log 2>&1

# Weekly (Sunday 2 AM): export Qdrant collections
0 2 * * 0 sh ~/federation/scripts/export-collections.sh >> ~/logs/federated-export.log 2>&1

# Every minute: dashboard metrics
* * * * * sh ~/federation/scripts/generate-dashboard-data.sh >> ~/logs/dashboard-metrics.log 2>&1

# name: export-nightly
# Too heavy while node2 is slow
{PAUSED.decode()}30 18 * * 1-5 sh ~/federation/scripts/export-collections.sh >> ~/logs/nightly.log 2>&1
"""


def lay(folder: Path) -> None:
    """Make the workspace at `folder`; what is there already stays as the user left it.

    `folder` serves its jobs as HOME. Raises OSError where it cannot be written.
    """
    scripts = folder / "federation" / "scripts"
    for made in (folder, scripts, folder / "federation" / "data" / "patterns", folder / "logs"):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    for script in _SCRIPTS.glob("*.sh"):
        target = scripts / script.name
        if not target.exists():
            target.write_bytes(script.read_bytes())
            target.chmod(0o755)
    crontab = crontab_file(folder)
    if not crontab.exists():
        crontab.write_text(CRONTAB, encoding="utf-8")
        crontab.chmod(0o600)


def crontab_file(folder: Path) -> Path:
    """Where the workspace at `folder` keeps its crontab."""
    return folder / "crontab"
