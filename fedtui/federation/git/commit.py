"""The new data as a commit on the automation branch: in fedtui's worktree, or in place. Blocking.

What is new is computed from what ROOT's data/ was when it was last committed (the base), not from the branch:
a file that another machine pushed to the branch, and that ROOT never had, is not one that ROOT deleted.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedtui.federation.git import carry_data as git_data
from fedtui.federation.git import worktree as git_worktree
from fedtui.federation.git.carry_data import FOLDER, SyncData
from fedtui.federation.git.sync_result import SyncFailed, SyncResult, result_of
from fedtui.safe_text import sanitize_and_mask
from fedtui.system.git_checkout import Checkout, Git, GitFailed, base_ref, failure_reason, kept_ref

DEADLINE = 180.0
"""Seconds for a commit: hooks and signatures are part of it."""


def commit_in_worktree(
    user: Git, checkout: Checkout, mine: Git, own: Checkout, branch: str, data: SyncData, message: str
) -> int:
    """Commit what is new in ROOT's data/ on the branch; how many files changed.

    Raises SyncFailed, GitFailed, OSError.
    """
    where = f"{checkout.prefix}{FOLDER}"
    tip = mine.commit("HEAD")
    base = _base(user, checkout, branch, tip)
    apart = mine.tree(base, where) != mine.tree(tip, where)
    git_worktree.begin_sync(own.git_dir, tip)
    try:
        if apart:
            mine.do("checkout", "--quiet", "--detach", base, "--", deadline=git_worktree.DEADLINE)
        git_data.carry(data, checkout.top, own.top, checkout.prefix)
        files = _commit(mine, where, message, force=True)
        made = mine.commit("HEAD")
        if apart:
            mine.do("checkout", "--quiet", branch, "--", deadline=git_worktree.DEADLINE)
            if files:
                git_worktree.begin_sync(own.git_dir, tip, made)
                _take_over(mine, own, made, branch)
        mine.do("update-ref", base_ref(branch), made)
    finally:
        git_worktree.recover_worktree(mine, own.git_dir, branch)
        git_worktree.end_sync(own.git_dir)
    return files


def _base(user: Git, checkout: Checkout, branch: str, tip: str) -> str:
    """The commit whose data/ ROOT's was: at the last sync, else where its branch and ours parted."""
    kept = user.commit(kept_ref(branch))
    if kept and _taken_over(user, kept, tip):
        user.do("update-ref", base_ref(branch), kept)
        user.do("update-ref", "-d", kept_ref(branch), kept)
    known = user.commit(base_ref(branch))
    if known:
        return known
    if not checkout.head:
        return tip
    parted = user.ask("merge-base", checkout.head, tip)
    return parted.out.decode("ascii").strip() if parted.status == 0 else tip


def _taken_over(git: Git, commit: str, tip: str) -> bool:
    """Whether somebody has put a kept commit onto the branch: author, time and message stay the same."""
    form = "--format=%an%x00%ae%x00%at%x00%s"
    one = git.do("log", "-1", form, commit)
    return one in git.do("log", "-1000", form, tip).splitlines()


def _take_over(mine: Git, own: Checkout, commit: str, branch: str) -> None:
    """The commit on top of the branch, which holds what ROOT never had. Raises SyncFailed for a conflict."""
    ended = mine.ask("cherry-pick", "--allow-empty", commit, deadline=DEADLINE)
    if ended.status == 0:
        return
    files = conflicts(mine)
    if not files and not mine.do("status", "--porcelain", "--ignore-submodules"):
        mine.do("cherry-pick", "--skip")  # the branch has all of it already
        return
    mine.do("update-ref", kept_ref(branch), commit)
    if not files:
        raise _not_committed(GitFailed(failure_reason(ended), ended))
    what = f"What is new in data/ does not fit onto {branch}: {named(files)}."
    kept = f"The new data is in ROOT as before, and as a commit in {kept_ref(branch)}."
    advice = f"git -C {own.top} cherry-pick {commit[:12]}, fix the files, git add data, "
    advice += "git cherry-pick --continue; the next sync continues from there."
    raise SyncFailed(SyncResult.CONFLICT, what, kept, advice)


def commit_in_place(git: Git, checkout: Checkout, message: str) -> int:
    """Commit ROOT's own data/ where ROOT has the branch checked out. Raises SyncFailed, GitFailed."""
    return _commit(git.at(checkout.top), f"{checkout.prefix}{FOLDER}", message, force=False)


def _commit(git: Git, where: str, message: str, *, force: bool) -> int:
    """Commit data/ alone, whatever else is staged; how many files changed."""
    anything = git.ask("ls-files", "--", where).out or any((git.folder / where).rglob("*"))
    if not anything:
        return 0
    git.do("add", "--all", *(("--force",) if force else ()), "--", where, deadline=DEADLINE)
    changed = git.paths("diff", "--cached", "--name-only", "-z", "--no-renames", "HEAD", "--", where)
    if not changed:
        return 0
    words = ("commit", "--quiet", "--only", "--no-edit", "--message", message)
    ended = git.ask(*words, "--", where, deadline=DEADLINE)
    if ended.status:
        raise _not_committed(GitFailed(failure_reason(ended), ended))
    return len(changed)


def _not_committed(failed: GitFailed) -> SyncFailed:
    ending = result_of(failed.said, SyncResult.COMMIT)
    ending = ending if ending is SyncResult.IDENTITY else SyncResult.COMMIT
    return SyncFailed(ending, f"The commit was refused: {failed}.", "The new data is in ROOT as before.")


def conflicts(git: Git) -> tuple[str, ...]:
    """The files that a rebase or cherry-pick could not put together."""
    return git.paths("diff", "--name-only", "-z", "--diff-filter=U")


def named(files: Sequence[str]) -> str:
    """Some files in a few words."""
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return ", ".join(sanitize_and_mask(name) for name in files[:3]) + more
