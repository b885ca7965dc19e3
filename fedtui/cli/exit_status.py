"""The exit statuses of all verbs; `check` has those of a Nagios plug-in, `git-sync` a table of its own."""

from __future__ import annotations

from typing import Final


class ExitStatus:
    """What a verb ends with. No IntEnum: making one would take a noticeable part of the start of `list`."""

    DONE: Final = 0
    JOB_FAILED: Final = 1
    WRONG_USAGE: Final = 2
    REFUSED: Final = 3
    PARTLY_DONE: Final = 4
    UNKNOWN: Final = 5


MEANINGS = ("done", "a job failed", "wrong usage", "refused or unavailable", "partly done", "outcome unknown")
"""By status, as `--help` and the documents say it."""

EXIT_STATUS = "exit status: " + ", ".join(f"{status} {text}" for status, text in enumerate(MEANINGS))
CHECK_STATUS = "exit status: 0 fine, 1 warnings, 2 errors, 3 wrong usage or nothing could be checked"
SYNC_STATUS = (
    "exit status: 0 ok, 1 the script failed, 2 wrong usage, 3 refused; docs/git-sync.md lists the others"
)
