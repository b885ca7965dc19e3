"""What fedtui reads out of OnCalendar= expressions, against systemd-analyze, over random ones."""

from __future__ import annotations

import os
import random
import re
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from fedtui.schedule.calendar import parse_calendar
from fedtui.schedule.timer import describe_calendar
from tests.box.inside import inside
from tests.box.machine import Box
from tests.oracle.calendars import expressions, own_elapses

SEED = int(os.environ.get("FEDTUI_SEED") or random.SystemRandom().randrange(10**9))
COUNT, ELAPSES = 300, 12
HORIZON = "2070"
ASK = """
from datetime import datetime
from fedtui.system.systemd_analyze import calendar

async def main():
    asked = await calendar(EXPRESSIONS, ELAPSES, datetime.fromisoformat(AFTER), ZONE)
    show([[one.ok, one.normalized, [run.isoformat() for run in one.runs]] for one in asked])

asyncio.run(main())
"""


OPEN_STEP = re.compile(r":[0-9]+/[0-9]+(:|$| )")


def _comparable(form: str, own: list[str], near: list[str], zone: ZoneInfo) -> tuple[list[str], list[str]]:
    """Both lists as far as they can be held against each other.

    systemd 252 leaves out the first run after midnight where minutes have a step without an end that does not
    divide the hour (`*:1/7`: 23:57, 00:08): of such expressions the first hour of a day is not compared.
    """
    if not OPEN_STEP.search(form):
        return own, near
    kept = [
        [run for run in runs if datetime.fromisoformat(run).astimezone(zone).hour] for runs in (own, near)
    ]
    length = min(map(len, kept))
    return kept[0][:length], kept[1][:length]


@pytest.mark.parametrize(
    ("zone", "after"),
    [
        ("UTC", "2026-11-24T14:05:12+00:00"),
        ("Europe/Berlin", "2027-03-27T22:10:00+00:00"),
        ("Europe/Berlin", "2027-10-30T21:10:00+00:00"),
        ("America/New_York", "2027-03-14T04:10:00+00:00"),
        ("America/New_York", "2027-11-07T03:10:00+00:00"),
        ("Australia/Lord_Howe", "2027-10-02T13:10:00+00:00"),
        ("Australia/Lord_Howe", "2027-04-03T12:10:00+00:00"),
    ],
)
def test_as_systemd_reads_them(box: Box, zone: str, after: str) -> None:
    asked = expressions(SEED + len(zone + after), COUNT)
    head = f"EXPRESSIONS = {asked!r}; ELAPSES = {ELAPSES}; AFTER = {after!r}; ZONE = {zone!r}\n"
    answers = inside(box, head + ASK, timeout=60)
    compared = 0
    for expression, (ok, normalized, runs) in zip(asked, answers, strict=True):
        for form in (expression, normalized):
            calendar = parse_calendar(form)
            if not ok or calendar is None or calendar.seconds != (0,):
                continue
            where = ZoneInfo(calendar.zone or zone)
            if calendar.open_hours and where.key != "UTC":
                continue
            compared += 1
            begin = datetime.fromisoformat(after)
            # Rare ones reach far: what is compared ends where own_elapses does not look any further.
            near = [run for run in runs if run < HORIZON]
            own = [at.isoformat() for at in islice(own_elapses(calendar, where, begin), len(near))]
            own, near = _comparable(form, own, near, where)
            assert own == near, f"seed {SEED}: {form} ({describe_calendar(form).long}) in {zone}"
    assert compared > COUNT // 2
