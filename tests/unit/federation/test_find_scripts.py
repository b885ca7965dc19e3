"""The scripts of a federation: where they are found, and what is told of them before any is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.action_result import Refused
from fedtui.federation.find_scripts import find_script, find_scripts, root_folder, script_issues
from fedtui.federation.profile import load_profile
from fedtui.federation.setup_issue import SetupIssue
from fedtui.model import Severity

CRON = {b"PATH": b"/usr/bin:/bin", b"HOME": b"/home/fed", b"SHELL": b"/bin/sh", b"LOGNAME": b"fed"}
SYNC = "sync-learning-data.sh"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "it's 100 % grün"
    (folder / "scripts/data").mkdir(parents=True)
    return folder


def issues(root: Path, text: str | bytes) -> list[SetupIssue]:
    """What is said of a sync script with that text."""
    data = text.encode() if isinstance(text, str) else text
    (root / "scripts" / SYNC).write_bytes(data)
    found = find_scripts(root, load_profile("conservative"))[0]
    return list(script_issues(found, root, CRON, "cron"))


def texts(found: list[SetupIssue], severity: Severity) -> list[str]:
    return [issue.text for issue in found if issue.severity is severity]


@pytest.mark.parametrize("folder", ["", "scripts", "scripts/data"])
def test_a_script_is_found_in_each_folder(root: Path, folder: str) -> None:
    (root / folder / SYNC).write_text("echo hello\n")
    assert find_script(root, [SYNC]) == root / folder / SYNC


def test_of_two_scripts_the_outer_is_taken_and_the_other_named(root: Path) -> None:
    (root / "scripts/data" / SYNC).write_text("echo other\n")
    found = issues(root, "#!/bin/bash\necho hello\n")
    assert texts(found, Severity.NOTE) == [
        f"{root}/scripts/{SYNC} is taken; there is also {root}/scripts/data/{SYNC}."
    ]


def test_a_folder_that_links_to_another_doubles_nothing(root: Path) -> None:
    (root / "scripts/data").rmdir()
    (root / "scripts/data").symlink_to(root / "scripts")
    assert issues(root, "#!/bin/bash\necho hello\n") == []


def test_a_missing_script_keeps_its_job_out(root: Path) -> None:
    found = find_scripts(root, load_profile("conservative"))[0]
    (issue,) = script_issues(found, root, CRON, "cron")
    assert (issue.severity, issue.key) == (Severity.ERROR, "sync")
    assert issue.text.startswith(f"There is no {SYNC} in {root}")


def test_a_syntax_error_is_told_in_the_words_of_bash(root: Path) -> None:
    (text,) = texts(issues(root, "echo hello\nif true; then\n"), Severity.ERROR)
    assert "line 3: syntax error: unexpected end of file" in text


def test_windows_line_ends_are_told_with_the_command_that_takes_them_out(root: Path) -> None:
    (issue,) = issues(root, b"#!/bin/bash\r\necho hello\r\n")
    assert issue.severity is Severity.ERROR
    assert "2 lines" in issue.text
    assert issue.advice.startswith("sed -i 's/\\r$//' '/")


def test_an_interpreter_of_another_system_is_noted_and_does_not_matter(root: Path) -> None:
    (issue,) = issues(root, "#!/run/current-system/sw/bin/bash\necho hello\n")
    assert issue.severity is Severity.NOTE
    assert "names /run/current-system/sw/bin/bash in its first line" in issue.text


def test_what_the_script_will_not_find_in_cron_is_told(root: Path) -> None:
    text = "#!/bin/bash\nno-such-jq .\ncommand -v no-such-curl && no-such-curl x\necho $QDRANT_URL ${Y:-1}\n"
    found = issues(root, text)
    assert texts(found, Severity.WARNING) == [
        f"Line 2 of {SYNC} calls no-such-jq, which is not on cron's PATH.",
        f"Line 4 of {SYNC} reads QDRANT_URL, which cron does not set.",
    ]
    (note,) = texts(found, Severity.NOTE)
    assert "calls no-such-curl" in note
    assert "may do without" in note


def test_an_empty_script_is_no_script(root: Path) -> None:
    assert texts(issues(root, "\n"), Severity.ERROR) == [f"{root}/scripts/{SYNC} is empty."]


def test_root_is_made_absolute_and_must_be_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    assert root_folder(f"./{root.name}/scripts/..") == root
    with pytest.raises(Refused, match="There is no folder"):
        root_folder(str(root / "nowhere"))
    (root / "file").write_text("")
    with pytest.raises(Refused, match="is no folder"):
        root_folder(str(root / "file"))
    with pytest.raises(Refused, match="ROOT is not given"):
        root_folder("")
