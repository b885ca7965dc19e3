"""What `setup --json` and `setup --status --json` print; `json_types.pyi` holds what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fedtui.cli.records import JsonRecords, path_text
from fedtui.federation.setup.rollout import RolloutStage
from fedtui.federation.setup.status import JobStatus, PackStatus
from fedtui.federation.setup_issue import SetupIssue
from fedtui.pack import Pack
from fedtui.safe_text import sanitize_and_mask

if TYPE_CHECKING:
    from fedtui.cli import json_types


def status_record(status: PackStatus, records: JsonRecords) -> dict[str, Any]:
    """All of it. Alert URLs hold credentials, so only their number is shown."""
    return {
        "set_up": status.pack is not None,
        "pack": None if status.pack is None else _pack(status.pack, records),
        "jobs": [_job(one, records) for one in status.jobs],
        "rollout": _standing(status.standing),
        "problems": [records.text(problem) for problem in status.problems],
    }


def _pack(pack: Pack, records: JsonRecords) -> json_types.PackRecord:
    return {
        "root": records.text(pack.root),
        "profile": records.text(pack.profile),
        "backend": pack.backend,
        "run_as": pack.run_as or None,
        "log_dir": records.text(pack.log_dir),
        "since": pack.since,
        "git": pack.git,
        "remote": pack.remote,
        "branch": pack.branch,
        "rotate": pack.rotate,
        "record": pack.record,
        "alerts": len(pack.alerts),
        "mail_to": pack.mail_to or None,
        "heartbeat": bool(pack.heartbeat),
    }


def _job(one: JobStatus, records: JsonRecords) -> json_types.PackJobRecord:
    there, job = one.placed, one.job
    return {
        "key": one.key,
        "name": records.text(one.name),
        "id": None if there is None else there.job_id,
        "backend": one.backend,
        "where": None if there is None else records.text(there.where),
        "schedule": None if there is None else records.text(there.schedule),
        "profile_schedule": one.of_profile or None,
        "custom": one.custom,
        "custom_reason": records.text(one.why) if one.custom and one.why else None,
        "paused": there is not None and there.paused,
        "state": None if job is None else job.state.value,
        "next_run": None if job is None else records.when(job.next_run),
        "last_run": None if job is None else records.when(job.last_run),
        "last_result": None if job is None else records.result(job.last_result),
        "script": records.text(one.script) or None,
        "log_path": path_text(one.log or None),
        "log_size": one.log_size,
        "product": path_text(one.product or None),
        "newest_data": None if one.data is None else records.when(one.data.newest),
        "broken_lines": None if one.data is None else one.data.broken,
        "fresh_for_s": one.fresh_for,
        "stale": one.stale,
        "adopted": there is not None and there.adopted,
        "left_out": records.text(one.left_out) or None,
    }


def issue_record(issue: SetupIssue) -> json_types.SetupIssueRecord:
    """Something that was found before the set-up."""
    return {
        "severity": issue.severity.value,
        "job": issue.key or None,
        "text": sanitize_and_mask(issue.text),
        "advice": sanitize_and_mask(issue.advice) or None,
    }


def _standing(standing: RolloutStage) -> json_types.RolloutRecord:
    return {
        "week": standing.week,
        "days": standing.days,
        "good": standing.good,
        "failed": standing.failed,
        "unknown": standing.unknown,
        "waits": list(standing.waits),
        "next": standing.then,
        "command": list(standing.command),
    }
