"""What nobody means to type: an answer in words, and no error of the program's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.__main__ import main

HUGE = "99999999999999999999"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("history", "--count", HUGE), 2, "is not a number from 1 to"),
        (("undo", HUGE, "--yes"), 2, "is not a number from 1 to"),
        (("metrics", "--output", "/"), 3, "/ cannot be written: it is a folder."),
        (
            ("env", "sync-learning-data", "--set", "\udcff=1", "--dry-run"),
            3,
            "letters, digits and _ only. Nothing was changed.",
        ),
    ],
)
def test_a_verb_says_what_is_wrong(
    words: tuple[str, ...], status: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--folder", str(tmp_path / "demo"), *words]) == status
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["/etc/passwd", "/proc/none", "/" + "x" * 5000])
def test_a_demo_folder_that_cannot_be_made_is_named(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--folder", folder, "list"]) == 3
    assert f"There is no place for the demo: {folder}" in capsys.readouterr().err


def test_debug_before_the_verb_holds_in_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("fedtui.__main__.run_verb", lambda _workspace, options: int(options.debug))
    assert main(["--debug", "demo", "--folder", str(tmp_path / "demo"), "list"]) == 1
