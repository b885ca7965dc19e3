"""FT70x: the git automation of the federation: its key, its remote, its branch, and what was not pushed.

Only where `fedtui setup --git` put it there. Git and ssh are asked as the schedule would run them; the remote
itself is asked by `fedtui check`, and in the dashboard only when the user has the doctor look again.
"""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fedtui.health.checks import CheckReport, check, error_rule, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeFailed
from fedtui.model import Job, Severity, Snapshot, Unchecked
from fedtui.runs.cron_environment import CronAccount, job_environment
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.system.git_checkout import (
    LIST_WORKTREES,
    NOTE,
    SSH_OPTIONS,
    in_progress,
    kept_ref,
    own_worktree,
    read_worktrees,
    worktree_path,
)
from fedtui.system.program import Ended, ProgramError
from fedtui.system.ssh_key import SshFacts, free_key_path, ssh_facts, ssh_place, ssh_words

if TYPE_CHECKING:
    from fedtui.pack import Pack

SYNC_KEY = error_rule(
    "FT701",
    "no key that the git sync can use",
    "A schedule has no agent, and nobody to type a passphrase or touch a token: without a key that opens by "
    "itself nothing reaches the remote.",
    "Make a key for the federation without a passphrase, and give its public half to the remote.",
)
SYNC_REMOTE = warning_rule(
    "FT702",
    "the remote is no SSH remote",
    "Over https git wants a password or a token, which a schedule cannot type; without a remote there is "
    "nowhere to push to.",
    "Give the remote its SSH URL: git remote set-url.",
)
SYNC_UNREACHED = warning_rule(
    "FT703",
    "the remote cannot be pushed to",
    "Asked as the schedule asks it, without prompts, the remote does not answer or does not let us in. New "
    "data waits on the local branch until it does.",
    "Fix what git says; docs/git-sync.md has each case.",
)
SYNC_BRANCH = error_rule(
    "FT704",
    "the automation branch is in use elsewhere",
    "The git sync commits in a worktree of its own, and git lets a branch be checked out only once.",
    "Switch the other worktree to another branch, or set the federation up with another one.",
)
SYNC_CONFLICT = error_rule(
    "FT705",
    "the data of two machines conflicts",
    "The remote has other changes of the same lines. The git sync took its rebase back and kept the commit; "
    "nothing new reaches the remote until a person has put the two together.",
    "Fix it in fedtui's worktree, as the last run says; docs/git-sync.md shows how.",
)
SYNC_UNPUSHED = warning_rule(
    "FT706",
    "data was committed and not pushed",
    "The commits are on this machine alone, although the git sync has had its time to push them.",
    "Look at how its last run ended: its log says why.",
)
RULES = (SYNC_KEY, SYNC_REMOTE, SYNC_UNREACHED, SYNC_BRANCH, SYNC_CONFLICT, SYNC_UNPUSHED)
_CODES = tuple(rule.code for rule in RULES)

PERIOD = 6 * 3600
"""Seconds between two git syncs."""

LATE = 2 * PERIOD
"""Seconds after which a commit should have been pushed, also when one sync met a remote that was down."""

REMOTE_DEADLINE = 18
"""Seconds for the remote, kept by timeout(1)."""


@check(*RULES)
def git_automation(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT701-FT706."""
    pack = host.pack() if host.is_machine else None
    if pack is None or not pack.git:
        return
    me = pwd.getpwuid(os.geteuid())
    if pack.run_as not in ("", me.pw_name):
        yield Unchecked(
            _CODES,
            "the git automation",
            f"it runs as {pack.run_as}",
            f"Ask as that user: sudo -u {pack.run_as} fedtui check",
        )
        return
    job = next((one for one in snapshot.jobs if one.command and " git-sync " in f"{one.command} "), None)
    look = _Look(pack, host, me)
    try:
        yield from _of_remote(look, job)
        yield from _of_branch(look, job, snapshot)
    except ProbeFailed as unknown:
        yield Unchecked(_CODES, "the git automation", str(unknown))
    except ProgramError as error:
        yield Unchecked((SYNC_KEY.code,), "the key of the git automation", str(error))


class _Look:
    """Git and ssh asked about the pack's checkout."""

    def __init__(self, pack: Pack, host: FileFacts, me: pwd.struct_passwd) -> None:
        self.pack = pack
        self.host = host
        self.home = me.pw_dir
        self._me = me

    def git(self, *words: str) -> Ended:
        return self.host.ask("git", "--no-optional-locks", "-C", self.pack.root, *words)

    def line(self, *words: str) -> str:
        """What git says in one line; empty where it refuses."""
        ended = self.git(*words)
        return os.fsdecode(ended.out).strip() if ended.status == 0 else ""

    def ssh(self, argv: tuple[str, ...]) -> Ended:
        """An ssh program; what a key file says holds as long as the file stays the same."""
        changed = self.host.changed(argv[-1])
        return self.host.ask(*argv, of=None if changed is None else str(changed))

    def from_cron(self, *argv: str) -> Ended:
        """A program in cron's environment, once and when the user looks again."""
        me = self._me
        account = CronAccount(me.pw_name, me.pw_uid, me.pw_gid, me.pw_dir, me.pw_shell)
        given = {**job_environment(account, ()), b"LC_ALL": b"C.UTF-8", b"GIT_TERMINAL_PROMPT": b"0"}
        words = (os.fsdecode(name + b"=" + value) for name, value in given.items())
        return self.host.ask_outside("env", "-i", *words, *argv)


def _of_remote(look: _Look, job: Job | None) -> Iterator[CheckReport]:
    pack = look.pack
    ended = look.git("remote", "get-url", "--push", pack.remote)
    if ended.status:
        said = sanitize_and_mask((ended.said.splitlines() or [f"git ends with {ended.status}"])[0])
        yield SYNC_REMOTE.found(
            f"{pack.root} has no remote {pack.remote}.",
            (said,),
            title="there is no remote to push to",
            fix="Add it: git remote add.",
            severity=Severity.ERROR,
            job=job,
        )
        return
    url = os.fsdecode(ended.out).strip()
    place = ssh_place(url)
    if place is None and url.startswith(("http://", "https://")):
        yield SYNC_REMOTE.found(
            f"{pack.remote} is an https remote, for which a schedule has no password.",
            (sanitize_and_mask(url),),
            job=job,
        )
    ssh = ssh_words(look.line("config", "--get", "core.sshCommand"))
    if place is not None and ssh:
        facts = ssh_facts(place, look.home, look.ssh, ssh)
        yield from _of_key(facts, look.home, job)
    yield from _reached(look, job)


def _of_key(facts: SshFacts, home: str, job: Job | None) -> Iterator[CheckReport]:
    if any(key.opens and not key.in_hand and not key.wide for key in facts.keys):
        return
    evidence = [f"{key.path}  {key.why or 'each use wants a touch'}" for key in facts.keys if not key.wide]
    evidence += [
        f"{key.path}  others may read it: mode bits {key.wide:03o}" for key in facts.keys if key.wide
    ]
    wide = next((key for key in facts.keys if key.wide), None)
    yield SYNC_KEY.found(
        f"ssh finds no key for {facts.host} that opens without a person.",
        tuple(evidence) or (f"not there  {', '.join(facts.looked[:3])}",),
        command=f"ssh-keygen -t ed25519 -N '' -f {shlex.quote(free_key_path(home))}"
        if not facts.keys
        else f"chmod 600 {wide.path}"
        if wide is not None
        else "",
        job=job,
    )


def _reached(look: _Look, job: Job | None) -> Iterator[CheckReport]:
    pack = look.pack
    ssh = look.line("config", "--get", "core.sshCommand") or "ssh"
    words = (f"GIT_SSH_COMMAND={ssh} {SSH_OPTIONS}", "timeout", "--kill-after=1", str(REMOTE_DEADLINE))
    try:
        ended = look.from_cron(*words, "git", "-C", pack.root, "ls-remote", "--", pack.remote, pack.branch)
    except ProbeFailed as unknown:
        reason = str(unknown)
        yield Unchecked(
            (SYNC_UNREACHED.code,),
            f"the remote {pack.remote}",
            reason if not reason.startswith("env ") else "it could not be asked",
        )
        return
    if ended.status == 0:
        return
    lines = [line for line in ended.said.splitlines() if line.strip()]
    late = ended.status in (124, 137)
    yield SYNC_UNREACHED.found(
        f"{pack.remote} does not answer within {REMOTE_DEADLINE} s."
        if late
        else f"{pack.remote} does not let the git sync in.",
        tuple(sanitize_and_mask(line) for line in lines[:4]),
        job=job,
    )


def _of_branch(look: _Look, job: Job | None, snapshot: Snapshot) -> Iterator[CheckReport]:
    pack = look.pack
    common = look.line("rev-parse", "--git-common-dir")
    if not common:
        yield Unchecked(_CODES[3:], pack.root, "git finds no repository there")
        return
    common_dir = Path(os.path.normpath(Path(pack.root, common)))
    places = read_worktrees(look.line(*LIST_WORKTREES))
    mine = os.path.realpath(own_worktree(worktree_path(look.host.state, common_dir), places))
    root = os.path.realpath(pack.root)
    for path, branch in places.items():
        if branch == pack.branch and path not in (mine, root):
            yield SYNC_BRANCH.found(
                f"{pack.branch} is checked out in {path}.",
                (path,),
                command=f"git -C {shlex.quote(path)} switch --detach",
                job=job,
            )
    yield from _of_conflict(look, mine if mine in places else root, job)
    yield from _unpushed(look, job, snapshot)


def _of_conflict(look: _Look, where: str, job: Job | None) -> Iterator[CheckReport]:
    """A commit that was kept aside, something begun and not ended, or two lines that have parted."""
    pack = look.pack
    kept = look.line("rev-parse", "--verify", "--quiet", kept_ref(pack.branch))
    if kept:
        command = f"git -C {shlex.quote(where)} cherry-pick {kept[:12]}"
        yield SYNC_CONFLICT.found(
            f"What is new in data/ does not fit onto {pack.branch}.",
            (f"kept as  {kept[:12]}",),
            command=command,
            job=job,
        )
        return
    git_dir = Path(look.line("-C", where, "rev-parse", "--absolute-git-dir") or "/nonexistent")
    begun = in_progress(git_dir)
    if begun and not (git_dir / NOTE).exists():
        yield SYNC_CONFLICT.found(
            f"{begun.capitalize()} is in progress in {where}, and the git sync waits for its end.",
            (where,),
            title="somebody's rebase holds the git sync up",
            command=f"git -C {shlex.quote(where)} status",
            job=job,
        )
        return
    ours, their_diff = f"refs/heads/{pack.branch}", f"refs/remotes/{pack.remote}/{pack.branch}"
    counts = look.line("rev-list", "--left-right", "--count", f"{ours}...{their_diff}", "--").split()
    if len(counts) == 2 and counts[0] != "0" and counts[1] != "0" and not begun:
        yield SYNC_CONFLICT.found(
            f"{pack.branch} has parted: {counts[0]} commits here, {counts[1]} on {pack.remote}.",
            (where,),
            command=f"git -C {shlex.quote(where)} rebase {pack.remote}/{pack.branch}",
            job=job,
        )


def _unpushed(look: _Look, job: Job | None, snapshot: Snapshot) -> Iterator[CheckReport]:
    pack = look.pack
    ours, their_diff = f"refs/heads/{pack.branch}", f"refs/remotes/{pack.remote}/{pack.branch}"
    there = look.line("rev-parse", "--verify", "--quiet", their_diff)
    # Where the remote never had the branch: what no branch of its has.
    since = f"^{their_diff}" if there else f"--not --remotes={pack.remote}"
    commits = look.line("log", "--format=%ct %h %s", ours, *since.split(), "--").splitlines()
    if not commits:
        return
    age = snapshot.at.timestamp() - min(int(line.split(" ", 1)[0]) for line in commits)
    if age > LATE:
        hours = int(age // 3600)
        yield SYNC_UNPUSHED.found(
            f"{len(commits)} commits of {pack.branch} were not pushed, the oldest for {hours} hours.",
            tuple(sanitize_and_mask(decode(os.fsencode(line)).split(" ", 1)[1]) for line in commits[:5]),
            job=job,
        )
