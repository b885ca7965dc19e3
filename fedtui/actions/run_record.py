"""The small files beside a run's output: what was started, as whom, and how it ended.

The supervisor of a run writes its record before the job's first byte of output and again at its end, so
that a full or locked database loses nothing; whoever looks later reconciles the database from here. One
record is one JSON file of mode 0600, replaced atomically.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from fedtui.history.rows import result_from_json
from fedtui.model import LogSlice, Outcome, Result, Run, Trigger
from fedtui.sources.processes import ProcessIdentity, is_alive, pids, process_identity, read_stat


@dataclass(frozen=True, slots=True)
class Identity:
    """One process for sure: its pid, its start in clock ticks since boot, and which boot that was."""

    pid: int
    ticks: int
    boot: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is known of one detached run. Moments are seconds since 1970, UTC; paths are absolute.

    `job` leads a process group of its own. `log` is the file the job itself appends to, with its size at
    the start and the last bytes before it (as Latin-1), so that a dialog can show what this run wrote there.
    `status` is the wait status's exit
    code (0..255), `signal` the number of the signal that ended the shell; both None while it runs. `verdict`
    is the result with what the output says, as JSON; `judging` while its supervisor reads that output.
    `log_end` is where the log ended then.
    """

    id: str
    job_id: str
    start: float
    output: str
    job: Identity | None
    supervisor: Identity | None
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
    log_end: int | None = None
    verdict: str = ""
    judging: bool = False

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
            log=LogSlice(self.log, self.log_offset, self.log_end) if self.log else None,
        )

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
        return Result(outcome, self.status, None, self.duration, evidence=evidence)


LOST = "the process that watched it was killed, so how it ended is not known"


def signal_name(number: int) -> str:
    """SIGTERM for 15; "signal 35" for a number without a name of its own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def identity(pid: int) -> Identity | None:
    """The identity of a process, be it a zombie; None where there is none of that number."""
    found = process_identity(pid)
    return None if found is None else Identity(found.pid, found.ticks, boot_id())


def group_members(group: int) -> list[Identity]:
    """Every live process of a process group."""
    boot = boot_id()
    stats = (read_stat(pid) for pid in pids())
    return [
        Identity(stat.pid, stat.ticks, boot)
        for stat in stats
        if stat is not None and stat.pgid == group and stat.state not in "ZX"
    ]


def boot_id() -> str:
    """Which boot this is; "" where the kernel does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def alive(who: Identity | None) -> bool:
    """True while exactly that process lives: a zombie has ended, and a reused pid is another process."""
    return who is not None and who.boot == boot_id() and is_alive(ProcessIdentity(who.pid, who.ticks))


def write_record(path: Path, record: RunRecord) -> None:
    """Put `record` at `path` atomically, mode 0600, on the disk before it returns. Raises OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(asdict(record), stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def read_record(path: Path) -> RunRecord | None:
    """The record at `path`; None where there is none, or it is not one."""
    try:
        data = json.loads(path.read_bytes())
        job, supervisor = data.pop("job"), data.pop("supervisor")
        return RunRecord(
            job=Identity(**job) if job else None,
            supervisor=Identity(**supervisor) if supervisor else None,
            **data,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def lost(record: RunRecord, end: float) -> RunRecord:
    """The record of a run whose supervisor and job are both gone without a word."""
    return replace(record, end=end, duration=None, status=None, signal=None)
