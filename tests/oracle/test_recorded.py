"""The recorded hard cases are the daemons' own answers, still."""

from __future__ import annotations

from tests.oracle.cron import Cron
from tests.oracle.recorded import Case, Group, recorded_groups


def test_cron_answers_as_recorded(cron: Cron) -> None:
    for group in recorded_groups(cron.dialect):
        assert cron_answers(cron, group) == list(group.cases)


def cron_answers(cron: Cron, group: Group) -> list[Case]:
    schedules = [case.schedule for case in group.cases]
    readings = cron.read([f"{schedule} x" for schedule in schedules])
    starts = cron.starts(schedules, group.stretch, max(len(case.starts) for case in group.cases) + 1)
    answers = []
    for case, reading, found in zip(group.cases, readings, starts, strict=True):
        if reading[0] == "ERR" or found is None:
            answers.append(Case(case.schedule, complaint=reading[1]))
        else:
            count = len(case.starts) + case.complete
            answers.append(Case(case.schedule, tuple(found[:count]), case.complete))
    return answers
