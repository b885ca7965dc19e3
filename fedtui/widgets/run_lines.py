"""What a run dialog says: how the job is started, what state the run is in, what its output counts to.

Pure functions from job and run to rows, and `OutputLines`, which cuts a stream of bytes into lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from textual.content import Content

from fedtui.crontab.setting import DEFAULT_PATH, DEFAULT_SHELL
from fedtui.model import CronFacts, Job, Outcome, Result, Run, TimerFacts
from fedtui.presentation.glyphs import Tone, cells, cut, exit_meaning, outcome_glyph
from fedtui.presentation.home import tilde_words
from fedtui.presentation.log_lines import read_line
from fedtui.presentation.times import clock, clock_seconds, duration, seconds_between, weekday_clock
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.widgets.lines import MOST_OF_A_LINE, fact, fact_rows
from fedtui.widgets.palette import content

LABEL = 11
LONGEST_OPEN_LINE = 64 * 1024
"""Bytes without a newline after which what came is taken as a line."""

_MAY_BE_TONED = re.compile(r"(?i)warn|err|fatal|crit|emerg|alert|panic|severe")


class OutputLines:
    """Cuts bytes as they come into lines for the eye, and counts lines, warnings and errors."""

    def __init__(self) -> None:
        self._open = b""
        self.lines = 0
        self.warnings = 0
        self.errors = 0

    def take(self, output: bytes, now: datetime) -> list[str]:
        """The lines that `output` completes. A line that continues is kept for the next call."""
        *done, self._open = (self._open + output).split(b"\n")
        if len(self._open) > LONGEST_OPEN_LINE:
            done.append(self._open)
            self._open = b""
        return [self._line(raw, now) for raw in done]

    def rest(self, now: datetime) -> list[str]:
        """The last line where it has no newline."""
        raw, self._open = self._open, b""
        return [self._line(raw, now)] if raw else []

    def _line(self, raw: bytes, now: datetime) -> str:
        # A carriage return goes back to the line's begin: what was written last is what stays to be seen.
        raw = raw.rstrip(b"\r").rpartition(b"\r")[2]
        more = len(raw) - MOST_OF_A_LINE
        text = decode(raw[:MOST_OF_A_LINE]) + (f" … {more:,} more bytes" if more > 0 else "")
        self.count(text, now)
        return text

    def count(self, text: str, now: datetime) -> None:
        """Count a line that came from elsewhere, such as the job's own log."""
        self.lines += 1
        if _MAY_BE_TONED.search(text, 0, 80):
            tone = read_line(text, now).tone
            self.warnings += tone is Tone.WARN
            self.errors += tone is Tone.FAIL


def counted(number: int, word: str) -> str:
    """`1 line`, `11 lines`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def state_row(run: Run | None, now: datetime, usual: float | None) -> Content:
    """`► running 12 s   usual 9 s   since 14:05:00, pid 48213`, later `✗ exit 127   after 1.2 s   …`."""
    if run is None:
        return fact("state", Content.styled("► starting", "$accent"), LABEL)
    if run.result is not None:
        return fact("state", _ended(run, run.result, now), LABEL)
    pid = f", pid {run.pid}" if run.pid is not None else ""
    value = Content.assemble(
        (f"► running {_so_far(seconds_between(run.start, now))}", "$accent"),
        f"   usual {duration(usual)}" if usual is not None else "",
        (f"   since {clock_seconds(run.start, now)}{pid}", "$muted"),
    )
    return fact("state", value, LABEL)


def _so_far(seconds: float) -> str:
    """Whole seconds below a minute: tenths that change once a second say nothing."""
    return f"{max(0, int(seconds))} s" if seconds < 60 else duration(seconds)


def _ended(run: Run, result: Result, now: datetime) -> Content:
    took = result.duration
    if took is None and run.end is not None:
        took = seconds_between(run.start, run.end)
    times = clock_seconds(run.start, now) + (f" – {clock_seconds(run.end, now)}" if run.end else "")
    return Content.assemble(
        content(outcome_glyph(result).line),
        f"   after {duration(took)}" if took is not None else "",
        (f"   {times}", "$muted"),
    )


def job_rows(job: Job, run: Run | None, width: int, home: str, log: str = "") -> list[Content]:
    """The command, how it is started, what becomes of the run or of its output; `log` is the job's own."""
    rows = []
    if job.command is not None:
        command = tilde_words(sanitize_and_mask(job.command), home)
        rows.append(fact("command", cut(command, width - LABEL), LABEL))
    rows.append(_started_as(job, width, home))
    if run is not None and run.result is not None:
        places = [tilde_words(sanitize_and_mask(place), home) for place in (log, run.output or "") if place]
        whole = "   ".join(places) or "nothing was kept"
        lines = [whole] if cells(whole) <= width - LABEL else places
        rows += fact_rows("output in", (cut(line, width - LABEL) for line in lines), LABEL)
    else:
        rows.append(fact("survives", "closing this window, or the SSH link", LABEL))
    return rows


def _started_as(job: Job, width: int, home: str) -> Content:
    match job.facts:
        case TimerFacts() as timer:
            manager = "user manager" if timer.user_manager else "system manager"
            value = f"{sanitize_and_mask(timer.activates)}   {manager}"
            return fact("as unit", cut(value, width - LABEL), LABEL)
        case CronFacts() as cron:
            given = dict(cron.environment)
            shell = decode(given.get(b"SHELL", DEFAULT_SHELL))
            path = decode(given.get(b"PATH", DEFAULT_PATH))
            start = tilde_words(decode(given.get(b"HOME", b"~")), home)
            value = sanitize_and_mask(f"{shell}   PATH={path}   in {start}")
            return fact("as cron", cut(value, width - LABEL), LABEL)
        case _ as never:
            assert_never(never)


def output_head(counts: OutputLines, following: bool, ended: bool) -> Content:
    """`output   11 lines   following`, or `output   5 lines, 1 error`."""
    said = counted(counts.lines, "line")
    if ended and counts.errors:
        said += f", {counted(counts.errors, 'error')}"
    state = "" if ended else "   following" if following else "   f follows"
    return Content.assemble(("output   ", "$muted"), said, (state, "$muted"))


def ahead_words(job: Job, counts: OutputLines, now: datetime) -> Content | None:
    """What there is to know while it runs: warnings, and that cron does not wait for it."""
    parts: list[str | tuple[str, str]] = []
    if counts.errors or counts.warnings:
        both = ((counts.errors, "error"), (counts.warnings, "warning"))
        said = [counted(number, word) for number, word in both if number]
        parts.append((f"{', '.join(said)} so far   ", "$fail" if counts.errors else "$warn"))
    if job.facts.in_table and job.next_run is not None:
        parts.append((f"cron starts it again {_when(job.next_run, now)}, ended or not", "$muted"))
    return Content.assemble(*parts) if parts else None


def _when(moment: datetime, now: datetime) -> str:
    """`at 14:10`; on another day with that day: `Sun 02:00`."""
    today = moment.astimezone(now.tzinfo).date() == now.date()
    return f"at {clock(moment, now)}" if today else weekday_clock(moment, now)


def ending_words(result: Result) -> str:
    """What an end means, where it is known: an exit status with a meaning, a reason, an unknown end."""
    meaning = exit_meaning(result.exit_code)
    if meaning:
        return meaning
    reasons: Sequence[str] = result.why
    if result.outcome is Outcome.UNKNOWN:
        return "How it ended is not known" + (f": {', '.join(reasons)}." if reasons else ".")
    return "" if result.outcome is Outcome.OK else ", ".join(reasons)
