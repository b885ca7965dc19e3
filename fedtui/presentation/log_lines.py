"""Log lines: finding time and level in what other programs wrote, and drawing a rule for each run.

Only lines that warn or fail are coloured whole; the rest has its time and level muted. A run's rule
carries its verdict, and stands before the first line the run wrote, as far as the lines tell their time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from fedtui.model import Run
from fedtui.presentation.signs import Line, Piece, Tone, outcome_sign, width_of
from fedtui.presentation.times import duration, here, weekday_clock
from fedtui.safe_text import shown

_STAMP = re.compile(
    r"""(?x)
    \[? (?: (?P<day>\d{4}-\d\d-\d\d) [T ] )? (?P<clock>\d\d:\d\d:\d\d) (?:[.,]\d{1,9})?
    (?P<zone> \s?[+-]\d\d:?\d\d | Z )? \]? [:,]? (?= \s | $ )
    """
)
_LEVELS = {
    "fail": ("FATAL", "CRITICAL", "CRIT", "ERROR", "ERR", "EMERG", "ALERT", "PANIC", "SEVERE"),
    "warn": ("WARNING", "WARN"),
    "calm": ("NOTICE", "INFO", "DEBUG", "TRACE", "OK"),
}
_LEVEL_OF = {word: kind for kind, words in _LEVELS.items() for word in words}
_LEVEL = re.compile(
    rf"(?i)\s* (?P<open>[\[<(]?) (?P<word>{'|'.join(_LEVEL_OF)}) [\])>]? (?P<end> : | (?=\s|$) )", re.X
)


OUT_OF_ORDER = timedelta(minutes=5)
"""How much older than the line before it a line may be and still be of the same day."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log, taken apart. `stamp` is the moment it names (aware), None where it names none.

    `time` and `level` are as they are shown; `tone` is WARN or FAIL for a line that says so, else TEXT.
    `dated` tells that the line named its date as well.
    """

    text: str
    time: str = ""
    level: str = ""
    tone: Tone = Tone.TEXT
    stamp: datetime | None = None
    dated: bool = False

    @property
    def pieces(self) -> Line:
        """Time muted, level, text; warnings and failures whole in their tone."""
        line: list[Piece] = []
        if self.time:
            line.append(Piece(self.time + " ", Tone.MUTED))
        if self.level:
            line.append(Piece(self.level + " ", Tone.MUTED if self.tone is Tone.TEXT else self.tone))
        line.append(Piece(self.text, self.tone))
        return tuple(line)


def read_line(text: str, now: datetime) -> LogLine:
    """A line of a log, safe to show, its time and level told apart.

    A time without a date is taken as the newest such time that is not after `now`.
    """
    text = shown(text)
    time, stamp = "", None
    match = _STAMP.match(text)
    if match is not None:
        stamp = _moment(match, now)
        time = match["clock"] if stamp is None else f"{here(stamp, now):%H:%M:%S}"
        text = text[match.end() :].lstrip(" ")
    level, tone = "", Tone.TEXT
    found = _LEVEL.match(text)
    if found is not None and (found["word"].isupper() or found["open"] or found["end"] == ":"):
        level = found["word"].upper()
        kind = _LEVEL_OF[level]
        tone = {"fail": Tone.FAIL, "warn": Tone.WARN}.get(kind, Tone.TEXT)
        text = text[found.end() :].lstrip(" ")
    return LogLine(text, time, level, tone, stamp, dated=match is not None and match["day"] is not None)


def read_lines(texts: Iterable[str], now: datetime) -> list[LogLine]:
    """Lines of a log in order; where they give times without dates, midnights between them are found."""
    lines = [read_line(text, now) for text in texts]
    later: datetime | None = None
    for number in range(len(lines) - 1, -1, -1):
        stamp = lines[number].stamp
        if stamp is None:
            continue
        if later is not None and not lines[number].dated:
            while stamp > later + OUT_OF_ORDER:
                stamp -= timedelta(days=1)
            lines[number] = replace(lines[number], stamp=stamp)
        later = stamp
    return lines


def _moment(match: re.Match[str], now: datetime) -> datetime | None:
    try:
        if match["day"] is None:
            naive = datetime.combine(now.date(), datetime.strptime(match["clock"], "%H:%M:%S").time())  # noqa: DTZ007
            moment = naive.replace(tzinfo=now.tzinfo)
            return moment if moment <= now + timedelta(seconds=2) else moment - timedelta(days=1)
        moment = datetime.fromisoformat(f"{date.fromisoformat(match['day'])}T{match['clock']}")
        zone = (match["zone"] or "").strip().replace(":", "")
        if zone == "Z":
            zone = "+0000"
        if zone:
            return datetime.strptime(f"{moment:%Y-%m-%dT%H:%M:%S}{zone}", "%Y-%m-%dT%H:%M:%S%z")
        return moment.replace(tzinfo=now.tzinfo)
    except ValueError:
        return None


def run_rule(run: Run, now: datetime, width: int = 0) -> Line:
    """`── Tue 14:00  ▲ ok, 3 warnings  2 s`, drawn out to `width` cells where that is more."""
    line = [Piece(f"── {weekday_clock(run.start, now)}  ", Tone.MUTED)]
    if run.result is None:
        line.append(Piece("► running" if run.end is None else "? unknown", Tone.MUTED))
    else:
        sign = outcome_sign(run.result)
        calm = sign.tone is Tone.OK
        line.append(Piece(f"{sign.glyph} {shown(sign.word)}", Tone.MUTED if calm else sign.tone, sign.bold))
        if run.result.duration is not None:
            line.append(Piece(f"  {duration(run.result.duration)}", Tone.MUTED))
    rest = width - width_of(line) - 1
    if rest > 0:
        line.append(Piece(f" {'─' * rest}", Tone.MUTED))
    return tuple(line)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """The place of a run's rule among the lines of a log."""

    run: Run


def with_rules(lines: Iterable[LogLine], runs: Sequence[Run]) -> list[LogLine | RuleLine]:
    """`lines` with a rule before the first line of each run that wrote one.

    A line belongs to the newest run that had started at its second. Lines without a time stay where
    they are.
    """
    starts = sorted(runs, key=lambda run: run.start)
    placed: list[LogLine | RuleLine] = []
    number, shown_run = 0, -1
    for line in lines:
        if line.stamp is not None:
            moment = line.stamp + timedelta(seconds=1)
            while number < len(starts) and starts[number].start < moment:
                number += 1
            current = number - 1
            if current > shown_run and line.stamp + timedelta(hours=24) > starts[current].start:
                placed.append(RuleLine(starts[current]))
                shown_run = current
        placed.append(line)
    return placed
