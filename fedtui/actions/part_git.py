"""Parts of a compound change that are git's: a remote's URL, and a worktree beside the user's checkout.

Git does both itself, without a terminal and within a deadline; the user's own checkout is never switched,
reset or written to. Blocking.
"""

from __future__ import annotations

import os
from pathlib import Path

from fedtui.actions.parts import RemoteUrl, Worktree
from fedtui.actions.plan import Refused, Stands
from fedtui.safe_text import decode, shown
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


def stands(part: RemoteUrl | Worktree) -> Stands:
    """How the repository is to the part now."""
    if isinstance(part, RemoteUrl):
        asked = git(part.repository, "config", "--get", f"remote.{part.remote}.url")
        return Stands.of(decode(asked.out).rstrip("\n"), part.before, part.after)
    branch = worktrees(part.repository).get(os.path.realpath(part.path))
    there = branch is not None and Path(part.path).is_dir()
    if there and branch != part.branch:
        return Stands.OTHER
    if not there and os.path.lexists(part.path) and any(Path(part.path).iterdir()):
        return Stands.OTHER
    return Stands.AFTER if there == part.there else Stands.BEFORE


def worktrees(repository: str) -> dict[str, str]:
    """The worktrees of a repository: real paths, and the branch checked out there ("" for none)."""
    return read_worktrees(os.fsdecode(_done(git(repository, *LIST_WORKTREES), repository).out))


def command(part: RemoteUrl | Worktree) -> tuple[str, ...]:
    """The words after `git -C REPOSITORY` that make the part. Asks which branches there are."""
    if isinstance(part, RemoteUrl):
        return "remote", "set-url", part.remote, part.after
    if not part.there:
        return "worktree", "remove", "--", part.path
    if _has(part.repository, f"refs/heads/{part.branch}"):
        return "worktree", "add", "--", part.path, part.branch
    theirs = f"{part.remote}/{part.branch}"
    start = theirs if _has(part.repository, f"refs/remotes/{theirs}") else "HEAD"
    return "worktree", "add", "--no-track", "-b", part.branch, "--", part.path, start


def make(part: RemoteUrl | Worktree) -> None:
    """Have git do it, and look whether it did."""
    if isinstance(part, Worktree) and part.there:
        _forget(part)
    _done(git(part.repository, *command(part)), part.repository)
    if stands(part) is not Stands.AFTER:
        raise Refused(f"git says that it is done, and {part.repository} is not as it should be.")


def _forget(part: Worktree) -> None:
    """Have git forget a worktree at that place whose folder is gone, where it knows one.

    `prune` would do, and would drop other worktrees whose disk is not mounted.
    """
    if os.path.realpath(part.path) in worktrees(part.repository):
        _done(git(part.repository, "worktree", "remove", "--force", "--", part.path), part.repository)


def _has(repository: str, name: str) -> bool:
    return git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").status == 0


def _done(ended: Ended, repository: str) -> Ended:
    if ended.status:
        said = ended.said.splitlines()
        words = shown((said or ["it does not say why"])[-1]).rstrip(".")
        raise Refused(f"git refuses in {repository}: {words}.")
    return ended
