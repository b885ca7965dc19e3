"""Where the runs started by fedtui lie: record, output and lock of each, found, reconciled and pruned.

Everything here is blocking: call it in a thread.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from fedtui.config import Config
from fedtui.history.database import History
from fedtui.model import Outcome, Result
from fedtui.runs.run_record import RunRecord, lost, read_record, write_record
from fedtui.sources.own_runs import OWN_ID
from fedtui.system.atomic_write import sweep_folder
from fedtui.system.processes import is_alive

KEPT_OUTPUTS = 500
KEPT_BYTES = 256 * 1024 * 1024
"""What all kept outputs together may weigh; the oldest finished ones go first."""


def prepare(config: Config) -> None:
    """Make the folders (mode 0700) and let the oldest outputs go. Raises OSError."""
    for folder in (config.state, config.outputs, _locks(config)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep_folder(config.outputs)
    _prune(config.outputs)


def record_path(config: Config, job_id: str, run_id: str) -> Path:
    """Where the record of one run lies; its output is beside it, with the suffix .out."""
    return config.outputs / f"{_key(job_id)}-{run_id}.json"


def lock_path(config: Config, job_id: str) -> Path:
    """The file whose lock says that the job runs."""
    return _locks(config) / f"{_key(job_id)}.lock"


def find_record(config: Config, run_id: str) -> RunRecord | None:
    """The record of a run of fedtui's own, or None."""
    if not OWN_ID.fullmatch(run_id):
        return None
    with suppress(OSError):
        for path in _listed(config.outputs, f"*-{run_id}.json"):
            return _read(path)
    return None


def _read(path: Path) -> RunRecord | None:
    """A record as others should see it: a run is over once its output was judged, or nobody is left to."""
    record = read_record(path)
    if record is not None and record.judging and is_alive(record.supervisor):
        return replace(record, end=None, duration=None, status=None, signal=None)
    return record


def running_record(config: Config, job_id: str) -> RunRecord | None:
    """The job's run in progress, as far as its own process or its supervisor still lives.

    Raises OSError where the records cannot be read.
    """
    for path in _listed(config.outputs, f"{_key(job_id)}-*.json"):
        record = _read(path)
        if record is not None and record.job_id == job_id and is_running(record):
            return record
    return None


def is_running(record: RunRecord) -> bool:
    """True while the job lives, or its end is still to be recorded."""
    return record.end is None and (is_alive(record.job) or is_alive(record.supervisor))


def close_run(config: Config, history: History) -> int:
    """Bring the database up to what the records say; how many runs were given an end.

    A run whose supervisor and job are both gone without a record of the end gets the outcome UNKNOWN. Raises
    HistoryError, and OSError where the records cannot be read.
    """
    settled = 0
    records = {record.id: record for record in _records(config)}
    unknown_to_history = set(records) - history.known_runs(records)
    for run_id in unknown_to_history:
        history.begin_run(records[run_id].to_run())
    for run in history.open_runs():
        if not OWN_ID.fullmatch(run.id):
            continue
        found = records.get(run.id)
        if found is None:
            reason = "its record is gone, so how it ended is not known"
            settled += history.finish_run(run.id, run.start, Result(Outcome.UNKNOWN, reasons=(reason,)))
            continue
        record = ended(config, found)
        if record.end is not None:
            settled += history.finish_run(run.id, datetime.fromtimestamp(record.end, UTC), record.result())
    return settled


def ended(config: Config, record: RunRecord) -> RunRecord:
    """`record`, or, when nobody is left who could write its end, the same with an unknown end."""
    if record.end is not None or is_running(record):
        return record
    path = record_path(config, record.job_id, record.id)
    newest = _read(path)  # the end may have been written between the two looks
    if newest is not None and newest.end is not None:
        return newest
    last_sign = record.start
    with suppress(OSError):
        last_sign = max(last_sign, Path(record.output).stat().st_mtime)
    gone = lost(record, last_sign)
    with suppress(OSError):
        write_record(path, gone)
    return gone


def _records(config: Config) -> Iterator[RunRecord]:
    for path in _listed(config.outputs, "*-*.json"):
        record = _read(path)
        if record is not None:
            yield record


def _listed(folder: Path, pattern: str) -> list[Path]:
    """`glob`, which takes a folder that cannot be read for an empty one. Raises OSError."""
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except FileNotFoundError:
        return []
    return [folder / name for name in names if fnmatchcase(name, pattern)]


def _prune(folder: Path) -> None:
    kept = weight = 0
    outputs = [(path.stat().st_mtime, path) for path in folder.glob("*.out")]
    for _, path in sorted(outputs, reverse=True):
        record = read_record(path.with_suffix(".json"))
        if record is not None and is_running(record):
            continue
        kept, weight = kept + 1, weight + path.stat().st_size
        if kept > KEPT_OUTPUTS or weight > KEPT_BYTES:
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink(missing_ok=True)


def _locks(config: Config) -> Path:
    return config.state / "locks"


def _key(job_id: str) -> str:
    return hashlib.sha1(job_id.encode(), usedforsecurity=False).hexdigest()[:12]
