"""Where the operator is in the rollout: only what is known counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fedtui.federation.setup.rollout import rollout_stage
from fedtui.model import Outcome, Result, Run
from fedtui.pack import Pack

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PACK = Pack("/srv/fed", "conservative", "cron", "/home/fed/logs", "2026-11-18", scripts={"sync": "/srv/s.sh"})


def run(hours_ago: float, outcome: Outcome) -> Run:
    start = NOW - timedelta(hours=hours_ago)
    return Run(f"{hours_ago}", "crontab:1", start, start, Result(outcome))


def test_without_a_pack_it_is_the_week_by_hand() -> None:
    standing = rollout_stage(None, (), NOW)
    assert (standing.week, standing.title) == (1, "week 1: by hand")
    assert standing.command[:2] == ("fedtui", "setup")


def test_a_week_of_good_runs_makes_ready_for_the_commits() -> None:
    standing = rollout_stage(PACK, [run(2, Outcome.OK), run(1, Outcome.WARNINGS)], NOW)
    assert (standing.week, standing.days, standing.ready) == (2, 7, True)
    assert standing.command == ("fedtui", "setup", "--git")


def test_days_that_are_still_to_come_are_counted() -> None:
    standing = rollout_stage(replace(PACK, since="2026-11-24"), [run(1, Outcome.OK)], NOW)
    assert standing.waits == ("6 more days of scheduled runs",)
    assert not standing.ready


def test_a_failure_of_the_last_week_holds_it_back_and_an_older_one_does_not() -> None:
    good = run(1, Outcome.OK)
    standing = rollout_stage(PACK, [run(100, Outcome.FAILED), good], NOW)
    assert standing.waits == ("a week without a failed run; in the last one 1 failed",)
    assert rollout_stage(PACK, [run(24 * 8, Outcome.FAILED), good], NOW).ready


def test_runs_whose_end_nobody_saw_speak_for_nothing() -> None:
    standing = rollout_stage(PACK, [run(1, Outcome.UNKNOWN), run(2, Outcome.UNKNOWN)], NOW)
    assert (standing.good, standing.unknown, standing.ready) == (0, 2, False)
    assert "how 2 of them ended nobody saw" in standing.waits[0]


def test_with_commits_it_is_the_last_week() -> None:
    assert rollout_stage(replace(PACK, git=True), (), NOW).week == 3
