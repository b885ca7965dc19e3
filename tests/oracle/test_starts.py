"""When a job is started: fedtui against Debian's cron, over random schedules, zones and stretches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from fedtui.schedule.cron import ScheduleError, parse
from tests.oracle.cron import Cron
from tests.oracle.expressions import Expressions, Stretch
from tests.oracle.zones import zone_named

TOGETHER = 40
"""Schedules that share a stretch."""
STARTS = 40
"""The starts that are compared of each, if there are as many."""


@dataclass(frozen=True)
class Group:
    stretch: Stretch
    schedules: list[str]


def groups(seed: int, cases: int) -> list[Group]:
    made = Expressions(seed)
    return [
        Group(made.stretch(), [made.schedule() for _ in range(TOGETHER)])
        for _ in range(-(-cases // TOGETHER))
    ]


def own_starts(text: str, stretch: Stretch) -> list[int] | None:
    """The starts that fedtui computes, as minutes since the epoch; None for a schedule that it refuses."""
    after = datetime.fromtimestamp(stretch.after * 60, UTC)
    try:
        runs = parse(text).runs(after, zone_named(stretch.zone))
    except ScheduleError:
        return None
    found: list[int] = []
    for at in runs:
        minute = int(at.timestamp()) // 60
        if minute >= stretch.until or len(found) == STARTS:
            break
        found.append(minute)
    return found


def local(minutes: list[int] | None, zone: str) -> str:
    if minutes is None:
        return "refused"
    shown = [datetime.fromtimestamp(minute * 60, zone_named(zone)).isoformat()[:22] for minute in minutes]
    return ", ".join(shown) or "none"


def disagreement(text: str, stretch: Stretch, cron: list[int] | None, own: list[int] | None) -> str:
    if cron is not None and own is not None:
        same = next((at for at, pair in enumerate(zip(cron, own, strict=False)) if pair[0] != pair[1]), None)
        first = min(len(cron), len(own)) if same is None else same
        cron, own = cron[first : first + 2], own[first : first + 2]
    return (
        f"{text!r} in {stretch.zone} after minute {stretch.after}: "
        f"cron {local(cron, stretch.zone)}; fedtui {local(own, stretch.zone)}"
    )


def test_every_start_is_cron_s(cron: Cron, seed: int, cases: int, say: Callable[[str], None]) -> None:
    wanted = groups(seed, cases)
    wrong: list[str] = []
    starts = changed = refused = 0
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda group: cron.starts(group.schedules, group.stretch, STARTS), wanted)
        for group, answer in zip(wanted, answers, strict=True):
            offsets = set()
            for text, expected in zip(group.schedules, answer, strict=True):
                own = own_starts(text, group.stretch)
                starts += len(expected or ())
                refused += expected is None
                if own != expected:
                    wrong.append(disagreement(text, group.stretch, expected, own))
            for minute in (group.stretch.after, group.stretch.until):
                offsets.add(datetime.fromtimestamp(minute * 60, zone_named(group.stretch.zone)).utcoffset())
            changed += len(offsets) > 1
    compared = len(wanted) * TOGETHER
    zones = len({group.stretch.zone for group in wanted})
    say(
        f"{compared:,} schedules, {starts:,} starts, {zones} zones, {changed} of {len(wanted)} stretches "
        f"over a clock change; {refused} refused; {len(wrong)} disagreements"
    )
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong[:20])
    assert compared >= cases
    assert starts > 4 * cases
    assert changed > len(wanted) // 3
