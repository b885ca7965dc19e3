"""The head line says how many jobs record exit codes, as far as there is room and C can record more."""

from __future__ import annotations

from dataclasses import replace

from fedtui.model import CronFacts, Job, Scheduler, Snapshot
from fedtui.widgets.head_line import status_pieces
from tests.fixtures import mockup_data as mock


def recorded(job: Job) -> Job:
    assert isinstance(job.facts, CronFacts)
    return replace(job, facts=replace(job.facts, record_key="1a2b3c4d"))


SOME = replace(
    mock.SNAPSHOT,
    jobs=(recorded(mock.SYNC), mock.ROTATE, recorded(mock.MONITOR), mock.SCRUB, mock.NOTES),
    unrecorded=(mock.ROTATE.id,),
    findings=(),
)


def forms(snapshot: Snapshot, *, offer: bool = True) -> list[str]:
    return ["".join(span.text for span in form) for form in status_pieces(snapshot, offer=offer)]


def test_timers_and_recorded_lines_count_and_lines_that_cannot_be_recorded_do_not() -> None:
    assert forms(SOME) == [
        "cron ● up   systemd ● up   3 of 4 jobs record exit codes (C: record the last one)",
        "cron ● up   systemd ● up   3 of 4 jobs record exit codes (C)",
        "cron ● up   systemd ● up   3/4 record exit codes (C)",
        "3 of 4 jobs record exit codes (C: record the last one)",
        "3 of 4 jobs record exit codes (C)",
        "3/4 record exit codes (C)",
        "cron ● up   systemd ● up",
    ]
    two = replace(SOME, unrecorded=(mock.ROTATE.id, mock.SYNC.id))
    assert forms(two)[0].endswith("(C: record the other 2)")
    none = replace(SOME, jobs=(mock.ROTATE,))
    assert forms(none)[0].endswith("0 of 1 jobs record exit codes (C: record all)")


def test_a_daemon_that_is_down_is_never_left_out() -> None:
    down = replace(SOME, schedulers=(Scheduler("cron", False), Scheduler("systemd", True)))
    assert forms(down)[5] == "cron ✗ down   3/4 record exit codes (C)"


def test_nothing_is_offered_where_all_is_recorded_or_refused_or_c_does_something_else() -> None:
    assert forms(replace(SOME, unrecorded=())) == forms(SOME, offer=False) == ["cron ● up   systemd ● up"]
