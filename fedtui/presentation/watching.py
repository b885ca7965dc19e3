"""A watch in words: a row for each cycle, the countdown to the next one, and the verdict with its reasons."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from datetime import datetime

from fedtui.model import Job, Outcome, SourceName
from fedtui.presentation.signs import Line, Piece, Sign, Tone, cells, cut, fit, outcome_sign
from fedtui.presentation.times import clock_seconds, day, duration, here, seconds_between, usual
from fedtui.safe_text import shown
from fedtui.watching.cycle import Cycle, Verdict, Watch

WIDE = 118
"""Columns from which a row has its verdict as a word."""

_LABEL = 10

SIGNS: dict[Verdict, Sign] = {
    Verdict.WAITING: Sign("○", "waiting", Tone.ACCENT, Tone.MUTED),
    Verdict.RUNNING: Sign("►", "running", Tone.ACCENT, Tone.ACCENT),
    Verdict.GOOD: Sign("✓", "good", Tone.OK, Tone.OK),
    Verdict.FAILED: Sign("✗", "failed", Tone.FAIL, Tone.FAIL, bold=True),
    Verdict.UNPROVEN: Sign("?", "unproven", Tone.WARN, Tone.WARN),
}


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


def heading(width: int) -> Line:
    """The heading row."""
    names = ("", "CYCLE", "DUE", "STARTED", "TOOK", "ENDED", "LOG", "PRODUCT")
    line: list[Piece] = []
    for number, (name, size) in enumerate(zip(names, _widths(width), strict=True)):
        line.extend(_cell((Piece(name, Tone.MUTED),), size, right=number in (4, 6)))
    if width >= WIDE:
        line.append(Piece("VERDICT", Tone.MUTED))
    return tuple(line)


def cycle_row(watch: Watch, number: int, now: datetime, width: int) -> Line:
    """The row of the cycle `number`, counted from 1."""
    cycle = watch.cycles[number - 1]
    sign = SIGNS[cycle.verdict]
    lines = (
        "–" if cycle.log_lines is None else f"+{cycle.log_lines:,} line{'' if cycle.log_lines == 1 else 's'}"
    )
    took = None if cycle.result is None else cycle.result.duration
    if cycle.verdict is Verdict.RUNNING and cycle.start is not None and cycle.result is None:
        took = seconds_between(cycle.start, now)
    contents: tuple[Line, ...] = (
        (Piece(f" {sign.glyph}", sign.tone),),
        (Piece(f"{number} of {len(watch.cycles)}"),),
        (_due(cycle, now),),
        (_started(cycle, now),),
        (Piece("–" if took is None else duration(took)),),
        _ended(cycle),
        (Piece(lines, Tone.TEXT if cycle.log_lines else Tone.MUTED),),
        (_product(watch, cycle, words=width >= WIDE),),
    )
    line: list[Piece] = []
    for column, (content, size) in enumerate(zip(contents, _widths(width), strict=True)):
        line.extend(_cell(content, size, right=column in (4, 6)))
    if width >= WIDE:
        line.append(_verdict(cycle, now))
    return tuple(line)


def _cell(content: Line, width: int, *, right: bool) -> Line:
    """A cell with its gap: of one blank at the right, or of two where it is a number."""
    if not right:
        return fit(content, width)
    used = sum(cells(piece.text) for piece in content)
    return fit((Piece(" " * max(0, width - 2 - used)), *content), width)


def _due(cycle: Cycle, now: datetime) -> Piece:
    if cycle.due is None:
        return Piece("later", Tone.MUTED)
    local = here(cycle.due, now)
    return Piece(f"{local:%H:%M:%S}" if local.date() == now.date() else day(local))


def _started(cycle: Cycle, now: datetime) -> Piece:
    if cycle.start is not None:
        return Piece("seen" if cycle.late is None else f"+{duration(cycle.late)}", Tone.MUTED)
    if cycle.verdict.decided:
        return Piece("–", Tone.MUTED)
    if cycle.due is None:
        return Piece("not fixed", Tone.MUTED)
    left = seconds_between(now, cycle.due)
    if left > 0:
        return Piece(f"in {countdown(left)}", Tone.MUTED)
    return Piece(f"due {duration(-left)}", Tone.WARN if left < -5 else Tone.ACCENT)


def _ended(cycle: Cycle) -> Line:
    if cycle.result is not None and cycle.verdict is not Verdict.RUNNING:
        sign = outcome_sign(cycle.result)
        tone = Tone.OK if cycle.result.outcome is Outcome.OK else sign.word_tone
        return (Piece(f"{sign.glyph} ", sign.tone), Piece(shown(sign.word), tone, sign.bold))
    if cycle.verdict is Verdict.RUNNING:
        return (Piece("running", Tone.ACCENT),)
    if cycle.verdict is Verdict.FAILED:
        return (Piece("✗ ", Tone.FAIL), Piece("not started", Tone.FAIL, bold=True))
    return (Piece("waiting" if cycle.verdict is Verdict.WAITING else "not seen", Tone.MUTED),)


def _product(watch: Watch, cycle: Cycle, *, words: bool) -> Piece:
    if not watch.product or cycle.renewed is None:
        return Piece("–", Tone.MUTED)
    name = shown(posixpath.basename(watch.product))
    if cycle.renewed:
        return Piece(f"{name} renewed" if words else name)
    return Piece(f"{cut(name, 11)} not renewed" if words else f"✗ {name}", Tone.FAIL)


def _verdict(cycle: Cycle, now: datetime) -> Piece:
    if cycle.verdict is Verdict.WAITING and cycle.grace_until is not None:
        return Piece(f"grace until {clock_seconds(cycle.grace_until, now)}", Tone.ACCENT)
    sign = SIGNS[cycle.verdict]
    return Piece(sign.word, sign.word_tone, sign.bold)


def kind_words(job: Job) -> str:
    """What schedules the job: `cron`, `user timer`, `system timer`."""
    return "cron" if job.cron is not None else SourceName(job.source).value.replace("-", " ")


def bar_line(watch: Watch, now: datetime, width: int) -> Line:
    """How long until the next cycle, with a bar from the cycle before to it; empty for no next one."""
    cycle = watch.next_cycle
    if watch.finished or cycle is None or cycle.due is None:
        return ()
    left = seconds_between(now, cycle.due)
    if left <= 0:
        waited = Piece(duration(-left), Tone.WARN if left < -5 else Tone.ACCENT, bold=True)
        return (Piece("its start is due for ", Tone.MUTED), waited)
    head = (Piece("next cycle in ", Tone.MUTED), Piece(countdown(left), Tone.ACCENT, bold=True), Piece("   "))
    tail = Piece("   " + clock_seconds(cycle.due, now), Tone.MUTED)
    room = width - sum(cells(piece.text) for piece in (*head, tail)) - 1
    begun = [c.due for c in watch.cycles if c.due is not None and c.due <= now]
    whole = seconds_between(max([watch.began, *begun]), cycle.due)
    done = 0 if whole <= 0 else int(room * min(1.0, max(0.0, 1 - left / whole)))
    if room < 10:
        return (*head, tail)
    return (*head, Piece("━" * done, Tone.ACCENT), Piece("─" * (room - done), Tone.LINE), tail)


def headline(watch: Watch, now: datetime) -> Line:
    """`2 of 3 good so far   a miss would be reported at 14:11:00`, or the verdict at the end."""
    good, failed, unproven = (watch.count(v) for v in (Verdict.GOOD, Verdict.FAILED, Verdict.UNPROVEN))
    total = len(watch.cycles)
    parts = [f"{good} of {total} good"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{unproven} unproven"] if unproven else []
    tone = Tone.FAIL if failed else Tone.WARN if unproven else Tone.TEXT
    words = ", ".join(parts)
    if watch.stopped is not None:
        ended = clock_seconds(watch.stopped, now)
        return (Piece(words, tone, bold=True), Piece(f"   the watch was ended at {ended}", Tone.MUTED))
    if watch.finished:
        return (Piece(words, Tone.OK if good == total else tone, bold=True),)
    cycle = watch.next_cycle
    line = [Piece(f"{words} so far", tone, bold=True)]
    if cycle is not None and cycle.grace_until is not None:
        until = clock_seconds(cycle.grace_until, now)
        line.append(Piece(f"   a miss would be reported at {until}", Tone.MUTED))
    return tuple(line)


def verdict_lines(watch: Watch, now: datetime, usually: float | None = None) -> list[Line]:
    """The verdict: how punctual, how long, what warned, and why cycles were not good."""
    lines: list[Line] = [headline(watch, now)]
    begun = [cycle for cycle in watch.cycles if cycle.start is not None]
    if begun:
        lines.append(_row("started", _punctual(begun)))
        lines.append(_row("took", _took(begun, usually)))
        lines.append(_warned(watch.cycles))
    for number, cycle in enumerate(watch.cycles, 1):
        if cycle.verdict in (Verdict.FAILED, Verdict.UNPROVEN):
            lines += _why(number, cycle)
    return lines


def _row(label: str, words: str, tone: Tone = Tone.TEXT) -> Line:
    return (Piece(f"{label:<{_LABEL}}", Tone.MUTED), Piece(words, tone))


def _punctual(begun: Sequence[Cycle]) -> str:
    late = [cycle.late for cycle in begun if cycle.late is not None]
    if not late:
        return "seen by what they left; how late is not known"
    worst = max(late)
    return f"{'on time' if worst < 5 else 'late'}, at most {duration(worst)} late"


def _took(begun: Sequence[Cycle], usually: float | None) -> str:
    took = [c.result.duration for c in begun if c.result is not None and c.result.duration is not None]
    if not took:
        return "not known"
    words = [duration(one) for one in took[-4:]]
    said = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    middle = usual(took) if usually is None and len(took) > 1 else usually
    return said if middle is None else f"{said}, usual {duration(middle)}"


def _warned(cycles: Sequence[Cycle]) -> Line:
    for number, cycle in enumerate(cycles, 1):
        if cycle.result is not None and cycle.result.outcome is Outcome.WARNINGS:
            return _row("warned", f"cycle {number}: {shown('; '.join(cycle.result.reasons))}", Tone.WARN)
    results = [cycle.result for cycle in cycles if cycle.verdict.decided and cycle.result is not None]
    known = any(result.outcome is not Outcome.UNKNOWN for result in results)
    return _row("warned", "nothing matched the warning rules" if known else "not known")


def _why(number: int, cycle: Cycle) -> list[Line]:
    sign = SIGNS[cycle.verdict]
    reasons = [shown(reason) for reason in cycle.reasons] or [sign.word]
    lines: list[Line] = [
        (
            Piece(f"{f'cycle {number}':<{_LABEL}}", Tone.MUTED),
            Piece(f"{sign.glyph} ", sign.tone),
            Piece("; ".join(reasons), sign.word_tone),
        )
    ]
    lines += [(Piece(" " * _LABEL + "likely: ", Tone.MUTED), Piece(shown(cause))) for cause in cycle.causes]
    return lines


def offers_recorder(watch: Watch, job: Job | None) -> bool:
    """Whether the verdict would have been known had the job's exit status been kept."""
    if job is None or job.cron is None or not job.editable:
        return False
    return any(
        cycle.verdict is Verdict.UNPROVEN
        and cycle.result is not None
        and cycle.result.outcome is Outcome.UNKNOWN
        for cycle in watch.cycles
    )
