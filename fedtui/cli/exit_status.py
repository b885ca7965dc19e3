"""The exit statuses of all verbs; `check` has those of a Nagios plug-in, `git-sync` a table of its own."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitStatus(IntEnum):
    """What a verb ends with; `meaning` is the wording in `--help` and in the documents."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> Self:
        status = int.__new__(cls, number)
        status._value_ = number
        status.meaning = meaning
        return status

    DONE = 0, "done"
    JOB_FAILED = 1, "a job failed"
    WRONG_USAGE = 2, "wrong usage"
    REFUSED = 3, "refused or unavailable"
    PARTLY_DONE = 4, "partly done"


EXIT_STATUS = "exit status: " + ", ".join(f"{status.value} {status.meaning}" for status in ExitStatus)
CHECK_STATUS = "exit status: 0 fine, 1 warnings, 2 errors, 3 wrong usage or nothing could be checked"
SYNC_STATUS = (
    "exit status: 0 ok, 1 the script failed, 2 wrong usage, 3 refused; docs/git-sync.md lists the others"
)
