"""How a run is laid down in a row of the database, and read back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fedtui.model import LogSlice, Outcome, Result, Run, Trigger

RUN_COLUMNS = 'id, job_id, start, "end", result, trigger, output, pid, pgid, log, also'

RunRow = tuple[Any, ...]
"""A value for each of RUN_COLUMNS."""


class RowError(Exception):
    """A row holds what no fedtui wrote."""


def of_run(run: Run) -> RunRow:
    """The row of a run; moments are seconds since 1970, UTC."""
    return (
        run.id,
        run.job_id,
        run.start.timestamp(),
        None if run.end is None else run.end.timestamp(),
        None if run.result is None else result_to_json(run.result),
        run.trigger.value,
        run.output,
        run.pid,
        run.pgid,
        None if run.log is None else json.dumps(asdict(run.log)),
        json.dumps(run.also) if run.also else None,
    )


def to_run(row: RunRow) -> Run:
    """The run of a row, its moments in UTC. Raises RowError."""
    run_id, job_id, start, end, result, trigger, output, pid, pgid, log, also = row
    try:
        return Run(
            id=run_id,
            job_id=job_id,
            start=datetime.fromtimestamp(start, UTC),
            end=None if end is None else datetime.fromtimestamp(end, UTC),
            result=None if result is None else result_from_json(result),
            trigger=Trigger(trigger),
            output=output,
            pid=pid,
            pgid=pgid,
            log=None if log is None else LogSlice(**json.loads(log)),
            also=() if also is None else tuple(json.loads(also)),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RowError(f"run {run_id!r}: {error}") from error


def result_to_json(result: Result) -> str:
    """A result as JSON; `result_from_json` gives it back."""
    return json.dumps(asdict(result))


def result_from_json(text: str) -> Result:
    """Inverse of `result_to_json`. Raises KeyError, TypeError or ValueError."""
    data: dict[str, Any] = json.loads(text)
    return Result(
        outcome=Outcome(data["outcome"]),
        exit_code=data["exit_code"],
        signal=data["signal"],
        duration=data["duration"],
        warnings=data["warnings"],
        reasons=tuple(data["reasons"]),
        evidence=tuple(data["evidence"]),
        judged=bool(data.get("judged", False)),
        errors=int(data.get("errors", 0)),
    )
