"""The command line on a demo folder that a module lays out as its fixture `folder`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fedtui.__main__ import main

Shell = Callable[..., tuple[int, str, str]]
"""Runs a verb; returns its exit status, standard output and standard error."""


def demo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str) -> Path:
    """A demo folder with that crontab; state and settings are elsewhere below `tmp_path`."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "crontab").write_text(table)
    return folder


@pytest.fixture
def shell(folder: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["demo", "--folder", str(folder), *words])
        output = capsys.readouterr()
        return status, output.out, output.err

    return run
