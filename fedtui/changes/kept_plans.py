"""Plans that are kept for an hour, to be applied by their ids. Blocking.

One private file each in the state folder. A plan is made of edits, so it is taken from nowhere else, and only
from a file that nobody but its owner could write; that its base has not moved is checked when it is applied.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fedtui.action_result import Refused
from fedtui.changes.change_journal import StoredChange, read_stored, to_payload
from fedtui.changes.edits import ChangeSet
from fedtui.changes.plan import DiffLine, FileDiff, Plan, Step
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system.atomic_write import write_atomically

LIFETIME = 3600
"""Seconds."""

_ID = re.compile(r"[0-9a-f]{12}")


def keep_plan(plan: Plan, ports: Ports) -> str:
    """Keep the plan and return its id; plans that are too old are removed. Raises Refused."""
    folder, plan_id = _folder(ports), secrets.token_hex(6)
    change = plan.change
    record = {
        **{name: value for name, value in asdict(plan).items() if name != "change"},
        "at": ports.clock().timestamp(),
        "host": ports.host,
        "edits": to_payload(StoredChange((*change.made, *change.edits), len(change.made), finished=False)),
        "done": change.done,
        "undoes": change.undoes,
        "resumes": change.resumes,
    }
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in folder.iterdir():
            if _ID.fullmatch(path.name) and path.lstat().st_mtime < ports.clock().timestamp() - LIFETIME:
                path.unlink(missing_ok=True)
        write_atomically(folder / plan_id, json.dumps(record).encode())
    except OSError as error:
        raise Refused(f"The plan cannot be kept: {display_path(folder)}: {error.strerror}.") from error
    return plan_id


def kept_plan(plan_id: str, ports: Ports) -> Plan:
    """The plan of that id. Raises Refused for one that is unknown, too old or not private."""
    if not _ID.fullmatch(plan_id):
        raise Refused(f"{plan_id!r} is no id of a kept plan.", advice="Keep one: --dry-run --keep.")
    try:
        record = json.loads(_private_text(_folder(ports) / plan_id))
        if not 0 <= ports.clock().timestamp() - record["at"] <= LIFETIME:
            raise Refused(f"Plan {plan_id} is older than an hour.", advice="Make it again.")
        if not ports.is_here(record.get("host", "")):
            raise Refused(f"Plan {plan_id} was made on {record['host']}.", advice="Apply it there.")
        return _plan(record)
    except FileNotFoundError as error:
        raise Refused(f"There is no kept plan {plan_id}.", advice="Keep one: --dry-run --keep.") from error
    except (OSError, LookupError, ValueError, TypeError) as error:
        raise Refused(f"Plan {plan_id} cannot be read: {error}.", advice="Make it again.") from error


def _folder(ports: Ports) -> Path:
    return ports.config.state / "plans"


def _private_text(path: Path) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags), "rb") as stream:
        facts = os.fstat(stream.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
            raise PermissionError("its file is not this user's alone")
        return stream.read()


def _plan(record: dict[str, Any]) -> Plan:
    kept = read_stored(record["edits"])
    change = ChangeSet(
        kept.edits[kept.made :], record["done"], record["undoes"], record["resumes"], kept.edits[: kept.made]
    )
    diffs = (
        FileDiff(**{**diff, "lines": tuple(DiffLine(**line) for line in diff["lines"])})
        for diff in record["diffs"]
    )
    return Plan(
        verb=record["verb"],
        job_id=record["job_id"],
        job_name=record["job_name"],
        summary=record["summary"],
        diffs=tuple(diffs),
        steps=tuple(Step(step["verb"], step["text"], tuple(step["command"])) for step in record["steps"]),
        change=change,
        warnings=tuple(record["warnings"]),
        destructive=record["destructive"],
        alternative=record["alternative"],
        jobs=tuple((job_id, name) for job_id, name in record["jobs"]),
        moves=tuple((old, new) for old, new in record.get("moves", ())),
    )
