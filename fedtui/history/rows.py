"""How a run is laid down in a row of the database, and read back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fedtui.model import LogSlice, Mark, Outcome, Result, Run, Trigger

RUN_COLUMNS = 'id, job_id, start, "end", result, trigger, output, pid, pgid, log, also'

# What versions without marks write, and go by: rows keep it, whatever is shown.
_SET_BACK = "the clock was set back since"
_NOT_APART = "another run wrote the same log meanwhile: whose lines these are is not known"
_NO_STATUS = "no exit status"
_WORDS = {Mark.NO_STATUS: _NO_STATUS, Mark.SET_BACK: _SET_BACK, Mark.NOT_APART: _NOT_APART}

IS_SET_BACK = f"""(instr(coalesce(result, ''), '{_SET_BACK}') AND EXISTS (
    SELECT 1 FROM json_each(result, '$.evidence') WHERE value = '{_SET_BACK}'))"""  # noqa: S608 (constants)
"""In SQL: whether a row has the mark SET_BACK, which its words always tell. Output may hold them as well."""

IS_GOOD = "coalesce(json_extract(result, '$.errors'), 0) = 0"
"""In SQL: whether a row with warnings is `Result.good`."""

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
    return json.dumps(result_to_dict(result) | {"marks": sorted(result.marks)})


def result_to_dict(result: Result) -> dict[str, Any]:
    """A result in words alone, as versions without marks have it; `result_from_dict` gives it back."""
    data = asdict(result)
    del data["marks"]
    data["evidence"] = [*result.evidence, *(text for mark, text in _WORDS.items() if mark in result.marks)]
    if Mark.NOT_APART in result.marks:
        failed = result.outcome is Outcome.FAILED
        data["reasons"] = [*result.reasons, _NOT_APART] if failed else [_NOT_APART, *result.reasons]
    return data


def result_from_json(text: str) -> Result:
    """Inverse of `result_to_json`. Raises KeyError, TypeError or ValueError."""
    return result_from_dict(json.loads(text))


def result_from_dict(data: dict[str, Any]) -> Result:
    """Inverse of `result_to_dict`. Raises KeyError, TypeError or ValueError."""
    reasons, evidence = data["reasons"], data["evidence"]
    known = data["marks"] if "marks" in data else _marks_of(reasons, evidence)
    return Result(
        outcome=Outcome(data["outcome"]),
        exit_code=data["exit_code"],
        signal=data["signal"],
        duration=data["duration"],
        warnings=data["warnings"],
        reasons=tuple(text for text in reasons if text != _NOT_APART),
        evidence=tuple(
            text.removesuffix(f", {_NO_STATUS}") for text in evidence if text not in _WORDS.values()
        ),
        judged=bool(data.get("judged", False)),
        errors=int(data.get("errors", 0)),
        marks=frozenset(mark for mark in Mark if mark in known),  # a newer version may have more
    )


def _marks_of(reasons: list[str], evidence: list[str]) -> set[Mark]:
    """The marks of a result that has only words. Lines of a job's output are never alone in a reason."""
    said = {
        Mark.SET_BACK: _SET_BACK in evidence,
        Mark.NOT_APART: _NOT_APART in reasons,
        Mark.NO_STATUS: any(text.endswith(_NO_STATUS) for text in evidence),
        Mark.LOCKED: "locked" in reasons,
        Mark.SILENT: any(text.startswith("no output, ") for text in evidence),
        Mark.PRODUCT: any(text.startswith(("its product ", "1 warning: its product ")) for text in reasons),
        Mark.START_LIMIT: "systemd refused: it was started too often in a short time" in reasons,
    }
    return {mark for mark, holds in said.items() if holds}
