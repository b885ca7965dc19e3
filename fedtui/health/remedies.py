"""From a finding to the request that fixes it, by what the finding's remedy says."""

from __future__ import annotations

from fedtui.action_result import Refused
from fedtui.changes.request import Request
from fedtui.model import Finding, Job


def remedy_request(finding: Finding, job: Job | None) -> Request:
    """The request of the finding's remedy for `job`. Raises Refused where it has none, or none any more."""
    remedy = finding.remedy
    if remedy is None:
        raise Refused(f"{finding.code} has no fix that fedtui can make.", advice=finding.fix)
    if remedy.verb == "uncomment" and remedy.line is not None:
        line = remedy.line
        where = {"table": line.table, "user": line.user, "line": line.location.line}
        return Request("uncomment", (), where)
    if remedy.verb == "restore":
        return Request("restore", (), {"name": remedy.text})
    if job is None:
        raise Refused("The job is gone.", advice="R checks again.")
    jobs = (job.id,)
    match remedy.verb:
        case "line":
            return Request("fix", jobs, {"text": remedy.text})
        case "command":
            return Request("edit", jobs, {"command": remedy.text})
        case "setting":
            name, _, value = remedy.text.partition("=")
            return Request("environment", jobs, {"settings": {name: value}})
        case "schedule":
            return Request("reschedule", jobs, {"schedule": remedy.text, "reason": finding.code})
        case "resume":
            return Request("resume", jobs)
        case "record":
            return Request("record", jobs)
    raise Refused(f"This fedtui cannot {remedy.words}.", advice=finding.fix)
