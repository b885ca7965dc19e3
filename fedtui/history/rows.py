"""How a run is laid down in a row of the database, and read back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fedtui.model import LogSlice, Outcome, Result, Run, Trigger

RUN_COLUMNS = 'id, job_id, start, "end", result, trigger, output, pid, pgid, log, also'

RunRow = tuple[
    str,
    str,
    float,
    float | None,
    str | None,
    str,
    str | None,
    int | None,
    int | None,
    str | None,
    str | None,
]


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
    try:
        return Run(
            id=row[0],
            job_id=row[1],
            start=datetime.fromtimestamp(row[2], UTC),
            end=None if row[3] is None else datetime.fromtimestamp(row[3], UTC),
            result=None if row[4] is None else result_from_json(row[4]),
            trigger=Trigger(row[5]),
            output=row[6],
            pid=row[7],
            pgid=row[8],
            log=None if row[9] is None else LogSlice(**json.loads(row[9])),
            also=() if row[10] is None else tuple(json.loads(row[10])),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RowError(f"run {row[0]!r}: {error}") from error


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
    )
