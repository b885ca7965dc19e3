"""Schedules that do something else than they seem to say, as findings; and silence for those that do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fedtui.health import checkup
from fedtui.health.file_facts import FileFacts
from fedtui.model import (
    CronFacts,
    Finding,
    Job,
    Location,
    Severity,
    Snapshot,
    SourceName,
    State,
    TimerFacts,
)

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileFacts, "zone", lambda _: BERLIN)


def cron_job(schedule: str, name: str = "sync", **more: object) -> Job:
    cron = CronFacts("crontab", f"{schedule} true".encode(), b"true", zone="Europe/Berlin")
    place = Location("crontab", 7)
    job = Job(f"crontab:{name}", name, SourceName.CRONTAB, "fed", schedule, "", place, cron, editable=True)
    return replace(job, **more)  # type: ignore[arg-type]  # shorthand


def timer(**facts: object) -> Job:
    about = TimerFacts("a.timer", "a.service", True, "active", "enabled", fragment="/etc/a.timer")
    return Job(
        "user-timer:a.timer",
        "a.timer",
        SourceName.USER_TIMER,
        "fed",
        "",
        "",
        Location("a.timer"),
        replace(about, **facts),  # type: ignore[arg-type]  # shorthand
        next_run=NOW,
    )


def found(*jobs: Job) -> dict[str, Finding]:
    checked = checkup(Snapshot(NOW, jobs), FileFacts())
    return {finding.code: finding for finding in checked.findings if finding.code != "FT118"}


def test_both_day_fields_run_on_either_day() -> None:
    finding = found(cron_job("0 4 1-7 * mon"))["FT107"]
    assert finding.severity is Severity.WARNING
    assert finding.sentence.startswith("Either day field is enough")
    assert finding.evidence == ("schedule  0 4 1-7 * mon", "line  crontab:7")


def test_a_backwards_range_offers_the_schedule_that_was_meant() -> None:
    finding = found(cron_job("0 22-2 * * *"))["FT105"]
    assert finding.remedy is not None
    assert (finding.remedy.verb, finding.remedy.text) == ("schedule", "0 22-23,0-2 * * *")


def test_a_table_that_is_not_ours_to_change_gets_no_remedy() -> None:
    assert found(cron_job("0 22-2 * * *", editable=False))["FT105"].remedy is None


def test_uneven_steps_and_clock_changes_are_notes() -> None:
    codes = found(cron_job("*/7 2 * * *"))
    assert codes["FT106"].severity is Severity.NOTE
    assert codes["FT108"].severity is Severity.NOTE


@pytest.mark.parametrize("schedule", ["0 * * * *", "*/5 * * * *", "0 4 * * 1-5", "30 5 1 * *", "@reboot"])
def test_plain_schedules_have_no_trap(schedule: str) -> None:
    assert found(cron_job(schedule)) == {}


def test_a_paused_line_is_left_alone() -> None:
    assert found(cron_job("0 4 1-7 * mon", state=State.PAUSED)) == {}


def test_persistent_without_a_calendar() -> None:
    finding = found(timer(persistent=True, monotonic=(("OnBootSec", 60.0), ("OnUnitActiveSec", 3600.0))))
    assert list(finding) == ["FT210"]
    assert finding["FT210"].title == "Persistent= has no effect without OnCalendar="
    assert "OnUnitActiveSec=  3600 s" in finding["FT210"].evidence


def test_a_timer_that_counts_from_a_run_that_never_comes() -> None:
    repeating = timer(monotonic=(("OnUnitActiveSec", 3600.0),))
    assert found(replace(repeating, next_run=None))["FT209"].severity is Severity.ERROR
    assert found(repeating)["FT211"].severity is Severity.WARNING


def test_a_service_that_stays_active() -> None:
    assert "FT212" in found(timer(calendar=("*-*-* 04:00:00",), service_active_state="active"))


def test_an_ordinary_timer_has_no_trap() -> None:
    assert found(timer(calendar=("*-*-* 04:00:00",), persistent=True)) == {}


def piled(count: int, **more: object) -> list[Job]:
    jobs = [cron_job("0 3 * * *", f"job{n}", **more) for n in range(count)]
    return [replace(job, next_run=datetime(2026, 11, 25, 2, tzinfo=UTC)) for job in jobs]


def test_jobs_of_one_minute_are_one_finding_with_minutes_to_move_them_to() -> None:
    finding = found(*piled(12))["FT119"]
    assert (finding.title, finding.severity) == ("12 jobs start at 03:00", Severity.WARNING)
    assert finding.evidence[0] == "job0  0 3 * * *"
    assert finding.evidence[1].startswith("job1  0 3 * * *, apart at ")
    assert finding.evidence[-1] == "and 4 more"


def test_few_jobs_of_one_minute_are_a_note_and_fewer_are_none() -> None:
    assert found(*piled(6))["FT119"].severity is Severity.NOTE
    assert found(*piled(4)) == {}


def test_piles_are_worked_out_again_when_a_schedule_changes() -> None:
    host = FileFacts()
    jobs = piled(5)
    assert any(f.code == "FT119" for f in checkup(Snapshot(NOW, tuple(jobs)), host).findings)
    jobs[0] = replace(jobs[0], schedule="9 3 * * *")
    assert not any(f.code == "FT119" for f in checkup(Snapshot(NOW, tuple(jobs)), host).findings)


def test_a_timer_without_persistent_on_a_machine_that_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    daily = timer(calendar=("*-*-* 04:00:00",))
    assert "FT214" not in found(daily)
    monkeypatch.setattr(FileFacts, "sleeps", lambda _: "it has a battery (BAT0)")
    finding = found(daily)["FT214"]
    assert finding.severity is Severity.WARNING
    assert finding.evidence == (
        "OnCalendar=  *-*-* 04:00:00",
        "this machine  it has a battery (BAT0)",
        "file  /etc/a.timer",
    )
    monkeypatch.setattr(FileFacts, "shipped", lambda *_: True)
    assert found(daily)["FT214"].severity is Severity.NOTE
    assert "FT214" not in found(timer(calendar=("*-*-* 04:00:00",), persistent=True))


def test_text_in_a_schedule_that_cron_does_not_read() -> None:
    finding = found(cron_job("5;x * * * *"))["FT104"]
    assert (finding.severity, finding.evidence[0]) == (Severity.WARNING, "schedule  5;x * * * *")
    assert "FT104" not in found(cron_job("5 * * * *"))


def test_a_timer_in_the_hour_that_the_clock_jumps_over() -> None:
    finding = found(timer(calendar=("*-*-* 02:30:00",)))["FT213"]
    assert (finding.severity, finding.evidence[0]) == (Severity.NOTE, "OnCalendar=  *-*-* 02:30:00")
    assert "FT213" not in found(timer(calendar=("*-*-* 12:30:00",)))


def test_a_run_that_is_overdue() -> None:
    late = cron_job("0 * * * *", state=State.OVERDUE, state_reason="not started: cron started nothing")
    finding = found(late)["FT302"]
    assert (finding.severity, finding.title) == (Severity.ERROR, "sync is overdue")
    assert finding.evidence == ("not started: cron started nothing",)
    assert "FT302" not in found(cron_job("0 * * * *"))
