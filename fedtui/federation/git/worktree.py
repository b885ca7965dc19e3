"""The worktree of fedtui's own in which data is committed, so that the user's checkout is never switched.

It lies in the state folder. While a sync works in it a note says so (`doing`); where a kill left it in the
middle of something, that note tells it from what a person does there, which is never touched. Blocking.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from fedtui.federation.git.sync_result import SyncFailed, SyncResult
from fedtui.system.atomic_write import write_atomically
from fedtui.system.git_checkout import (
    NOTE,
    Checkout,
    Git,
    GitFailed,
    base_ref,
    checkout_state,
    in_progress,
    list_worktrees,
    own_worktree,
)

DEADLINE = 300.0
"""Seconds: a worktree of a large repository is written to the disk."""

_ABORT = {"a rebase": ("rebase", "--abort"), "a cherry-pick": ("cherry-pick", "--abort")}


def begin_sync(git_dir: Path, tip: str = "", base: str = "") -> None:
    """Note that from now on what is done in the worktree of `git_dir` is a sync's.

    Where it puts a commit on the branch, whose tip was `tip`, `base` is then what ROOT's data/ was: the new
    commit itself where that is empty.
    """
    write_atomically(git_dir / NOTE, f"{tip} {base}".strip().encode())


def end_sync(git_dir: Path) -> None:
    """All is as it should be again."""
    (git_dir / NOTE).unlink(missing_ok=True)


def open_worktree(git: Git, path: Path, branch: str, remote: str) -> tuple[Git, Checkout]:
    """The worktree, on the branch and clean; made where it is not there. Raises SyncFailed, GitFailed."""
    there = list_worktrees(git)
    path = own_worktree(path, there)
    where = os.path.realpath(path)
    for other, checked_out in there.items():
        if checked_out == branch and other != where:
            what, kept = f"{branch} is checked out in {other}.", "Nothing was committed."
            advice = f"Switch that worktree to another branch, or remove it: git worktree remove {other}"
            raise SyncFailed(SyncResult.ELSEWHERE, what, kept, advice)
    if where in there and not (path / ".git").exists():
        # Its folder is gone. `prune` would do, and would drop other worktrees whose disk is not mounted.
        git.do("worktree", "remove", "--force", "--", str(path))
        there.pop(where)
    if where not in there:
        _make(git, path, branch, remote)
    mine = git.at(path)
    _recover(mine, branch)
    found = checkout_state(mine)
    _refuse_foreign_work(mine, path, found, branch)
    return mine, found


def _make(git: Git, path: Path, branch: str, remote: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _set_aside(path)
    if git.commit(f"refs/heads/{branch}"):
        words: tuple[str, ...] = ("--", str(path), branch)
    else:
        their_diff = f"refs/remotes/{remote}/{branch}"
        start = their_diff if git.commit(their_diff) else "HEAD"
        words = ("--no-track", "-b", branch, "--", str(path), start)
    git.do("worktree", "add", *words, deadline=DEADLINE)


def _set_aside(path: Path) -> None:
    """A folder that the repository knows nothing of any more (it was pruned) is kept under another name."""
    if not path.is_dir() or not any(path.iterdir()):
        return
    number = 1
    while (aside := path.with_name(f"{path.name}.lost-{number}")).exists():
        number += 1
    path.rename(aside)


def _recover(mine: Git, branch: str) -> None:
    """Take back what a killed sync had begun; its data is still in ROOT, its commits on the branch."""
    git_dir = checkout_state(mine).git_dir
    try:
        noted = (git_dir / NOTE).read_bytes().decode("ascii", "replace").split()
    except FileNotFoundError:
        return
    recover_worktree(mine, git_dir, branch)
    now = mine.commit(f"refs/heads/{branch}")
    if noted and now != noted[0] and mine.commit(f"{now}~1") == noted[0]:
        # Killed between the commit and the word that it is the base from now on.
        mine.do("update-ref", base_ref(branch), noted[1] if len(noted) > 1 else now)
    end_sync(git_dir)


def recover_worktree(mine: Git, git_dir: Path, branch: str) -> None:
    """End what a sync began in its own worktree, and go back to the branch as it is. Raises GitFailed."""
    for lock in ("index.lock", "HEAD.lock"):  # nobody else works here, and we hold the sync's own lock
        (git_dir / lock).unlink(missing_ok=True)
    begun = in_progress(git_dir)
    if begun in _ABORT:
        with suppress(GitFailed):
            mine.do(*_ABORT[begun], deadline=DEADLINE)
        if in_progress(git_dir):
            mine.do(_ABORT[begun][0], "--quit")
    mine.do("checkout", "--quiet", "--force", branch, "--", deadline=DEADLINE)
    mine.do("clean", "--quiet", "-ffd", deadline=DEADLINE)


def _refuse_foreign_work(mine: Git, path: Path, found: Checkout, branch: str) -> None:
    """What a person does in the worktree stays as it is. Raises SyncFailed."""
    changed = mine.do("status", "--porcelain", "--ignore-submodules").splitlines()
    if found.in_progress:
        what, how = f"{found.in_progress} is in progress there", f"git -C {path} status tells how to end it."
    elif found.branch != branch:
        what = f"{found.branch or 'a commit without a branch'} is checked out there instead of {branch}"
        how = f"git -C {path} checkout {branch}"
    elif changed:
        what, how = f"{len(changed)} files are changed there", f"Commit them, or: git -C {path} checkout ."
    else:
        return
    kept = "That work was left alone; nothing was committed."
    raise SyncFailed(SyncResult.DIRTY, f"Somebody works in fedtui's worktree {path}: {what}.", kept, how)
