"""Hold the schedule type to what Debian's own cron does: `daemon_starts.txt`, recorded from its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedtui.schedule.cron import ScheduleError, parse

RECORDED = Path(__file__).with_name("daemon_starts.txt")


def groups() -> Iterator[tuple[str, int, int, list[str]]]:
    """(zone, start, end, lines) of each group."""
    for group in RECORDED.read_text(encoding="ascii").split("\n= ")[1:]:
        head, *lines = group.splitlines()
        zone, start, end = head.split()
        yield zone, int(start), int(end), lines


def decoded(text: str) -> str:
    return re.sub(r"\\x(..)", lambda match: chr(int(match[1], 16)), text)


def starts(text: str, zone: str, start: int, end: int, count: int) -> list[int]:
    after = datetime.fromtimestamp(start * 60, UTC)
    found = islice(parse(text).runs(after, ZoneInfo(zone)), count)
    return [minute for minute in (int(at.timestamp()) // 60 for at in found) if minute < end]


@pytest.mark.parametrize(
    ("zone", "start", "end", "lines"), groups(), ids=[f"{zone}-{start}" for zone, start, _, _ in groups()]
)
def test_equal_to_the_daemon(zone: str, start: int, end: int, lines: list[str]) -> None:
    assert len(lines) >= 20
    for line in lines:
        text, mark, answer = re.split(r" ([|!]) ", line)
        if mark == "!":
            with pytest.raises(ScheduleError) as caught:
                parse(decoded(text))
            assert caught.value.cron_words == answer, line
            continue
        steps = answer.split()
        complete = steps[-1:] == ["."]
        expected, minute = [], start
        for step in steps[: len(steps) - complete]:
            minute += int(step)
            expected.append(minute)
        count = len(expected) + complete  # one more than all of them must find none before the end
        assert starts(decoded(text), zone, start, end, count) == expected, f"{zone} {line}"


def test_there_are_enough_and_both_kinds() -> None:
    lines = [line for _, _, _, lines in groups() for line in lines]
    assert len(lines) >= 1000
    assert sum(" ! " in line for line in lines) >= 50
    assert len({zone for zone, _, _, _ in groups()}) >= 10
