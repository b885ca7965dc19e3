"""The git sync on real repositories: what reaches the remote, and each way in which it may not."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from fedtui.federation.git.sync import BRANCH, GitSync, SyncReport
from fedtui.federation.git.sync_result import SyncResult
from fedtui.system.git_checkout import CancelFlag, kept_ref
from tests.box.machine import wait_until
from tests.unit.federation.repositories import PATTERNS, SCRIPT, Federation, git, identity


@pytest.fixture
def federation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Federation:
    for name, value in identity(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return Federation(tmp_path)


def worktree(report: SyncReport) -> Path:
    assert report.worktree
    return Path(report.worktree)


# It arrives


def test_new_data_reaches_the_remote_and_the_checkout_stays_as_it_is(federation: Federation) -> None:
    federation.learn(2, 3)
    federation.write("README", "the federation, edited and not committed\n")
    git(federation.root, "add", "README")
    before = federation.checkout_state()
    report = federation.sync()
    assert (report.ending, report.files) == (SyncResult.OK, 1)
    assert report.commit == federation.remote_tip()
    assert federation.on_remote(PATTERNS).count("pattern") == 3
    assert federation.on_remote("README") == "the federation"
    head, branch, changed = federation.checkout_state()
    assert (head, branch) == before[:2]
    assert set(changed.splitlines()) == {"M  README", " M data/patterns/skills-patterns.jsonl"}
    assert b"[SUCCESS] synced" in federation.printed
    assert git(federation.remote, "diff", "--name-only", "main", BRANCH) == PATTERNS


def test_a_second_sync_without_news_commits_nothing(federation: Federation) -> None:
    federation.learn(2)
    first = federation.sync()
    second = federation.sync()
    assert (second.ending, second.files, second.commit) == (SyncResult.OK, 0, first.commit)
    assert second.message.startswith("no new data; origin has ")
    assert git(federation.remote, "rev-list", "--count", BRANCH) == "2"


def test_deletions_odd_names_links_and_modes_are_carried_over(federation: Federation) -> None:
    odd = os.fsdecode(b'data/caf\xe9 "q" %\t.txt')
    federation.write(odd, b"\x00\xff")
    federation.write("data/run.sh", "#!/bin/sh\n")
    (federation.root / "data/run.sh").chmod(0o755)
    (federation.root / "data/link").symlink_to("run.sh")
    federation.write("data/deep/er/one", "1")
    assert federation.sync().ending is SyncResult.OK
    listed = git(federation.remote, "ls-tree", "-r", BRANCH, "data")
    assert "100755 blob" in listed
    assert "120000 blob" in listed
    assert '"data/caf\\351 \\"q\\" %\\t.txt"' in listed
    (federation.root / odd).unlink()
    (federation.root / "data/deep/er/one").unlink()
    federation.write("data/deep/er/two/three", "a folder where a file was")
    report = federation.sync()
    assert (report.ending, report.files) == (SyncResult.OK, 3)
    assert "caf" not in git(federation.remote, "ls-tree", "-r", BRANCH, "data")


def test_what_others_pushed_is_kept_and_is_no_deletion_of_ours(federation: Federation) -> None:
    federation.learn(2)
    federation.sync()
    federation.elsewhere("data/theirs.jsonl", "theirs\n")
    federation.write("data/ours.jsonl", "ours\n")
    assert federation.sync().ending is SyncResult.OK
    federation.write("data/ours.jsonl", "ours, again\n")
    report = federation.sync()
    assert (report.ending, report.files) == (SyncResult.OK, 1)
    assert federation.on_remote("data/theirs.jsonl") == "theirs"
    assert federation.on_remote("data/ours.jsonl") == "ours, again"
    assert not (federation.root / "data/theirs.jsonl").exists()


def test_a_branch_that_only_the_remote_has_is_built_upon(federation: Federation) -> None:
    git(federation.root, "push", "--quiet", "origin", f"main:{BRANCH}")
    federation.elsewhere("data/theirs.jsonl", "theirs\n")
    federation.learn(2)
    assert federation.sync().ending is SyncResult.OK
    assert federation.on_remote("data/theirs.jsonl") == "theirs"
    assert federation.on_remote(PATTERNS).count("pattern") == 2


def test_in_place_only_data_is_staged_and_committed(federation: Federation) -> None:
    git(federation.root, "checkout", "--quiet", "-b", BRANCH)
    federation.write("README", "edited\n")
    git(federation.root, "add", "README")
    federation.write("notes.txt", "untracked\n")
    federation.learn(2)
    report = federation.sync()
    assert (report.ending, report.worktree) == (SyncResult.OK, "")
    assert report.commit == git(federation.root, "rev-parse", "HEAD") == federation.remote_tip()
    assert git(federation.root, "status", "--porcelain").splitlines() == ["M  README", "?? notes.txt"]
    assert git(federation.root, "show", "--name-only", "--format=", "HEAD") == PATTERNS


def test_in_place_a_clean_checkout_is_rebased(federation: Federation) -> None:
    git(federation.root, "checkout", "--quiet", "-b", BRANCH)
    federation.learn(2)
    federation.sync()
    federation.elsewhere("data/theirs.jsonl", "theirs\n")
    federation.learn(3)
    assert federation.sync().ending is SyncResult.OK
    assert federation.on_remote("data/theirs.jsonl") == "theirs"
    assert (federation.root / "data/theirs.jsonl").exists()


def test_another_state_folder_finds_the_same_worktree(federation: Federation) -> None:
    federation.learn(2)
    where = worktree(federation.sync())
    federation.learn(3)
    report = federation.sync(state=federation.folder / "another")
    assert (report.ending, worktree(report)) == (SyncResult.OK, where)
    assert federation.on_remote(PATTERNS).count("pattern") == 3


# It does not arrive, and says so


def test_a_dirty_checkout_in_place_is_not_rebased(federation: Federation) -> None:
    git(federation.root, "checkout", "--quiet", "-b", BRANCH)
    federation.learn(2)
    federation.sync()
    federation.elsewhere("data/theirs.jsonl", "theirs\n")
    tip = federation.remote_tip()
    federation.write("README", "edited\n")
    federation.learn(3)
    report = federation.sync()
    assert report.ending is SyncResult.DIRTY
    assert "changes outside data/" in report.message
    assert (federation.root / "README").read_text() == "edited\n"
    assert federation.remote_tip() == tip
    assert git(federation.root, "show", "--name-only", "--format=", "HEAD") == PATTERNS
    git(federation.root, "checkout", "--quiet", "README")
    assert federation.sync().ending is SyncResult.OK
    assert federation.on_remote(PATTERNS).count("pattern") == 3


@pytest.mark.parametrize("in_place", [False, True])
def test_a_conflict_is_taken_back_and_the_work_kept(federation: Federation, in_place: bool) -> None:
    if in_place:
        git(federation.root, "checkout", "--quiet", "-b", BRANCH)
    federation.learn(2)
    federation.sync()
    federation.elsewhere(PATTERNS, '{"pattern": "theirs"}\n')
    tip = federation.remote_tip()
    federation.write(PATTERNS, '{"pattern": "ours"}\n')
    report = federation.sync()
    where = federation.root if in_place else worktree(report)
    assert report.ending is SyncResult.CONFLICT
    assert PATTERNS in report.message
    assert "fix the files" in report.advice
    assert federation.remote_tip() == tip
    assert (federation.root / PATTERNS).read_text() == '{"pattern": "ours"}\n'
    assert git(where, "show", f"{BRANCH}:{PATTERNS}") == '{"pattern": "ours"}'
    assert git(where, "status", "--porcelain") == ""
    assert git(where, "symbolic-ref", "--short", "HEAD") == BRANCH
    assert federation.sync().ending is SyncResult.CONFLICT  # until somebody fixes it
    git(where, "rebase", f"origin/{BRANCH}", check=False)
    (where / PATTERNS).write_text('{"pattern": "both"}\n')
    git(where, "add", "data")
    git(where, "-c", "core.editor=true", "rebase", "--continue")
    assert federation.sync().ending is SyncResult.OK
    assert federation.on_remote(PATTERNS) == '{"pattern": "both"}'


def test_news_that_do_not_fit_what_others_pushed_before_are_kept_as_a_commit(federation: Federation) -> None:
    federation.learn(2)
    federation.sync()
    federation.elsewhere(PATTERNS, '{"pattern": "theirs"}\n')
    federation.sync()  # nothing new here: the branch goes on to theirs
    federation.write(PATTERNS, '{"pattern": "ours"}\n')
    report = federation.sync()
    assert report.ending is SyncResult.CONFLICT
    assert git(federation.root, "show", f"{kept_ref(BRANCH)}:{PATTERNS}") == '{"pattern": "ours"}'
    where = worktree(report)
    assert git(where, "status", "--porcelain") == ""
    git(where, "cherry-pick", kept_ref(BRANCH), check=False)
    (where / PATTERNS).write_text('{"pattern": "both"}\n')
    git(where, "add", "data")
    git(where, "-c", "core.editor=true", "cherry-pick", "--continue")
    federation.write("data/more", "1")
    assert federation.sync().ending is SyncResult.OK
    assert federation.on_remote(PATTERNS) == '{"pattern": "both"}'
    assert federation.on_remote("data/more") == "1"
    assert git(federation.root, "rev-parse", "--verify", "--quiet", kept_ref(BRANCH), check=False) == ""


def test_a_push_that_others_overtook_is_tried_once_more(federation: Federation) -> None:
    federation.learn(2)
    federation.sync()
    # Whoever pushes first makes another machine push just before.
    other = federation.folder / "late"
    git(federation.folder, "clone", "--quiet", "--branch", BRANCH, str(federation.remote), str(other))
    (other / "data/theirs.jsonl").write_text("theirs\n")
    git(other, "add", "--all")
    git(other, "commit", "--quiet", "-m", "from elsewhere")
    once = f"""#!/bin/sh
[ -e {federation.folder}/pushed ] && exit 0
touch {federation.folder}/pushed
cd {other} && env -u GIT_DIR git push --quiet origin {BRANCH}
"""
    federation.hook(federation.root / ".git", "pre-push", once)
    federation.learn(3)
    assert federation.sync().ending is SyncResult.OK
    assert (federation.folder / "pushed").exists()
    assert federation.on_remote("data/theirs.jsonl") == "theirs"
    assert federation.on_remote(PATTERNS).count("pattern") == 3


def test_a_remote_that_refuses_is_named_after_two_tries(federation: Federation) -> None:
    tries = federation.folder / "tries"
    federation.hook(
        federation.remote,
        "pre-receive",
        f"#!/bin/sh\necho x >> {tries}\necho 'no entry for you' >&2\nexit 1\n",
    )
    federation.learn(2)
    report = federation.sync()
    assert report.ending is SyncResult.REJECTED
    assert "no entry for you" in report.message
    assert tries.read_text() == "x\nx\n"
    assert federation.remote_tip() == ""
    (federation.remote / "hooks/pre-receive").unlink()
    report = federation.sync()
    assert report.ending is SyncResult.OK
    assert report.message.startswith("commits of earlier syncs were pushed")
    assert federation.on_remote(PATTERNS).count("pattern") == 2


def test_a_remote_that_swallows_the_push_is_no_success(federation: Federation) -> None:
    federation.hook(federation.remote, "post-receive", f"#!/bin/sh\ngit update-ref -d refs/heads/{BRANCH}\n")
    federation.learn(2)
    report = federation.sync()
    assert report.ending is SyncResult.UNPROVEN
    assert "no such branch" in report.message


def test_a_remote_that_is_not_there(federation: Federation) -> None:
    federation.learn(2)
    federation.sync()
    git(federation.root, "remote", "set-url", "origin", "ssh://127.0.0.1:1/nowhere")
    federation.learn(3)
    report = federation.sync()
    assert report.ending is SyncResult.NETWORK
    assert "Connection refused" in report.message
    assert git(worktree(report), "show", f"{BRANCH}:{PATTERNS}").count("pattern") == 3
    git(federation.root, "remote", "set-url", "origin", str(federation.remote))
    assert federation.sync().ending is SyncResult.OK
    assert federation.on_remote(PATTERNS).count("pattern") == 3


def test_a_failing_script_commits_nothing(federation: Federation) -> None:
    federation.write(
        "scripts/sync-learning-data.sh", "echo half > data/half\necho '[ERROR] no Qdrant'\nexit 7\n"
    )
    report = federation.sync()
    assert report.ending is SyncResult.SCRIPT
    assert "exit status 7" in report.message
    assert "no Qdrant" in report.message
    assert federation.remote_tip() == ""


def test_a_deprecated_stub_and_a_missing_script_fail(federation: Federation) -> None:
    federation.write("scripts/sync-learning-data.sh", "echo 'deprecated: use sync-v2' >&2\nexit 2\n")
    report = federation.sync()
    assert (report.ending, "deprecated: use sync-v2" in report.message) == (SyncResult.SCRIPT, True)
    (federation.root / "scripts/sync-learning-data.sh").unlink()
    assert federation.sync().ending is SyncResult.SCRIPT


def test_warnings_of_the_script_and_its_skips_are_not_ok(federation: Federation) -> None:
    federation.write("scripts/sync-learning-data.sh", SCRIPT + "echo '[WARNING] no telemetry found'\n")
    federation.learn(2)
    report = federation.sync()
    assert (report.ending, report.notes) == (
        SyncResult.WARNINGS,
        ["sync-learning-data.sh: 1 warning: line 2 [WARNING] no telemetry found"],
    )
    federation.write("scripts/sync-learning-data.sh", "echo 'already running; skipping'\n")
    assert federation.sync().ending is SyncResult.SKIPPED


def test_a_script_that_does_not_end_is_ended(federation: Federation) -> None:
    federation.write("scripts/sync-learning-data.sh", "sleep 300 & echo $! > pid; wait\n")
    report = federation.sync(script_deadline=1.0)
    assert report.ending is SyncResult.LATE
    pid = int((federation.root / "pid").read_text())
    stat = Path(f"/proc/{pid}/stat")
    wait_until(lambda: not stat.exists() or stat.read_text().split()[2] == "Z", 5, "it ends")


def test_nobody_to_commit_as(federation: Federation) -> None:
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("[user]\n\tuseConfigOnly = true\n")
    federation.learn(2)
    report = federation.sync()
    assert report.ending is SyncResult.IDENTITY
    assert "user.name" in report.advice
    assert federation.printed == b""


def test_a_hook_that_refuses_and_one_that_hangs(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    federation.hook(federation.root / ".git", "pre-commit", "#!/bin/sh\necho 'no lint' >&2\nexit 1\n")
    federation.learn(2)
    report = federation.sync()
    assert (report.ending, "no lint" in report.message) == (SyncResult.COMMIT, True)
    monkeypatch.setattr("fedtui.federation.git.commit.DEADLINE", 1.0)
    federation.hook(federation.root / ".git", "pre-commit", "#!/bin/sh\nsleep 300\n")
    assert federation.sync().ending is SyncResult.LATE
    (federation.root / ".git/hooks/pre-commit").unlink()
    assert federation.sync().ending is SyncResult.OK
    assert federation.on_remote(PATTERNS).count("pattern") == 2


def test_data_that_git_ignores(federation: Federation) -> None:
    git(federation.root, "rm", "--quiet", "-r", "--cached", "data")
    federation.write(".gitignore", "data/\n")
    federation.learn(2)
    report = federation.sync()
    assert report.ending is SyncResult.IGNORED
    assert ".gitignore:1:data/" in report.message


def test_a_few_ignored_files_are_said(federation: Federation) -> None:
    federation.write(".gitignore", "*.tmp\n")
    federation.write("data/x.tmp", "1")
    federation.learn(2)
    report = federation.sync()
    assert (report.ending, report.notes) == (
        SyncResult.WARNINGS,
        ["ignored by git, and so left out: data/x.tmp"],
    )
    assert federation.on_remote("data/x.tmp") == ""


def test_a_repository_inside_data_is_left_out(federation: Federation) -> None:
    inner = federation.root / "data/inner"
    inner.mkdir()
    git(inner, "init", "--quiet")
    git(inner, "commit", "--quiet", "--allow-empty", "-m", "x")
    federation.learn(2)
    report = federation.sync()
    assert report.ending is SyncResult.WARNINGS
    assert "a repository of its own" in report.notes[0]


def test_data_that_is_gone_is_no_deletion(federation: Federation) -> None:
    federation.write("scripts/sync-learning-data.sh", "rm -rf data\n")
    report = federation.sync()
    assert report.ending is SyncResult.REFUSED
    assert federation.remote_tip() == ""


def test_a_branch_that_is_checked_out_elsewhere(federation: Federation) -> None:
    place = federation.folder / "mine"
    git(federation.root, "worktree", "add", "--quiet", "-b", BRANCH, str(place))
    federation.learn(2)
    report = federation.sync()
    assert report.ending is SyncResult.ELSEWHERE
    assert str(place) in report.message


# What a kill leaves, and what a person does


@pytest.mark.parametrize("left", ["lock", "rebase", "detached", "gone"])
def test_what_a_killed_sync_left_is_taken_back(federation: Federation, left: str) -> None:
    federation.learn(2)
    where = worktree(federation.sync())
    git_dir = Path(git(where, "rev-parse", "--absolute-git-dir"))
    (git_dir / "fedtui-git-sync").touch()
    if left == "lock":
        (git_dir / "index.lock").touch()
        (where / PATTERNS).write_text("half")
    elif left == "rebase":
        federation.elsewhere(PATTERNS, '{"pattern": "theirs"}\n')
        (where / PATTERNS).write_text("ours\n")
        git(where, "commit", "--quiet", "-am", "ours")
        git(where, "fetch", "--quiet")
        git(where, "rebase", f"origin/{BRANCH}", check=False)
        git(where, "rebase", "--quit")
        git(where, "checkout", "--quiet", "--force", BRANCH)
        git(where, "reset", "--quiet", "--hard", "HEAD~1")
        git(where, "merge", "--quiet", "--ff-only", f"origin/{BRANCH}")
        (where / PATTERNS).write_text("ours\n")
        git(where, "commit", "--quiet", "-am", "ours")
        git(where, "rebase", "--exec", "false", "HEAD~1", check=False)
        assert (git_dir / "rebase-merge").exists()
    elif left == "detached":
        git(where, "checkout", "--quiet", "--detach", "HEAD~1")
    else:
        for path in sorted(where.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        (where / ".git").unlink(missing_ok=True)
        where.rmdir()
    federation.write("data/more", "1")
    report = federation.sync()
    assert report.ending is SyncResult.OK, report.message
    assert federation.on_remote("data/more") == "1"
    assert not (git_dir / "fedtui-git-sync").exists()


def test_what_a_person_does_in_the_worktree_is_left_alone(federation: Federation) -> None:
    federation.learn(2)
    where = worktree(federation.sync())
    (where / PATTERNS).write_text("being mended")
    federation.learn(3)
    report = federation.sync()
    assert report.ending is SyncResult.DIRTY
    assert (where / PATTERNS).read_text() == "being mended"
    git(where, "checkout", "--quiet", ".")
    git(where, "rebase", "--exec", "false", "HEAD~1", check=False)
    report = federation.sync()
    assert (report.ending, "a rebase is in progress" in report.message) == (SyncResult.DIRTY, True)
    git(where, "rebase", "--abort")
    assert federation.sync().ending is SyncResult.OK


def test_one_at_a_time(federation: Federation) -> None:
    federation.write(
        "scripts/sync-learning-data.sh", "echo x >> began; while [ ! -e go ]; do sleep 0.05; done\n"
    )
    reports: list[SyncReport] = []
    first = threading.Thread(target=lambda: reports.append(federation.sync()))
    first.start()
    until = time.monotonic() + 20
    while not (federation.root / "began").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert federation.sync().ending is SyncResult.BUSY
    (federation.root / "go").touch()
    first.join(60)
    assert reports[0].ending is SyncResult.OK
    assert (federation.root / "began").read_text() == "x\n"


def test_a_sync_that_is_stopped_says_so(federation: Federation) -> None:
    federation.write("scripts/sync-learning-data.sh", "touch began; sleep 300\n")
    stop = CancelFlag()
    reports: list[SyncReport] = []
    sync = GitSync(federation.order(), federation.said.append, lambda _: None, stop)
    thread = threading.Thread(target=lambda: reports.append(sync.run()))
    thread.start()
    until = time.monotonic() + 20
    while not (federation.root / "began").exists() and time.monotonic() < until:
        time.sleep(0.02)
    stop.ask()
    thread.join(30)
    assert reports[0].ending is SyncResult.STOPPED


def test_a_dry_run_runs_and_writes_nothing(federation: Federation) -> None:
    federation.learn(2)
    before = federation.checkout_state()
    report = federation.sync(dry_run=True)
    assert report.message == "dry run: nothing was run, committed or pushed"
    assert federation.checkout_state() == before
    assert (federation.root / "new.jsonl").exists()
    assert not federation.state.exists()
    assert git(federation.root, "branch", "--list", BRANCH) == ""
    assert any("would run" in line for line in federation.said)


def test_no_repository_no_remote_no_commit(federation: Federation, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert federation.sync(root=empty).ending is SyncResult.REFUSED
    git(empty, "init", "--quiet")
    report = federation.sync(root=empty)
    assert (report.ending, "has no remote origin" in report.message) == (SyncResult.REFUSED, True)


def test_the_page_lists_every_way_it_can_end() -> None:
    page = (Path(__file__).parents[3] / "docs/git-sync.md").read_text(encoding="utf-8")
    for ending in SyncResult:
        assert f"| {ending.word} | {ending.status} | {ending.text} |\n" in page
    assert len({ending.status for ending in SyncResult if ending.status}) == len(SyncResult) - 3


def test_a_worktree_that_was_pruned_is_set_aside_and_made_again(federation: Federation) -> None:
    """`git worktree prune` forgets it while the disk of the state folder is not mounted; then it is back."""
    assert federation.sync().ending is SyncResult.OK
    (path,) = (federation.state / "git").iterdir()
    (path / "theirs").write_text("somebody's\n")
    away = path.rename(federation.folder / "away")
    git(federation.root, "worktree", "prune")
    away.rename(path)
    federation.write(PATTERNS, '{"pattern": 2}\n')
    assert federation.sync().ending is SyncResult.OK
    assert (path.with_name(f"{path.name}.lost-1") / "theirs").read_text() == "somebody's\n"
    assert '{"pattern": 2}' in git(federation.remote, "show", f"{BRANCH}:{PATTERNS}")
