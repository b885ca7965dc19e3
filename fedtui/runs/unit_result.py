"""How one invocation of a unit ended: by the unit's properties, or by what its manager wrote in the journal.

systemd unloads a unit that nothing refers to as soon as it is at rest, and its facts are gone; the
journal keeps the manager's own records of them (systemd.journal-fields(7), the catalog's message ids).
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from fedtui.model import Outcome, Result
from fedtui.sources.systemd.last_run import CLD_DUMPED, CLD_EXITED, CLD_KILLED, as_proven, how_it_ended
from fedtui.system.async_program import capture
from fedtui.system.program import ProgramError

_PROCESS_EXITED = "98e322203f7a4ed290d09fe03c09fe15"
_UNIT_FAILED = "d9b373ed55a64feb8242e02dbe79a49c"
_UNIT_SUCCESS = "7ad2d189f7e94e70a38c781354912448"
_UNIT_STARTING = "7d4958e842da4a758f6c1cdc7b36dcc5"
_UNIT_STARTED = "39f53479d3a045ac8e11786248231fbf"
_CODES = {"exited": CLD_EXITED, "killed": CLD_KILLED, "dumped": CLD_DUMPED}
_WORDS = "the manager's words in the journal"
_NOT_TOLD = "its manager calls it a success, and does not tell whether a signal ended it"
_FIELDS = "MESSAGE_ID,EXIT_CODE,EXIT_STATUS,UNIT_RESULT,COMMAND"


def by_properties(unit: dict[str, Any], service: dict[str, Any]) -> tuple[Result, float]:
    """The result and the end (seconds since 1970) by the bus; `service` is empty for other units."""
    end = (int(service.get("ExecMainExitTimestamp", 0)) or int(unit.get("StateChangeTimestamp", 0))) / 1e6
    began = int(service.get("ExecMainStartTimestamp", 0)) / 1e6
    duration = end - began if end >= began > 0 else None
    end = end or time.time()
    if not service:
        outcome = Outcome.FAILED if unit["ActiveState"] == "failed" else Outcome.UNKNOWN
        return Result(outcome, evidence=("unit state, systemd",)), end
    word, code, status = service["Result"], int(service["ExecMainCode"]), int(service["ExecMainStatus"])
    if word == "success" and code == 0:
        reason = "the service has no main process"
        return Result(Outcome.UNKNOWN, reasons=(reason,), evidence=("systemd",)), end
    return proven_by(service, how_it_ended(word, code, status, duration)), end


def proven_by(service: dict[str, Any], result: Result) -> Result:
    """An ok as unknown where the exit status of what the service starts proves nothing."""
    starts = service.get("ExecStart", ())
    ignores = any(start[2] for start in starts)
    commands = [start[1] for start in starts]
    return as_proven(result, commands, str(service.get("Type", "")), ignores_failure=ignores)


async def by_journal(invocation: str, *, user_manager: bool) -> tuple[Result, float] | None:
    """The same by the manager's records of that invocation; None where the journal has none of its end."""
    ours = (f"INVOCATION_ID={invocation}", "_PID=1")
    if user_manager:
        ours = (f"USER_INVOCATION_ID={invocation}", f"_UID={os.getuid()}")
    head = ("journalctl", "--output=json", "--no-pager", "--quiet", f"--output-fields={_FIELDS}")
    try:
        ended = await capture([*head, *ours], deadline=15.0)
    except ProgramError:
        return None
    records = [record for line in ended.out.splitlines() if (record := _record(line))]
    try:
        return verdict_of(records)
    except (TypeError, ValueError, OverflowError):  # a field that somebody else wrote twice, or in bytes
        return None


def verdict_of(records: list[dict[str, Any]]) -> tuple[Result, float] | None:
    """What the manager's records say of an end.

    An exit that counts as success is not recorded, and need not be 0 (SuccessExitStatus=): no code then. Nor
    is a signal that counts as one: that can be ruled out only while the start was still in progress, for of a
    Type=oneshot service no signal counts as success, and no other service succeeds before it has started.
    """
    last = next((r for r in reversed(records) if r.get("MESSAGE_ID") in (_UNIT_FAILED, _UNIT_SUCCESS)), None)
    if last is None:
        return None
    end = int(last["__REALTIME_TIMESTAMP"]) / 1e6
    if last["MESSAGE_ID"] == _UNIT_SUCCESS:
        before = [record.get("MESSAGE_ID") for record in records[: records.index(last)]]
        if _UNIT_STARTING in before and _UNIT_STARTED not in before:
            return Result(Outcome.OK, evidence=(_WORDS,)), end
        return Result(Outcome.UNKNOWN, reasons=(_NOT_TOLD,), evidence=(_WORDS,)), end
    exits = [r for r in records if r.get("MESSAGE_ID") == _PROCESS_EXITED]
    exited = exits[-1] if exits else {}
    code, status = _CODES.get(str(exited.get("EXIT_CODE")), 0), int(exited.get("EXIT_STATUS", 0))
    return how_it_ended(str(last.get("UNIT_RESULT", "")) or "failed", code, status, evidence=_WORDS), end


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "__REALTIME_TIMESTAMP" in found else None
