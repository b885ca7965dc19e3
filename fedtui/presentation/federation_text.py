"""The words of the set-up: a profile with its timeline, what the preflight found, what a test run showed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from fedtui.federation.profile import JobTimes, Profile, timeline
from fedtui.federation.setup_issue import SetupIssue, worst_first
from fedtui.presentation.glyphs import SEVERITIES
from fedtui.presentation.times import when

_BARS = " ▁▂▃▄▅▆▇█"
_STEPS = (0, 1, 2, 4, 6, 12, 20, 30)
"""The most runs an hour for which each of the bars stands; the last one is for more."""


def profile_lines(profile: Profile, now: datetime, zone: tzinfo) -> Iterator[str]:
    """The profile in lines: what for, why, and what it would run in the next 24 hours, hour by hour."""
    recommended = " (recommended)" if profile.recommended else ""
    suits = f": for {profile.suits}" if profile.suits else ""
    yield f"profile {profile.name}{recommended}{suits}"
    if profile.reason:
        yield f"  {profile.reason}"
    times = timeline(profile, now, zone)
    width = max(len(one.job.name) for one in times)
    words = max(len(one.job.schedule) for one in times)
    for one in times:
        said = f"{one.job.words}; {one.job.reason}" if one.job.reason else one.job.words
        yield f"  {one.job.name:<{width}}  {one.job.schedule:<{words}}  {said}"
    yield f"  the next 24 hours, from {now:%H:%M} on, hour by hour"
    for one in times:
        yield f"  {one.job.name:<{width}}  {bars(one.hours)}  {_count(one, now)}"


def bars(hours: Sequence[int]) -> str:
    """One sign an hour: the higher, the more runs."""
    return "".join(_BARS[bisect_left(_STEPS, count)] for count in hours)


def _count(one: JobTimes, now: datetime) -> str:
    runs = f"{one.a_day} run{'' if one.a_day == 1 else 's'}"
    if not one.next:
        return runs
    return f"{runs}, the next {when(one.next[0], now)}"


def issue_lines(issues: Sequence[SetupIssue]) -> Iterator[str]:
    """The issues, the worst first, each with what to do below it."""
    for issue in worst_first(issues):
        of = f"{issue.key}: " if issue.key else ""
        yield f"{SEVERITIES[issue.severity].glyph} {of}{issue.text}"
        if issue.advice:
            yield f"    {issue.advice}"
