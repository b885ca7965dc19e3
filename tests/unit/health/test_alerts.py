"""FT711 and FT712: channels that nobody knows to work, and one that did not; and silence where they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.history.alert_memory import AlertMemory, ChannelMemory, alert_file, remember
from fedtui.model import Severity
from fedtui.pack import Pack, pack_file, written
from fedtui.sources.alert_addresses import MAIL, Address
from tests.unit.health.answers import machine
from tests.unit.health.rows import NOW, by_code, unchecked

OPS = Address(MAIL, "ops@example.org")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of a user whose federation mails to ops@example.org."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
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
    remember(state, AlertMemory(channels={OPS.key: ChannelMemory(OPS.label, delivered=NOW)}))
    assert {"FT711", "FT712"}.isdisjoint(by_code())


def test_a_channel_that_failed_is_an_error_until_it_works(state: Path) -> None:
    broken = ChannelMemory(OPS.label, delivered=NOW, failed=NOW, why="sendmail ended with exit 75")
    remember(state, AlertMemory(channels={OPS.key: broken}))
    found = by_code()
    assert "FT711" not in found
    assert found["FT712"].severity is Severity.ERROR
    assert found["FT712"].evidence[0].endswith("  sendmail ended with exit 75")


def test_a_memory_that_cannot_be_read_is_unchecked(state: Path) -> None:
    state.mkdir(parents=True)
    alert_file(state).write_text("{")
    assert {"FT711", "FT712"}.isdisjoint(by_code())
    codes = {code for one in unchecked() if one.what == "alert channels" for code in one.codes}
    assert codes == {"FT711", "FT712"}


def test_without_channels_nothing_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert {"FT711", "FT712"}.isdisjoint(by_code(host=machine()))


def test_channels_of_the_config_count_without_a_federation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "fedtui").mkdir()
    (tmp_path / "fedtui" / "config.toml").write_text('[alert]\nurls = ["ntfy://secret-topic"]\n')
    assert by_code()["FT711"].evidence == ("ntfy://••••••",)
