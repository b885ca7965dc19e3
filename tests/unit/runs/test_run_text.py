"""Which lines of a log are a run's, where only their end is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.model import LogSlice, Run
from fedtui.runs.run_text import output_at

START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
TIMERS = "0123456789abcdef0123456789abcdef"
OLD, NEW = "2026-11-24 12:00:01", "2026-11-24 13:00:01"


def read(tmp_path: Path, text: str) -> tuple[str, bool]:
    """The lines that are taken to be the run's, and whether that is in doubt."""
    log = tmp_path / "sync.log"
    log.write_text(text)
    run = Run(TIMERS, "user-timer:x", START, START + timedelta(seconds=5), log=LogSlice(str(log), None))
    output = output_at(run, "")
    return output.parts[0].data.decode(), bool(output.unclear)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedtui.runs.run_text.local_zone", lambda: ("UTC", UTC))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{OLD} ERROR: no space\n", f"{NEW} done\n"),
        ("2026-11-24 14:00:01 +0200 failed\n", "2026-11-24 15:00:01 +0200 done\n"),
        ("2026-11-24T12:00:01.123456789Z x\n", "2026-11-24T13:00:01.123456789Z done\n"),
        (f"[{OLD}] ERROR: no space\n", f"[{NEW}] begun\n  detail\n[{NEW}] done\n"),
        ("2026-11-24T14:00:01+02:00 failed\n", "2026-11-24T15:00:01+02:00 done\n"),
        ("2026-11-24T12:00:01Z x\nTraceback\n2026-11-24T12:00:02Z y\n", f"{NEW},123 done\n"),
    ],
)
def test_the_lines_begin_where_their_times_say(tmp_path: Path, old: str, new: str) -> None:
    assert read(tmp_path, old + new) == (new, False)


@pytest.mark.parametrize(
    "text",
    [
        "[ERROR] no times at all\n",
        f"{OLD} begun\nTraceback: whose?\n{NEW} done\n",
        f"{OLD} begun\nnothing with a time since\n",
        f"{NEW} the beginning is cut off\n",
        f"{OLD} x\n2026-11-24 15:00:01 of another zone\n",
        f"{OLD} x\n2026-13-45 13:00:01 is no time\n",
        f"{OLD} fine\n{NEW} ERROR: of this run\n2026-11-23T23:00:00 newest data\n{NEW} done\n",
    ],
)
def test_where_times_do_not_tell_all_lines_stay_and_are_doubted(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == (text, True)


def test_a_log_in_another_zone_is_not_cut_in_the_middle_of_a_long_run(tmp_path: Path) -> None:
    """The run took two hours; its log, an hour behind, tells times of before it and of its first half."""
    log = tmp_path / "sync.log"
    hours = [START + timedelta(minutes=10 * number) - timedelta(hours=1) for number in range(13)]
    log.write_text("".join(f"{at:%Y-%m-%d %H:%M:%S} ERROR: {at}\n" for at in hours))
    run = Run(TIMERS, "user-timer:x", START, START + timedelta(hours=2), log=LogSlice(str(log), None))
    output = output_at(run, "")
    assert (output.parts[0].data.decode(), bool(output.unclear)) == (log.read_text(), True)


@pytest.mark.parametrize("last", ["[ERROR] disk full", "done"])
def test_of_a_line_of_cron_that_nobody_watched_the_last_line_is_surely_the_runs(
    tmp_path: Path, last: str
) -> None:
    log = tmp_path / "sync.log"
    log.write_text(f"[ERROR] of last week\n{last}\n\n")
    run = Run("cron-log-1", "crontab:1", START, START, log=LogSlice(str(log), None))
    output = output_at(run, str(tmp_path))
    assert (output.parts[0].data.decode(), output.unclear) == (last, "")
    assert (
        output.unread == "where its lines begin in ~/sync.log is not known, and only its last line was read"
    )
