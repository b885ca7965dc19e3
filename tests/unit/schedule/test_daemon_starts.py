"""Hold the schedule type to what the daemons do: `DIALECT_starts.txt`, recorded from their own source."""

from __future__ import annotations

import pytest

from fedtui.schedule.cron import ScheduleError, parse_schedule
from tests.oracle.recorded import ONE_FOR_ALL, Case, Group, recorded_groups
from tests.oracle.starts import own_starts

GROUPS = {dialect: list(recorded_groups(dialect)) for dialect in ("debian", "cronie", "busybox", "bcron")}


@pytest.mark.parametrize(
    ("dialect", "group"),
    [(dialect, group) for dialect, groups in GROUPS.items() for group in groups],
    ids=lambda one: f"{one.stretch.zone}-{one.stretch.after}" if isinstance(one, Group) else one,
)
def test_equal_to_the_daemon(dialect: str, group: Group) -> None:
    assert len(group.cases) >= 20
    assert [own_answer(case, group, dialect) for case in group.cases] == list(group.cases)


def own_answer(case: Case, group: Group, dialect: str) -> Case:
    """What fedtui would have recorded in place of `case`."""
    try:
        parse_schedule(case.schedule, dialect)
    except ScheduleError as error:
        named = case.complaint not in ONE_FOR_ALL
        return Case(case.schedule, complaint=error.cron_words if named else case.complaint)
    count = len(case.starts) + case.complete  # one more than all of them must find none
    starts = own_starts(case.schedule, group.stretch, count, dialect) or []
    return Case(case.schedule, tuple(starts), case.complete)


def test_there_are_enough_of_both_kinds() -> None:
    cases = [case for group in GROUPS["debian"] for case in group.cases]
    assert len(cases) >= 5_000
    assert sum(bool(case.complaint) for case in cases) >= 500
    assert sum(len(case.starts) for case in cases) >= 20_000
    assert len({group.stretch.zone for group in GROUPS["debian"]}) >= 70
