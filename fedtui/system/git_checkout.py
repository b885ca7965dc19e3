"""Git asked about a checkout: what is checked out or in progress, its worktrees and its remotes.

Git is run without a terminal, without prompts and within a deadline; what it must not be asked for (a
password, a passphrase, the key of an unknown host) makes it fail instead. Nothing here writes. Blocking.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.system.program import Ended, ProgramError, run_program

DEADLINE = 60.0
"""Seconds for a question that git answers from the disk."""

GRACE = 3.0
"""Seconds that a git which is ended gets to take its locks away."""

SSH_OPTIONS = "-oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=15 -oServerAliveCountMax=4"
"""No prompts, and no waiting for a host that does not answer, or no longer (ssh_config(5))."""

_PATH = "/usr/local/bin:/usr/bin:/bin"
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",  # a look at the user's checkout must not write its index
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "SSH_ASKPASS_REQUIRE": "never",
}
_THEIRS = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_GLOBAL", "GIT_SSL_", "XDG_CONFIG_HOME", "EMAIL")
_ALSO = ("SSH_AUTH_SOCK", "http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")

_IN_PROGRESS = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "MERGE_HEAD": "a merge",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
}


NOTE = "fedtui-git-sync"
"""In the .git of a worktree: a sync is at work there."""


def base_ref(branch: str) -> str:
    """The name under which a repository keeps what ROOT's data/ last was; never pushed."""
    return f"refs/fedtui/data/{branch}"


def kept_ref(branch: str) -> str:
    """The name under which a commit is kept that does not fit onto the branch."""
    return f"refs/fedtui/kept/{branch}"


def worktree_path(state: Path, common_dir: Path) -> Path:
    """Where fedtui's own worktree of a repository lies; `common_dir` is its .git."""
    real = os.path.realpath(common_dir)
    name = Path(real).parent.name if Path(real).name == ".git" else Path(real).stem
    short = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40] or "federation"
    return state / "git" / f"{short}-{hashlib.sha256(os.fsencode(real)).hexdigest()[:8]}"


def own_worktree(path: Path, there: Iterable[str]) -> Path:
    """Of the worktrees that are `there` the one that is ours, else `path` itself.

    Its name tells: a schedule may have another state folder than the user's shell (XDG_STATE_HOME).
    """
    return next((Path(one) for one in there if one.endswith(f"/git/{path.name}")), path)


class GitFailed(Exception):
    """Git refused; the message is its own word for it, `ended` all it said, `late` that it did not end."""

    def __init__(self, message: str, ended: Ended | None = None, *, late: bool = False) -> None:
        super().__init__(message)
        self.ended = ended
        self.late = late

    @property
    def said(self) -> str:
        """Everything that git printed."""
        return "" if self.ended is None else decode(self.ended.out + b"\n" + self.ended.err)


class CancelFlag:
    """Lets another thread end the program that is running; after that none is started."""

    def __init__(self) -> None:
        self.asked = False
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def started(self, process: subprocess.Popen[bytes]) -> None:
        """This one runs now."""
        with self._lock:
            self._process = process
            if self.asked:
                self._end()

    def ask(self) -> None:
        """End it, and all it started."""
        with self._lock:
            self.asked = True
            self._end()

    def _end(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            _signal(process, signal.SIGTERM)
            later = threading.Timer(GRACE, _signal, (process, signal.SIGKILL))
            later.daemon = True
            later.start()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To its whole group, unless it was reaped: then the number may be another's by now."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


@dataclass(frozen=True, slots=True)
class GitEnvironment:
    """What programs run with in place of our own: a whole environment, a prefix that becomes a user."""

    env: Mapping[bytes, bytes]
    prefix: tuple[str, ...] = ()

    @classmethod
    def to(cls, env: Mapping[bytes, bytes], uid: int, gid: int) -> GitEnvironment:
        """For the user of those ids, whom only root can become where it is somebody else."""
        if uid == os.geteuid():
            return cls(env)
        return cls(env, ("setpriv", f"--reuid={uid}", f"--regid={gid}", "--init-groups", "--"))

    @classmethod
    def of_owner(cls, folder: Path) -> GitEnvironment | None:
        """For root in a folder of another: that user, whose hooks git must not run as root; else None."""
        try:
            owner = pwd.getpwuid(folder.stat().st_uid)
        except (OSError, KeyError):
            return None
        if os.geteuid() != 0 or owner.pw_uid == 0:
            return None
        env = {"HOME": owner.pw_dir, "USER": owner.pw_name, "LOGNAME": owner.pw_name, "PATH": _PATH}
        return cls.to({k.encode(): os.fsencode(v) for k, v in env.items()}, owner.pw_uid, owner.pw_gid)

    def run(self, argv: tuple[str, ...], deadline: float = 10.0) -> Ended:
        """Run a program. Raises ProgramError."""
        return run_program((*self.prefix, *argv), env=self.env, deadline=deadline)


class Git:
    """Git in one folder; with `given` as somebody else would run it."""

    def __init__(
        self, folder: Path, *, given: GitEnvironment | None = None, stop: CancelFlag | None = None
    ) -> None:
        self.folder = folder
        self._given = given
        self._stop = stop or CancelFlag()

    def at(self, folder: Path) -> Git:
        """The same in another folder."""
        return Git(folder, given=self._given, stop=self._stop)

    def ask(self, *words: str, deadline: float = DEADLINE, extra: Mapping[str, str] | None = None) -> Ended:
        """How `git WORDS` ended. Raises GitFailed where it could not be run, or did not end in time."""
        if self._stop.asked:
            raise GitFailed("it was stopped", late=True)
        try:
            ended = run_program(
                (*(self._given.prefix if self._given is not None else ()), "git", *words),
                cwd=self.folder,
                deadline=deadline,
                extra=_ours(extra or {}),
                env=None if self._given is None else _whole(self._given, extra or {}),
                started=self._stop.started,
                grace=GRACE,
            )
        except ProgramError as error:
            late = "did not answer" in str(error)
            raise GitFailed(sanitize_and_mask(str(error)), late=late) from error
        if self._stop.asked:
            raise GitFailed("it was stopped", ended, late=True)
        return ended

    def do(self, *words: str, deadline: float = DEADLINE, extra: Mapping[str, str] | None = None) -> str:
        """What `git WORDS` prints, without the last newline. Raises GitFailed with git's own words."""
        ended = self.ask(*words, deadline=deadline, extra=extra)
        if ended.status:
            raise GitFailed(failure_reason(ended), ended)
        return os.fsdecode(ended.out).removesuffix("\n")

    def answer(self, *words: str) -> str:
        """What `git WORDS` prints, without blanks around it; empty where it fails. Raises like `ask`."""
        ended = self.ask(*words)
        return os.fsdecode(ended.out).strip() if ended.status == 0 else ""

    def paths(self, *words: str) -> tuple[str, ...]:
        """The paths that `git WORDS -z` prints."""
        return tuple(path for path in self.do(*words).split("\0") if path)

    def ssh_command(self) -> str:
        """The ssh that the user configured for git; git hands it to a shell."""
        their_diff = self._variable("GIT_SSH_COMMAND")
        return their_diff or os.fsdecode(self.ask("config", "--get", "core.sshCommand").out).strip() or "ssh"

    def over_ssh(self) -> dict[str, str]:
        """What makes git's ssh ask nothing, on top of the ssh that the user configured."""
        return {"GIT_SSH_COMMAND": f"{self.ssh_command()} {SSH_OPTIONS}"}

    def commit(self, name: str) -> str:
        """The id of the commit of that name; empty where there is none."""
        return self.answer("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")

    def tree(self, commit: str, path: str) -> str:
        """The id of what lies at `path` in a commit; empty where nothing does."""
        return self.answer("rev-parse", "--verify", "--quiet", f"{commit}:{path}")

    def _variable(self, name: str) -> str:
        if self._given is None:
            return os.environ.get(name, "")
        return os.fsdecode(self._given.env.get(name.encode(), b""))


def _whole(given: GitEnvironment, extra: Mapping[str, str]) -> Mapping[bytes, bytes]:
    added = {os.fsencode(name): os.fsencode(value) for name, value in (_QUIET | dict(extra)).items()}
    return {**given.env, b"LC_ALL": b"C.UTF-8", **added}


def _ours(extra: Mapping[str, str]) -> dict[str, str]:
    """What git gets of our own environment beside the usual: who commits, and the ways to the remote."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_THEIRS) or name in _ALSO}
    return kept | _QUIET | {"LC_ALL": "C.UTF-8"} | dict(extra)


def failure_reason(ended: Ended) -> str:
    """Git's own word for why it failed: its first line of that kind, else the last one; fit to show."""
    lines = [line.strip() for line in ended.said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "ERROR:", "remote: error:"))]
    found = (telling or lines[-1:] or [f"git ended with status {ended.status}"])[0]
    return sanitize_and_mask(found)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout as it is found. Paths are absolute; `prefix` leads from its top to the folder asked about.

    `branch` is empty for a detached HEAD, `head` for a repository without a commit. `in_progress` names what
    somebody has begun and not ended ("a rebase"), empty for nothing. `git_dir` is this worktree's own.
    """

    top: Path
    prefix: str
    git_dir: Path
    common_dir: Path
    branch: str
    head: str
    in_progress: str


def checkout_state(git: Git) -> Checkout:
    """The checkout that the folder of `git` belongs to. Raises GitFailed where it belongs to none."""
    answer = git.do("rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir", "--show-prefix")
    top, git_dir, common, prefix = (*answer.split("\n"), "")[:4]
    return Checkout(
        top=Path(top),
        prefix=prefix,
        git_dir=Path(git_dir),
        common_dir=Path(os.path.normpath(git.folder / common)),
        branch=git.answer("symbolic-ref", "--quiet", "--short", "HEAD"),
        head=git.commit("HEAD"),
        in_progress=in_progress(Path(git_dir)),
    )


def in_progress(git_dir: Path) -> str:
    """What was begun there and not ended, in words; empty for nothing."""
    return next((words for name, words in _IN_PROGRESS.items() if (git_dir / name).exists()), "")


LIST_WORKTREES = ("worktree", "list", "--porcelain")
"""Without -z, which came only with git 2.36."""


def list_worktrees(git: Git) -> dict[str, str]:
    """The worktrees of a repository, as `read_worktrees` has them. Raises GitFailed."""
    return read_worktrees(git.do(*LIST_WORKTREES))


def read_worktrees(listed: str) -> dict[str, str]:
    """What LIST_WORKTREES prints: real paths, and the branch checked out there (empty: none)."""
    found: dict[str, str] = {}
    path = ""
    for line in listed.splitlines():
        word, _, value = line.partition(" ")
        if word == "worktree":
            path = os.path.realpath(value)
            found[path] = ""
        elif word == "branch":
            found[path] = value.removeprefix("refs/heads/")
    return found


def remote_url(git: Git, remote: str) -> str:
    """Where `git push REMOTE` goes; empty where there is no such remote."""
    return git.answer("remote", "get-url", "--push", remote)


def configured_url(git: Git, remote: str) -> str:
    """The URL that `git remote set-url` changes, as written, before insteadOf and pushurl; empty: none."""
    return os.fsdecode(git.ask("config", "--get", f"remote.{remote}.url").out).removesuffix("\n")
