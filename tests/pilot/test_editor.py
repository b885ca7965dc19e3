"""The user's editor, as the environment names it, and however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fedtui.action_result import Refused
from fedtui.screens.edit_file import edit_file, editor


class Terminal:
    """An app whose terminal is given away; like Textual's, it does not take it back after an exception."""

    mine = True

    @contextmanager
    def suspend(self) -> Iterator[None]:
        self.mine = False
        yield
        self.mine = True


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "my editor" / "ed"
    path.parent.mkdir()
    path.write_text('#!/bin/sh\necho "$@" > "${0%/*}/given"\n')
    path.chmod(0o755)
    return path


def edit(monkeypatch: pytest.MonkeyPatch, value: str, variable: str = "EDITOR") -> tuple[str, bool]:
    """What is said after `o` with that editor, and whether the terminal is the dashboard's again."""
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    app = Terminal()
    try:
        said = edit_file(app, "/etc/hostname")  # type: ignore[arg-type]
    except Refused as refused:
        said = str(refused)
    return said, app.mine


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("vi 'x", "EDITOR is no command line: No closing quotation. Set EDITOR."),
        ("vi \\", "EDITOR is no command line: No escaped character. Set EDITOR."),
        ("no-such-editor -w", "no-such-editor cannot be started: No such file or directory."),
        ("/tmp", "/tmp cannot be started: it is a folder."),
        ("/etc/passwd", "/etc/passwd cannot be started: Permission denied."),
        ("false", "false ended with exit status 1; see whether your changes were saved."),
        ("sh -c 'kill -9 $$'", "sh was killed by SIGKILL; see whether your changes were saved."),
        ("true", ""),
    ],
)
def test_an_editor_that_fails_is_told_in_a_line_and_gives_the_terminal_back(
    value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, back = edit(monkeypatch, value)
    assert heard.startswith(said)
    assert heard == "" or said != ""
    assert back


def test_the_variable_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert edit(monkeypatch, 'vi "x', "VISUAL") == (
        "VISUAL is no command line: No closing quotation. Set VISUAL.",
        True,
    )


def test_a_path_with_blanks_is_one_program(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert edit(monkeypatch, str(program)) == ("", True)
    assert (program.parent / "given").read_text() == "/etc/hostname\n"
    assert edit(monkeypatch, f"'{program}' -w") == ("", True)
    assert (program.parent / "given").read_text() == "-w /etc/hostname\n"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "")
    monkeypatch.setenv("EDITOR", " ")
    assert editor()[0] in ("editor", "nano", "vi")


def test_the_editors_own_interrupt_does_not_end_the_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """ctrl+c reaches every process of the terminal; the shell below sends it to us and continues."""
    assert edit(monkeypatch, "sh -c 'kill -INT $PPID; exit 0'") == ("", True)
