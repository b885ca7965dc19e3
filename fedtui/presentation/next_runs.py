"""The next-run list: what will run, in true order over all jobs, repeats folded.

Jobs that run often would fill the list: after six rows the repeats of jobs already shown are counted
instead ("6 more until 15:00") until a job comes that was not shown yet.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from fedtui.model import Job, State
from fedtui.presentation.glyphs import Span, StyledText, Tone, cut
from fedtui.presentation.times import clock, day, here, weekday_clock
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedule.upcoming import RunsOf, upcoming

REPEATS_SHOWN = 6
LOOK_AHEAD = 600
"""At most this many runs are looked at; beyond, the fold says "more" without a number."""

_PROMISING = (State.ON, State.RUNNING, State.OVERDUE)


class NextRow(NamedTuple):
    """A row of the list: a run (`job` set), a fold (`folded` runs, None for uncounted) or a new day."""

    when: datetime
    job: Job | None = None
    folded: int | None = 0
    new_day: date | None = None


def next_rows(jobs: Iterable[Job], now: datetime, runs_of: RunsOf, limit: int = 40) -> list[NextRow]:
    """At most `limit` rows, soonest first. A job that promises no run is not in it."""
    rows: list[NextRow] = []
    today = now.date()
    seen: set[str] = set()
    repeats: list[tuple[datetime, Job]] = []
    for looked, (when, job) in enumerate(_merged(jobs, now, runs_of)):
        if len(rows) >= limit or looked > LOOK_AHEAD:
            break
        repeat = job.id in seen
        if repeat and len(rows) >= REPEATS_SHOWN:
            repeats.append((when, job))
            continue
        if len(repeats) == 1:  # as long as the words that would count it
            ((at, again),) = repeats
            today = _day_row(rows, at, now, today)
            rows.append(NextRow(at, again))
        elif repeats:
            rows.append(NextRow(when, folded=len(repeats)))
        repeats.clear()
        today = _day_row(rows, when, now, today)
        seen.add(job.id)
        rows.append(NextRow(when, job))
    if len(rows) < limit:
        _add_the_rest(rows, jobs, now, seen, bool(repeats), today)
    return rows[:limit]


def _day_row(rows: list[NextRow], when: datetime, now: datetime, today: date) -> date:
    that_day = here(when, now).date()
    if that_day != today:
        rows.append(NextRow(when, new_day=that_day))
    return that_day


def _add_the_rest(
    rows: list[NextRow], jobs: Iterable[Job], now: datetime, seen: set[str], folded: bool, today: date
) -> None:
    """Add the first runs of jobs that lie beyond the look-ahead."""
    rest = ((j.next_run, j.id, j) for j in jobs if j.id not in seen and _promises(j) and j.next_run)
    for when, _, job in heapq.nsmallest(40, rest):
        if folded:
            rows.append(NextRow(when, folded=None))
            folded = False
        today = _day_row(rows, when, now, today)
        rows.append(NextRow(when, job))


def _promises(job: Job) -> bool:
    return job.next_run is not None and job.state in _PROMISING


def _merged(jobs: Iterable[Job], now: datetime, runs_of: RunsOf) -> Iterator[tuple[datetime, Job]]:
    """All runs from `now` on in order; at the same moment in the order of the table."""
    promising = [job for job in jobs if _promises(job)]
    return upcoming(
        promising, now - timedelta(microseconds=1), lambda job, after: job.later_runs or runs_of(job, after)
    )


def next_line(row: NextRow, now: datetime, width: int) -> StyledText:
    """A row as pieces, at most `width` cells: clock time and job, or a muted fold or day."""
    if row.new_day is not None:
        return (Span(day(row.new_day), Tone.MUTED),)
    if row.job is None:
        count = "more" if row.folded is None else f"{row.folded} more"
        until = clock(row.when, now)
        local = here(row.when, now)
        if local.date() != now.date():
            soon = (local.date() - now.date()).days < 7
            until = weekday_clock(row.when, now) if soon else day(local)
        return (Span(cut(f"       {count} until {until}", width), Tone.MUTED),)
    return (
        Span(f"{clock(row.when, now)}  ", Tone.ACCENT),
        Span(cut(sanitize_and_mask(row.job.name), width - 7)),
    )
