"""Log lines: finding time and level in what other programs wrote, and drawing a rule for each run.

Only lines that warn or fail are coloured whole; the rest has its time and level muted. A run's rule
carries its verdict, and comes before the first line the run wrote, as far as the lines tell their time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from fedtui.model import Run
from fedtui.presentation.glyphs import Span, StyledText, Tone, outcome_glyph, width_of
from fedtui.presentation.times import duration, here, weekday_clock
from fedtui.safe_text import sanitize_and_mask, without_colours

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


class LogLine(NamedTuple):
    """One line of a log, taken apart; `time` and `level` as they are shown, empty where it names none.

    `tone` is WARN or FAIL for a line that says so, else TEXT.
    """

    text: str
    time: str = ""
    level: str = ""
    tone: Tone = Tone.TEXT

    @property
    def pieces(self) -> StyledText:
        """Time muted, level, text; warnings and failures whole in their tone."""
        line: list[Span] = []
        if self.time:
            line.append(Span(self.time + " ", Tone.MUTED))
        if self.level:
            line.append(Span(self.level + " ", Tone.MUTED if self.tone is Tone.TEXT else self.tone))
        line.append(Span(self.text, self.tone))
        return tuple(line)


def read_line(text: str, now: datetime) -> LogLine:
    """A line of a log, safe to show, its time and level split off.

    A time without a date is taken as the newest such time that is not after `now`.
    """
    text = sanitize_and_mask(without_colours(text))
    time = ""
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
    return LogLine(text, time, level, tone)


def stamps(texts: Iterable[str], now: datetime) -> list[datetime | None]:
    """The moment each line names, in order; where times have no dates, midnights between them are found."""
    found: list[tuple[datetime | None, bool]] = []
    for text in texts:
        match = _STAMP.match(text)
        found.append((None, False) if match is None else (_moment(match, now), match["day"] is not None))
    later: datetime | None = None
    moments: list[datetime | None] = []
    for stamp, dated in reversed(found):
        if stamp is not None:
            while later is not None and not dated and stamp > later + OUT_OF_ORDER:
                stamp -= timedelta(days=1)
            later = stamp
        moments.append(stamp)
    return moments[::-1]


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


def run_rule(run: Run, now: datetime, width: int = 0) -> StyledText:
    """`── Tue 14:00  ▲ ok, 3 warnings  2 s`, drawn out to `width` cells where that is more."""
    line = [Span(f"── {weekday_clock(run.start, now)}  ", Tone.MUTED)]
    if run.result is None:
        line.append(Span("► running" if run.end is None else "? unknown", Tone.MUTED))
    else:
        sign = outcome_glyph(run.result)
        calm = sign.tone is Tone.OK
        line.append(
            Span(f"{sign.glyph} {sanitize_and_mask(sign.word)}", Tone.MUTED if calm else sign.tone, sign.bold)
        )
        if run.result.duration is not None:
            line.append(Span(f"  {duration(run.result.duration)}", Tone.MUTED))
    rest = width - width_of(line) - 1
    if rest > 0:
        line.append(Span(f" {'─' * rest}", Tone.MUTED))
    return tuple(line)


def rule_places(moments: Sequence[datetime | None], runs: Sequence[Run]) -> list[tuple[int, Run]]:
    """Where the rules of runs go: each before the first line its run wrote, as (line number, run).

    A line belongs to the newest run that had started at its second. Lines without a time stay where
    they are; a run that wrote no line has no rule.
    """
    starts = sorted(runs, key=lambda run: run.start)
    places: list[tuple[int, Run]] = []
    started, ruled = 0, -1
    for number, moment in enumerate(moments):
        if moment is None:
            continue
        while started < len(starts) and starts[started].start < moment + timedelta(seconds=1):
            started += 1
        newest = started - 1
        if newest > ruled and _may_have_written(starts[newest], moment):
            places.append((number, starts[newest]))
            ruled = newest
    return places


def _may_have_written(run: Run, moment: datetime) -> bool:
    """True for a line of a moment during the run, or just after its end."""
    last = run.end if run.end is not None else run.start + timedelta(hours=24)
    return moment <= last + timedelta(seconds=60)
