"""The help of every verb, as it is asked for on the command line."""

from __future__ import annotations

import sys

import pytest

from fedtui.__main__ import main
from fedtui.cli.parser import _VERBS

VERBS = [*_VERBS, "demo"]


@pytest.mark.parametrize("before", [[], ["demo"]], ids=["host", "demo"])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_that_can_be_printed(
    verb: str, before: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """argparse reads each help text as a format: one bare % ends the program."""
    with pytest.raises(SystemExit) as ended:
        main([*before, verb, "--help"])
    printed = capsys.readouterr()
    assert ended.value.code == 0
    assert printed.out.startswith(f"usage: {' '.join(['fedtui', *before, verb])}")
    assert printed.err == ""


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_names_its_exit_statuses(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for all but the two whose statuses are promised to others: monitors, and cron's mail."""
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    shared = "exit status: 0 done, 1 a job failed, 2 wrong usage, 3 refused or unavailable, 4 partly done"
    own = {
        "check": "exit status: 0 fine, 1 warnings, 2 errors, 3 wrong usage or nothing could be checked",
        "git-sync": "exit status: 0 ok, 1 the script failed, 2 wrong usage, 3 refused; docs",
    }
    assert own.get(verb, shared) in " ".join(capsys.readouterr().out.split())


def test_the_commands_percent_sign_is_explained_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["new", "--help"])
    assert "a bare % means a newline" in " ".join(capsys.readouterr().out.split())


def test_on_another_system_it_says_so_and_does_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert main(["list"]) == 3
    said = capsys.readouterr()
    assert (said.out, said.err.startswith("fedtui runs on Linux only")) == ("", True)
