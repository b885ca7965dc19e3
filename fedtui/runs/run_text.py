"""What one run printed, read from where it went: its own file, a slice of the job's log, the journal.

Blocking, and bounded: of more than `MOST` bytes of one place the middle is left out. What cannot be read is
said in the answer, never raised.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import assert_never

from fedtui.history.run_provenance import SIGHTING
from fedtui.logs.journal_query import JournalError, run_query
from fedtui.logs.journal_records import MANAGER
from fedtui.model import CronFacts, Job, Run, TimerFacts
from fedtui.results import OutputPart, Renewal, RunOutputText, renewal
from fedtui.results.reading import MOST
from fedtui.runs.data_age import blocks, newest_at, product_age
from fedtui.runs.timestamps import read_timestamp
from fedtui.schedule.upcoming import DUE_WITHIN, EARLY
from fedtui.system.file_stamp import file_size
from fedtui.system.zone import local_zone

JOURNAL_LINES = 5_000

UNCLEAR = 64 * 1024
"""Bytes of the end of a log that are looked at where it is not known where a run's lines begin."""


def run_output(run: Run, job: Job) -> RunOutputText:
    """All that a finished run of `job` printed, as far as this user may read it."""
    match job.facts:
        case TimerFacts() as timer if run.output is None and run.log is None:
            return _journal(run, timer)
        case TimerFacts() | CronFacts():
            return output_at(run, job.facts.home)
        case _ as never:
            assert_never(never)


def output_at(run: Run, home: str) -> RunOutputText:
    """What is in the files that a run wrote to; places below `home` are named with `~`."""
    places: list[tuple[str, str, int, int | None]]
    places = [("output", run.output, 0, None)] if run.output else []
    parts: list[OutputPart] = []
    unread = [] if places or run.log else ["it was kept nowhere"]
    unclear = ""
    if run.log is not None:
        name, start = _short(run.log.path, home), run.log.start
        if start is None:
            unclear = f"where its lines begin in {name} is not known"
            size = run.log.end if run.log.end is not None else file_size(run.log.path) or 0
            start = max(0, size - UNCLEAR)
        places.append((name, run.log.path, start, run.log.end))
    for where, path, start, end in places:
        try:
            parts.append(read_slice(where, path, start, end))
        except OSError as error:
            unread.append(f"{where}: {error.strerror}")
    if unclear and parts:
        data = _since(parts[-1].data, run)
        if data is None and run.id.startswith(SIGHTING):  # many runs may have come since anybody looked
            data = _last_line(parts[-1].data)
            unread.append(f"{unclear}, and only its last line was read")
        unclear = "" if data is not None else unclear
        parts[-1] = replace(parts[-1], data=data if data is not None else parts[-1].data)
    return RunOutputText(tuple(parts), "; ".join(unread), unclear)


_STAMP = re.compile(
    rb"[\[\"']?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(?: ?(Z|[+-]\d\d:?\d\d))?(?![\d.,])"
)


def _since(text: bytes, run: Run) -> bytes | None:
    """The lines of a run by the times at their beginnings; None where these do not tell where it begins.

    They do where all times before one line are earlier than the run, all from there on its own, and the last
    one is near its end: else the log may be of another zone, or the run prints times of other things.
    """
    zone = local_zone()[1]
    lines = text.split(b"\n")
    matches = ((place, _STAMP.match(line)) for place, line in enumerate(lines))
    stamps = [(place, read_timestamp((m[1] + (m[2] or b"")).decode(), zone)) for place, m in matches if m]
    end = run.end or run.start
    old = begin = last = None
    for place, at in stamps:
        if at is None or at > end + DUE_WITHIN or (begin is not None and at < run.start - EARLY):
            return None
        if at < run.start - EARLY:
            old = place
        elif begin is None:
            begin = place
        last = at
    near = last is not None and last >= end - DUE_WITHIN
    return b"\n".join(lines[begin:]) if near and begin is not None and old == begin - 1 else None


def _last_line(text: bytes) -> bytes:
    """The last line that is not blank; it is surely of the run that wrote last."""
    return text.rstrip().rpartition(b"\n")[2]


def read_slice(where: str, path: str, start: int, end: int | None) -> OutputPart:
    """The bytes of a file from `start` to `end`; the middle of many is left out. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        size = os.fstat(descriptor).st_size
        end = size if end is None else min(end, size)
        # Shorter than where the run began: the log was truncated meanwhile, and what is there is newer.
        start = start if start <= size else 0
        length = max(0, end - start)
        if length <= MOST:
            return OutputPart(where, _read(descriptor, start, length))
        half = MOST // 2
        head, tail = _read(descriptor, start, half), _read(descriptor, end - half, half)
        return OutputPart(where, head, tail, length - len(head) - len(tail))
    finally:
        os.close(descriptor)


def _read(descriptor: int, start: int, length: int) -> bytes:
    """`length` bytes from `start`, fewer where the file ends before."""
    return b"".join(blocks(descriptor, start, length))


def _journal(run: Run, timer: TimerFacts) -> RunOutputText:
    """What the journal has of one invocation, without the words of its manager."""
    if not timer.activates:
        return RunOutputText(unread="the timer starts no unit")
    from fedtui.logs.journal import UnitInvocation, unit_query  # only here: it loads the event loop

    pid = timer.main_pid if timer.invocation_id == run.id else 0
    query = unit_query(timer.activates, timer.user_manager, UnitInvocation(run.id, pid, run.start))
    try:
        entries = run_query(query, JOURNAL_LINES)
    except JournalError as error:
        return RunOutputText(unread=error.message)
    lines = [entry.text for entry in entries if entry.identifier != MANAGER]
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    cut = f"only the last {JOURNAL_LINES:,} lines were read" if len(entries) >= JOURNAL_LINES else ""
    return RunOutputText((OutputPart("journal", text),), cut)


def renewal_at(path: str, start: datetime, end: datetime | None, notes: Path) -> Renewal | None:
    """Whether a run renewed its product at an absolute path; None where it has none, or its end is not known.

    `notes` is the folder in which is noted what was read of such files.
    """
    if not path or end is None:
        return None
    before = newest_at(Path(path), start, notes)
    return renewal(product_age(path, datetime.now(local_zone()[1]), notes), before, start, end)


def _short(path: str, home: str) -> str:
    return f"~{path[len(home) :]}" if home and path.startswith(f"{home}/") else path
