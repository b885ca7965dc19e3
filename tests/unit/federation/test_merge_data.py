"""The automation branch merged into the operator's checkout: what lies there uncommitted is still there."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedtui.action_result import Refused
from fedtui.federation.git.git_job import _of_branch
from fedtui.federation.git.merge_data import Merged, merge, plan_merge, union
from fedtui.federation.git.sync import BRANCH
from fedtui.model import Severity
from fedtui.system.git_checkout import Git
from tests.unit.federation.repositories import PATTERNS, Federation, git, identity

METRICS = "data/metrics.json"
ON_NODE2 = "Federated data sync 2026-11-24 14:05:12 +0100 on node2"


@pytest.fixture
def federation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Federation:
    for name, value in identity(tmp_path).items():
        monkeypatch.setenv(name, value)
    return Federation(tmp_path)


def merged(federation: Federation) -> Merged:
    return merge(plan_merge(federation.root, BRANCH), federation.state, f"{time.monotonic_ns()}")


def text(federation: Federation, name: str = PATTERNS) -> str:
    return (federation.root / name).read_text()


def numbers(federation: Federation) -> list[int]:
    return [int(line[12:-1]) for line in text(federation).splitlines()]


def test_after_a_sync_its_data_is_merged_though_it_lies_there_uncommitted(federation: Federation) -> None:
    """What git itself refuses: the sync wrote the same files into the checkout."""
    federation.learn(2, 3)
    federation.write(METRICS, "{}\n")
    federation.sync()
    git(federation.root, "merge", BRANCH, check=False)
    assert "M data/patterns" in git(federation.root, "status", "--porcelain"), "git refused to merge"
    plan = plan_merge(federation.root, BRANCH)
    assert (plan.commits, plan.dirty) == (1, (METRICS, PATTERNS))
    done = merged(federation)
    assert git(federation.root, "status", "--porcelain") == ""
    assert numbers(federation) == [1, 2, 3]
    assert git(federation.root, "show", f"HEAD:{METRICS}") == "{}"
    assert git(federation.root, "log", "-1", "--format=%P", done.commit).split()[0] == done.before
    assert (Path(done.kept) / "files" / METRICS).read_text() == "{}\n"
    assert plan_merge(federation.root, BRANCH).commits == 0


def test_what_was_written_since_the_sync_is_joined_and_stays_uncommitted(federation: Federation) -> None:
    federation.learn(2)
    federation.sync()
    federation.elsewhere(PATTERNS, "".join(f'{{"pattern": {n}}}\n' for n in (1, 2, 5)))
    federation.sync()
    federation.write(PATTERNS, text(federation) + '{"pattern": 4}\n')
    merged(federation)
    assert numbers(federation) == [1, 2, 4, 5]
    assert git(federation.root, "status", "--porcelain") == f" M {PATTERNS}"
    assert '{"pattern": 4}' not in git(federation.root, "show", f"HEAD:{PATTERNS}")


@pytest.mark.parametrize(("age", "expected"), [(-3600, "theirs\n"), (3600, "mine\n")])
def test_of_a_whole_file_the_newest_counts(federation: Federation, age: float, expected: str) -> None:
    federation.learn(2)
    federation.write(METRICS, "first\n")
    federation.sync()
    federation.elsewhere(METRICS, "theirs\n")
    federation.sync()
    federation.write(METRICS, "mine\n")
    os.utime(federation.root / METRICS, (time.time() + age,) * 2)
    done = merged(federation)
    assert text(federation, METRICS) == expected
    assert (Path(done.kept) / "files" / METRICS).read_text() == "mine\n", "kept whatever counts"


def test_data_that_is_committed_on_both_sides_is_joined(federation: Federation) -> None:
    federation.learn(2)
    federation.sync()
    federation.write(PATTERNS, '{"pattern": 1}\n{"pattern": 9}\n')
    git(federation.root, "commit", "--quiet", "--all", "-m", "by hand")
    merged(federation)
    assert numbers(federation) == [1, 2, 9]
    assert git(federation.root, "status", "--porcelain") == ""


def test_a_conflict_outside_the_data_is_taken_back_whole(federation: Federation) -> None:
    federation.learn(2)
    federation.sync()
    worktree = next(iter((federation.state / "git").iterdir()))
    (worktree / "README").write_text("by the branch\n")
    git(worktree, "commit", "--quiet", "--all", "-m", "odd")
    federation.write("README", "by main\n")
    git(federation.root, "commit", "--quiet", "-m", "mine", "--", "README")
    federation.write(PATTERNS, text(federation) + '{"pattern": 7}\n')
    before = (federation.checkout_state(), text(federation))
    with pytest.raises(Refused, match=r"README is changed on both sides\. The checkout is as it was"):
        merged(federation)
    assert (federation.checkout_state(), text(federation)) == before
    assert not (federation.root / ".git/MERGE_HEAD").exists()


def test_what_a_killed_merge_put_aside_comes_back_with_the_next(federation: Federation) -> None:
    federation.learn(2)
    federation.sync()
    federation.write(PATTERNS, text(federation) + '{"pattern": 8}\n')
    aside = federation.state / "backup/git-merge-1.unfinished"
    kept = aside / "files" / PATTERNS
    kept.parent.mkdir(parents=True)
    (aside / "ROOT").write_text(str(federation.root))
    (federation.root / PATTERNS).rename(kept)
    git(federation.root, "checkout", "--quiet", "HEAD", "--", PATTERNS)
    merged(federation)
    assert numbers(federation) == [1, 2, 8]
    assert not list((federation.state / "backup").glob("*.unfinished"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("checkout", "--quiet", "--detach"), "has no branch checked out"),
        (("add", "README"), "Changes are staged"),
        (("checkout", "--quiet", BRANCH), f"has {BRANCH} checked out already"),
    ],
)
def test_a_checkout_in_which_somebody_works_is_left_alone(
    federation: Federation, words: tuple[str, ...], message: str
) -> None:
    federation.learn(2)
    federation.sync()
    if words[0] == "checkout" and words[-1] == BRANCH:
        git(federation.root, "stash", "--quiet")
        git(federation.root, "worktree", "remove", "--force", str(next((federation.state / "git").iterdir())))
    federation.write("README", "changed\n" if words[0] == "add" else "the federation\n")
    git(federation.root, *words)
    with pytest.raises(Refused, match=message):
        plan_merge(federation.root, BRANCH)


def test_without_the_branch_there_is_nothing_to_merge(federation: Federation) -> None:
    with pytest.raises(Refused, match="has no branch automation/federated-sync"):
        plan_merge(federation.root, BRANCH)


LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"caf\xe9"]), max_size=6)


@given(LINES, LINES)
def test_a_union_has_every_line_once(one: list[bytes], other: list[bytes]) -> None:
    found = union(*(b"".join(line + b"\n" for line in lines) for lines in (one, other))).splitlines()
    assert set(found) == {*one, *other}
    assert len(found) == len(set(found))
    if one == sorted(one) and other == sorted(other):
        assert found == sorted(found)


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
