"""When a job is started: fedtui against each daemon, over random schedules, zones and stretches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

import pytest

from fedtui.schedule.dialect import dialect_named
from tests.oracle.cron import Cron
from tests.oracle.expressions import Expressions, Stretch, certain, settled
from tests.oracle.starts import disagreement, own_starts
from tests.oracle.zones import zone_named

TOGETHER = 40
"""Schedules that share a stretch."""
STARTS = 40
"""The starts that are compared of each, if there are as many."""
LOADED = 2 * 1440
"""Minutes of a stretch with two zones, which a daemon loads for each job in each minute."""


@dataclass(frozen=True)
class Group:
    stretch: Stretch
    schedules: list[str]


def groups(seed: int, cases: int, dialect: str) -> list[Group]:
    made = Expressions(seed)
    some = (stretch for stretch in iter(made.stretch, None) if settled(stretch, dialect))
    return [Group(next(some), schedules(made, dialect)) for _ in range(-(-cases // TOGETHER))]


def schedules(made: Expressions, dialect: str) -> list[str]:
    """Schedules of which the daemon says when they run."""
    texts = iter(made.schedule, "")
    return list(islice((text for text in texts if certain(text, dialect)), TOGETHER))


def test_every_start_is_the_daemon_s(cron: Cron, seed: int, cases: int, say: Callable[[str], None]) -> None:
    wanted = groups(seed, cases, cron.dialect)
    wrong: list[str] = []
    starts = changed = refused = 0
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda group: cron.starts(group.schedules, group.stretch, STARTS), wanted)
        for group, answer in zip(wanted, answers, strict=True):
            offsets = set()
            for text, expected in zip(group.schedules, answer, strict=True):
                own = own_starts(text, group.stretch, STARTS, cron.dialect)
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
        f"{cron.dialect}: {compared:,} schedules, {starts:,} starts, {zones} zones, {changed} of "
        f"{len(wanted)} stretches over a clock change; {refused} refused; {len(wrong)} disagreements"
    )
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong[:20])
    assert compared >= cases
    assert starts > 4 * cases
    assert changed > len(wanted) // 3


def test_a_zone_of_the_table_s_own(seed: int, cron: Cron, cases: int, say: Callable[[str], None]) -> None:
    if not dialect_named(cron.dialect).table_zone:
        pytest.skip("this daemon knows one zone")
    made = Expressions(seed + 4)
    wrong: list[str] = []
    starts = 0
    for group in groups(seed + 4, cases // 5, cron.dialect):
        zone = made.stretch().zone
        short = replace(group.stretch, until=min(group.stretch.until, group.stretch.after + LOADED))
        answer = cron.starts(group.schedules, short, STARTS, zone)
        for text, expected in zip(group.schedules, answer, strict=True):
            own = own_starts(text, short, STARTS, cron.dialect, zone)
            starts += len(expected or ())
            if own != expected:
                wrong.append(f"{zone}: {disagreement(text, short, expected, own)}")
    say(
        f"{cron.dialect}: {cases // 5:,} schedules of tables with a zone, "
        f"{starts:,} starts; {len(wrong)} disagreements"
    )
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong[:20])
    assert starts > cases // 2
