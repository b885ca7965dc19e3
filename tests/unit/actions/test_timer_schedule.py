"""What may be written for a timer's schedule; systemd's own checks are in the booted test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fedtui.actions.timer_schedule import TimerSchedule, TimerScheduleError, split, warnings_of


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


def test_warnings() -> None:
    spans = TimerSchedule((), (), (("OnUnitActiveSec", 3600.0),))
    nothing, never = warnings_of(spans, persistent=True)
    assert nothing == "Persistent= does nothing without OnCalendar=: a run that is missed stays missed."
    assert never.startswith("Nothing starts it the first time after a boot: ")
    assert never.endswith("Add OnBootSec= or OnActiveSec=.")
    seconds = TimerSchedule((), ("*:*:00/5",), (), tuple(START + timedelta(seconds=5 * n) for n in range(3)))
    assert warnings_of(seconds, persistent=False) == ("It runs every 5 s.",)
    twice = TimerSchedule((), ("*-*-* 00:00:00", "*-*-* 02:00:00"), ())
    assert "runs twice" in warnings_of(twice, persistent=True)[0]
    assert warnings_of(TimerSchedule((), ("*-*-* 00:00:00",), ()), persistent=True) == ()
