"""Parts of a compound change that are git's: a remote's URL, and a worktree beside the user's checkout.

Git does both itself, without a terminal and within a deadline; the user's own checkout is never switched,
reset or written to. Blocking.
"""

from __future__ import annotations

import os
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.edits import RemoteUrlEdit, WorktreeEdit
from fedtui.changes.plan import EditState
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.system.git_checkout import LIST_WORKTREES, GitEnvironment, read_worktrees
from fedtui.system.program import Ended, ProgramError, run_program

DEADLINE = 120.0
"""Seconds: a worktree of a large repository is written to the disk."""

_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def git(repository: str, *words: str) -> Ended:
    """Run git in a repository. Raises Refused where it cannot be run or is late."""
    given = GitEnvironment.of_owner(Path(repository))
    try:
        if given is not None:
            quiet = {os.fsencode(name): os.fsencode(value) for name, value in _QUIET.items()}
            argv = (*given.prefix, "git", "-C", repository, *words)
            return run_program(argv, env={**given.env, **quiet}, deadline=DEADLINE)
        return run_program(["git", "-C", repository, *words], extra=_QUIET, deadline=DEADLINE)
    except ProgramError as error:
        raise Refused(f"{error}.") from error


def state_of(part: RemoteUrlEdit | WorktreeEdit) -> EditState:
    """How the repository is to the part now."""
    if isinstance(part, RemoteUrlEdit):
        asked = git(part.repository, "config", "--get", f"remote.{part.remote}.url")
        return EditState.of(decode(asked.out).rstrip("\n"), part.before, part.after)
    branch = worktrees_of(part.repository).get(os.path.realpath(part.path))
    there = branch is not None and Path(part.path).is_dir()
    if there and branch != part.branch:
        return EditState.OTHER
    if not there and os.path.lexists(part.path) and any(Path(part.path).iterdir()):
        return EditState.OTHER
    return EditState.AFTER if there == part.there else EditState.BEFORE


def worktrees_of(repository: str) -> dict[str, str]:
    """The worktrees of a repository: real paths, and the branch checked out there ("" for none)."""
    return read_worktrees(os.fsdecode(_done(git(repository, *LIST_WORKTREES), repository).out))


def git_command(part: RemoteUrlEdit | WorktreeEdit) -> tuple[str, ...]:
    """The words after `git -C REPOSITORY` that make the part. Asks which branches there are."""
    if isinstance(part, RemoteUrlEdit):
        return "remote", "set-url", part.remote, part.after
    if not part.there:
        return "worktree", "remove", "--", part.path
    if _has(part.repository, f"refs/heads/{part.branch}"):
        return "worktree", "add", "--", part.path, part.branch
    their_diff = f"{part.remote}/{part.branch}"
    start = their_diff if _has(part.repository, f"refs/remotes/{their_diff}") else "HEAD"
    return "worktree", "add", "--no-track", "-b", part.branch, "--", part.path, start


def apply_git_edit(part: RemoteUrlEdit | WorktreeEdit) -> None:
    """Have git do it, and look whether it did."""
    if isinstance(part, WorktreeEdit) and part.there:
        _forget(part)
    _done(git(part.repository, *git_command(part)), part.repository)
    if state_of(part) is not EditState.AFTER:
        raise Refused(f"git says that it is done, and {part.repository} is not as it should be.")


def _forget(part: WorktreeEdit) -> None:
    """Have git forget a worktree at that place whose folder is gone, where it knows one.

    `prune` would do, and would drop other worktrees whose disk is not mounted.
    """
    if os.path.realpath(part.path) in worktrees_of(part.repository):
        _done(git(part.repository, "worktree", "remove", "--force", "--", part.path), part.repository)


def _has(repository: str, name: str) -> bool:
    return git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").status == 0


def _done(ended: Ended, repository: str) -> Ended:
    if ended.status:
        said = ended.said.splitlines()
        words = sanitize_and_mask((said or ["it does not say why"])[-1]).rstrip(".")
        raise Refused(f"git refuses in {repository}: {words}.")
    return ended
