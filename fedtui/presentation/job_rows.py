"""Rows of the job table: which columns fit a width, and what is in each cell.

Column widths include their gap; every cell comes out in exactly its width, so a row is one string of
pieces from the gutter to the last column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, assert_never

from fedtui.model import (
    NEVER_RAN,
    UNSEEN,
    CronFacts,
    Finding,
    Job,
    Outcome,
    Run,
    SourceName,
    State,
    TimerFacts,
)
from fedtui.presentation.glyphs import (
    SEVERITIES,
    Glyph,
    Span,
    StyledText,
    Tone,
    cells,
    cut,
    effective_state,
    exit_words,
    fit,
    is_grey,
    outcome_glyph,
    state_glyph,
)
from fedtui.presentation.home import tilde, tilde_words
from fedtui.presentation.times import amount, duration, durations, relative, seconds_between, usual
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.schedule.patterns import counted


class Column(StrEnum):
    """The columns of the job table; the value is the heading."""

    GUTTER = ""
    JOB = "JOB"
    SOURCE = "SOURCE"
    SCHEDULE = "SCHEDULE"
    NEXT = "NEXT"
    LAST_RUN = "LAST RUN"
    LAST_10 = "LAST 10"


class Layout(NamedTuple):
    """The columns that a table of a certain width has, with their widths in cells."""

    columns: tuple[tuple[Column, int], ...]

    def width(self, column: Column) -> int:
        """The width of a column, 0 where it is not shown."""
        return dict(self.columns).get(column, 0)

    def offset(self, column: Column) -> int:
        """How many cells lie left of a column."""
        left = 0
        for name, width in self.columns:
            if name is column:
                return left
            left += width
        return left

    def at(self, x: int) -> Column:
        """The column under cell `x`."""
        left = 0
        for name, width in self.columns:
            left += width
            if x < left:
                return name
        return self.columns[-1][0]


LAST_RUN_WIDTH = 28
_OUTCOME_WIDTH = 17


def layout(width: int) -> Layout:
    """The columns for a table of `width` cells; the last one takes the rest."""
    sizes = (3, 24, 12, 13) if width < 84 else (3, 25, 18, 14)
    fixed = list(zip((Column.GUTTER, Column.JOB, Column.SCHEDULE, Column.NEXT), sizes, strict=True))
    if width >= 100:
        fixed.insert(2, (Column.SOURCE, 14))
    last = Column.LAST_RUN
    if width >= 116:
        fixed.append((Column.LAST_RUN, LAST_RUN_WIDTH))
        last = Column.LAST_10
    rest = max(0, width - sum(size for _, size in fixed))
    return Layout((*fixed, (last, rest)))


def heading(columns: Layout, sorted_by: Column | None = None) -> StyledText:
    """The heading row; the column sorted by is in the accent."""
    line: list[Span] = []
    for column, width in columns.columns:
        text = column.value
        if column is Column.LAST_RUN:
            text = f"{'LAST RUN':<{2 + _OUTCOME_WIDTH}}   AGO"
        tone = Tone.ACCENT if column is sorted_by and column is not Column.GUTTER else Tone.MUTED
        line.extend(fit((Span(cut(text, width), tone),), width))
    return tuple(line)


def source_words(source: SourceName) -> str:
    """What SOURCE says: `crontab`, `cron.d`, `user timer`, `system timer`."""
    return "/etc/crontab" if source is SourceName.SYSTEM_CRONTAB else source.value.replace("-", " ")


def name_words(job: Job, width: int) -> str:
    """The job's name in at most `width` cells; `.timer` goes before any letter does."""
    name = sanitize_and_mask(job.name)
    if cells(name) > width and name.endswith(".timer"):
        name = name.removesuffix(".timer")
    return cut(name, width)


def schedule_words(job: Job, width: int) -> str:
    """The schedule in at most `width` cells: plain words, else short words, else as written, else cut.

    A line that cron does not take is shown as written.
    """
    if job.state is State.BAD_LINE:
        return cut(sanitize_and_mask(job.schedule), width)
    for words in (job.schedule_text, job.schedule_short, job.schedule):
        if words and cells(words) <= width:
            return sanitize_and_mask(words)
    return cut(sanitize_and_mask(job.schedule_short or job.schedule), width)


def _with_span(word: str, seconds: float, width: int) -> str:
    """`running 12 s`; the unit is shortened (`min` to `m`) where the long one would not leave a gap."""
    number, unit = amount(seconds)
    text = f"{word} {number} {unit}"
    return text if len(text) < width else f"{word} {number} {unit[0]}"


def next_words(job: Job, now: datetime, width: int = 14) -> Span:
    """What NEXT says: a countdown only where a run is promised, else the word of the state."""
    sign = state_glyph(job)
    match effective_state(job):
        case State.RUNNING if job.running_since is not None:
            return Span(_with_span("running", seconds_between(job.running_since, now), width), sign.word_tone)
        case State.OVERDUE if job.next_run is not None:
            return Span(_with_span("overdue", seconds_between(job.next_run, now), width), sign.word_tone)
        case State.ON if job.next_run is not None:
            return Span("in " + relative(seconds_between(now, job.next_run)), Tone.TEXT)
        case State.ON if job.schedule.strip().startswith("@reboot"):
            return Span("at boot", Tone.MUTED)
        case State.ON:
            return Span("not known", Tone.MUTED)
    return Span(sign.word, sign.word_tone)


def failed_at_words(job: Job, now: datetime) -> str:
    """`failed 11:52`, `failed Sat 11:52`, `failed 3 Oct`: a failure that only unknown ends have followed."""
    at = job.standing.failed_at
    if at is None or not job.standing.runs_since:
        return ""
    local = at.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    day = "" if not days else f"{local:%a} " if 0 < days < 7 else f"{local.day} {local:%b}"
    return f"failed {day}" + ("" if abs(days) >= 7 else f"{local:%H:%M}")


def last_glyph(job: Job, now: datetime) -> Glyph:
    """What LAST RUN says: a failure until a run is known to be good; why a line or a unit cannot be read."""
    if words := failed_at_words(job, now):
        return Glyph("✗", words, Tone.FAIL, Tone.FAIL, bold=True)
    if job.state is State.BAD_LINE:
        return Glyph("!", sanitize_and_mask(job.state_reason) or "bad line", Tone.FAIL, Tone.FAIL, bold=True)
    if job.unreadable and job.last_result.outcome is Outcome.UNKNOWN:
        return Glyph("?", sanitize_and_mask(job.unreadable), Tone.WARN, Tone.WARN)
    result = job.last_result
    unseen = job.last_run is None and result.outcome is Outcome.UNKNOWN
    return outcome_glyph(UNSEEN if unseen and not result.warnings and result.exit_code is None else result)


def _last_run(job: Job, now: datetime, width: int) -> StyledText:
    sign = last_glyph(job, now)
    if job.state is State.BAD_LINE or sign.word == job.unreadable:
        word = cut(sign.word, width - 2)
        return fit((Span(sign.glyph + " ", sign.tone), Span(word, sign.word_tone, sign.bold)), width)
    word = cut(sanitize_and_mask(sign.word), _OUTCOME_WIDTH - 1)
    line: StyledText = (
        Span(sign.glyph + " ", sign.tone),
        Span(f"{word}{' ' * (_OUTCOME_WIDTH - cells(word))}", sign.word_tone, sign.bold),
    )
    if job.last_run is not None and job.last_result.outcome is not Outcome.NEVER:
        line = (*line, Span(relative(seconds_between(job.last_run, now)), Tone.MUTED))
    return fit(line, width)


def strip(runs: Sequence[Run], count: int) -> StyledText:
    """One glyph a finished run, oldest left."""
    finished = [run.result for run in runs if run.result is not None and run.result is not NEVER_RAN]
    signs = [outcome_glyph(result) for result in finished[-count:]]
    return tuple(Span(sign.glyph, sign.tone) for sign in signs)


Findings = Sequence[Finding]
"""What the doctor found about one job, the worst first, notes left out."""


def row(
    job: Job, now: datetime, columns: Layout, runs: Sequence[Run] = (), findings: Findings = ()
) -> StyledText:
    line: list[Span] = []
    for column, width in columns.columns:
        line.extend(cell(job, column, now, width, runs, findings))
    return tuple(line)


def cell(
    job: Job, column: Column, now: datetime, width: int, runs: Sequence[Run] = (), findings: Findings = ()
) -> StyledText:
    """One cell of a job's row, in exactly `width` cells."""
    grey = is_grey(job)
    match column:
        case Column.GUTTER:
            sign = state_glyph(job)
            return fit((_finding_mark(findings), Span(sign.glyph, sign.tone)), width)
        case Column.JOB:
            return fit((Span(name_words(job, width - 1), Tone.MUTED if grey else Tone.TEXT),), width)
        case Column.SOURCE:
            return fit((Span(cut(source_words(job.source), width - 1), Tone.MUTED),), width)
        case Column.SCHEDULE:
            return fit((Span(schedule_words(job, width - 1), Tone.MUTED),), width)
        case Column.NEXT:
            return fit((next_words(job, now, width),), width)
        case Column.LAST_RUN:
            return _muted(_last_run(job, now, width)) if _blind(job) else _last_run(job, now, width)
        case Column.LAST_10:
            return fit(strip(runs, 10), width)


def _finding_mark(findings: Findings) -> Span:
    """The sign of the worst finding, left of the state's; blank for none."""
    if not findings:
        return Span(" ")
    sign = SEVERITIES[findings[0].severity]
    return Span(sign.glyph, sign.tone)


def _blind(job: Job) -> bool:
    return job.state is State.UNREACHABLE


def _muted(line: Iterable[Span]) -> StyledText:
    return tuple(Span(piece.text, Tone.MUTED, piece.bold) for piece in line)


def phase(job: Job, now: datetime) -> tuple[tuple[int, str] | None, ...]:
    """What time does to the words of a row: while the job and its phase are the same, so are its words."""
    moment = now.timestamp()
    at = (job.next_run, job.running_since, job.last_run)
    return tuple(None if when is None else _span(when.timestamp() - moment) for when in at)


def _span(seconds: float) -> tuple[int, str]:
    number, unit = amount(abs(seconds))
    return (number, unit) if seconds >= 0 else (-1 - number, unit)


def raw_line(job: Job) -> str:
    """The line of the cron table as it is there (without the recorder), or what a timer's unit says."""
    text = job.schedule if job.command is None else f"{job.schedule}  {job.command}"
    match job.facts:
        case CronFacts(record_key=""):
            text = decode(job.facts.raw)
        case CronFacts():
            text += "  (recorded)"
        case TimerFacts():
            pass
        case _ as never:
            assert_never(never)
    return sanitize_and_mask(text)


def location_words(job: Job, home: str = "") -> str:
    """`crontab:7`, `/etc/cron.d/e2scrub_all:3`, `~/.config/systemd/user/backup.timer`."""
    return tilde(sanitize_and_mask(str(job.location)), home)


def _finding_words(job: Job, findings: Findings) -> StyledText:
    """The worst finding of a job, and how many more there are."""
    if not findings:
        return ()
    first, more = findings[0], len(findings) - 1
    sign = SEVERITIES[first.severity]
    others = f" and {more} more: d" if more else ""
    return (
        Span(f"   {sign.glyph} {first.code} ", sign.tone),
        Span(f"{sanitize_and_mask(first.title.removeprefix(job.name).strip(': '))}{others}", Tone.TEXT),
    )


def detail_lines(
    job: Job, runs: Sequence[Run], home: str = "", findings: Findings = (), *, unrecorded: bool = False
) -> tuple[StyledText, StyledText]:
    """The two rows under the table: where the job is written and how; what is found, how its runs went.

    `unrecorded`: recording its exit codes is worth offering.
    """
    found = _finding_words(job, findings)
    first: StyledText = (
        Span(f"{location_words(job, home)}   ", Tone.MUTED),
        Span(tilde_words(raw_line(job), home), Tone.MUTED),
    )
    if job.state_reason and job.state not in (State.ON, State.RUNNING):
        sign = state_glyph(job)
        state = Span(f"{sign.glyph} {sign.word}  ", sign.tone)
        return first, (state, Span(sanitize_and_mask(job.state_reason)), *found)
    outcomes = strip(runs, 24)
    changed = (
        (Span(f"   schedule changed: {sanitize_and_mask(job.changed)}", Tone.MUTED),) if job.changed else ()
    )
    unknown = job.last_result.outcome is Outcome.UNKNOWN and job.last_result.exit_code is None
    offer = Span("   C: record exit codes" if unknown and unrecorded else "", Tone.MUTED)
    if not outcomes:
        return first, (Span("no runs recorded yet", Tone.MUTED), *found, *changed, offer)
    known = durations(runs)
    middle = usual(known)
    took = "" if middle is None else f"   took {duration(known[-1])}, usual {duration(middle)}"
    last = (Span(f"last {len(outcomes)}  ", Tone.MUTED), *outcomes, Span(took, Tone.MUTED))
    return first, (*last, *found, *_last_reason(job), *changed, offer)


def _last_reason(job: Job) -> StyledText:
    """Why the last run was no plain ok, in its first words; that a failure before it still counts."""
    result = job.last_result
    if job.standing.failed is not None and (since := job.standing.runs_since):
        how = exit_words(job.standing.failed)
        words = f"   {sanitize_and_mask(how)}, {counted(since, 'run')} since, none known to be good"
        return (Span(words, Tone.FAIL),)
    if result.outcome is Outcome.UNKNOWN and result.exit_code is None and not result.why:
        return (Span("   ran, exit code not recorded", Tone.MUTED),) if job.last_run is not None else ()
    if not result.why or result.outcome is Outcome.OK:
        return ()
    sign = outcome_glyph(result)
    return (Span(f"   {sanitize_and_mask(result.why[0])}", sign.word_tone),)


def _next_key(job: Job) -> tuple[int, float]:
    if job.running:
        return 0, 0.0
    return (1, job.next_run.timestamp()) if job.next_run is not None else (2, 0.0)


def _last_key(job: Job) -> tuple[int, float]:
    failed = job.standing.failed is not None or job.state is State.BAD_LINE
    return (0 if failed else 1), -(job.last_run.timestamp() if job.last_run is not None else 0.0)


_SORTS: dict[Column | None, Callable[[Job], tuple[object, ...]]] = {
    Column.JOB: lambda job: (job.name.casefold(), job.id),
    Column.SOURCE: lambda job: (list(SourceName).index(job.source), job.name.casefold()),
    Column.SCHEDULE: lambda job: (job.schedule_text.casefold(), job.name.casefold()),
    Column.NEXT: _next_key,
    Column.LAST_RUN: _last_key,
}


def ordered(jobs: Iterable[Job], by: Column | None) -> list[Job]:
    """Jobs in the order of a column; None keeps the order they are written in.

    NEXT: the soonest first, running ones before all, jobs with no next run last. LAST RUN: what failed
    first, then the newest.
    """
    key = _SORTS.get(by)
    return list(jobs) if key is None else sorted(jobs, key=key)
