"""Which lines of a log are a run's, where only their end is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.model import LogSlice, Run
from fedtui.runs.run_text import output_at

START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
OLD, NEW = "2026-11-24 12:00:01", "2026-11-24 13:00:01"


def read(tmp_path: Path, text: str) -> tuple[str, bool]:
    """The lines that are taken to be the run's, and whether that is in doubt."""
    log = tmp_path / "sync.log"
    log.write_text(text)
    run = Run("cron-log-1", "crontab:1", START, START + timedelta(seconds=5), log=LogSlice(str(log), None))
    output = output_at(run, "")
    return output.parts[0].data.decode(), bool(output.unclear)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedtui.runs.run_text.local_zone", lambda: ("UTC", UTC))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{OLD} ERROR: no space\n", f"{NEW} done\n"),
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
    ],
)
def test_where_times_do_not_tell_all_lines_stay_and_are_doubted(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == (text, True)
