"""Which findings the user has said to know of: in config.toml, or by a note where the job is.

`ignore = ["FT402", "FT301 cron.d:KEY"]` names a code for everything, or for the job of that id.
`# fedtui: ignore FT402` is a comment line directly above a line of a cron table, or anywhere in a timer's
unit file, its drop-ins, or its service's unit file.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never

from fedtui.health.file_facts import FileFacts
from fedtui.model import CronFacts, Finding, Job, TimerFacts


def silenced(finding: Finding, job: Job | None, host: FileFacts, ignore: Collection[str]) -> bool:
    """Whether nobody wants to hear of it. `job` is the finding's, `ignore` as config.toml has it."""
    if finding.code in ignore or f"{finding.code} {finding.job_id}" in ignore:
        return True
    if job is None:
        return False
    match job.facts:
        case CronFacts() as cron:
            return finding.code in cron.silenced
        case TimerFacts() as timer:
            files = (timer.fragment, *timer.drop_ins, timer.service_fragment)
            return any(finding.code in host.silenced_in(path) for path in files if path)
        case _ as never:
            assert_never(never)
