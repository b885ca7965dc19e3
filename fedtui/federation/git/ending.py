"""How a git sync can end: for each way a word, an exit status, and what to do (docs/git-sync.md)."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Meaning(NamedTuple):
    """`status` is the exit status, `text` what it means."""

    status: int
    text: str


class Ending(Enum):
    """The value's first part is the word that is printed."""

    OK = "ok", Meaning(0, "The remote has the data, which ls-remote confirmed.")
    WARNINGS = "ok with warnings", Meaning(0, "The same, and something deserves a look.")
    SKIPPED = "skipped", Meaning(0, "The sync script did nothing, by its own word, and no data was new.")
    SCRIPT = "script failed", Meaning(1, "The sync script failed, or is not there. Nothing was committed.")
    REFUSED = "refused", Meaning(3, "ROOT is no checkout that can be synced. Nothing was begun.")
    BUSY = "busy", Meaning(4, "Another git sync of this repository goes on. Nothing was begun.")
    DIRTY = "dirty", Meaning(10, "Somebody's own work is in the way, and was left alone.")
    CONFLICT = "conflict", Meaning(11, "The remote has other changes of the same lines. The work is kept.")
    REJECTED = "rejected", Meaning(12, "The remote refused the push, also after a new rebase.")
    NETWORK = "no network", Meaning(13, "The remote was not reached.")
    KEY = "no key", Meaning(14, "The remote does not let us in without a prompt.")
    HOST_KEY = "unknown host", Meaning(15, "The remote's host key is not known, or another than before.")
    IDENTITY = "no identity", Meaning(16, "Git does not know in whose name to commit.")
    LATE = "late", Meaning(17, "A step did not end within its time, and was ended.")
    IGNORED = "ignored", Meaning(18, "A .gitignore keeps all of data/ from git.")
    ELSEWHERE = "branch in use", Meaning(19, "The branch is checked out in a worktree that is not ours.")
    COMMIT = "not committed", Meaning(20, "A hook, a signature or git itself refused the commit.")
    GIT = "git failed", Meaning(21, "Git failed in another way; its words are given.")
    UNPROVEN = "unproven", Meaning(22, "The push went through, and the remote does not show the commit.")
    STOPPED = "stopped", Meaning(23, "Somebody ended the sync.")

    @property
    def word(self) -> str:
        """As it is printed."""
        return self.value[0]

    @property
    def status(self) -> int:
        """The exit status."""
        return self.value[1].status

    @property
    def text(self) -> str:
        """What it means."""
        return self.value[1].text


class SyncFailed(Exception):
    """The sync ends here. The message says what happened; `kept` where the work is; `advice` what to do."""

    def __init__(self, ending: Ending, message: str, kept: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.ending = ending
        self.message = message
        self.kept = kept
        self.advice = advice


_SAID = (
    (Ending.HOST_KEY, ("Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED")),
    (
        Ending.KEY,
        (
            "Permission denied (",
            "Too many authentication failures",
            "could not read Username",
            "could not read Password",
            "terminal prompts disabled",
            "Authentication failed",
            "bad permissions",
        ),
    ),
    (
        Ending.NETWORK,
        (
            "Could not resolve",
            "Name or service not known",
            "Temporary failure in name resolution",
            "Connection refused",
            "Connection timed out",
            "Operation timed out",
            "timed out",
            "No route to host",
            "Network is unreachable",
            "Connection reset",
            "Connection closed",
            "Couldn't connect",
            "Failed to connect",
            "hung up",
            "early EOF",
        ),
    ),
    (Ending.REJECTED, ("[remote rejected]", "[rejected]")),
    (Ending.IDENTITY, ("Please tell me who you are", "empty ident name", "unable to auto-detect email")),
    (Ending.REFUSED, ("dubious ownership", "not a git repository", "does not appear to be a git repository")),
)
_ADVICE = {
    Ending.HOST_KEY: "Compare the host's key with what its owner publishes, then connect once: ssh HOST.",
    Ending.KEY: "A key without a passphrase is needed, which the remote knows: "
    "ssh-keygen -t ed25519 -N '' -f ~/.ssh/id_ed25519, then give the .pub file to the remote.",
    Ending.NETWORK: "The next run tries again; the commit waits on the branch.",
    Ending.IDENTITY: "git config --global user.name NAME; git config --global user.email ADDRESS",
    Ending.REJECTED: "Look at what the remote says; its rules may not let this branch be pushed.",
}


def ending_of(said: str, otherwise: Ending = Ending.GIT) -> Ending:
    """The ending that git's words tell of (git and ssh in LC_ALL=C)."""
    return next((ending for ending, signs in _SAID if any(sign in said for sign in signs)), otherwise)


def advice_for(ending: Ending) -> str:
    """What to do, where that can be said in general."""
    return _ADVICE.get(ending, "")
