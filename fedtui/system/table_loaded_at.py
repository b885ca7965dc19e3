"""Since when cron goes by a table as it is now: the later of the table's last change and cron's own start.

A usual user cannot see the times of the tables in the spool, but those of its folder, which move with every
table that is installed: later than the truth at times, never earlier.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fedtui.model import CronFacts, Job
from fedtui.system.cron_daemon import find_cron
from fedtui.system.crontab_program import SPOOL_FOLDERS

TAKES = timedelta(seconds=60)
"""cron looks whether a table has changed once a minute."""

_KEEP = 15.0


class TableLoadTimes:
    """Answers are remembered for a short while, for a table has many jobs."""

    def __init__(self) -> None:
        self._known: dict[str, datetime | None] = {}
        self._at = 0.0

    def __call__(self, job: Job, cron: CronFacts) -> datetime | None:
        """Since when cron goes by the job's table; None where unknown."""
        if time.monotonic() - self._at > _KEEP:
            self._known, self._at = {}, time.monotonic()
        daemon, table = self._remember("", job), self._remember(cron.table, job)
        return None if daemon is None or table is None else max(daemon, table + TAKES)

    def _remember(self, table: str, job: Job) -> datetime | None:
        if table not in self._known:
            self._known[table] = find_cron().since if not table else _changed(table, job.user)
        return self._known[table]


def _changed(table: str, user: str) -> datetime | None:
    """When the table at that path ("crontab": the user's, in the spool) was last changed, at the latest."""
    if table == "crontab":
        places = [path for folder in SPOOL_FOLDERS for path in (folder, folder / user)]
    else:
        places = [Path(table), Path(table).parent]
    found = [moment for moment in map(_moment, places) if moment is not None]
    return max(found, default=None)


def _moment(path: Path) -> datetime | None:
    try:
        facts = path.stat()
    except OSError:  # a usual user cannot see the files in the spool
        return None
    # A file that was moved here keeps its mtime; its inode was changed by that.
    return datetime.fromtimestamp(max(facts.st_mtime, facts.st_ctime), UTC)
