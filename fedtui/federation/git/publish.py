"""The automation branch brought to the remote: fetched, rebased, pushed, and looked for there. Blocking.

Nothing is ever forced. A conflict is taken back whole, and the commits stay on the local branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from fedtui.federation.git import worktree as git_worktree
from fedtui.federation.git.commit import conflicts, named
from fedtui.federation.git.sync_result import SyncFailed, SyncResult, result_of
from fedtui.safe_text import sanitize_and_mask
from fedtui.system.git_checkout import Checkout, Git, GitFailed, failure_reason, in_progress

FETCH = 300.0
REBASE = 300.0
PUSH = 600.0
LOOK = 60.0
"""Seconds for each step."""

COMMITTED = "The new data is committed on the local branch."


@dataclass(frozen=True, slots=True)
class RemoteBranch:
    """A branch, its remote, and the checkout in which it is. `ours` where that is fedtui's own."""

    git: Git
    checkout: Checkout
    remote: str
    branch: str
    ours: bool

    @property
    def their_diff(self) -> str:
        """The remote's branch as it was last fetched."""
        return f"refs/remotes/{self.remote}/{self.branch}"

    @property
    def tip(self) -> str:
        """The commit of the local branch."""
        return self.git.commit(f"refs/heads/{self.branch}")

    def holds(self, commit: str, earlier: str) -> bool:
        """Whether a commit has another in its past, or is it."""
        return self.git.ask("merge-base", "--is-ancestor", earlier, commit).status == 0


def on_remote(git: Git, remote: str, branch: str, deadline: float = LOOK) -> str:
    """The remote's commit of the branch as it says now, empty for no such branch. Raises SyncFailed."""
    ref = f"refs/heads/{branch}"
    try:
        said = git.do("ls-remote", "--", remote, ref, deadline=deadline, extra=git.over_ssh())
    except GitFailed as failed:
        _unreached(failed, remote)
    lines = [line.split("\t") for line in said.splitlines() if "\t" in line]
    return next((commit for commit, name in lines if name == ref), "")


def fetch(git: Git, remote: str, branch: str) -> str:
    """Fetch the branch; its commit, empty where the remote has no such branch. Raises SyncFailed."""
    words = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--", remote)
    spec = f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"
    try:
        git.do(*words, spec, deadline=FETCH, extra=git.over_ssh())
    except GitFailed as failed:
        if "couldn't find remote ref" in failed.said:
            return ""
        _unreached(failed, remote)
    return git.commit(f"refs/remotes/{remote}/{branch}")


def _unreached(failed: GitFailed, remote: str) -> NoReturn:
    ending = SyncResult.NETWORK if failed.late else result_of(failed.said)
    if ending is SyncResult.REFUSED:
        ending = SyncResult.GIT
    what = f"{remote} could not be asked: {_telling(failed)}."
    raise SyncFailed(ending, what, "What was committed is on the local branch.") from failed


def _telling(failed: GitFailed) -> str:
    """What ssh said of it where it did: git's own line only tells that it did not work."""
    signs = ("ssh:", "Host key", "Permission denied", "kex_exchange", "Connection")
    lines = [line.strip() for line in failed.said.splitlines()]
    found = next((line for line in lines if any(sign in line for sign in signs)), str(failed))
    return sanitize_and_mask(found).rstrip(".")


def rebase(line: RemoteBranch, *, clean: bool) -> None:
    """Put the local commits on top of the remote's. Raises SyncFailed; then all is as it was before.

    `clean`: whether the checkout has no changes outside data/. With changes nothing is rebased in place.
    """
    git, their_diff = line.git, line.their_diff
    if line.holds(line.tip, their_diff):
        return  # the remote has nothing new
    if not clean and line.holds(their_diff, line.tip):
        return  # and neither have we
    if not clean:
        what = f"{line.checkout.top} has changes outside data/, "
        what += f"and {line.remote} new commits on {line.branch}."
        kept = "The new data is committed on the local branch; the other changes were left alone."
        advice = "Commit or stash them, or check out another branch there; then sync again."
        raise SyncFailed(SyncResult.DIRTY, what, kept, advice)
    before = line.tip
    git_worktree.begin_sync(line.checkout.git_dir)
    try:
        ended = git.ask("rebase", "--no-autostash", their_diff, deadline=REBASE)
        failed = None if ended.status == 0 else GitFailed(failure_reason(ended), ended)
    except GitFailed as late:
        failed = late
    files = conflicts(git) if failed is not None and not failed.late else ()
    if failed is not None:
        _abort(line)
    git_worktree.end_sync(line.checkout.git_dir)
    if failed is None:
        return
    if line.tip != before:
        what = f"The rebase could not be taken back: {line.branch} was {before[:12]}."
        raise SyncFailed(SyncResult.GIT, what)
    kept = f"The rebase was taken back; the new data is committed on the local branch ({before[:12]})."
    if files:
        what = f"{line.remote} has other changes of the same lines: {named(files)}."
        advice = f"git -C {line.checkout.top} rebase {line.remote}/{line.branch}, fix the files, "
        advice += "git add data, git rebase --continue; the next sync pushes it."
        raise SyncFailed(SyncResult.CONFLICT, what, kept, advice)
    ending = SyncResult.LATE if failed.late else result_of(failed.said)
    raise SyncFailed(ending, f"The rebase failed: {failed}.", kept, advice="")


def _abort(line: RemoteBranch) -> None:
    """Take the rebase back. Raises GitFailed, and the note that it is ours stays for the next sync."""
    if line.ours:
        git_worktree.recover_worktree(line.git, line.checkout.git_dir, line.branch)
    elif in_progress(line.checkout.git_dir) == "a rebase":
        line.git.do("rebase", "--abort", deadline=REBASE)


def push(line: RemoteBranch, *, clean: bool) -> None:
    """Push the branch, once more after a new rebase where it was refused. Raises SyncFailed."""
    refused = _push(line)
    if refused is None:
        return
    if fetch(line.git, line.remote, line.branch):
        rebase(line, clean=clean)
    refused = _push(line)
    if refused is not None:
        raise SyncFailed(SyncResult.REJECTED, f"{line.remote} refused the push twice: {refused}.", COMMITTED)


def _push(line: RemoteBranch) -> str | None:
    """None for a push that went through, else the remote's words for why it refused it."""
    ref = f"refs/heads/{line.branch}"
    words = ("push", "--porcelain", "--no-force-with-lease", "--recurse-submodules=no", "--", line.remote)
    git = line.git
    ended = git.ask(*words, f"{ref}:{ref}", deadline=PUSH, extra=git.over_ssh())
    if ended.status == 0:
        return None
    failed = GitFailed(failure_reason(ended), ended)
    ending = result_of(failed.said)
    if ending is not SyncResult.REJECTED:
        if ending is SyncResult.GIT:
            raise SyncFailed(ending, f"The push failed: {failed}.", COMMITTED)
        _unreached(failed, line.remote)
    telling = [text for text in failed.said.splitlines() if text.startswith(("!", "remote:"))]
    return "; ".join(sanitize_and_mask(" ".join(text.split())) for text in telling[:3]) or str(failed)


def prove(line: RemoteBranch) -> str:
    """The commit that the remote shows, which holds ours. Raises SyncFailed where it does not."""
    tip = line.tip
    shows = on_remote(line.git, line.remote, line.branch)
    if shows == tip:
        return tip
    # Somebody else may have pushed on top of it just now.
    if shows and fetch(line.git, line.remote, line.branch) and line.holds(line.their_diff, tip):
        return tip
    what = f"{line.remote} shows {shows[:12] or 'no such branch'} and not {tip[:12]} for {line.branch}."
    raise SyncFailed(SyncResult.UNPROVEN, what, COMMITTED, f"Look: git ls-remote {line.remote} {line.branch}")
