"""FT711-FT713: channels nobody knows to work, one that failed, a check that does not run; and silence."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from fedtui.alert_addresses import MAIL, Address
from fedtui.health import alert_delivery
from fedtui.history.alert_memory import AlertMemory, ChannelMemory, alert_file, save_memory
from fedtui.model import Severity
from fedtui.pack import Pack, pack_file, written
from tests.unit.health.answers import machine
from tests.unit.health.rows import NOW, by_code, unchecked

OPS = Address(MAIL, "ops@example.org")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of a user whose federation mails to ops@example.org."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(alert_delivery, "since_boot", lambda: 86400.0)
    pack = Pack(
        root="/srv",
        profile="conservative",
        backend="cron",
        log_dir="/srv",
        since="2026-11-01",
        mail_to="ops@example.org",
    )
    pack_file().parent.mkdir(parents=True)
    pack_file().write_bytes(written(pack))
    return tmp_path / "state" / "fedtui"


def test_a_channel_that_was_never_used_is_a_warning_with_the_command(state: Path) -> None:
    finding = by_code()["FT711"]
    assert (finding.severity, finding.evidence) == (Severity.WARNING, ("mail to ops@example.org",))
    assert finding.command == "fedtui check --alert --test"


def test_a_channel_that_works_is_silent(state: Path) -> None:
    save_memory(state, AlertMemory(channels={OPS.key: ChannelMemory(OPS.label, delivered=NOW)}))
    assert {"FT711", "FT712"}.isdisjoint(by_code())


def test_a_channel_that_failed_is_an_error_until_it_works(state: Path) -> None:
    broken = ChannelMemory(OPS.label, delivered=NOW, failed=NOW, why="sendmail ended with exit 75")
    save_memory(state, AlertMemory(channels={OPS.key: broken}))
    found = by_code()
    assert "FT711" not in found
    assert found["FT712"].severity is Severity.ERROR
    assert found["FT712"].evidence[0].endswith("  sendmail ended with exit 75")


def test_a_memory_that_cannot_be_read_is_unchecked(state: Path) -> None:
    state.mkdir(parents=True)
    alert_file(state).write_text("{")
    assert {"FT711", "FT712"}.isdisjoint(by_code())
    codes = {code for one in unchecked() if one.what == "alert channels" for code in one.codes}
    assert codes == {"FT711", "FT712", "FT713"}


def test_a_check_that_has_not_run_for_an_hour_is_a_warning(state: Path) -> None:
    os.utime(pack_file(), (NOW.timestamp() - 86400, NOW.timestamp() - 86400))
    works = {OPS.key: ChannelMemory(OPS.label, delivered=NOW)}
    save_memory(state, AlertMemory(channels=works, checked=NOW - timedelta(minutes=61)))
    finding = by_code()["FT713"]
    assert (finding.severity, finding.evidence[0][:10]) == (Severity.WARNING, "last run  ")
    save_memory(state, AlertMemory(channels=works, checked=NOW - timedelta(minutes=59)))
    assert "FT713" not in by_code()


def test_a_check_is_awaited_after_a_boot(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(pack_file(), (NOW.timestamp() - 86400, NOW.timestamp() - 86400))
    monkeypatch.setattr(alert_delivery, "since_boot", lambda: 600.0)
    assert "FT713" not in by_code()


def test_a_check_is_awaited_for_an_hour_after_the_set_up(state: Path) -> None:
    os.utime(pack_file(), (NOW.timestamp() - 3000, NOW.timestamp() - 3000))
    assert "FT713" not in by_code()
    os.utime(pack_file(), (NOW.timestamp() - 4000, NOW.timestamp() - 4000))
    assert by_code()["FT713"].evidence == ("last run  never",)


def test_without_channels_nothing_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert {"FT711", "FT712", "FT713"}.isdisjoint(by_code(host=machine()))


def test_channels_of_the_config_count_without_a_federation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "fedtui").mkdir()
    (tmp_path / "fedtui" / "config.toml").write_text('[alert]\nurls = ["ntfy://secret-topic"]\n')
    assert by_code()["FT711"].evidence == ("ntfy://••••••",)
