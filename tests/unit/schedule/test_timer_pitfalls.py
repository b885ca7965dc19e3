"""What a timer does that its writer may not expect, word for word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fedtui.model import Job, Location, SourceName, State, TimerFacts
from fedtui.schedule.timer_pitfalls import timer_pitfalls

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 5, tzinfo=BERLIN)
FORWARD = "On Sun 28 Mar 2027 the clock goes from 02:00 to 03:00"
BACK = "On Sun 31 Oct 2027 the clock goes back from 03:00 to 02:00"
FACTS = TimerFacts("backup.timer", "backup.service", False, "active", "enabled")


def timer(*calendar: str, every: timedelta | None = None, **facts: object) -> Job:
    """A timer of the system, `every` so often from an hour from now on."""
    known = replace(FACTS, calendar=calendar, **facts)  # type: ignore[arg-type]
    place = Location("/etc/systemd/system/backup.timer")
    job = Job("t", "backup", SourceName.SYSTEM_TIMER, "root", "", "", place, facts=known)
    if every is None:
        return job
    first = NOW + timedelta(hours=1)
    return replace(job, next_run=first, later_runs=(first + every,))


def found(job: Job, *, sleeps: bool = False) -> list[tuple[str, str]]:
    return [(trap.code, trap.text) for trap in timer_pitfalls(job, job.facts, BERLIN, NOW, sleeps=sleeps)]


def test_a_span_from_a_run_that_nothing_starts() -> None:
    job = timer(monotonic=(("OnUnitActiveSec", 3600.0),))
    said = (
        "OnUnitActiveSec= counts from a run of backup.service, and nothing starts the first one. "
        "Add OnBootSec= or OnActiveSec=."
    )
    assert found(job) == [("never-elapses", said)]


def test_a_span_that_counts_from_a_run_until_the_next_boot() -> None:
    spans = (("OnUnitInactiveSec", 60.0), ("OnUnitActiveSec", 3600.0))
    job = timer(every=timedelta(hours=1), monotonic=spans)
    said = (
        "OnUnitActiveSec= and OnUnitInactiveSec= count from the last run, and after a boot there is none. "
        "Add OnBootSec= or OnActiveSec=."
    )
    assert found(job) == [("no-first-run", said)]
    assert found(replace(job, next_run=None, state=State.PAUSED)) == [("no-first-run", said)]


@pytest.mark.parametrize("first", ["OnBootSec", "OnActiveSec", "OnStartupSec"])
def test_a_span_with_a_first_start(first: str) -> None:
    assert found(timer(monotonic=((first, 60.0), ("OnUnitActiveSec", 3600.0)))) == []


def test_a_calendar_starts_it_too() -> None:
    assert found(timer("*-*-* 04:00:00", monotonic=(("OnUnitActiveSec", 3600.0),))) == []


def test_a_service_that_stays_active() -> None:
    job = timer("*-*-* 04:00:00", service_active_state="active")
    said = (
        "backup.service stays active after its work (RemainAfterExit=), and an active unit is not started "
        "again: the timer will not elapse until it is stopped."
    )
    assert found(job) == [("stays-active", said)]
    assert found(replace(job, running_since=NOW)) == []


def test_persistent_without_a_calendar() -> None:
    job = timer(monotonic=(("OnBootSec", 60.0),), persistent=True)
    assert [code for code, _ in found(job)] == ["persistent-alone"]


def test_not_persistent_on_a_machine_that_is_off_at_times() -> None:
    said = (
        "This machine is off at times, and a run that falls into such a time is left out. "
        "Persistent=true makes up for it at the next start."
    )
    daily = timer("*-*-* 04:00:00", every=timedelta(days=1))
    assert found(daily, sleeps=True) == [("not-persistent", said)]
    assert found(replace(daily, next_run=None), sleeps=True) == [("not-persistent", said)]
    assert found(daily) == []
    assert found(timer("*-*-* 04:00:00", every=timedelta(days=1), persistent=True), sleeps=True) == []
    assert found(timer("*:0/5", every=timedelta(minutes=5)), sleeps=True)[:1] != [("not-persistent", said)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*-*-* 02:30:00", [("dst-skipped", f"{FORWARD}: the run of 02:30 is left out.")]),
        (
            "*-*-* 02:00/15:00",
            [("dst-skipped", f"{FORWARD}: the runs of 02:00, 02:15, 02:30 … are left out.")],
        ),
        ("*-*-* *:30:00", [("dst-pause", f"{BACK}: it does not run from 02:00 to 03:00 the second time.")]),
        ("*-*-* 04:30:00", []),
        ("Mon *-*-* 02:30:00", []),
        ("*-*-* 02:30:00 UTC", []),
        (
            "*-*-* 02:30:00 America/New_York",
            [
                (
                    "dst-skipped",
                    "On Sun 14 Mar 2027 the clock goes from 02:00 to 03:00: the run of 02:30 is left out.",
                )
            ],
        ),
        ("*-*~1 02:30:00", []),  # not certain, so nothing is said
    ],
)
def test_clock_changes(expression: str, expected: list[tuple[str, str]]) -> None:
    assert found(timer(expression)) == expected
