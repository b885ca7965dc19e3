"""Edits that are git's: a remote's URL, and a worktree beside the user's checkout.

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


def state_of(edit: RemoteUrlEdit | WorktreeEdit) -> EditState:
    """How the repository is to the edit now."""
    if isinstance(edit, RemoteUrlEdit):
        asked = git(edit.repository, "config", "--get", f"remote.{edit.remote}.url")
        return EditState.of(decode(asked.out).rstrip("\n"), edit.before, edit.after)
    branch = worktrees_of(edit.repository).get(os.path.realpath(edit.path))
    there = branch is not None and Path(edit.path).is_dir()
    if there and branch != edit.branch:
        return EditState.OTHER
    if not there and _holds_something(Path(edit.path)):
        return EditState.OTHER
    return EditState.AFTER if there == edit.there else EditState.BEFORE


def _holds_something(path: Path) -> bool:
    try:
        return any(path.iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return True  # a file, or what cannot be looked into


def worktrees_of(repository: str) -> dict[str, str]:
    """The worktrees of a repository: real paths, and the branch checked out there ("" for none)."""
    return read_worktrees(os.fsdecode(_done(git(repository, *LIST_WORKTREES), repository).out))


def git_command(edit: RemoteUrlEdit | WorktreeEdit) -> tuple[str, ...]:
    """The words after `git -C REPOSITORY` that make the edit. Asks which branches there are."""
    if isinstance(edit, RemoteUrlEdit):
        return "remote", "set-url", edit.remote, edit.after
    if not edit.there:
        return "worktree", "remove", "--", edit.path
    if _has(edit.repository, f"refs/heads/{edit.branch}"):
        return "worktree", "add", "--", edit.path, edit.branch
    remote_branch = f"{edit.remote}/{edit.branch}"
    start = remote_branch if _has(edit.repository, f"refs/remotes/{remote_branch}") else "HEAD"
    return "worktree", "add", "--no-track", "-b", edit.branch, "--", edit.path, start


def apply_git_edit(edit: RemoteUrlEdit | WorktreeEdit) -> None:
    """Have git do it, and look whether it did."""
    if isinstance(edit, WorktreeEdit) and edit.there:
        _forget(edit)
    _done(git(edit.repository, *git_command(edit)), edit.repository)
    if state_of(edit) is not EditState.AFTER:
        raise Refused(f"git says that it is done, and {edit.repository} is not as it should be.")


def _forget(edit: WorktreeEdit) -> None:
    """Have git forget a worktree at that place whose folder is gone, where it knows one.

    `prune` would do, and would drop other worktrees whose disk is not mounted.
    """
    if os.path.realpath(edit.path) in worktrees_of(edit.repository):
        _done(git(edit.repository, "worktree", "remove", "--force", "--", edit.path), edit.repository)


def _has(repository: str, name: str) -> bool:
    return git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").status == 0


def _done(ended: Ended, repository: str) -> Ended:
    if ended.status:
        said = ended.said.splitlines()
        words = sanitize_and_mask((said or ["it does not say why"])[-1]).rstrip(".")
        raise Refused(f"git refuses in {repository}: {words}.")
    return ended
