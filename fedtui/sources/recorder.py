"""Runs that the recorder wrote down: the source of cron runs that knows start, end and exit status.

A record is a file `KEY.N` of two lines, "begin PID TICKS UPTIME BOOT LOGSIZE" and "end STATUS UPTIME"; the
recorder (runs/recorder.sh) writes them without starting a program, so what takes one is worked out here:
the moment by the file's time, the duration by the two uptimes (seconds since boot). N counts up to 500 and
begins again, so that the records of a job stay few.
"""

from __future__ import annotations

import pwd
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from fedtui.crontab import read_command
from fedtui.history.run_provenance import STEP, as_stamped_ahead
from fedtui.model import Answer, Job, LogSlice, Outcome, Result, Run, Trigger, cron_jobs
from fedtui.sources.source import LookingSource
from fedtui.system.file_stamp import file_size, file_stamp
from fedtui.system.path_lookup import doubt_of_line
from fedtui.system.processes import ProcessIdentity, is_alive
from fedtui.system.regular_file import read_regular
from fedtui.system.safe_folder import UnsafeFolder, held_folder, read_owned

LOOK_EVERY = 0.5
"""Seconds between two looks at the times of a few files."""

IDLE = 5.0
"""Seconds between two looks where no job is recorded."""

PLACES = 500
"""So many records of a job are kept, see recorder.sh."""

EVIDENCE = "exit status, recorder"
OVERWRITTEN = "its lines in the log were overwritten by the next run"
LOST = "the recorder was killed, or the machine went down, before the job ended"
_MOST = 4096
"""Bytes of a record that are read, which is longer than any is."""
_BEGIN = re.compile(r"begin (\d+) (\d+) (\d+(?:\.\d+)?) ([0-9a-f-]+) (\d+|-)")
_END = re.compile(r"end (\d{1,3}) (\d+(?:\.\d+)?)")
_FILE = re.compile(r"([0-9a-f]{8}(?:-\d+)?)\.(\d+)")


class RecordedRun(NamedTuple):
    """One record: who ran, from when to when. `started` and `ended` are seconds of uptime in that boot."""

    who: ProcessIdentity
    started: float
    log_size: int | None
    status: int | None = None
    ended: float | None = None


class _Read(NamedTuple):
    stamp: tuple[int, int]
    record: RecordedRun | None
    log_end: int | None


class RecorderSource(LookingSource):
    """Source "recorder". `jobs` gives the cron tables' rows as last known, `folder` holds our own records.

    Those of another user's lines, which root sees, are beside the recorder that the line names.
    """

    name = "recorder"

    def __init__(
        self,
        folder: Path,
        jobs: Callable[[], Sequence[Job]],
        clock: Callable[[], datetime],
        alive: Callable[[ProcessIdentity], bool] = is_alive,
    ) -> None:
        self._folder = folder
        self._jobs = jobs
        self._clock = clock
        self._alive = alive
        self._files: dict[Path, _Read] = {}
        self._going_on: set[Path] = set()

    def look(self) -> Answer:
        """The runs of the jobs recorded now; none of lines that share a key: a record names no line."""
        self._going_on.clear()
        runs: list[Run] = []
        for folder, recorded in self._by_folder().items():
            by_key = jobs_by_key(recorded)
            jobs = {key: sharing[0] for key, sharing in by_key.items() if len(sharing) == 1}
            runs += self._runs(folder, jobs) if jobs else ()
        return Answer(self.name, self._clock(), (), runs=tuple(runs))

    def _by_folder(self) -> dict[Path, list[Job]]:
        """The recorded jobs by the folder of their records."""
        found: dict[Path, list[Job]] = {}
        for job, cron in cron_jobs(self._jobs()):
            if cron.record_key:
                own = not cron.recorder or Path(cron.recorder).parent == self._folder.absolute().parent
                folder = self._folder if own else Path(cron.recorder).parent / "runs"
                found.setdefault(folder, []).append(job)
        return found

    async def watch(self) -> AsyncIterator[None]:
        """Yield when a run was recorded to begin or to end, and when other jobs are recorded."""
        import asyncio

        seen = await asyncio.to_thread(self._stamp)
        while True:
            await asyncio.sleep(LOOK_EVERY if seen[0] else IDLE)
            stamp = await asyncio.to_thread(self._stamp)
            if stamp != seen:
                seen = stamp
                yield

    def _stamp(self) -> tuple[tuple[str, ...], tuple[object, ...]]:
        folders = self._by_folder().items()
        lasts = [folder / f"{key}.last" for folder, jobs in folders for key in jobs_by_key(jobs)]
        files = sorted(lasts) + sorted(self._going_on)
        ended = tuple(not self._still_on(path) for path in sorted(self._going_on))
        return tuple(map(str, sorted(lasts))), (*map(file_stamp, files), *ended)

    def _still_on(self, path: Path) -> bool:
        read = self._files.get(path)
        return read is not None and read.record is not None and self._alive(read.record.who)

    def _runs(self, folder: Path, jobs: dict[str, Job]) -> list[Run]:
        by_key: dict[str, list[tuple[Path, _Read]]] = {}
        for path, key in self._named(folder):
            if key in jobs and (read := self._read(path, jobs[key])).record is not None:
                by_key.setdefault(key, []).append((path, read))
        return [run for key, reads in by_key.items() for run in self._of_job(key, reads, jobs[key])]

    def _named(self, folder: Path) -> list[tuple[Path, str]]:
        """The records in a folder, with their keys."""
        try:
            if folder == self._folder:
                names = [path.name for path in folder.iterdir()]
            else:
                with held_folder(folder) as (held, _):
                    names = [path.name for path in Path(f"/proc/self/fd/{held}").iterdir()]
        except (OSError, UnsafeFolder):
            return []  # nothing was recorded yet, or it is not for us to read
        return [(folder / name, match[1]) for name in names if (match := _FILE.fullmatch(name))]

    def _read(self, path: Path, job: Job) -> _Read:
        """A record, read again only where its file changed."""
        try:
            facts = path.stat()
            known = self._files.get(path)
            stamp = facts.st_mtime_ns, facts.st_size
            if known is None or known.stamp != stamp:
                record = parse_record(self._text(path, job))
                over = record is not None and record.status is not None
                known = _Read(stamp, record, file_size(job.log_path) if over else None)
                self._files[path] = known
        except (OSError, UnsafeFolder):
            return _Read((0, 0), None, None)
        return known

    def _text(self, path: Path, job: Job) -> str:
        """What a small file holds; of another user's, root reads only what is that user's in every part."""
        if path.parent == self._folder:
            return read_regular(path, _MOST).decode("ascii", "replace")
        try:
            return read_owned(path, pwd.getpwnam(job.user).pw_uid, _MOST).decode("ascii", "replace")
        except KeyError as error:
            raise FileNotFoundError(job.user) from error

    def _of_job(self, key: str, reads: list[tuple[Path, _Read]], job: Job) -> list[Run]:
        """The runs of one job in the order in which they began; those that the clock belies are marked."""
        found: list[Run] = []
        later: list[RecordedRun] = []
        earliest: datetime | None = None
        for path, read in self._newest_first(key, reads, job):
            run = self._run(key, path, read, job, later)
            if run is not None and read.record is not None:
                ahead = earliest is not None and run.start > earliest + STEP
                found.append(as_stamped_ahead(run) if ahead else run)
                later.append(read.record)
                earliest = run.start if earliest is None else min(earliest, run.start)
        return found[::-1]

    def _newest_first(self, key: str, reads: list[tuple[Path, _Read]], job: Job) -> list[tuple[Path, _Read]]:
        """By the places of the records, which are taken in turn; by their times where the last is unknown."""
        try:
            last = int(self._text(reads[0][0].with_name(f"{key}.last"), job))
        except (OSError, ValueError, UnsafeFolder):
            return sorted(reads, key=lambda pair: pair[1].stamp, reverse=True)
        return sorted(reads, key=lambda pair: (last - int(pair[0].suffix[1:])) % PLACES)

    def _run(self, key: str, path: Path, read: _Read, job: Job, later: Sequence[RecordedRun]) -> Run | None:
        record = read.record
        if record is None:
            return None
        written = datetime.fromtimestamp(read.stamp[0] / 1e9, UTC)
        name = f"rec-{key}-{record.who.pid}-{record.who.ticks}-{record.who.boot[:8]}"
        log: LogSlice | None = None
        evidence: tuple[str, ...] = (EVIDENCE,)
        if job.log_path is not None and later and overwrites(job):
            evidence = (EVIDENCE, OVERWRITTEN)
        elif job.log_path is not None and record.log_size is not None:
            start = log_start(job, record.log_size)
            # What the log grew by after the run belongs to the next one.
            following = _size_after(record, later)
            ends = [end for end in (following, read.log_end) if end is not None and end >= start]
            log = LogSlice(job.log_path, start, min(ends, default=None))
        run = Run(name, job.id, written, trigger=Trigger.SCHEDULE, log=log)
        if record.status is None or record.ended is None:
            # Not alive, but the file is newer than what was read of it: it has just ended, and said so.
            if self._alive(record.who) or file_stamp(path)[0] != read.stamp[0]:
                self._going_on.add(path)
                return run
            lost = Result(Outcome.UNKNOWN, reasons=(LOST,), evidence=("start, recorder",))
            return replace(run, result=lost)
        duration = max(0.0, record.ended - record.started)
        outcome = Outcome.OK if record.status == 0 else Outcome.FAILED
        result = Result(outcome, record.status, duration=duration, evidence=evidence)
        for _, cron in cron_jobs((job,) if outcome is Outcome.OK else ()):
            from fedtui.crontab.exit_status import proven  # a list without such runs does without

            shell = dict(cron.environment).get(b"SHELL", b"/bin/sh")
            result = proven(result, doubt_of_line(cron.command, shell))
        return replace(run, start=written - timedelta(seconds=duration), end=written, result=result)


def _size_after(record: RecordedRun | None, later: Sequence[RecordedRun]) -> int | None:
    """The size of the log when the next run began after the end of this one; `later` has the newest first.

    A run that began before that end cuts nothing off: both wrote from there on.
    """
    if record is None or record.ended is None:
        return None
    apart = (one for one in reversed(later) if one.who.boot != record.who.boot or one.started >= record.ended)
    following = next(apart, None)
    return None if following is None else following.log_size


def log_start(job: Job, size: int) -> int:
    """Where a run's lines begin in the job's log, which had `size` bytes before it."""
    return 0 if size > 0 and overwrites(job) else size


def overwrites(job: Job) -> bool:
    """Whether each run of the job empties its log first."""
    given = [(cron.command, cron.home, cron.environment) for _, cron in cron_jobs((job,))]
    return any(read_command(*each).overwrites_log for each in given)


def jobs_by_key(jobs: Iterable[Job]) -> dict[str, list[Job]]:
    """The recorded jobs by the key of their records: of a line that was copied by hand, several have one."""
    found: dict[str, list[Job]] = {}
    for job in jobs:
        if job.facts.record_key:
            found.setdefault(job.facts.record_key, []).append(job)
    return found


def parse_record(text: str) -> RecordedRun | None:
    """A record by its text; None where it does not begin as one (a full disk leaves it empty)."""
    lines = text.split("\n")
    begin = _BEGIN.fullmatch(lines[0])
    if begin is None:
        return None
    who = ProcessIdentity(int(begin[1]), int(begin[2]), begin[4])
    size = None if begin[5] == "-" else int(begin[5])
    end = _END.fullmatch(lines[1]) if len(lines) > 1 else None
    if end is None or int(end[1]) > 255:
        return RecordedRun(who, float(begin[3]), size)
    return RecordedRun(who, float(begin[3]), size, int(end[1]), float(end[2]))
