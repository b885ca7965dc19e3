"""Whose runs are those of a job that is gone: never another job's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedtui.history.lineage import heirs, records_of, relatives
from fedtui.model import CronFacts, Job, JobRecord, Location, SourceName, TimerFacts

ALL = lambda _: True  # noqa: E731


def job(key: str, name: str = "backup", command: bytes = b"backup.sh", **more: object) -> Job:
    source, _, _ = key.partition(":")
    cron, timer = CronFacts("crontab", b"", command), TimerFacts(key, "x.service", True, "active", "enabled")
    facts = timer if "timer" in source else cron
    text = command.decode()
    made = Job(key, name, SourceName(source), "fed", "", "", Location(""), facts, command=text)
    return replace(made, **more)  # type: ignore[arg-type]  # a test's shorthand


def past(*jobs: Job) -> list[JobRecord]:
    return list(records_of(jobs, [one.id for one in jobs]).values())


A, B = job("crontab:a"), job("cron.d:b")
TIMER = job("user-timer:backup.timer", "backup.timer", b"/bin/sh -c backup.sh")


def test_a_line_that_moved_to_another_table_is_the_same_job() -> None:
    assert heirs([B], past(A), (), ALL) == {"crontab:a": "cron.d:b"}


@pytest.mark.parametrize(
    "other",
    [
        job("cron.d:b", "restore"),
        job("cron.d:b", command=b"backup.sh --all"),
        job("cron.d:b", user="root"),
        job("cron.d:b", command=b""),
        job("cron.d:b", managed="backup"),
    ],
    ids=["another name", "another command", "another user", "no command", "the set-up's"],
)
def test_a_job_that_differs_is_another(other: Job) -> None:
    assert heirs([other], past(A), (), ALL) == {}


def test_a_job_whose_source_did_not_tell_everything_is_not_gone() -> None:
    assert heirs([B], past(A), (), lambda job_id: not job_id.startswith("crontab")) == {}
    assert heirs([TIMER], [], [(A.id, TIMER.id)], lambda _: False) == {}
    chain = [(A.id, B.id), (B.id, TIMER.id)]
    assert heirs([TIMER], [], chain, lambda job_id: job_id != B.id) == {}


def test_twins_are_told_apart_by_their_ids_alone() -> None:
    twin = job("crontab:a-2")
    assert heirs([A], past(A, twin), (), ALL) == {}
    assert heirs([B, job("system-crontab:c")], past(A), (), ALL) == {}


def test_the_mark_of_the_set_up_counts_for_more_than_the_command() -> None:
    was, now = replace(A, managed="sync"), replace(TIMER, managed="sync")
    assert heirs([now], past(was), (), ALL) == {A.id: TIMER.id}
    assert heirs([replace(now, managed="metrics")], past(was), (), ALL) == {}


def test_a_change_of_ours_is_followed_there_and_back() -> None:
    moves = [(A.id, TIMER.id), (TIMER.id, "crontab:c")]
    assert heirs([TIMER], past(A), moves, ALL) == {A.id: TIMER.id, "crontab:c": TIMER.id}
    assert heirs([A], past(TIMER), moves, ALL) == {TIMER.id: A.id, "crontab:c": A.id}
    assert heirs([A, TIMER], [], moves, ALL) == {}  # two jobs: whose the third's runs are is not known
    moved_by_hand = job("cron.d:d")
    assert heirs([moved_by_hand], past(A), moves, ALL)[A.id] == moved_by_hand.id
    assert relatives([TIMER.id], [], moves) == {A.id, TIMER.id, "crontab:c"}
    assert relatives([B.id], past(A, B), ()) == {A.id, B.id}


JOBS = st.builds(
    job,
    st.sampled_from(["crontab:a", "crontab:b", "cron.d:c", "user-timer:d.timer"]),
    st.sampled_from(["x", "y"]),
    st.sampled_from([b"one", b"two"]),
    managed=st.sampled_from(["", "", "sync"]),
    user=st.sampled_from(["fed", "root"]),
)
TABLES = st.lists(JOBS, max_size=4, unique_by=lambda one: one.id)


@given(TABLES, TABLES)
def test_only_a_job_that_is_gone_has_an_heir_and_that_is_alike(before: list[Job], now: list[Job]) -> None:
    was, there = {one.id: one for one in before}, {one.id: one for one in now}
    for old, new in heirs(now, past(*before), (), ALL).items():
        assert old not in there
        one, other = was[old], there[new]
        assert (one.name, one.user, one.managed) == (other.name, other.user, other.managed)
        assert one.managed or one.command == other.command
