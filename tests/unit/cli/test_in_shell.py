"""In a shell there are no keys: advice names verbs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import fedtui
from fedtui.cli.in_shell import in_shell
from tests.unit.cli.conftest import Shell, demo_folder

TABLE = "# name: good\n* * * * * true\n# name: late\n5 5 * * * sh late.sh\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return demo_folder(tmp_path, monkeypatch, TABLE)


@pytest.mark.parametrize(
    ("advice", "said"),
    [
        ("Next try in 1 s, R tries now. Look: systemctl status dbus", "Look: systemctl status dbus"),
        ("R reads all jobs again.", ""),
        (
            "It is asked again when something changes; R asks now.",
            "It is asked again when something changes.",
        ),
        ("u, also after a restart", "fedtui undo, also after a restart"),
        (
            "u takes all of it back, also after a restart",
            "fedtui undo takes all of it back, also after a restart",
        ),
        (
            "ctrl+r applies again what u took back last.",
            "fedtui redo applies again what fedtui undo took back last.",
        ),
        (
            "U lists the changes, to undo an older one.",
            "fedtui undo --list lists the changes, to undo an older one.",
        ),
        (
            "l shows the job's log, r runs it again.",
            "fedtui logs shows the job's log, fedtui run runs it again.",
        ),
        ("Append it to a log with E: >> FILE 2>&1.", "Append it to a log with fedtui edit: >> FILE 2>&1."),
        ("Give it another schedule: e.", "Give it another schedule: fedtui reschedule."),
        ("Delete one of them: x.", "Delete one of them: fedtui delete."),
        ("e fixes it.", "crontab -e fixes it."),
        ("Look at it. R looks again.", "Look at it. "),
        ("../x is yours. R reads it. See ./x", "../x is yours. See ./x"),
        ("t is running; see fedtui stop t", "t is running; see fedtui stop t"),
        ("Run: crontab -l -u fed", "Run: crontab -l -u fed"),
        ("", ""),
    ],
)
def test_keys_become_verbs(advice: str, said: str) -> None:
    assert in_shell(advice) == said


def literals() -> Iterator[str]:
    """The texts of the program, but for those of the dashboard and what is documentation."""
    for path in Path(fedtui.__file__).parent.rglob("*.py"):
        if {"screens", "widgets", "presentation"} & set(path.parts):
            continue
        tree = ast.parse(path.read_text())
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield node.value


def test_no_advice_of_the_program_names_a_key_in_the_shell() -> None:
    key = re.compile(
        r"(?:^|[.;,:] |\band |\bwhat |\bwith )(?:[B-Zb-z]|ctrl\+\w) (?:[a-z]+s|took)\b"
        r"|\bwith E\b|: [a-zA-Z]\.$"
    )
    named = [text for text in literals() if len(text.split()) > 2 and key.search(text)]
    assert len(named) > 20
    assert [text for text in named if key.search(in_shell(text))] == []


def test_a_plan_and_a_refusal_name_verbs(shell: Shell) -> None:
    status, out, _ = shell("delete", "late", "--dry-run")
    assert "  undo    fedtui undo puts the same bytes back in the same place\n" in out
    status, _, err = shell("redo", "--yes")
    assert status == 3
    assert err.endswith("fedtui redo applies again what fedtui undo took back last.\n")
    shell("pause", "good", "--yes")
    shell("delete", "good", "--yes")
    status, _, err = shell("undo", "1", "--yes")
    assert status == 3
    assert "would lose that edit. Nothing was changed. " in err
    assert "Undo first what changed it since: fedtui undo 2 (delete good). The texts from before" in err
