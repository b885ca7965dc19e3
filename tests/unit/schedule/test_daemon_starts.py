"""Hold the schedule type to what Debian's own cron does: `daemon_starts.txt`, recorded from its source."""

from __future__ import annotations

import pytest

from fedtui.schedule.cron import ScheduleError, parse_schedule
from tests.oracle.recorded import Case, Group, recorded_groups
from tests.oracle.starts import own_starts

GROUPS = list(recorded_groups())


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group.stretch.zone}-{group.stretch.after}")
def test_equal_to_the_daemon(group: Group) -> None:
    assert len(group.cases) >= 20
    assert [own_answer(case, group) for case in group.cases] == list(group.cases)


def own_answer(case: Case, group: Group) -> Case:
    """What fedtui would have recorded in place of `case`."""
    try:
        parse_schedule(case.schedule)
    except ScheduleError as error:
        return Case(case.schedule, complaint=error.cron_words)
    count = len(case.starts) + case.complete  # one more than all of them must find none
    starts = own_starts(case.schedule, group.stretch, count) or []
    return Case(case.schedule, tuple(starts), case.complete)


def test_there_are_enough_of_both_kinds() -> None:
    cases = [case for group in GROUPS for case in group.cases]
    assert len(cases) >= 5_000
    assert sum(bool(case.complaint) for case in cases) >= 500
    assert sum(len(case.starts) for case in cases) >= 20_000
    assert len({group.stretch.zone for group in GROUPS}) >= 70
