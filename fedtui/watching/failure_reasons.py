"""Why a cycle went wrong, most likely: the job's state, and what the doctor found about it."""

from __future__ import annotations

from fedtui.model import Finding, Job, Severity, Snapshot, cron_jobs
from fedtui.schedulers import driver_of
from fedtui.verdicts.blocked import blocked_reason

RESULTS = frozenset({"FT301", "FT302", "FT304", "FT305", "FT306", "FT307", "FT308", "FT309"})
"""Findings that say how runs ended, or that one is missing: what is to be explained, not the cause of it."""

MOST = 4


def likely_causes(job: Job | None, snapshot: Snapshot) -> tuple[str, ...]:
    """At most `MOST` sentences, the nearest cause first."""
    if job is None:
        return ("it is gone: its line or its unit was removed",)
    words = [blocked_reason(job)] if blocked_reason(job) else []
    words += [_sentence(finding) for finding in findings_of(job, snapshot)]
    return tuple(dict.fromkeys(words))[:MOST]


def findings_of(job: Job, snapshot: Snapshot) -> list[Finding]:
    """What the doctor found about the job, or about the daemon that should start it."""
    own = [finding for finding in snapshot.findings if finding.job_id == job.id]
    table = [
        finding
        for finding in snapshot.findings
        if finding.code in ("FT101", "FT102") and _same_table(job, finding, snapshot)
    ]
    daemon = driver_of(job).words.down_code
    machine = [finding for finding in snapshot.findings if finding.code == daemon and finding.job_id is None]
    return [f for f in (*machine, *table, *own) if f.code not in RESULTS and f.severity is not Severity.NOTE]


def keeps_from_running(job: Job, snapshot: Snapshot) -> tuple[str, ...]:
    """Errors because of which no run of the job can do its work, even where its shell was started."""
    errors = (f for f in findings_of(job, snapshot) if f.severity is Severity.ERROR)
    return tuple(_sentence(finding) for finding in errors)


def _same_table(job: Job, finding: Finding, snapshot: Snapshot) -> bool:
    other = snapshot.job(finding.job_id) if finding.job_id else None
    tables = [(cron.table, each.user) for each, cron in cron_jobs((job, other) if other else ())]
    return len(tables) == 2 and tables[0] == tables[1]


def _sentence(finding: Finding) -> str:
    evidence = f" ({finding.evidence[0]})" if finding.evidence else ""
    return f"{finding.code} {finding.sentence.rstrip('.')}{evidence}"
