"""The git automation as the set-up schedules it: its job, its edits, and what is in its way.

Optional, and with a warning: it makes a commit every six hours.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fedtui.changes.edits import Edit, RemoteUrlEdit, WorktreeEdit
from fedtui.federation.git.ssh_check import KEY, check_remote, ssh_url_of
from fedtui.federation.git.sync import BRANCH, COMMITTED_ON
from fedtui.federation.job_account import JobAccount
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.scheduled_environment import scheduled_environment
from fedtui.federation.setup_issue import SetupIssue, error_issue, note_issue, warning_issue
from fedtui.ports import Ports
from fedtui.safe_text import sanitize_and_mask
from fedtui.system.git_checkout import (
    Git,
    GitEnvironment,
    GitFailed,
    checkout_state,
    configured_url,
    list_worktrees,
    own_worktree,
    remote_url,
    worktree_path,
)
from fedtui.system.in_thread import in_thread
from fedtui.system.program import ProgramError
from fedtui.system.self_command import installed_command

SCHEDULE = "0 */6 * * *"
LOG = "federated-git.log"
WARNING = (
    "The git automation commits and pushes up to four times a day, without anybody looking. It keeps to a "
    "branch of its own; merge it by hand when you have looked."
)


@dataclass(frozen=True, slots=True)
class GitChanges:
    """What the set-up adds for git: the job, and the edits that come before it. Issues of the job's key.

    `offered` is a change that helps and that the user has to want (an SSH URL in place of https).
    """

    job: ManagedJob
    edits: tuple[Edit, ...]
    issues: tuple[SetupIssue, ...]
    offered: tuple[Edit, ...] = ()


def _of_branch(git: Git, remote: str, branch: str) -> Iterator[SetupIssue]:
    """What is wrong with the branch's name, and whether another host commits on it."""
    if git.ask("check-ref-format", "--branch", branch).status:
        yield error_issue(
            f"{sanitize_and_mask(branch)} is no name of a branch.", KEY, "git help check-ref-format"
        )
        return
    own = socket.gethostname()
    said = git.answer("log", "-200", "--format=%s", f"refs/remotes/{remote}/{branch}", "--")
    others = [found[1] for line in said.splitlines() if (found := COMMITTED_ON.fullmatch(line))]
    foreign = next((host for host in others if host != own), "")
    if foreign:
        text = (
            f"{sanitize_and_mask(foreign)} commits on {branch}, too: files that each host rewrites conflict."
        )
        yield warning_issue(text, KEY, f"A branch for each host: --branch {BRANCH}-{own}")


def _starts(given: GitEnvironment, owner: JobAccount) -> Iterator[SetupIssue]:
    """Whether the schedule will find this fedtui: in its environment, as its user."""
    command = (*installed_command(), "--version")
    try:
        ended = given.run(command, deadline=20.0)
        said = "" if ended.status == 0 else (ended.said.splitlines() or [f"exit {ended.status}"])[-1]
    except ProgramError as error:
        said = str(error)
    if said:
        text = f"{command[0]} does not start as {owner.name} in the schedule's environment: "
        text += sanitize_and_mask(said)
        yield error_issue(text, KEY, "Install fedtui where that user finds it, e.g. with pipx.")


def git_job(
    root: Path, log_dir: str, remote: str = "origin", branch: str = BRANCH, *, own: bool = True
) -> ManagedJob:
    """The job; `log_dir` empty for a timer's journal. `own`: it runs as the user who sets it up."""
    more: tuple[str, ...] = ("--remote", remote) if remote != "origin" else ()
    more += ("--branch", branch) if branch != BRANCH else ()
    return ManagedJob(
        key=KEY,
        name="federated-git",
        description="Commit and push of the federation's data",
        argv=(*installed_command(), "git-sync", "--root", str(root), *more),
        schedule=SCHEDULE,
        log=str(Path(log_dir) / LOG) if log_dir else "",
        spread=300,
        environment=scheduled_environment() if own else {},
    )


@in_thread
def git_plan(
    root: Path,
    remote: str,
    branch: str,
    log_dir: str,
    owner: JobAccount,
    given_to_it: Mapping[bytes, bytes],
    ports: Ports,
    *,
    ssh_url: bool = False,
) -> GitChanges:
    """The git automation of ROOT for `owner`, in the environment that the scheduler gives it. Writes nothing.

    `ssh_url`: the remote is asked by the SSH URL that is offered in place of an https one. It takes up to
    half a minute where the remote does not answer.
    """
    given = GitEnvironment.to(given_to_it, owner.uid, owner.gid)
    job = git_job(root, log_dir, remote, branch, own=owner.own)
    git = Git(root, given=given)
    try:
        checkout = checkout_state(git)
        url = remote_url(git, remote)
        written = configured_url(git, remote)
        there = list_worktrees(git)
    except GitFailed as failed:
        said = error_issue(f"{root} cannot be used by git: {failed}.", KEY, f"git -C {root} status")
        return GitChanges(job, (), (said,))
    issues = [note_issue(WARNING, KEY), *_starts(given, owner), *_of_branch(git, remote, branch)]
    better = ssh_url_of(url)
    asked = better if ssh_url and better else url
    issues += check_remote(git, remote, asked, branch, owner, given)
    edits: list[Edit] = []
    usual = worktree_path(ports.config.state, checkout.common_dir)
    path = own_worktree(usual, there)
    ours = (os.path.realpath(path), os.path.realpath(checkout.top))
    elsewhere = next((at for at, name in there.items() if name == branch and at not in ours), "")
    if elsewhere:
        advice = f"git worktree remove {elsewhere}, or switch it to another branch"
        issues.append(error_issue(f"{branch} is checked out in {elsewhere}.", KEY, advice))
    elif checkout.branch == branch:
        issues.append(note_issue(f"{root} has {branch} checked out: commits are made in place.", KEY))
    elif owner.own and checkout.head and path == usual:
        edits.append(WorktreeEdit(str(checkout.top), str(path), branch, there=True, remote=remote))
    # Where git pushes elsewhere than the remote's own URL says, another URL there changes nothing.
    offered = (RemoteUrlEdit(str(checkout.top), remote, url, better),) if better and url == written else ()
    return GitChanges(job, tuple(edits), tuple(issues), offered)
