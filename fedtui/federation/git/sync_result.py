"""How a git sync can end: for each way a word, an exit status, and what to do (docs/git-sync.md)."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class ResultMeaning(NamedTuple):
    """`status` is the exit status, `text` what it means."""

    status: int
    text: str


class SyncResult(Enum):
    """The value's first part is the word that is printed."""

    OK = "ok", ResultMeaning(0, "The remote has the data, which ls-remote confirmed.")
    WARNINGS = "ok with warnings", ResultMeaning(0, "The same, and something deserves a look.")
    SKIPPED = (
        "skipped",
        ResultMeaning(0, "The sync script did nothing, by its own word, and no data was new."),
    )
    SCRIPT = (
        "script failed",
        ResultMeaning(1, "The sync script failed, or is not there. Nothing was committed."),
    )
    REFUSED = "refused", ResultMeaning(3, "ROOT is no checkout that can be synced. Nothing was begun.")
    BUSY = "busy", ResultMeaning(4, "Another git sync of this repository is running. Nothing was started.")
    DIRTY = "dirty", ResultMeaning(10, "Somebody's own work is in the way, and was left alone.")
    CONFLICT = (
        "conflict",
        ResultMeaning(11, "The remote has other changes of the same lines. The work is kept."),
    )
    REJECTED = "rejected", ResultMeaning(12, "The remote refused the push, also after a new rebase.")
    NETWORK = "no network", ResultMeaning(13, "The remote was not reached.")
    KEY = "no key", ResultMeaning(14, "The remote does not let us in without a prompt.")
    HOST_KEY = (
        "unknown host",
        ResultMeaning(15, "The remote's host key is not known, or another than before."),
    )
    IDENTITY = "no identity", ResultMeaning(16, "Git does not know in whose name to commit.")
    LATE = "late", ResultMeaning(17, "A step did not end within its time, and was ended.")
    IGNORED = "ignored", ResultMeaning(18, "A .gitignore keeps all of data/ from git.")
    ELSEWHERE = (
        "branch in use",
        ResultMeaning(19, "The branch is checked out in a worktree that is not ours."),
    )
    COMMIT = "not committed", ResultMeaning(20, "A hook, a signature or git itself refused the commit.")
    GIT = "git failed", ResultMeaning(21, "Git failed in another way; its words are given.")
    UNPROVEN = (
        "unproven",
        ResultMeaning(22, "The push went through, and the remote does not show the commit."),
    )
    STOPPED = "stopped", ResultMeaning(23, "Somebody ended the sync.")

    @property
    def word(self) -> str:
        """As it is printed."""
        return self.value[0]

    @property
    def status(self) -> int:
        return self.value[1].status

    @property
    def text(self) -> str:
        """What it means."""
        return self.value[1].text


class SyncFailed(Exception):
    """The sync ends here. The message says what happened; `kept` where the work is; `advice` what to do."""

    def __init__(self, ending: SyncResult, message: str, kept: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.ending = ending
        self.message = message
        self.kept = kept
        self.advice = advice


_SAID = (
    (SyncResult.HOST_KEY, ("Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED")),
    (
        SyncResult.KEY,
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
        SyncResult.NETWORK,
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
    (SyncResult.REJECTED, ("[remote rejected]", "[rejected]")),
    (SyncResult.IDENTITY, ("Please tell me who you are", "empty ident name", "unable to auto-detect email")),
    (
        SyncResult.REFUSED,
        ("dubious ownership", "not a git repository", "does not appear to be a git repository"),
    ),
)
_ADVICE = {
    SyncResult.HOST_KEY: "Compare the host's key with what its owner publishes, then connect once: ssh HOST.",
    SyncResult.KEY: "A key without a passphrase is needed, which the remote knows: "
    "ssh-keygen -t ed25519 -N '' -f ~/.ssh/id_ed25519, then give the .pub file to the remote.",
    SyncResult.NETWORK: "The next run tries again; the commit waits on the branch.",
    SyncResult.IDENTITY: "git config --global user.name NAME; git config --global user.email ADDRESS",
    SyncResult.REJECTED: "Look at what the remote says; its rules may not let this branch be pushed.",
}


def result_of(said: str, otherwise: SyncResult = SyncResult.GIT) -> SyncResult:
    """The ending that git's words tell of (git and ssh in LC_ALL=C)."""
    return next((ending for ending, signs in _SAID if any(sign in said for sign in signs)), otherwise)


def advice_for(ending: SyncResult) -> str:
    """What to do, where that can be said in general."""
    return _ADVICE.get(ending, "")
