"""What goes beyond the profile's jobs: commits, rotation, alerts. Each gives jobs, edits and issues.

One that cannot be set up now leaves what exists of it as it is, and is not said to be there where it is not.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedtui.changes.edits import Edit, RemoteUrlEdit, WorktreeEdit, resource_keys
from fedtui.federation.alerts.alert_job import alert_changes
from fedtui.federation.git.git_job import git_plan
from fedtui.federation.git.ssh_check import check_remote
from fedtui.federation.job_account import JobAccount, account_of
from fedtui.federation.log_folder import log_issues
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.rotation.rotation import KEY, pack_logs, rotation, rotation_gone
from fedtui.federation.setup.preflight import Preflight
from fedtui.federation.setup_issue import SetupIssue, note_issue
from fedtui.model import Severity
from fedtui.pack import Pack
from fedtui.ports import Ports
from fedtui.system.git_checkout import (
    Git,
    GitEnvironment,
    GitFailed,
    checkout_state,
    list_worktrees,
    worktree_path,
)
from fedtui.system.in_thread import in_thread


@dataclass(frozen=True, slots=True)
class AddedJob:
    """A job with the backend it belongs on and whom it runs as there (empty: the user who sets up)."""

    job: ManagedJob
    backend: str
    run_as: str


@dataclass(frozen=True, slots=True)
class Additions:
    """All additions together.

    `done` are the keys of those that are set up. The others cannot be now: what exists of those in `left`
    stays, and those in `missing` go. `edits` come before the jobs. `url_before` is the remote's URL from
    before, where an edit changes it.
    """

    jobs: tuple[AddedJob, ...] = ()
    edits: tuple[Edit, ...] = ()
    issues: tuple[SetupIssue, ...] = ()
    left: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    url_before: str = ""

    @property
    def failures(self) -> tuple[str, ...]:
        """Why what was asked for is not to be had, with what to do, for the plan to say."""
        errors = (issue for issue in self.issues if issue.severity is Severity.ERROR)
        return tuple(f"{issue.text} {issue.advice}".rstrip() for issue in errors)


async def additions_of(pack: Pack, preflight: Preflight, ports: Ports) -> Additions:
    """What `pack`, as it is to be, wants beside its jobs. Raises Refused."""
    git = await _git(pack, preflight, ports)
    alert = await _alert(pack, ports)
    logs = [Path(one.job.log) for one in (*git.jobs, *alert.jobs) if one.job.log]
    logs = [*pack_logs(preflight.profile, preflight.logs.path, pack.adopted), *logs]
    rotate = await _rotate(pack, preflight, logs, ports)
    every = (git, rotate, alert)
    return Additions(
        jobs=tuple(job for one in every for job in one.jobs),
        edits=tuple(edit for one in every for edit in one.edits),
        issues=tuple(issue for one in every for issue in one.issues),
        left=frozenset(key for one in every for key in one.left),
        done=frozenset(key for one in every for key in one.done),
        missing=frozenset(key for one in every for key in one.missing),
        url_before=git.url_before,
    )


async def _git(pack: Pack, preflight: Preflight, ports: Ports) -> Additions:
    was, owner, environment = preflight.was, preflight.owner, preflight.environment
    ssh_url = preflight.request.ssh_url
    if not pack.git:
        return Additions(edits=await git_gone(was, ports) if was is not None and was.git else ())
    log_dir = pack.log_dir if pack.backend == "cron" else ""
    found = await git_plan(Path(pack.root), pack.remote, pack.branch, log_dir, owner, environment, ports)
    offered = [edit for edit in found.offered if isinstance(edit, RemoteUrlEdit)]
    issues = [*found.issues, *await _of_log(found.job, owner)]
    if offered and ssh_url:
        other = await asyncio.to_thread(_over_ssh, pack, offered[0], owner, environment)
        issues = [*(one for one in issues if one not in other[0]), *other[1]]
    elif offered:
        advice = "--ssh-url sets it for you, and --remove sets it back."
        issues.append(note_issue(f"The same over SSH: {offered[0].after}", "git", advice))
    if any(issue.severity is Severity.ERROR for issue in issues):
        return Additions(issues=tuple(issues), left=frozenset({"git"}))
    taken = offered if ssh_url else []
    moved = was is not None and was.git and was.branch != pack.branch
    gone = await git_gone(was, ports) if was is not None and moved else ()
    return Additions(
        jobs=(AddedJob(found.job, pack.backend, owner.run_as),),
        edits=(*taken, *gone, *found.edits),
        issues=tuple(issues),
        done=frozenset({"git"}),
        url_before=taken[0].before if taken else "",
    )


@in_thread
def _of_log(job: ManagedJob, owner: JobAccount) -> list[SetupIssue]:
    """What keeps the job from writing its log."""
    log = Path(job.log)
    return list(log_issues(log.parent, [(job.key, log.name)], owner)) if job.log else []


def _over_ssh(
    pack: Pack, url: RemoteUrlEdit, owner: JobAccount, environment: Mapping[bytes, bytes]
) -> tuple[list[SetupIssue], list[SetupIssue]]:
    """What is said of the remote as it is, and what of it once it has its SSH URL. Blocking."""
    given = GitEnvironment.to(environment, owner.uid, owner.gid)
    git = Git(Path(pack.root), given=given)
    now = check_remote(git, pack.remote, url.before, pack.branch, owner, given)
    return list(now), list(check_remote(git, url.after, url.after, pack.branch, owner, given))


async def _rotate(pack: Pack, preflight: Preflight, logs: Sequence[Path], ports: Ports) -> Additions:
    owner = preflight.owner
    rotated = preflight.was is not None and preflight.was.rotate
    gone = await rotation_gone(ports, rotated=rotated)
    if not pack.rotate:
        return Additions(edits=gone.edits, issues=gone.issues) if rotated else Additions()
    found = await rotation(pack, logs, owner, ports)
    jobs = tuple(AddedJob(job, pack.backend, owner.run_as) for job in found.jobs)
    if found.by:
        return Additions(jobs, found.edits, found.issues, done=frozenset({KEY}))
    # An earlier rotation that cannot continue is removed, and its job as well.
    written = {about for edit in found.edits for about in resource_keys(edit)}
    edits = (*found.edits, *(edit for edit in gone.edits if not resource_keys(edit) & written))
    return Additions(jobs, edits, found.issues, missing=frozenset({KEY}))


async def _alert(pack: Pack, ports: Ports) -> Additions:
    found = await alert_changes(pack, ports)
    if found.job is None:
        failed = any(issue.severity is Severity.ERROR for issue in found.issues)
        return Additions(issues=found.issues, left=frozenset({"alert"} if failed else ()))
    issues = (*found.issues, *await _of_log(found.job, account_of("", ports)))
    if any(issue.severity is Severity.ERROR for issue in issues):
        return Additions(issues=issues, left=frozenset({"alert"}))
    jobs = (AddedJob(found.job, found.backend, ""),)
    return Additions(jobs, issues=issues, done=frozenset({"alert"}))


@in_thread
def git_gone(pack: Pack, ports: Ports) -> tuple[Edit, ...]:
    """The edits that take fedtui's own worktree of ROOT away; the branch and its commits stay."""
    git = Git(Path(pack.root))
    try:
        checkout = checkout_state(git)
        there = list_worktrees(git)
    except GitFailed:
        return ()  # ROOT is no checkout any more: there is nothing of it to take away
    path = worktree_path(ports.config.state, checkout.common_dir)
    if os.path.realpath(path) not in {os.path.realpath(one) for one in there}:
        return ()
    return (WorktreeEdit(str(checkout.top), str(path), pack.branch, there=False, remote=pack.remote),)
