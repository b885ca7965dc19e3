"""A git sync that is killed with all its children, at the worst moments: the next one brings everything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fedtui.federation.git.sync import BRANCH
from fedtui.federation.git.sync_result import SyncResult
from tests.unit.federation.repositories import PATTERNS, Federation, git, identity

CHECKOUT = Path(__file__).parents[3]
KILL = """#!/bin/sh
[ -e {folder}/armed ] || exit 0
rm {folder}/armed
kill -9 "$(cat {folder}/pid)"
kill -9 0
"""


@pytest.fixture
def federation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Federation:
    for name, value in identity(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    made = Federation(tmp_path)
    made.state = tmp_path / "xdg" / "fedtui"
    return made


def killed_at(federation: Federation, hook: str) -> None:
    """Run the sync as its own process, which that hook of git's kills."""
    federation.hook(federation.root / ".git", hook, KILL.format(folder=federation.folder))
    (federation.folder / "armed").touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "fedtui", "git-sync", "--root", str(federation.root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    (federation.folder / "pid").write_text(str(process.pid))
    assert process.wait(timeout=60) == -9, f"{hook} was not met"
    (federation.root / ".git/hooks" / hook).unlink()


@pytest.mark.parametrize("hook", ["pre-commit", "post-checkout", "post-commit", "pre-push"])
@pytest.mark.parametrize("in_place", [False, True])
def test_a_sync_that_is_killed_is_made_up_for(federation: Federation, hook: str, in_place: bool) -> None:
    if in_place:
        git(federation.root, "checkout", "--quiet", "-b", BRANCH)
    federation.learn(2)
    assert federation.sync().ending is SyncResult.OK
    federation.elsewhere("data/theirs.jsonl", "theirs\n")
    federation.learn(3)
    killed_at(federation, hook)
    federation.learn(4)
    report = federation.sync()
    if in_place and hook == "pre-commit":  # the user's own index: whose lock that is, nobody can tell
        assert (report.ending, "index.lock" in report.message) == (SyncResult.GIT, True)
        (federation.root / ".git/index.lock").unlink()
        report = federation.sync()
    assert report.ending is SyncResult.OK, report.message
    assert federation.on_remote(PATTERNS).count("pattern") == 4
    assert federation.on_remote("data/theirs.jsonl") == "theirs"
    assert git(federation.root, "symbolic-ref", "--short", "HEAD") == (BRANCH if in_place else "main")
    assert git(federation.root, "worktree", "prune", "--dry-run") == ""


@pytest.mark.parametrize("hook", ["post-checkout", "pre-commit", "post-commit", "prepare-commit-msg"])
def test_a_sync_is_killed_that_puts_news_beside_what_others_pushed(federation: Federation, hook: str) -> None:
    federation.write("data/ours.jsonl", "one\n")
    federation.sync()
    federation.elsewhere("data/theirs.jsonl", "theirs\n")
    federation.sync()  # the branch now holds what ROOT never had
    federation.write("data/ours.jsonl", "one\ntwo\n")
    killed_at(federation, hook)
    federation.write("data/ours.jsonl", "one\ntwo\nthree\n")
    report = federation.sync()
    assert report.ending is SyncResult.OK, report.message
    assert federation.on_remote("data/ours.jsonl") == "one\ntwo\nthree"
    assert federation.on_remote("data/theirs.jsonl") == "theirs"
    assert federation.sync().message.startswith("no new data")


def test_a_sync_is_killed_just_after_its_commit_was_put_onto_the_branch(federation: Federation) -> None:
    federation.write("data/ours.jsonl", "one\n")
    federation.sync()
    federation.elsewhere("data/theirs.jsonl", "theirs\n")
    federation.sync()
    federation.write("data/ours.jsonl", "one\ntwo\n")
    # The second commit that is made is the one on the branch.
    path = federation.root / ".git/hooks/post-commit"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f"#!/bin/sh\n[ -e {federation.folder}/first ] && touch {federation.folder}/armed\n"
        f"touch {federation.folder}/first\n" + KILL.format(folder=federation.folder).partition("\n")[2]
    )
    path.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-m", "fedtui", "git-sync", "--root", str(federation.root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    (federation.folder / "pid").write_text(str(process.pid))
    assert process.wait(timeout=60) == -9
    path.unlink()
    federation.write("data/ours.jsonl", "one\ntwo\nthree\n")
    report = federation.sync()
    assert report.ending is SyncResult.OK, report.message
    assert federation.on_remote("data/ours.jsonl") == "one\ntwo\nthree"
