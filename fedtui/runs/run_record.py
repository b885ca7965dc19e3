"""The small files beside a run's output: what was started, as whom, and how it ended.

The supervisor of a run writes its record before the job's first byte of output and again at its end, so
that a full or locked database loses nothing; the next reader reconciles the database from here. One
record is one JSON file of mode 0600, replaced atomically.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from fedtui.history.rows import result_from_json
from fedtui.model import LogSlice, Outcome, Result, Run, Trigger
from fedtui.system.atomic_write import write_atomically
from fedtui.system.processes import ProcessIdentity, signal_name
from fedtui.system.regular_file import read_regular


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is known of one detached run. Moments are seconds since 1970, UTC; paths are absolute.

    `job` leads a process group of its own. `log` is the file the job itself appends to, with its size at
    the start and the last bytes before it (as Latin-1), so that a dialog can show what this run wrote there.
    `status` is the wait status's exit code (0..255), `signal` the number of the signal that ended the shell;
    both None while it runs. `verdict` is the result with what the output says, as JSON; `judging` while its
    supervisor reads that output. `log_start` and `log_end` are where this run's bytes lay in the log when it
    ended: a job may have truncated its log. `doubt` says why a status of 0 proves nothing.
    """

    id: str
    job_id: str
    start: float
    output: str
    job: ProcessIdentity | None
    supervisor: ProcessIdentity | None
    uid: int
    log: str | None = None
    log_offset: int = 0
    log_before: str = ""
    end: float | None = None
    duration: float | None = None
    status: int | None = None
    signal: int | None = None
    error: str = ""
    dropped: int = 0
    trigger: str = Trigger.MANUAL.value
    log_start: int | None = None
    log_end: int | None = None
    verdict: str = ""
    judging: bool = False
    doubt: str = ""

    def to_run(self) -> Run:
        """The run as the rest of the program speaks of it."""
        ended = self.end is not None
        return Run(
            id=self.id,
            job_id=self.job_id,
            start=datetime.fromtimestamp(self.start, UTC),
            end=datetime.fromtimestamp(self.end, UTC) if self.end is not None else None,
            result=self.result() if ended else None,
            trigger=Trigger(self.trigger),
            output=self.output,
            pid=self.job.pid if self.job else None,
            pgid=self.job.pid if self.job else None,
            log=self._log(),
        )

    def _log(self) -> LogSlice | None:
        if self.log is None:
            return None
        start = self.log_offset if self.log_start is None else self.log_start
        return LogSlice(self.log, start, self.log_end)

    def result(self) -> Result:
        """The verdict. UNKNOWN unless an exit status or a signal was seen."""
        if self.verdict:
            with suppress(ValueError, KeyError, TypeError):
                return result_from_json(self.verdict)
        return self.by_status()

    def by_status(self) -> Result:
        """The verdict by the exit status alone."""
        evidence = ("exit status, fedtui",)
        if self.error:
            return Result(Outcome.FAILED, None, None, self.duration, 0, (self.error,), ("fedtui",))
        if self.signal is not None:
            return Result(Outcome.FAILED, None, signal_name(self.signal), self.duration, evidence=evidence)
        if self.status is None:
            return Result(Outcome.UNKNOWN, reasons=(LOST,), evidence=("start, fedtui",))
        outcome = Outcome.OK if self.status == 0 else Outcome.FAILED
        result = Result(outcome, self.status, None, self.duration, evidence=evidence)
        if self.doubt and outcome is Outcome.OK:
            return replace(result, outcome=Outcome.UNKNOWN, reasons=(self.doubt,))
        return result


LOST = "the process that watched it was killed, so how it ended is not known"


def write_record(path: Path, record: RunRecord) -> None:
    """Put `record` at `path` atomically, mode 0600, on the disk before it returns. Raises OSError."""
    named = {
        name: None if who is None else who._asdict()
        for name, who in (("job", record.job), ("supervisor", record.supervisor))
    }
    write_atomically(path, json.dumps(asdict(record) | named).encode())


def read_record(path: Path) -> RunRecord | None:
    """The record at `path`; None where there is none, or it is not one."""
    try:
        data = json.loads(read_regular(path))
        job, supervisor = data.pop("job"), data.pop("supervisor")
        return RunRecord(
            job=ProcessIdentity(**job) if job else None,
            supervisor=ProcessIdentity(**supervisor) if supervisor else None,
            **data,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def lost(record: RunRecord, end: float) -> RunRecord:
    """The record of a run whose supervisor and job are both gone without a word."""
    return replace(record, end=end, duration=None, status=None, signal=None)
