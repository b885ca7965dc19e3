"""A watch in words: a row for each cycle, the countdown to the next one, and the verdict with its reasons."""

from __future__ import annotations

import posixpath
import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fedtui.model import Job, Outcome
from fedtui.presentation.glyphs import Glyph, Span, StyledText, Tone, cells, cut, fit, outcome_glyph
from fedtui.presentation.times import clock_seconds, day, duration, here, seconds_between, usual
from fedtui.safe_text import sanitize_and_mask
from fedtui.watching.expected_run import ExpectedRun, Watch, WatchVerdict

WIDE = 118
"""Columns from which a row has its verdict as a word."""

_LABEL = 10

_AFTER_END = timedelta(seconds=1)
"""A line that names the second in which a run ended is still that run's."""

SIGNS: dict[WatchVerdict, Glyph] = {
    WatchVerdict.WAITING: Glyph("○", "waiting", Tone.ACCENT, Tone.MUTED),
    WatchVerdict.RUNNING: Glyph("►", "running", Tone.ACCENT, Tone.ACCENT),
    WatchVerdict.GOOD: Glyph("✓", "good", Tone.OK, Tone.OK),
    WatchVerdict.FAILED: Glyph("✗", "failed", Tone.FAIL, Tone.FAIL, bold=True),
    WatchVerdict.UNPROVEN: Glyph("?", "unproven", Tone.WARN, Tone.WARN),
}


_PAUSED = Glyph("‖", "paused", Tone.MUTED, Tone.MUTED)
PAUSED: StyledText = (Span("Paused: resume the job to continue the watch.", Tone.MUTED),)


def _sign(watch: Watch, cycle: ExpectedRun) -> Glyph:
    paused = watch.paused and cycle.verdict is WatchVerdict.WAITING
    return _PAUSED if paused else SIGNS[cycle.verdict]


def countdown(seconds: float) -> str:
    """`4:48`, `1:02:03`, `3 d 04 h`: what is left, rounded up so that it ends at zero."""
    whole = max(0, -int(-seconds // 1))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 48 * 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 86400} d {whole % 86400 // 3600:02d} h"


def _widths(width: int) -> tuple[int, ...]:
    """Of gutter, cycle, due, started, took, ended, log, product; the verdict has the rest."""
    return (3, 8, 10, 11, 9, 19, 11, 24) if width >= WIDE else (3, 8, 10, 11, 9, 13, 11, max(0, width - 65))


def heading(width: int) -> StyledText:
    names = ("", "CYCLE", "DUE", "STARTED", "TOOK", "ENDED", "LOG", "PRODUCT")
    line: list[Span] = []
    for number, (name, size) in enumerate(zip(names, _widths(width), strict=True)):
        line.extend(_cell((Span(name, Tone.MUTED),), size, right=number in (4, 6)))
    if width >= WIDE:
        line.append(Span("VERDICT", Tone.MUTED))
    return tuple(line)


def cycle_row(watch: Watch, number: int, now: datetime, width: int) -> StyledText:
    """The row of the cycle `number`, counted from 1."""
    cycle = watch.cycles[number - 1]
    sign = _sign(watch, cycle)
    lines = (
        "–" if cycle.log_lines is None else f"+{cycle.log_lines:,} line{'' if cycle.log_lines == 1 else 's'}"
    )
    took = None if cycle.result is None else cycle.result.duration
    if cycle.verdict is WatchVerdict.RUNNING and cycle.start is not None and cycle.result is None:
        took = seconds_between(cycle.start, now)
    contents: tuple[StyledText, ...] = (
        (Span(f" {sign.glyph}", sign.tone),),
        (Span(f"{number} of {len(watch.cycles)}"),),
        (_due(cycle, now),),
        (_started(watch, cycle, now),),
        (Span("–" if took is None else duration(took)),),
        _ended(watch, cycle),
        (Span(lines, Tone.TEXT if cycle.log_lines else Tone.MUTED),),
        (_product(watch, cycle, words=width >= WIDE),),
    )
    line: list[Span] = []
    for column, (content, size) in enumerate(zip(contents, _widths(width), strict=True)):
        line.extend(_cell(content, size, right=column in (4, 6)))
    if width >= WIDE:
        line.append(_verdict(watch, cycle, now))
    return tuple(line)


def _cell(content: StyledText, width: int, *, right: bool) -> StyledText:
    """A cell with its gap: of one blank at the right, or of two where it is a number."""
    if not right:
        return fit(content, width)
    used = sum(cells(piece.text) for piece in content)
    return fit((Span(" " * max(0, width - 2 - used)), *content), width)


def _due(cycle: ExpectedRun, now: datetime) -> Span:
    if cycle.due is None:
        return Span("later", Tone.MUTED)
    local = here(cycle.due, now)
    return Span(f"{local:%H:%M:%S}" if local.date() == now.date() else day(local))


def _started(watch: Watch, cycle: ExpectedRun, now: datetime) -> Span:
    if cycle.start is not None:
        return Span("seen" if cycle.late is None else f"+{duration(cycle.late)}", Tone.MUTED)
    if cycle.verdict.decided or watch.paused:
        return Span("–", Tone.MUTED)
    if cycle.due is None:
        return Span("not fixed", Tone.MUTED)
    left = seconds_between(now, cycle.due)
    if left > 0:
        return Span(f"in {countdown(left)}", Tone.MUTED)
    return Span(f"due {duration(-left)}", Tone.WARN if left < -5 else Tone.ACCENT)


def _ended(watch: Watch, cycle: ExpectedRun) -> StyledText:
    if cycle.result is not None and cycle.verdict is not WatchVerdict.RUNNING:
        sign = outcome_glyph(cycle.result)
        tone = Tone.OK if cycle.result.outcome is Outcome.OK else sign.word_tone
        return (Span(f"{sign.glyph} ", sign.tone), Span(sanitize_and_mask(sign.word), tone, sign.bold))
    if cycle.verdict is WatchVerdict.RUNNING:
        return (Span("running", Tone.ACCENT),)
    if cycle.verdict is WatchVerdict.FAILED:
        return (Span("✗ ", Tone.FAIL), Span("not started", Tone.FAIL, bold=True))
    waiting = cycle.verdict is WatchVerdict.WAITING
    return (Span(_sign(watch, cycle).word if waiting else "not seen", Tone.MUTED),)


def _product(watch: Watch, cycle: ExpectedRun, *, words: bool) -> Span:
    if not watch.product or cycle.renewed is None:
        return Span("–", Tone.MUTED)
    name = sanitize_and_mask(posixpath.basename(watch.product))
    if cycle.renewed:
        return Span(f"{name} renewed" if words else name)
    return Span(f"{cut(name, 11)} not renewed" if words else f"✗ {name}", Tone.FAIL)


def _verdict(watch: Watch, cycle: ExpectedRun, now: datetime) -> Span:
    sign = _sign(watch, cycle)
    if sign is SIGNS[WatchVerdict.WAITING] and cycle.grace_until is not None:
        return Span(f"grace until {clock_seconds(cycle.grace_until, now)}", Tone.ACCENT)
    return Span(sign.word, sign.word_tone, sign.bold)


def bar_line(watch: Watch, now: datetime, width: int) -> StyledText:
    """How long until the next cycle, with a bar from the cycle before to it; empty for no next one."""
    cycle = watch.next_cycle
    if watch.paused and not watch.finished:
        return PAUSED
    if watch.finished or cycle is None or cycle.due is None:
        return ()
    left = seconds_between(now, cycle.due)
    if left <= 0:
        waited = Span(duration(-left), Tone.WARN if left < -5 else Tone.ACCENT, bold=True)
        return (Span("its start is due for ", Tone.MUTED), waited)
    head = (Span("next cycle in ", Tone.MUTED), Span(countdown(left), Tone.ACCENT, bold=True), Span("   "))
    tail = Span("   " + clock_seconds(cycle.due, now), Tone.MUTED)
    room = width - sum(cells(piece.text) for piece in (*head, tail)) - 1
    begun = [c.due for c in watch.cycles if c.due is not None and c.due <= now]
    whole = seconds_between(max([watch.began, *begun]), cycle.due)
    done = 0 if whole <= 0 else int(room * min(1.0, max(0.0, 1 - left / whole)))
    if room < 10:
        return (*head, tail)
    return (*head, Span("━" * done, Tone.ACCENT), Span("─" * (room - done), Tone.LINE), tail)


def headline(watch: Watch, now: datetime) -> StyledText:
    """`2 of 3 good so far   a miss would be reported at 14:11:00`, or the verdict at the end."""
    good, failed, unproven = (
        watch.count(v) for v in (WatchVerdict.GOOD, WatchVerdict.FAILED, WatchVerdict.UNPROVEN)
    )
    total = len(watch.cycles)
    parts = [f"{good} of {total} good"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{unproven} unproven"] if unproven else []
    tone = Tone.FAIL if failed else Tone.WARN if unproven else Tone.TEXT
    words = ", ".join(parts)
    if watch.stopped is not None:
        ended = clock_seconds(watch.stopped, now)
        return (Span(words, tone, bold=True), Span(f"   the watch was ended at {ended}", Tone.MUTED))
    if watch.finished:
        return (Span(words, Tone.OK if good == total else tone, bold=True),)
    cycle = watch.next_cycle
    line = [Span(f"{words} so far", tone, bold=True)]
    if cycle is not None and cycle.grace_until is not None and not watch.paused:
        until = clock_seconds(cycle.grace_until, now)
        line.append(Span(f"   a miss would be reported at {until}", Tone.MUTED))
    return tuple(line)


def verdict_lines(
    watch: Watch, now: datetime, usually: float | None = None, width: int = 120
) -> list[StyledText]:
    """The verdict: how punctual, how long, what warned, and why cycles were not good."""
    lines: list[StyledText] = [headline(watch, now)]
    begun = [cycle for cycle in watch.cycles if cycle.start is not None]
    if begun:
        lines += _rows("started", _punctual(begun), width)
        lines += _rows("took", _took(begun, usually), width)
        lines += _warned(watch.cycles, width)
    for number, cycle in enumerate(watch.cycles, 1):
        if cycle.verdict in (WatchVerdict.FAILED, WatchVerdict.UNPROVEN):
            lines += _why(number, cycle, width)
    return lines


def _rows(
    label: str, words: str, width: int, tone: Tone = Tone.TEXT, lead: StyledText = ()
) -> list[StyledText]:
    """A label and its words, wrapped under themselves; `lead` comes before the first of them."""
    indent = _LABEL + sum(cells(piece.text) for piece in lead)
    pieces = textwrap.wrap(words, max(20, width - indent)) or [""]
    first: StyledText = (Span(f"{label:<{_LABEL}}", Tone.MUTED), *lead, Span(pieces[0], tone))
    return [first, *((Span(" " * indent), Span(piece, tone)) for piece in pieces[1:])]


def _punctual(begun: Sequence[ExpectedRun]) -> str:
    late = [cycle.late for cycle in begun if cycle.late is not None]
    if not late:
        return "seen by what they left; how late is not known"
    worst = max(late)
    return f"{'on time' if worst < 5 else 'late'}, at most {duration(worst)} late"


def _took(begun: Sequence[ExpectedRun], usually: float | None) -> str:
    took = [c.result.duration for c in begun if c.result is not None and c.result.duration is not None]
    if not took:
        return "not known"
    words = [duration(one) for one in took[-4:]]
    said = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    middle = usual(took) if usually is None and len(took) > 1 else usually
    return said if middle is None else f"{said}, usual {duration(middle)}"


def _warned(cycles: Sequence[ExpectedRun], width: int) -> list[StyledText]:
    for number, cycle in enumerate(cycles, 1):
        if cycle.result is not None and cycle.result.outcome is Outcome.WARNINGS:
            words = f"cycle {number}: {sanitize_and_mask('; '.join(cycle.result.why))}"
            return _rows("warned", words, width, Tone.WARN)
    results = [cycle.result for cycle in cycles if cycle.verdict.decided and cycle.result is not None]
    if any(result.warnings for result in results):
        return _rows("warned", "what matched the warning rules is named with its cycle", width)
    known = any(result.outcome is not Outcome.UNKNOWN for result in results)
    return _rows("warned", "nothing matched the warning rules" if known else "not known", width)


def _why(number: int, cycle: ExpectedRun, width: int) -> list[StyledText]:
    sign = SIGNS[cycle.verdict]
    reasons = "; ".join(sanitize_and_mask(reason) for reason in cycle.reasons) or sign.word
    lines = _rows(f"cycle {number}", reasons, width, sign.word_tone, (Span(f"{sign.glyph} ", sign.tone),))
    for cause in cycle.causes:
        lines += _rows("", sanitize_and_mask(cause), width, lead=(Span("likely: ", Tone.MUTED),))
    return lines


def may_be_recorded(job: Job) -> bool:
    """Whether the recorder can be put around the job's line, and is not there yet."""
    return job.facts.in_table and job.editable and not job.facts.record_key


def offers_recorder(watch: Watch, job: Job | None) -> bool:
    """Whether the verdict would have been known had the job's exit status been kept."""
    if job is None or not may_be_recorded(job):
        return False
    results = [one.result for one in watch.cycles if one.verdict is WatchVerdict.UNPROVEN and one.result]
    return any(one.outcome is Outcome.UNKNOWN and one.exit_code is None for one in results)


def log_marks(
    watch: Watch, moments: Sequence[datetime | None], now: datetime, places: Mapping[int, int]
) -> list[tuple[int, StyledText]]:
    """What is put between the lines of the log: where each cycle began and ended, and what is waited for.

    `moments` are what the lines name; `places` say at which line the log was when a cycle began.
    """
    marks: list[tuple[int, StyledText]] = []
    for number, cycle in enumerate(watch.cycles, 1):
        if cycle.start is None:
            continue
        going_on = cycle.verdict is WatchVerdict.RUNNING
        begin, end = _lines_of(cycle, moments, places.get(number))
        if begin is None:
            if not going_on:
                continue  # which lines are its own is not known
            begin = len(moments)
        words = f"── {clock_seconds(cycle.start, now)}  cycle {number}"
        marks.append((begin, (Span(words, Tone.ACCENT if going_on else Tone.MUTED),)))
        if not going_on:
            marks.append((end, _ending(cycle, now)))
    marks.sort(key=lambda mark: mark[0])  # stable: the end of one before the beginning of the next
    waiting = watch.next_cycle
    if waiting is not None and not watch.finished:
        number = watch.cycles.index(waiting) + 1
        when = f"{clock_seconds(waiting.due, now)}  " if waiting.due is not None else ""
        words = f"── {when}cycle {number}: {_sign(watch, waiting).word}"
        marks.append((len(moments), (Span(words, Tone.ACCENT),)))
    return marks


def _lines_of(
    cycle: ExpectedRun, moments: Sequence[datetime | None], place: int | None
) -> tuple[int | None, int]:
    """The first line of a cycle, None where that is not known, and the one behind its last."""
    start = cycle.start
    if start is None:
        return None, len(moments)
    first = start.replace(microsecond=0)
    last = (cycle.end or start) + _AFTER_END
    mine = [at for at, moment in enumerate(moments) if moment is not None and first <= moment <= last]
    if not mine:
        lines = len(moments) if cycle.log_lines is None else cycle.log_lines
        return place, min(len(moments), (place or 0) + lines)
    begin, end = mine[0], mine[-1] + 1
    while place is not None and begin > place and moments[begin - 1] is None:  # its first lines have no time
        begin -= 1
    while end < len(moments) and moments[end] is None:  # lines without a time belong to the one above
        end += 1
    return begin, end


def _ending(cycle: ExpectedRun, now: datetime) -> StyledText:
    when = clock_seconds(cycle.end or cycle.start or now, now)
    if cycle.result is None:
        return (Span(f"── {when}  ? its end was not seen", Tone.MUTED),)
    sign = outcome_glyph(cycle.result)
    calm = cycle.result.outcome is Outcome.OK
    took = "" if cycle.result.duration is None else f"  {duration(cycle.result.duration)}"
    words = Span(f"{sign.glyph} {sanitize_and_mask(sign.word)}", Tone.MUTED if calm else sign.tone, sign.bold)
    return (Span(f"── {when}  ", Tone.MUTED), words, Span(took, Tone.MUTED))
