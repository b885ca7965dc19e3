"""What is advised where fedtui's own folders cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.config import repair


def test_a_home_of_anothers_is_not_to_be_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOME=/ of a service's account: `chown -R` on it would be the end of the machine."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)
    said = repair(tmp_path / ".local/state/fedtui")
    assert said == f"{tmp_path} is not yours to write in. Name a folder that is: XDG_STATE_HOME=DIR"
    (tmp_path / ".local").mkdir()
    assert f"sudo chown -R 1 {tmp_path}/.local" in repair(tmp_path / ".local/state/fedtui").replace(
        "daemon", "1"
    )
