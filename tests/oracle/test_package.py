"""The packaged daemon and crontab(1) confirm a sample, so that the oracle is not only right about itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.oracle.cron import Cron
from tests.oracle.expressions import Expressions, Stretch
from tests.oracle.package import Package
from tests.oracle.starts import disagreement, own_starts
from tests.oracle.test_accepted import own_schedule
from tests.oracle.zones import zone_named

FEW = 30
"""Starts of a sampled schedule in its stretch, at most: each is three processes."""
NAMED = (
    "30 2 * * *",
    "*/30 2 * * *",
    "0-59/10 2 * * *",
    "0,30 1-3 * * *",
    "*/20 1-3 * * *",
    "59 1 * * *",
    "0 3 * * *",
    "0 0-23 * * *",
    "15 * * * *",
    "@hourly",
    "@daily",
    "0 9 1-7 * 1",
    "0 12 */2 * 1",
    "0 0 * * fri-sun",
    "5;x 2 * * *",
    "*/100 * * * *",
)


def around(zone: str, moment: str) -> Stretch:
    """From ten hours before a clock change to fourteen after it; `moment` is in UTC."""
    minute = int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) // 60
    hour = datetime.fromtimestamp(minute * 60, zone_named(zone)).hour
    return Stretch(zone, minute - 10 * 60, minute + 14 * 60, hour)


@pytest.fixture(scope="module")
def package(cron_build: Path) -> Package:
    if os.geteuid():
        if os.environ.get("CI"):
            pytest.fail("the packaged daemon must run in CI, and needs root")
        pytest.skip("the packaged daemon needs root")
    return Package(cron_build)


@pytest.mark.parametrize(
    "stretch",
    [
        around("Europe/Berlin", "2027-03-28T01:00"),
        around("Europe/Berlin", "2027-10-31T01:00"),
        around("America/New_York", "2027-03-14T07:00"),
        around("America/New_York", "2027-11-07T06:00"),
        around("Australia/Lord_Howe", "2027-10-02T15:30"),
        around("Australia/Lord_Howe", "2027-04-03T15:00"),
        around("Antarctica/Troll", "2027-03-28T01:00"),
        around("Pacific/Apia", "2011-12-30T10:00"),
    ],
    ids=lambda stretch: f"{stretch.zone}-{stretch.after}",
)
def test_the_daemon_itself(
    package: Package, debian: Cron, stretch: Stretch, seed: int, say: Callable[[str], None]
) -> None:
    made = Expressions(seed + stretch.after)
    tried = list(dict.fromkeys(made.schedule(stretch.hour) for _ in range(150)))
    known = debian.starts(tried, stretch, FEW + 1)
    sample = [text for text, starts in zip(tried, known, strict=True) if starts and len(starts) <= FEW][:30]
    schedules = [*NAMED, *sample]
    found = package.starts(schedules, stretch)
    wrong = [
        disagreement(text, stretch, starts, own)
        for text, starts in zip(schedules, found, strict=True)
        if (own := own_starts(text, stretch, 10_000, "debian")) != starts
    ]
    count = sum(map(len, found))
    say(f"the packaged daemon, {stretch.zone}: {len(schedules)} schedules, {count} starts")
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)
    assert count > 100
    harness = debian.starts(schedules, stretch, 10_000)
    assert [starts or [] for starts in harness] == found


def test_crontab_itself(package: Package, seed: int, say: Callable[[str], None]) -> None:
    made = Expressions(seed + 3)
    texts = [made.wrong_or_right() for _ in range(600)]
    said = package.complaints([f"{text} x" for text in texts])
    own = [answer[1] if (answer := own_schedule(text, "debian"))[0] == "ERR" else "" for text in texts]
    wrong = [
        f"{text!r}: crontab {one!r}; fedtui {other!r}"
        for text, one, other in zip(texts, said, own, strict=True)
        if one != other
    ]
    refused = sum(map(bool, said))
    say(f"the packaged crontab: {len(texts)} lines, {refused} refused; {len(wrong)} disagreements")
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)
    assert 100 < refused < 500


def test_a_check_that_outlives_fedtui_leaves_nothing_in_the_spool(package: Package) -> None:
    assert package.left_by_a_killed_check() == ["root"]
