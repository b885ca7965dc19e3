"""The git sync, as a schedule runs it: the sync script, then ROOT's data/ on the automation branch, then the
remote. What was pushed is looked for there; without that proof nothing is called ok.

The user's checkout is never switched and never reset, and of it only data/ is read; where ROOT itself has the
branch checked out it is committed in place. One sync of a repository at a time: a lock in its .git.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fedtui.config import ConfigError, repair
from fedtui.federation.git import carry_data as git_data
from fedtui.federation.git import commit as git_commit
from fedtui.federation.git import publish as git_publish
from fedtui.federation.git import worktree as git_worktree
from fedtui.federation.git.publish import RemoteBranch
from fedtui.federation.git.run_script import PassOutput, SyncScript, find_script, run_script
from fedtui.federation.git.sync_result import SyncFailed, SyncResult, result_of
from fedtui.model import Outcome, Result
from fedtui.pack import Pack
from fedtui.results import Rules
from fedtui.schedule.patterns import counted
from fedtui.system import lock_file
from fedtui.system.git_checkout import (
    NOTE,
    CancelFlag,
    Checkout,
    Git,
    GitFailed,
    checkout_state,
    remote_url,
    worktree_path,
)

BRANCH = "automation/federated-sync"
SCRIPT_DEADLINE = 3600.0
"""Seconds that the sync script may take."""

IN_ALL = 2 * 3600.0
"""Seconds after which no further step is begun."""

COMMITTED_ON = re.compile(r"Federated data sync .* on (\S+)")
"""The subject of a sync's commit; its group is the host."""

LOCK = "fedtui-git-sync.lock"
LOCKED = ".git/index.lock"
"""What a git that was killed leaves in the user's own checkout; whose it is nobody can tell."""


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What is to be synced. `root` is absolute, `state` fedtui's state folder, `rules` judge the script."""

    root: Path
    state: Path
    rules: Rules
    remote: str = "origin"
    branch: str = BRANCH
    pack: Pack | None = None
    dry_run: bool = False
    script_deadline: float = SCRIPT_DEADLINE
    in_all: float = IN_ALL


@dataclass(slots=True)
class SyncReport:
    """How a sync ended, and what it did; `notes` deserve a look. `commit` is what the remote has now."""

    ending: SyncResult = SyncResult.OK
    message: str = ""
    kept: str = ""
    advice: str = ""
    notes: list[str] = field(default_factory=list)
    script: Result | None = None
    files: int = 0
    commit: str = ""
    worktree: str = ""


OnLine = Callable[[str], None]


class GitSync:
    """One run of the git sync. `tell` is given lines as they come, `passed` what the script prints."""

    def __init__(
        self, order: SyncRequest, tell: OnLine, passed: PassOutput, stop: CancelFlag | None = None
    ) -> None:
        self.order = order
        self.report = SyncReport()
        self.stop = stop or CancelFlag()
        self._tell = tell
        self._passed = passed
        self._git = Git(order.root, stop=self.stop)
        self._until = time.monotonic() + order.in_all

    def run(self) -> SyncReport:
        """Do it. Blocking. What the world does wrong is in the report, never an exception."""
        try:
            self._run()
        except SyncFailed as failed:
            self._failed(failed)
        except GitFailed as failed:
            ending = SyncResult.LATE if failed.late else result_of(failed.said)
            advice = f"If no git is at work there: rm {LOCKED}" if LOCKED in failed.said else None
            self._failed(SyncFailed(ending, f"git: {failed}.", advice=advice))
        except OSError as error:
            self._failed(SyncFailed(SyncResult.GIT, f"{error}.", advice=repair(self.order.state)))
        except ConfigError as error:
            self._failed(SyncFailed(SyncResult.REFUSED, f"{error}."))
        return self.report

    def _failed(self, failed: SyncFailed) -> None:
        if self.stop.asked:
            what = "The sync was ended from outside."
            failed = SyncFailed(SyncResult.STOPPED, what, failed.kept, failed.advice)
        self.report.ending = failed.ending
        self.report.message = failed.message
        self.report.kept, self.report.advice = failed.kept, failed.advice

    def _run(self) -> None:
        order = self.order
        checkout = checkout_state(self._git)
        self._usable(checkout)
        script = find_script(order.root, order.pack)
        if script is None:
            what = f"There is no sync script in {order.root}, scripts/ or scripts/data/."
            advice = "fedtui setup tells which names are looked for."
            raise SyncFailed(SyncResult.SCRIPT, what, "Nothing was committed.", advice)
        if order.dry_run:
            self._would(checkout, script)
            return
        busy = SyncFailed(SyncResult.BUSY, f"Another git sync of {order.root} is already running.")
        with lock_file.hold(checkout.common_dir / LOCK, busy=busy):
            checkout = self._recovered(checkout)
            self._run_script(script)
            self._sync(checkout)

    def _usable(self, checkout: Checkout) -> None:
        if not remote_url(self._git, self.order.remote):
            root, remote = self.order.root, self.order.remote
            what, advice = f"{root} has no remote {remote}.", f"git -C {root} remote add {remote} URL"
            raise SyncFailed(SyncResult.REFUSED, what, advice=advice)
        if not checkout.head:
            raise SyncFailed(SyncResult.REFUSED, f"{self.order.root} has no commit yet.")
        for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            if self._git.ask("var", who).status:
                raise SyncFailed(SyncResult.IDENTITY, SyncResult.IDENTITY.text, "Nothing was run.")

    def _recovered(self, checkout: Checkout) -> Checkout:
        """The checkout after a rebase in place that a killed sync left in it was taken back."""
        note = checkout.git_dir / NOTE
        if note.exists() and checkout.in_progress == "a rebase":
            self._tell("taking back the rebase of a sync that was killed")
            self._git.do("rebase", "--abort", deadline=git_publish.REBASE)
        note.unlink(missing_ok=True)
        return checkout_state(self._git)

    def _run_script(self, script: SyncScript) -> None:
        self._tell(f"running {script.path}")
        order = self.order
        deadline = min(order.script_deadline, order.in_all)
        result = run_script(script, order.root, order.rules, self._passed, self.stop, deadline)
        self.report.script = result
        if result.outcome is Outcome.SKIPPED:
            self.report.notes.append(f"{script.path.name} did nothing: {'; '.join(result.reasons)}")
        elif result.outcome is Outcome.WARNINGS:
            self.report.notes.append(f"{script.path.name}: {result.reasons[0]}")

    def _sync(self, checkout: Checkout) -> None:
        order, report = self.order, self.report
        in_place = checkout.branch == order.branch
        if in_place and checkout.in_progress:
            what = f"{checkout.in_progress.capitalize()} is in progress in {checkout.top}."
            kept = "It was left alone; nothing was committed."
            raise SyncFailed(SyncResult.DIRTY, what, kept, f"End it: git -C {checkout.top} status tells how.")
        data = git_data.list_data(self._git, order.root, checkout)
        report.notes += data.notes
        their_diff, unreached = self._fetched()
        if unreached is not None and not self._has_branch():
            raise unreached  # a branch made now might have nothing in common with the remote's
        line = RemoteBranch(self._git.at(checkout.top), checkout, order.remote, order.branch, ours=False)
        if in_place:
            report.files = git_commit.commit_in_place(self._git, checkout, _message())
        else:
            path = worktree_path(order.state, checkout.common_dir)
            mine, own = git_worktree.open_worktree(self._git, path, order.branch, order.remote)
            report.worktree = str(own.top)
            report.files = git_commit.commit_in_worktree(
                self._git, checkout, mine, own, order.branch, data, _message()
            )
            line = RemoteBranch(mine, own, order.remote, order.branch, ours=True)
        if report.files:
            self._tell(f"committed {counted(report.files, 'file')} on {order.branch}")
        if unreached is not None:
            raise unreached
        self._publish(line, their_diff, clean=not in_place or self._clean_outside_data(checkout))

    def _fetched(self) -> tuple[str, SyncFailed | None]:
        """The remote's branch, fetched; why it could not be, for the new data is committed all the same."""
        self._in_time()
        try:
            return git_publish.fetch(self._git, self.order.remote, self.order.branch), None
        except SyncFailed as failed:
            return "", failed

    def _has_branch(self) -> bool:
        order = self.order
        names = (f"refs/heads/{order.branch}", f"refs/remotes/{order.remote}/{order.branch}")
        return any(self._git.commit(name) for name in names)

    def _publish(self, line: RemoteBranch, their_diff: str, *, clean: bool) -> None:
        self._in_time()
        report, order = self.report, self.order
        if their_diff:
            git_publish.rebase(line, clean=clean)
        pushed = not their_diff or not line.holds(their_diff, line.tip)
        if pushed:
            self._in_time()
            git_publish.push(line, clean=clean)
            self._tell(f"pushed to {order.remote}")
        report.commit = git_publish.prove(line)
        report.ending = SyncResult.WARNINGS if report.notes else SyncResult.OK
        skipped = report.script is not None and report.script.outcome is Outcome.SKIPPED
        if skipped and not pushed:
            report.ending = SyncResult.SKIPPED
        what = "commits of earlier syncs were pushed" if pushed else "no new data"
        what = f"{counted(report.files, 'file')} committed" if report.files else what
        report.message = f"{what}; {order.remote} has {report.commit[:12]} on {order.branch}"

    def _clean_outside_data(self, checkout: Checkout) -> bool:
        words = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules", "--", ".")
        excluded = f":(exclude,top){checkout.prefix}{git_data.FOLDER}"
        return not self._git.at(checkout.top).do(*words, excluded)

    def _in_time(self) -> None:
        if time.monotonic() > self._until:
            what = f"The sync took longer than {self.order.in_all:g} s in all."
            raise SyncFailed(SyncResult.LATE, what, "What was committed is on the local branch.")

    def _would(self, checkout: Checkout, script: SyncScript) -> None:
        order = self.order
        in_place = checkout.branch == order.branch
        path = worktree_path(order.state, checkout.common_dir)
        data = git_data.list_data(self._git, order.root, checkout)
        where = "in place" if in_place else f"in the worktree {path}"
        self._tell(f"would run {script.path} in {order.root}")
        files = counted(len(data.paths), "file")
        self._tell(f"would commit {git_data.FOLDER}/ ({files}) on {order.branch} {where}")
        self._tell(
            f"would rebase it on {order.remote}, push it without force, and look for it with ls-remote"
        )
        self.report.notes += data.notes
        self.report.message = "dry run: nothing was run, committed or pushed"


def _message() -> str:
    now = datetime.now().astimezone()
    return f"Federated data sync {now:%Y-%m-%d %H:%M:%S %z} on {socket.gethostname()}"
