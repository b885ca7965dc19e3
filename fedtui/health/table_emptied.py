"""FT013: the user's own crontab had jobs and has none now, and no change made here removed them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from fedtui.config import Config
from fedtui.crontab import Document
from fedtui.health.checks import CheckReport, Rule, check
from fedtui.health.file_facts import FileFacts
from fedtui.history.database import History
from fedtui.model import Remedy, Severity, Snapshot, SourceName
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedule.patterns import listing
from fedtui.system.local_time import short_moment
from fedtui.system.paths import user_name

EMPTIED = Rule(
    "FT013",
    Severity.WARNING,
    "the crontab lost all its jobs",
    "crontab -r removes a whole table and asks nothing; -r is beside -e on the keyboard. Nothing in it runs "
    "any more, and cron reports no error.",
    "Put a kept copy back: fedtui restore lists them. Silence this if the jobs were removed on purpose.",
    needs=("crontab",),
)
SHOWN = 4


@check(EMPTIED)
def emptied(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT013: no jobs in the user's own table, and some in its newest kept text."""
    user = user_name(os.geteuid())
    asked = "crontab" in snapshot.answered and "crontab" not in snapshot.loading
    if not asked or any(job.source is SourceName.CRONTAB and job.user == user for job in snapshot.jobs):
        return
    from fedtui.changes.restore import lost_table  # seldom wanted, and it loads much

    config = Config(host.state)
    found = lost_table(config, History(config.database), user, host.node)
    if found is None:
        return
    kept, text = found
    names = [sanitize_and_mask(entry.name) for entry in Document.parse(text).entries]
    count = "its job" if len(names) == 1 else f"all its {len(names)} jobs"
    named = names if len(names) <= SHOWN else [*names[:SHOWN], f"{len(names) - SHOWN} more"]
    yield EMPTIED.found(
        f"The crontab of {user} lost {count}: {listing(named)}.",
        (f"copy  {kept.path}", f"as of  {short_moment(kept.at)}"),
        title=f"the crontab lost {count}",
        command=f"fedtui restore {kept.name}",
        remedy=Remedy("restore", "restore the crontab", kept.name),
    )
