"""Translated schedules against systemd itself: the runs of the expressions are the minutes of the fields."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from itertools import islice

from fedtui.schedule.cron import ScheduleError, parse_schedule
from fedtui.schedule.translate import TranslationError, to_calendar, to_cron
from tests.box.inside import inside
from tests.box.machine import Box
from tests.oracle.expressions import Expressions

SEED = int(os.environ.get("FEDTUI_SEED") or random.SystemRandom().randrange(10**9))
AFTER = "2026-11-24T14:05:12+00:00"
RUNS = 15
ASK = """
from datetime import datetime
from fedtui.system.systemd_analyze import calendar

async def main():
    asked = await calendar(EXPRESSIONS, RUNS, datetime.fromisoformat(AFTER), "UTC")
    show([[one.ok, one.normalized, [run.isoformat() for run in one.runs]] for one in asked])

asyncio.run(main())
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_systemd_runs_them_in_the_minutes_of_the_fields(box: Box) -> None:
    cases = Expressions(SEED)
    wanted: dict[str, tuple[str, ...]] = {}
    for _ in range(600):
        text = cases.schedule()
        try:
            wanted[text] = to_calendar(parse_schedule(text)).calendar
        except (ScheduleError, TranslationError):
            continue
    lines = sorted({line for calendar in wanted.values() for line in calendar})
    head = f"EXPRESSIONS = {lines!r}; RUNS = {RUNS}; AFTER = {AFTER!r}\n"
    answers = dict(zip(lines, inside(box, head + ASK, timeout=90), strict=True))
    start = int((datetime.fromisoformat(AFTER) - _EPOCH).total_seconds()) // 60 + 1
    compared = 0
    for text, calendar in wanted.items():
        if not calendar:
            continue
        assert all(answers[line][0] for line in calendar), (SEED, text, calendar)
        found = sorted({run for line in calendar for run in answers[line][2]})[:RUNS]
        expected = islice(parse_schedule(text).wall_minutes(start, start + 30 * 366 * 1440), RUNS)
        due = [(_EPOCH + timedelta(minutes=wall)).isoformat() for wall in expected]
        assert found[: len(due)] == due[: len(found)], (SEED, text, calendar)
        assert found or not due, (SEED, text, calendar)
        back = parse_schedule(to_cron([answers[line][1] for line in calendar], "UTC"))
        again = islice(back.wall_minutes(start, start + 30 * 366 * 1440), RUNS)
        assert [(_EPOCH + timedelta(minutes=wall)).isoformat() for wall in again] == due, (SEED, text)
        compared += 1
    assert compared > 200
