"""The verbs without a screen, on the real crontab and the real user manager of the box."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.box.federation import HEADER_LINES, MINUTE, SPOOL, TABLE, install, set_up, table
from tests.box.machine import Box, between_looks_of_cron, wait_until

DAYS = {"mon": 0, "sun": 6}


@pytest.fixture(autouse=True)
def _jobs(box: Box) -> None:
    box.reset()
    set_up(box)


def fedtui(box: Box, *arguments: str, status: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    done = box.run(["fedtui", *arguments], **options)
    assert done.returncode == status, f"fedtui {arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stdout + done.stderr
    return done


def jobs(box: Box, *arguments: str, **options: Any) -> dict[str, dict[str, Any]]:
    return {
        job["name"]: job
        for job in json.loads(fedtui(box, "list", "--json", *arguments, **options).stdout)["jobs"]
    }


def following(after: datetime, minute: int, hours: range, weekday: int | None = None) -> datetime:
    """The first full minute after `after` that matches, found by trying each (the box's zone is UTC)."""
    moment = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while not (moment.minute == minute and moment.hour in hours and weekday in (None, moment.weekday())):
        moment += timedelta(minutes=1)
    return moment


def changed_lines(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    assert len(old) == len(new)
    return [(left, right) for left, right in zip(old, new, strict=True) if left != right]


def test_list_shows_every_job_with_its_true_next_run(box: Box) -> None:
    before = datetime.now(UTC)
    listed = jobs(box)
    after = datetime.now(UTC)
    expected: dict[str, Callable[[datetime], datetime]] = {
        "every-minute": lambda now: now.replace(second=0, microsecond=0) + timedelta(minutes=1),
        "sync-learning-data": lambda now: following(now, 17, range(0, 24, 6)),
        "export-collections": lambda now: following(now, 0, range(3, 4), DAYS["sun"]),
        "cat": lambda now: following(now, 5, range(4, 5), DAYS["mon"]),
        "backup-notes.timer": lambda now: following(now, 30, range(18, 19)),
    }
    assert set(expected) <= set(listed)
    for name, run_after in expected.items():
        next_run = datetime.fromisoformat(listed[name]["next_run"])
        assert next_run.utcoffset() is not None
        assert next_run in {run_after(before), run_after(after)}, name
    assert [listed[name]["source"] for name in expected] == ["crontab"] * 4 + ["user-timer"]
    assert [listed[name]["location"] for name in expected][:4] == [f"crontab:{n}" for n in (6, 7, 8, 9)]
    assert {listed[name]["user"] for name in expected} == {"fed"}
    assert all(listed[name]["state"] == "on" and listed[name]["editable"] for name in expected)
    assert listed["every-minute"]["log_path"] == "/home/fed/logs/minute.log"
    assert listed["sync-learning-data"]["last_result"]["status"] in ("never", "unknown")
    assert "logrotate.timer" in listed
    assert table(box) == TABLE


def test_run_waits_and_tells_how_it_ended(box: Box) -> None:
    done = fedtui(box, "run", "sync-learning-data", "--wait", status=1)
    assert "sync: 12 patterns pulled" in done.stdout
    assert "sync: push rejected" in done.stdout + done.stderr
    result = jobs(box)["sync-learning-data"]["last_result"]
    assert (result["status"], result["exit_code"]) == ("failed", 3)


def test_a_run_gets_the_environment_and_the_input_of_cron(box: Box) -> None:
    fedtui(box, "run", "cat", "--wait")
    assert box.path("/home/fed").joinpath("caf\udce9.txt").read_bytes() == b"first\nsecond \t\n"
    fedtui(box, "run", "every-minute", "--wait")
    assert box.read("/home/fed/logs/minute.log").startswith(b"hello from the table, it is ")


def test_a_timer_is_run_through_its_manager(box: Box) -> None:
    done = fedtui(box, "run", "backup-notes.timer", "--wait")
    assert "the notes are safe" in done.stdout
    shown = box.output(["systemctl", "--user", "show", "-P", "Result", "backup-notes.service"])
    assert shown == "success"
    assert jobs(box)["backup-notes.timer"]["last_result"]["status"] == "ok"


def test_a_running_job_is_not_started_twice_and_can_be_stopped(box: Box) -> None:
    fedtui(box, "run", "export-collections")
    wait_until(lambda: jobs(box)["export-collections"]["running"], 10, "the export is seen to run")
    refused = fedtui(box, "run", "export-collections", status=3)
    assert "export-collections" in refused.stderr + refused.stdout
    fedtui(box, "stop", "export-collections", "--yes")
    wait_until(lambda: not jobs(box)["export-collections"]["running"], 15, "the export has stopped")
    assert jobs(box)["export-collections"]["last_result"]["status"] == "failed"
    assert box.run(["pgrep", "-f", "export-collections.sh"]).returncode == 1


def test_pause_resume_and_undo_of_a_line_touch_that_line_alone(box: Box) -> None:
    fedtui(box, "pause", "every-minute", "--yes")
    paused = table(box)
    assert paused is not None
    [(old, new)] = changed_lines(TABLE, paused)
    assert (old, new[:1]) == (MINUTE, b"#")
    assert new.endswith(MINUTE)
    assert (jobs(box)["every-minute"]["state"], jobs(box)["every-minute"]["next_run"]) == ("paused", None)
    fedtui(box, "resume", "every-minute", "--yes")
    assert table(box) == TABLE
    fedtui(box, "undo", "--yes")
    assert table(box) == paused
    fedtui(box, "undo", "--yes")
    assert table(box) == TABLE


def test_reschedule_changes_the_five_fields_alone(box: Box) -> None:
    shown = fedtui(box, "reschedule", "cat", "*/2 * * * *", "--dry-run")
    assert "+" in shown.stdout
    assert table(box) == TABLE
    fedtui(box, "reschedule", "cat", "*/2 * * * *", "--yes")
    new = table(box)
    assert new is not None
    [(old, line)] = changed_lines(TABLE, new)
    rest = b"\tcat > '/home/fed/caf\xe9.txt'%first%second \t\n"
    assert (old, line.endswith(rest), line.split()[:5]) == (
        TABLE.splitlines(keepends=True)[-1],
        True,
        [b"*/2", b"*", b"*", b"*", b"*"],
    )
    fedtui(box, "undo", "--yes")
    assert table(box) == TABLE


def test_a_schedule_that_cron_refuses_is_wrong_usage(box: Box) -> None:
    for schedule in ("61 * * * *", "* * * * Monday", "@Daily"):
        done = fedtui(box, "reschedule", "every-minute", schedule, "--yes", status=2)
        assert done.stdout + done.stderr
    assert "bad minute" in fedtui(box, "next", "--expr", "61 * * * *", status=2).stderr
    assert json.loads(fedtui(box, "next", "--json", "--expr", "0 0 30 2 *").stdout)["times"] == []
    assert table(box) == TABLE


def test_new_edit_and_delete_keep_the_other_lines(box: Box) -> None:
    fedtui(box, "new", "--schedule", "@daily", "--command", "echo new", "--name", "fresh", "--yes")
    grown = table(box)
    assert grown is not None
    assert grown.startswith(TABLE)
    assert b"@daily echo new\n" in grown
    fedtui(box, "edit", "fresh", "--command", "echo edited", "--yes")
    assert (table(box) or b"").startswith(TABLE)
    assert jobs(box)["fresh"]["command"] == "echo edited"
    fedtui(box, "delete", "fresh", "--yes")
    assert table(box) == TABLE


def test_the_first_job_and_its_undo_without_any_table(box: Box) -> None:
    box.run(["crontab", "-r"], check=True)
    assert "every-minute" not in jobs(box)
    fedtui(box, "new", "--schedule", "5 4 * * *", "--command", "true", "--yes")
    assert b"5 4 * * * true\n" in (table(box) or b"")
    fedtui(box, "undo", "--yes")
    assert table(box) is None


def test_without_a_terminal_and_without_yes_nothing_is_changed(box: Box) -> None:
    done = fedtui(box, "delete", "every-minute", status=3)
    assert "every-minute" in done.stdout + done.stderr
    assert "* * * * * echo" in done.stdout
    assert table(box) == TABLE


def test_a_paused_timer_stays_off_until_it_is_resumed(box: Box) -> None:
    state = ["systemctl", "--user", "show", "-P", "ActiveState", "-P", "UnitFileState", "backup-notes.timer"]
    fedtui(box, "pause", "backup-notes.timer", "--yes")
    assert box.output(state).split() == ["inactive", "disabled"]
    assert (jobs(box)["backup-notes.timer"]["paused"], jobs(box)["backup-notes.timer"]["next_run"]) == (
        True,
        None,
    )
    fedtui(box, "resume", "backup-notes.timer", "--yes")
    assert box.output(state).split() == ["active", "enabled"]
    assert not jobs(box)["backup-notes.timer"]["paused"]


def test_a_timer_is_rescheduled_by_a_drop_in_and_back(box: Box) -> None:
    unit = "/home/fed/.config/systemd/user/backup-notes.timer"
    before = box.read(unit)
    fedtui(box, "reschedule", "backup-notes.timer", "*-*-* 06:15:00", "--yes")
    calendar = ["systemctl", "--user", "show", "-P", "TimersCalendar", "backup-notes.timer"]
    assert "OnCalendar=*-*-* 06:15:00" in box.output(calendar)
    assert "18:30" not in box.output(calendar)
    assert box.read(unit) == before
    now = datetime.now(UTC)
    assert datetime.fromisoformat(jobs(box)["backup-notes.timer"]["next_run"]) == following(
        now, 15, range(6, 7)
    )
    fedtui(box, "undo", "--yes")
    assert "OnCalendar=*-*-* 18:30:00" in box.output(calendar)
    assert box.read(unit) == before


def test_a_user_whom_cron_denies_is_told_so_and_sees_the_rest(box: Box) -> None:
    box.write("/etc/cron.deny", "fed\n", user="root")
    try:
        listed = fedtui(box, "list", "--json")
        assert "backup-notes.timer" in listed.stdout
        assert "not allowed" in listed.stderr
        assert (
            "not allowed"
            in fedtui(box, "new", "--schedule", "@daily", "--command", "true", "--yes", status=3).stderr
        )
    finally:
        box.path("/etc/cron.deny").unlink()
    assert table(box) == TABLE


def test_one_bad_line_keeps_the_whole_table_from_being_shown_as_running(box: Box) -> None:
    bad = TABLE + b"61 * * * * true\n"
    header = b"".join(box.read(SPOOL).splitlines(keepends=True)[:HEADER_LINES])
    box.write(SPOOL, header + bad, mode=0o600)
    listed = jobs(box)
    assert (listed["every-minute"]["state"], listed["every-minute"]["next_run"]) == ("not_loaded", None)
    assert (
        "crontab:10" in listed["every-minute"]["state_reason"]
        or "line 10" in listed["every-minute"]["state_reason"]
    )
    [broken] = [job for job in listed.values() if job["state"] == "bad_line"]
    assert (broken["location"], "bad minute" in broken["state_reason"]) == ("crontab:10", True)
    assert listed["backup-notes.timer"]["state"] == "on"
    assert table(box) == bad
    install(box, TABLE)


def test_without_a_crontab_program_the_timers_stay(own_box: Box) -> None:
    set_up(own_box)
    own_box.run(["mv", "/usr/bin/crontab", "/usr/bin/crontab.away"], user="root", check=True)
    listed = fedtui(own_box, "list", "--json")
    assert "backup-notes.timer" in listed.stdout
    assert "crontab" in listed.stderr


def test_without_a_bus_the_crontab_stays(box: Box) -> None:
    nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere", "XDG_RUNTIME_DIR": "/nowhere"}
    listed = fedtui(box, "list", "--json", env=nowhere)
    assert '"every-minute"' in listed.stdout
    assert "user manager of fed cannot be reached" in listed.stderr


def test_a_stopped_cron_promises_nothing(own_box: Box) -> None:
    set_up(own_box)
    own_box.run(["systemctl", "stop", "cron"], user="root", check=True)
    job = jobs(own_box)["every-minute"]
    assert (job["state"], job["next_run"]) == ("scheduler_down", None)


def test_a_member_of_adm_learns_of_runs_from_the_journal(box: Box) -> None:
    between_looks_of_cron()
    install_as = box.run(["crontab", "-"], user="ops", input="* * * * * true\n")
    assert install_as.returncode == 0

    def last_run() -> object:
        return jobs(box, "--source", "crontab", user="ops")["true"]["last_run"]

    assert wait_until(last_run, 130, "a run of the job of ops is seen", pause=2)
