"""The branch of the git automation: its name, and who else commits on it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fedtui.federation.git.git_job import _of_branch
from fedtui.federation.git.sync import BRANCH
from fedtui.model import Severity
from fedtui.system.git_checkout import Git
from tests.unit.federation.repositories import Federation, git, identity

METRICS = "data/metrics.json"
ON_NODE2 = "Federated data sync 2026-11-24 14:05:12 +0100 on node2"


@pytest.fixture
def federation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Federation:
    for name, value in identity(tmp_path).items():
        monkeypatch.setenv(name, value)
    return Federation(tmp_path)


def test_another_hosts_commits_on_the_branch_are_named_with_a_branch_for_each(federation: Federation) -> None:
    federation.learn(2)
    federation.sync()
    git_in = Git(federation.root)
    assert list(_of_branch(git_in, "origin", BRANCH)) == [], "this host's own"
    federation.elsewhere(METRICS, "x\n")
    git(federation.folder / "other", "commit", "--quiet", "--amend", "-m", ON_NODE2)
    git(federation.folder / "other", "push", "--quiet", "--force", "origin", BRANCH)
    git(federation.root, "fetch", "--quiet", "origin", f"+{BRANCH}:refs/remotes/origin/{BRANCH}")
    (issue,) = _of_branch(git_in, "origin", BRANCH)
    assert issue.text == f"node2 commits on {BRANCH}, too: files that each host rewrites conflict."
    assert issue.advice == f"A branch for each host: --branch {BRANCH}-{socket.gethostname()}"
    (issue,) = _of_branch(git_in, "origin", "bad..name")
    assert issue.severity is Severity.ERROR
