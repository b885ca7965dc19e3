"""How a git sync can end: for each way a word, an exit status, and what to do (docs/git-sync.md)."""

from __future__ import annotations

import re
from enum import Enum


class SyncResult(Enum):
    """`word` is what is printed, `status` the exit status, `text` what it means."""

    OK = "ok", 0, "The remote has the data, which ls-remote confirmed."
    WARNINGS = "ok with warnings", 0, "The same, and something deserves a look."
    SKIPPED = "skipped", 0, "The sync script did nothing, by its own word, and no data was new."
    SCRIPT = "script failed", 1, "The sync script failed, or is not there. Nothing was committed."
    REFUSED = "refused", 3, "ROOT is no checkout that can be synced. Nothing was begun."
    BUSY = "busy", 4, "Another git sync of this repository is running. Nothing was started."
    DIRTY = "dirty", 10, "Somebody's own work is in the way, and was left alone."
    CONFLICT = "conflict", 11, "The remote has other changes of the same lines. The work is kept."
    REJECTED = "rejected", 12, "The remote refused the push, also after a new rebase."
    NETWORK = "no network", 13, "The remote was not reached."
    KEY = "no key", 14, "The remote does not let us in without a prompt."
    HOST_KEY = "unknown host", 15, "The remote's host key is not known, or another than before."
    IDENTITY = "no identity", 16, "Git does not know in whose name to commit."
    LATE = "late", 17, "A step did not end within its time, and was ended."
    IGNORED = "ignored", 18, "A .gitignore keeps all of data/ from git."
    ELSEWHERE = "branch in use", 19, "The branch is checked out in a worktree that is not ours."
    COMMIT = "not committed", 20, "A hook, a signature or git itself refused the commit."
    GIT = "git failed", 21, "Git failed in another way; its words are given."
    UNPROVEN = "unproven", 22, "The push went through, and the remote does not show the commit."
    STOPPED = "stopped", 23, "Somebody ended the sync."

    def __init__(self, word: str, status: int, text: str) -> None:
        self.word, self.status, self.text = word, status, text


class SyncFailed(Exception):
    """The sync ends here. The message says what happened; `kept` where the work is; `advice` what to do.

    Without `advice` it is what can be said of that ending in general, if anything.
    """

    def __init__(self, ending: SyncResult, message: str, kept: str = "", advice: str | None = None) -> None:
        super().__init__(message)
        self.ending = ending
        self.message = message
        self.kept = kept
        self.advice = _ADVICE.get(ending, "") if advice is None else advice


_SAID = {
    SyncResult.HOST_KEY: "Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED",
    SyncResult.KEY: r"Permission denied \(|Too many authentication failures|terminal prompts disabled|"
    "could not read (Username|Password)|Authentication failed|bad permissions",
    SyncResult.NETWORK: "Could not resolve|Name or service not known|Temporary failure in name resolution|"
    "Connection (refused|reset|closed)|timed out|No route to host|Network is unreachable|Couldn't connect|"
    "Failed to connect|hung up|early EOF",
    SyncResult.REJECTED: r"\[(remote )?rejected\]",
    SyncResult.IDENTITY: "Please tell me who you are|empty ident name|unable to auto-detect email",
    SyncResult.REFUSED: "dubious ownership|not a git repository|does not appear to be a git repository",
}
_ADVICE = {
    SyncResult.HOST_KEY: "Compare the host's key with what its owner publishes, then connect once: ssh HOST.",
    SyncResult.KEY: "A key without a passphrase is needed, which the remote knows: "
    "ssh-keygen -t ed25519 -N '' -f NEW_FILE, then give NEW_FILE.pub to the remote.",
    SyncResult.NETWORK: "The next run tries again; the commit waits on the branch.",
    SyncResult.IDENTITY: "git config --global user.name NAME; git config --global user.email ADDRESS",
    SyncResult.COMMIT: "A hook or commit.gpgSign must do without a person here.",
    SyncResult.REJECTED: "Look at what the remote says; its rules may not let this branch be pushed.",
}


def result_of(said: str, otherwise: SyncResult = SyncResult.GIT) -> SyncResult:
    """The ending that git's words tell of (git and ssh in LC_ALL=C)."""
    return next((ending for ending, signs in _SAID.items() if re.search(signs, said)), otherwise)
