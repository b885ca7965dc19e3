"""Profiles: what is shipped is the guide's table, and mistakes are named by line and key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.config import ConfigError
from fedtui.federation.profile import load_profile, read_profile, ready_made, timeline

TABLE = {
    "conservative": ("0 * * * *", "0 2 * * 0", "*/5 * * * *"),
    "aggressive": ("*/15 * * * *", "0 3 * * *", "* * * * *"),
    "minimal": ("0 1 * * *", "0 2 1 * *", "0 * * * *"),
}
NAMES = ("sync-learning-data.sh", "export-collections.sh", "generate-dashboard-data.sh")
LOGS = ("federated-sync.log", "federated-export.log", "dashboard-metrics.log")
ONE = '[[job]]\nkey = "backup"\nscripts = ["backup.sh"]\nschedule = "5 4 * * *"\nlog = "backup.log"\n'


def test_the_shipped_profiles_are_the_table_of_the_guide() -> None:
    assert [profile.name for profile in ready_made()] == ["conservative", "aggressive", "minimal"]
    for name, schedules in TABLE.items():
        profile = load_profile(name)
        assert tuple(job.schedule for job in profile.jobs) == schedules
        assert tuple(job.scripts[0] for job in profile.jobs) == NAMES
        assert tuple(job.log for job in profile.jobs) == LOGS
        assert [job.key for job in profile.jobs] == ["sync", "export", "metrics"]
        assert profile.reason
        assert profile.suits
    assert [profile.recommended for profile in ready_made()] == [True, False, False]


def test_the_timeline_counts_the_runs_of_the_next_day() -> None:
    saturday = datetime(2026, 11, 28, 14, 30, tzinfo=UTC)
    sync, export, metrics = timeline(load_profile("conservative"), saturday, UTC)
    assert (sync.a_day, export.a_day, metrics.a_day) == (24, 1, 288)
    assert [f"{run:%a %H:%M}" for run in sync.next] == ["Sat 15:00", "Sat 16:00", "Sat 17:00"]
    assert f"{export.next[0]:%a %H:%M}" == "Sun 02:00"
    assert export.hours == tuple(1 if hour == 11 else 0 for hour in range(24))
    assert metrics.hours == (12,) * 24
    assert sync.hours == (1,) * 24


def test_a_profile_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('reason = "mine"\n' + ONE + 'timer = ["OnBootSec=5min", "OnUnitActiveSec=1h"]\n')
    profile = load_profile(str(path))
    assert (profile.name, profile.source) == ("mine", str(path))
    (job,) = profile.jobs
    assert job.timer == (("OnBootSec", "5min"), ("OnUnitActiveSec", "1h"))
    assert (job.program, job.name) == (("bash",), "backup")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[job]]\n", "line 1: job 1 has no key"),
        ("reason = 3\n" + ONE, "line 1: reason must be a text in quotes"),
        (ONE + 'every = "hour"\n', "line 6: every is no key of a profile"),
        (ONE.replace("5 4 * * *", "5 24 * * *"), "line 4: schedule '5 24 * * *': bad hour"),
        (ONE.replace("5 4 * * *", "5 4 31 2 *"), "line 4: schedule '5 4 31 2 *' never comes round"),
        (ONE.replace("backup.log", "/var/log/backup.log"), "line 5: log is a file's name"),
        (ONE.replace("backup.sh", "../backup.sh"), "line 3: scripts '../backup.sh' is not below ROOT"),
        (ONE + "\n" + ONE, "line 8: key 'backup' is another job's already"),
        (ONE.replace('"backup"', '"git"'), "line 2: key 'git' is no key"),
        (
            ONE + 'timer = ["each hour"]\n',
            "line 6: timer 'each hour' is no line such as \"OnUnitActiveSec=1h\"",
        ),
        ("", "a profile needs at least one [[job]]"),
        ("reason = \n", "(at line 1, column 10)"),
    ],
)
def test_a_mistake_is_named_by_line_and_key(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_profile(text, "mine.toml", "mine.toml")
    assert message in str(raised.value)
    assert str(raised.value).startswith("mine.toml")


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"there are aggressive, conservative, minimal"):
        load_profile("agressive")


@pytest.mark.parametrize(("name", "why"), [("", "a folder"), ("zero", "a device")])
def test_what_is_no_file_is_no_profile_and_is_not_read(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match=rf"cannot be read: it is .*{why}"):
        load_profile(str(tmp_path / name))
