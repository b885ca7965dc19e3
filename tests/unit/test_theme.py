"""The theme that was chosen last, and who has the last word on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.config import Config, load, remember_theme


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "fedtui").mkdir()


def settings(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load(path)


def test_the_theme_that_was_chosen_last_is_there_at_the_next_start(tmp_path: Path) -> None:
    first = settings(tmp_path, "")
    assert first.theme == "fedtui-dark"
    remember_theme(first, "fedtui-light")
    assert settings(tmp_path, "ascii = true\n").theme == "fedtui-light"
    assert load(tmp_path / "no such file").theme == "fedtui-light"


def test_what_config_toml_says_outlasts_a_choice(tmp_path: Path) -> None:
    remember_theme(settings(tmp_path, ""), "fedtui-light")
    assert settings(tmp_path, 'theme = "nord"\n').theme == "nord"


@pytest.mark.parametrize("kept", [b"", b"\xff\xfe", b"a b\n", b"../../etc\n", b"x" * 500])
def test_a_file_that_somebody_spoiled_chose_nothing(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "fedtui" / "theme").write_bytes(kept)
    assert load(tmp_path / "no such file").theme == "fedtui-dark"
