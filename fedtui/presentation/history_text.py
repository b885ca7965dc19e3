"""The history of runs in words: a strip of hours, a summary, a curve of durations, and a row for each run.

Pure functions over runs as the database gives them; times are shown in the zone of `now`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from fedtui.model import Job, Outcome, Result, Run, Snapshot, SourceName, Trigger
from fedtui.presentation.glyphs import Glyph, Span, StyledText, Tone, cut, fit, outcome_glyph, width_of
from fedtui.presentation.times import duration, here, in_words, seconds_between, usual
from fedtui.presentation.times import durations as durations
from fedtui.safe_text import sanitize_and_mask

WIDE = 118
"""Columns from which runs have their evidence, and the summary is at the right."""

MANY = 3
"""So many judged runs must a job have before it can be called the flakiest."""

_WORST = (Outcome.FAILED, Outcome.WARNINGS, Outcome.UNKNOWN, Outcome.SKIPPED, Outcome.OK)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RUNNING = Glyph("►", "running", Tone.ACCENT, Tone.ACCENT)
_ENDED = Glyph("?", "unknown", Tone.MUTED, Tone.MUTED)
_EIGHTHS = " ▁▂▃▄▅▆▇█"


class Tally(NamedTuple):
    """How many runs ended how. `rate` is the share of good ones among those whose end is known."""

    runs: int = 0
    good: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0

    @property
    def rate(self) -> float | None:
        """Between 0 and 1; None where of no run it is known whether it was good."""
        judged = self.good + self.failed
        return self.good / judged if judged else None


def tally(runs: Iterable[Run]) -> Tally:
    """Count finished runs by their outcome. What is unknown or was skipped counts for neither side."""
    counts = dict.fromkeys(Outcome, 0)
    for run in runs:
        if not run.is_running:
            counts[_outcome(run)] += 1
    good = counts[Outcome.OK] + counts[Outcome.WARNINGS]
    unknown = counts[Outcome.UNKNOWN] + counts[Outcome.NEVER]
    return Tally(sum(counts.values()), good, counts[Outcome.FAILED], counts[Outcome.SKIPPED], unknown)


def rate_words(rate: float | None) -> str:
    """`98.9 %`, rounded down: only what was all good is 100."""
    if rate is None:
        return "–"
    return f"{int(rate * 1000 + 1e-9) / 10:.1f} %"


def _outcome(run: Run) -> Outcome:
    return Outcome.UNKNOWN if run.result is None else run.result.outcome


# The strip


class HistoryDay(NamedTuple):
    """One day: the worst outcome of each hour (None for no record), and the day's tally."""

    day: date
    hours: tuple[Outcome | None, ...]
    counts: Tally


def days(runs: Iterable[Run], now: datetime, count: int, skip: int = 0) -> list[HistoryDay]:
    """`count` days, the newest first, from today or `skip` days earlier. Hours are of the wall clock."""
    newest = now.date() - timedelta(days=skip)
    by_day: dict[date, list[Run]] = {newest - timedelta(days=back): [] for back in range(count)}
    for run in runs:
        found = by_day.get(here(run.start, now).date())
        if found is not None:
            found.append(run)
    return [HistoryDay(day, _hours(found, now), tally(found)) for day, found in by_day.items()]


def _hours(runs: Iterable[Run], now: datetime) -> tuple[Outcome | None, ...]:
    hours: list[Outcome | None] = [None] * 24
    for run in runs:
        if run.is_running:
            continue
        hour, outcome = here(run.start, now).hour, _outcome(run)
        best = hours[hour]
        if best is None or _WORST.index(outcome) < _WORST.index(best):
            hours[hour] = outcome
    return tuple(hours)


def strip_heading(width: int) -> StyledText:
    """`0     3     6 ...` above the hours."""
    words = "        " + "".join(f"{hour:<6}" for hour in range(0, 24, 3)) + "    ok"
    return (Span(words + ("     failed" if width >= WIDE else ""), Tone.MUTED),)


def strip_line(day: HistoryDay, now: datetime, width: int) -> StyledText:
    """A day's row: its hours, how many of its runs were good, and how many failed."""
    line: list[Span] = [Span(f"{_DAYS[day.day.weekday()]} {day.day.day:>2}  ", Tone.MUTED)]
    for hour, outcome in enumerate(day.hours):
        ahead = day.day == now.date() and hour > now.hour
        glyph, tone = (" ", Tone.MUTED) if ahead else _cell(outcome)
        line.append(Span(glyph + " ", tone))
    rate = rate_words(day.counts.rate)
    line.append(Span(f"{rate:>8}", Tone.MUTED if day.counts.rate is None else Tone.TEXT))
    if width >= WIDE:
        failed = day.counts.failed
        line.append(Span(f"{failed or '–':>9}", Tone.FAIL if failed else Tone.MUTED))
    return tuple(line)


def _cell(outcome: Outcome | None) -> tuple[str, Tone]:
    if outcome is None:
        return "·", Tone.MUTED
    if outcome is Outcome.OK:
        return "■", Tone.OK
    sign = outcome_glyph(Result(outcome))
    return sign.glyph, sign.tone


def legend(shown_days: Iterable[HistoryDay]) -> StyledText:
    """What the signs of the strip mean; `unknown` only where there is some."""
    seen = {outcome for day in shown_days for outcome in day.hours}
    signs = [("■", Tone.OK, "ok"), ("▲", Tone.WARN, "warnings"), ("✗", Tone.FAIL, "failed")]
    signs += [("»", Tone.MUTED, "skipped")]
    signs += [("?", Tone.MUTED, "unknown")] if Outcome.UNKNOWN in seen else []
    signs += [("·", Tone.MUTED, "no record")]
    line: list[Span] = [Span("        ")]
    for glyph, tone, word in signs:
        line += [Span(f"{glyph} ", tone), Span(f"{word}   ", Tone.MUTED)]
    return tuple(line)


# The summary


def span_words(runs: Sequence[Run], now: datetime) -> str:
    """`in 10 days`, the days of the oldest and the newest run included; `on 1 day`."""
    if not runs:
        return ""
    dates = [here(run.start, now).date() for run in runs]
    count = (max(dates) - min(dates)).days + 1
    return "on 1 day" if count == 1 else f"in {count} days"


def summary_line(runs: Sequence[Run], now: datetime) -> StyledText:
    """`99.9 % ok of 4,601 known, 4,610 runs in 10 days   5 failed   9 skipped`: the rate with its base."""
    counts = tally(runs)
    if not counts.runs:
        return (Span("No run has ended yet.", Tone.MUTED),)
    plural = "" if counts.runs == 1 else "s"
    judged = counts.good + counts.failed
    base = (Span(f"{judged:,}"), Span(" known, ", Tone.MUTED)) if judged < counts.runs else ()
    line = [
        Span(rate_words(counts.rate), bold=True),
        Span(" ok of ", Tone.MUTED),
        *base,
        Span(f"{counts.runs:,}"),
        Span(f" run{plural} {span_words(runs, now)}   ", Tone.MUTED),
    ]
    for number, word, tone in (
        (counts.failed, "failed", Tone.FAIL),
        (counts.skipped, "skipped", Tone.TEXT),
        (counts.unknown, "unknown", Tone.TEXT),
    ):
        if number:
            line += [Span(f"{number:,}", tone), Span(f" {word}   ", Tone.MUTED)]
    return tuple(line)


def summary_lines(runs: Sequence[Run], now: datetime) -> list[StyledText]:
    """The same as a list, for the column at the right."""
    counts = tally(runs)
    failed = [run for run in runs if not run.is_running and _outcome(run) is Outcome.FAILED]
    last = f"last {in_words(seconds_between(failed[-1].start, now))} ago" if failed else ""
    rows = [
        _fact("runs", f"{counts.runs:,}", span_words(runs, now)),
        _fact("ok", rate_words(counts.rate).removesuffix(" %"), "%" if counts.rate is not None else "", 1),
        _fact("failed", f"{counts.failed:,}", last, tone=Tone.FAIL if counts.failed else Tone.TEXT),
        _fact("skipped", f"{counts.skipped:,}", ""),
    ]
    return [*rows, _fact("unknown", f"{counts.unknown:,}", "")] if counts.unknown else rows


def _fact(label: str, number: str, words: str, gap: int = 4, tone: Tone = Tone.TEXT) -> StyledText:
    return (
        Span(f"{label:<10}", Tone.MUTED),
        Span(f"{number:>7}", tone),
        Span(" " * gap + words, Tone.MUTED),
    )


def extremes(runs: Sequence[Run], jobs: JobNames) -> list[StyledText]:
    """The job that takes longest, as a rule, and the one that fails most often."""
    by_job: dict[str, list[Run]] = {}
    for run in runs:
        by_job.setdefault(jobs.id(run), []).append(run)
    middles = {job_id: usual(durations(found)) for job_id, found in by_job.items()}
    took = {job_id: middle for job_id, middle in middles.items() if middle is not None}
    lines: list[StyledText] = []
    if took:
        slowest = max(took, key=lambda job_id: took[job_id])
        lines.append(_extreme("slowest", jobs.name(by_job[slowest][-1]), Span(duration(took[slowest]))))
    counts = {job_id: tally(found) for job_id, found in by_job.items()}
    rates = {
        job_id: count.rate
        for job_id, count in counts.items()
        if count.rate is not None and count.good + count.failed >= MANY and count.failed
    }
    if rates:
        flakiest = min(rates, key=lambda job_id: rates[job_id])
        words = Span(f"{int(rates[flakiest] * 100)} % ok", Tone.FAIL)
        lines.append(_extreme("flakiest", jobs.name(by_job[flakiest][-1]), words))
    return lines


def narrow_line(runs: Sequence[Run], took: Sequence[float], jobs: JobNames, width: int) -> StyledText:
    """Slowest, flakiest, and the curve of `took` in one row, for terminals without the right column."""
    line: list[Span] = []
    for label, *name_and_words in extremes(runs, jobs):
        name, words = name_and_words[0], name_and_words[-1]
        line += [Span(f"{label.text.strip()} ", Tone.MUTED), Span(cut(name.text.strip(), 16)), Span(" ")]
        line += [words, Span("   ")]
    room = width - width_of(line)
    if room >= MANY and (drawn := curve(took, room, 1)):
        line += drawn[0]
    return tuple(line)


def _extreme(label: str, name: str, words: Span) -> StyledText:
    return (Span(f"{label:<12}", Tone.MUTED), *fit((Span(cut(name, 19)),), 20), words)


# The curve


def curve(took: Sequence[float], width: int, height: int) -> list[StyledText]:
    """The newest `width` durations as columns of `height` rows, the highest as high as there is room."""
    shown_ones = took[-width:]
    most = max(shown_ones, default=0.0)
    if not shown_ones or most <= 0:
        return []
    eighths = [max(1, round(one / most * height * 8)) for one in shown_ones]
    rows: list[StyledText] = []
    for row in range(height - 1, -1, -1):
        text = "".join(_EIGHTHS[max(0, min(8, eighth - row * 8))] for eighth in eighths)
        rows.append((Span(text, Tone.ACCENT),))
    return rows


def curve_words(took: Sequence[float]) -> StyledText:
    """`40 runs   usual 2.1 s   slowest 6.0 s`."""
    middle = usual(took)
    if middle is None:
        return (Span("how long it takes is not known", Tone.MUTED),)
    plural = "" if len(took) == 1 else "s"
    words = f"{len(took)} run{plural}   usual {duration(middle)}   slowest {duration(max(took))}"
    return (Span(words, Tone.MUTED),)


# The table


@dataclass(frozen=True, slots=True)
class JobNames:
    """What the rows say of jobs: names and kinds, also of those that are gone.

    `past` has the names that are remembered, `heirs` which job continues one that is gone, both by id. Jobs
    of `unread` sources are not gone: nobody could look.
    """

    by_id: Mapping[str, Job]
    past: Mapping[str, str] = field(default_factory=dict)
    heirs: Mapping[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    @classmethod
    def of(cls, snapshot: Snapshot) -> JobNames:
        whole = snapshot.answered.keys() - snapshot.late.keys() - {one.source for one in snapshot.troubles}
        unread = frozenset(name.value for name in SourceName if name.read_by not in whole)
        return cls({job.id: job for job in snapshot.jobs}, snapshot.past_names, snapshot.heirs, unread)

    def id(self, run: Run) -> str:
        """The id of the job whose run it is by now."""
        return self.heirs.get(run.job_id, run.job_id)

    def job(self, run: Run) -> Job | None:
        """The job whose run it is; None where that is gone."""
        return self.by_id.get(self.id(run))

    def name(self, run: Run) -> str:
        """The job's name; for one that is gone, the last one known, else the rest of its id."""
        name = sanitize_and_mask(self.last_name(run) or run.job_id.partition(":")[2])
        there = self.job(run) is not None or run.job_id.partition(":")[0] in self.unread
        return name if there else f"{name} (gone)"

    def last_name(self, run: Run) -> str | None:
        """The last known name of the job as it is written; None where none is known."""
        job = self.job(run)
        return job.name if job is not None else self.past.get(run.job_id)

    def by(self, run: Run) -> str:
        """Who started a run: `r`, `cron`, `timer`, `other`."""
        if run.trigger is Trigger.MANUAL:
            return "r"
        if run.trigger is not Trigger.SCHEDULE:
            return run.trigger.value
        source = run.job_id.partition(":")[0]
        return "timer" if source in (SourceName.USER_TIMER, SourceName.SYSTEM_TIMER) else "cron"


def _widths(width: int) -> tuple[int, ...]:
    """Of sign, start, job, outcome, took and by; the evidence has the rest."""
    return (2, 17, 25, 20, 9, 12 if width >= WIDE else max(0, width - 74))


def runs_heading(width: int) -> StyledText:
    line: list[Span] = []
    for name, size in zip(("", "STARTED", "JOB", "OUTCOME", "TOOK", "BY"), _widths(width), strict=True):
        text = f"{name:>{size - 2}}" if name == "TOOK" else name
        line.extend(fit((Span(text, Tone.MUTED),), size))
    return (*line, Span("EVIDENCE", Tone.MUTED)) if width >= WIDE else tuple(line)


def run_row(run: Run, jobs: JobNames, now: datetime, width: int) -> StyledText:
    sign = run_glyph(run)
    took = run.result.duration if run.result is not None else None
    if run.is_running:
        took = seconds_between(run.start, now)
    start = here(run.start, now)
    when = f"{_DAYS[start.weekday()]} {start.day:>2}  {start:%H:%M:%S}"
    sizes = _widths(width)
    contents = (
        (Span(sign.glyph, sign.tone),),
        (Span(when, Tone.MUTED),),
        (Span(cut(jobs.name(run), sizes[2] - 1)),),
        (Span(cut(sanitize_and_mask(sign.word), sizes[3] - 1), sign.word_tone, sign.bold),),
        (Span(f"{'–' if took is None else duration(took):>{sizes[4] - 2}}"),),
        (Span(jobs.by(run), Tone.MUTED),),
    )
    line = [piece for content, size in zip(contents, sizes, strict=True) for piece in fit(content, size)]
    if width >= WIDE:
        line.append(Span(cut(evidence(run), width - 2 - width_of(line)), Tone.MUTED))
    return tuple(line)


def run_glyph(run: Run) -> Glyph:
    """The sign of a run, ended or not."""
    if run.is_running:
        return _RUNNING
    return _ENDED if run.result is None else outcome_glyph(run.result)


def evidence(run: Run) -> str:
    """Why the outcome is what it is: what it said of itself, then where it is known from."""
    if run.is_running:
        return f"pid {run.pid}" if run.pid is not None else "still running"
    result = run.result
    if result is None:
        return "nobody saw how it ended"
    ending = result.ending
    facts = [fact.replace("exit status", ending, 1) if ending else fact for fact in result.known_from]
    reasons = result.why[1:2] if result.outcome is Outcome.SKIPPED else result.why[:1]
    return sanitize_and_mask("; ".join(part for part in (*reasons, *(facts or [ending])) if part))


def matching(run: Run, jobs: JobNames, words: str) -> bool:
    """Whether a run has every one of `words` in its job's name, its outcome, or who started it."""
    text = f"{jobs.name(run)} {run_glyph(run).word} {jobs.by(run)} {run.job_id}".casefold()
    return all(word in text for word in words.casefold().split())
