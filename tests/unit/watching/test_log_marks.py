"""Where the rules of a watch are put among the lines of a log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from fedtui.presentation.glyphs import plain
from fedtui.presentation.watch_text import log_marks
from fedtui.watching.expected_run import Watch, WatchVerdict
from tests.fixtures.mockup_watch import TWO_OF_THREE, good
from tests.unit.watching.world import NOON, after

WATCH = replace(TWO_OF_THREE, cycles=(good(NOON, 0.4, 9.0, 3),))


def marks(moments: list[datetime | None], places: dict[int, int], watch: Watch = WATCH) -> list[int]:
    """Before which lines the rules are put."""
    return [at for at, _ in log_marks(watch, moments, after(20), places)]


def test_the_first_lines_of_a_run_have_no_time_and_lie_below_its_rule() -> None:
    old, own = NOON - timedelta(minutes=5), after(1)
    assert marks([old, None, None, own, own], {1: 2}) == [2, 5]
    assert marks([old, None, None, own, own], {}) == [3, 5]
    assert marks([old, old, own, own], {1: 0}) == [2, 4]  # others wrote after the log was measured


def test_without_times_and_measure_a_cycle_that_is_over_has_no_rule() -> None:
    assert marks([None, None], {}) == []
    running = replace(WATCH, cycles=(replace(WATCH.cycles[0], verdict=WatchVerdict.RUNNING, result=None),))
    assert marks([None, None], {}, running) == [2]
    assert marks([None, None, None, None], {1: 1}) == [1, 4]


def test_what_is_waited_for_comes_last() -> None:
    waiting = replace(TWO_OF_THREE, cycles=TWO_OF_THREE.cycles[2:])
    (mark,) = log_marks(waiting, [None, None], waiting.began, {})
    assert (mark[0], plain(mark[1])) == (2, "── 14:10:00  cycle 1: waiting")
