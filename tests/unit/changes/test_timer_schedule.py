"""What may be written for a timer's schedule; systemd's own checks are in the booted test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fedtui.changes.timer_schedule import TimerSchedule, TimerScheduleError, pitfalls_of, split
from fedtui.model import Job, Location, SourceName, TimerFacts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("daily", [("OnCalendar", "daily")]),
        ("Mon..Fri *-*-* 18:30:00", [("OnCalendar", "Mon..Fri *-*-* 18:30:00")]),
        ("OnCalendar=Sun *-*-* 03:10:00", [("OnCalendar", "Sun *-*-* 03:10:00")]),
        ("OnBootSec=15min OnUnitActiveSec=1d", [("OnBootSec", "15min"), ("OnUnitActiveSec", "1d")]),
        ("OnBootSec=1h 30min; OnCalendar = daily", [("OnBootSec", "1h 30min"), ("OnCalendar", "daily")]),
        ("OnCalendar=daily\nOnCalendar=Sun 4:00", [("OnCalendar", "daily"), ("OnCalendar", "Sun 4:00")]),
    ],
)
def test_split(text: str, expected: list[tuple[str, str]]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("", "schedule", "write OnCalendar="),
        ("OnCalendar=", "OnCalendar", "OnCalendar= needs a value"),
        ("OnFullMoon=1", "OnFullMoon", "OnFullMoon= is no trigger"),
        ("OnCalendar=daily\\", "OnCalendar", "holds characters that a unit file cannot"),
        ("OnCalendar=da\x1bily", "OnCalendar", "holds characters that a unit file cannot"),
    ],
)
def test_refused(text: str, field: str, message: str) -> None:
    with pytest.raises(TimerScheduleError, match=message) as caught:
        split(text)
    assert caught.value.field == field


START = datetime(2026, 11, 24, tzinfo=UTC)
BACK = "On Sun 31 Oct 2027 the clock goes back from 03:00 to 02:00"
MISSED = (
    "This machine is off at times, and a run that falls into such a time is left out. "
    "Persistent=true makes up for it at the next start."
)
NEVER = (
    "OnUnitActiveSec= counts from a run of a.service, and nothing starts the first one. "
    "Add OnBootSec= or OnActiveSec=."
)


@pytest.mark.parametrize(
    ("schedule", "persistent", "asleep", "expected"),
    [
        (
            TimerSchedule((), (), (("OnUnitActiveSec", 3600.0),)),
            True,
            "",
            [NEVER, "Persistent= does nothing without OnCalendar=: a run that is missed stays missed."],
        ),
        (
            TimerSchedule((), ("*:*:00/5",), (), tuple(START + timedelta(seconds=5 * n) for n in range(3))),
            False,
            "it has a battery (BAT0)",
            [
                "It runs every 5 s.",
                f"{BACK}: it does not run from 02:00 to 03:00 the second time.",
            ],
        ),
        (
            TimerSchedule((), ("*-*-* 00:00:00", "*-*-* 03:00:00"), ()),
            True,
            "",
            ["Each OnCalendar= adds its runs: where two name the same day it runs twice."],
        ),
        (
            TimerSchedule((), ("*-*-* 04:00:00",), (), (START, START + timedelta(days=1))),
            False,
            "it has a battery (BAT0)",
            [MISSED],
        ),
        (TimerSchedule((), ("*-*-* 04:00:00",), ()), True, "it has a battery (BAT0)", []),
        (
            TimerSchedule((), ("*-*-* 02:30:00",), ()),
            True,
            "",
            ["On Sun 28 Mar 2027 the clock goes from 02:00 to 03:00: the run of 02:30 is left out."],
        ),
    ],
)
def test_traps_of_what_is_typed_are_those_of_the_doctor(
    schedule: TimerSchedule,
    persistent: bool,
    asleep: str,
    expected: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fedtui.changes.timer_schedule.sleeps", lambda: asleep)
    monkeypatch.setattr(
        "fedtui.changes.timer_schedule.local_zone", lambda: ("Europe/Berlin", ZoneInfo("Europe/Berlin"))
    )
    facts = TimerFacts("a.timer", "a.service", True, "active", "enabled", persistent=persistent)
    place = Location("/a.timer")
    job = Job("a", "a.timer", SourceName.USER_TIMER, "fed", "", "", place, facts=facts)
    assert [trap.text for trap in pitfalls_of(schedule, job, facts, START)] == expected


def test_spans_count_from_a_run_where_there_was_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedtui.changes.timer_schedule.sleeps", lambda: "")
    facts = TimerFacts("a.timer", "a.service", True, "active", "enabled")
    place = Location("/a.timer")
    job = Job("a", "a.timer", SourceName.USER_TIMER, "fed", "", "", place, facts=facts, last_run=START)
    (trap,) = pitfalls_of(TimerSchedule((), (), (("OnUnitActiveSec", 3600.0),)), job, facts, START)
    assert trap.code == "no-first-run"
