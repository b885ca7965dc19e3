"""From a finding to the plan that fixes it: the actions, chosen by what the finding's remedy says."""

from __future__ import annotations

from dataclasses import replace

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes.plan import Plan
from fedtui.model import Finding, Job
from fedtui.ports import Ports


async def plan_remedy(finding: Finding, job: Job | None, ports: Ports) -> Plan:
    """The plan of the finding's remedy for `job`. Raises Refused where it has none, or none any more."""
    remedy = finding.remedy
    if remedy is None:
        raise Refused(f"{finding.code} has no fix that fedtui can make.", advice=finding.fix)
    if remedy.verb == "uncomment" and remedy.line is not None:
        return await changes.plan_uncomment(remedy.line, ports)
    if job is None:
        raise Refused("The job is gone.", advice="R checks again.")
    match remedy.verb:
        case "line":
            return await changes.plan_fix(job, remedy.text, ports)
        case "command":
            draft = await changes.load_draft(job, ports)
            return await changes.plan_edit(job, replace(draft, command=remedy.text), ports)
        case "setting":
            name, _, value = remedy.text.partition("=")
            return await changes.plan_environment(job, {name: value}, ports)
        case "schedule":
            return await changes.plan_reschedule(job, remedy.text, ports, reason=finding.code)
        case "resume":
            return await changes.plan_resume(job, ports)
    raise Refused(f"This fedtui cannot {remedy.words}.", advice=finding.fix)
