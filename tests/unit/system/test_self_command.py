"""The command that an advice names for root works as it is written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fedtui.system import self_command
from fedtui.system.self_command import sudo_command


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "fed's bin/fedtui"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    return program


def test_a_program_that_sudo_does_not_find_is_named_by_its_whole_path(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_command, "_SECURE_PATH", "/nowhere")
    quoted = f"'{installed}'".replace("fed's", "fed'\"'\"'s")
    assert sudo_command("run", "cron.d:a b") == f"sudo {quoted} run 'cron.d:a b'"
    monkeypatch.setattr(self_command, "_SECURE_PATH", str(installed.parent))
    assert sudo_command("check") == "sudo fedtui check"
