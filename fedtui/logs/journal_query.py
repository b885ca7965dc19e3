"""What is asked of `journalctl`, why it may give nothing, and asking it once in the caller's own thread.

Apart from `journal`, which asks in the event loop: a verb that lists jobs has none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fedtui.logs.journal_records import JournalEntry, JournalReader, parse_record
from fedtui.system.patience import seconds_left
from fedtui.system.program import ProgramError, ProgramLate, run_program

PROGRAM = "journalctl"
FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_PID,SYSLOG_PID,_SYSTEMD_USER_UNIT"
FOLDERS = (Path("/var/log/journal"), Path("/run/log/journal"))
NO_JOURNAL = "there is no journal on this machine"
_CLOSED_SIGNS = ("insufficient permissions", "not seeing messages from other users")


class JournalError(Exception):
    """The journal cannot be read; `message` says why, `advice` what to do.

    `closed`: for want of rights. `absent`: there is none.
    """

    def __init__(self, message: str, advice: str = "", *, closed: bool = False, absent: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.closed = closed
        self.absent = absent


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for, as journalctl's own arguments.

    `of_system`: what is looked for is in the system's journal, which a usual user may not read. `since`:
    where to begin, as `--since` takes it, unless a command names another place (journalctl refuses two).
    """

    arguments: tuple[str, ...]
    of_system: bool = False
    since: str = ""

    def command(self, *more: str) -> list[str]:
        """The argument vector."""
        head = [PROGRAM, "--output=json", "--all", "--no-pager", f"--output-fields={FIELDS}"]
        placed = any(argument.startswith(("--since=", "--after-cursor=")) for argument in more)
        since = [f"--since={self.since}"] if self.since and not placed else []
        return [*head, *more, *since, *self.arguments]


def system_journal_readable() -> bool | None:
    """Whether this process may read the system's journal; None where there is none. Blocking, short."""
    for folder in FOLDERS:
        with suppress(OSError):
            for journal in folder.glob("*/system.journal"):
                return os.access(journal, os.R_OK)
    return None


def _closed() -> JournalError:
    return JournalError(
        "the system's journal may not be read: you are not in the group adm",
        "sudo usermod -aG adm $USER, then log in again (the group systemd-journal does as well)",
        closed=True,
    )


def not_run(error: ProgramError) -> JournalError:
    """Why journalctl could not be run, or not to its end."""
    absent = shutil.which(PROGRAM) is None and system_journal_readable() is None
    return JournalError(NO_JOURNAL, absent=True) if absent else JournalError(str(error))


def explain_empty(query: Query, complaint: str, status: int) -> JournalError | None:
    """Why journalctl gave no entries: want of rights, or a failure; None where there are none. Blocking."""
    if any(sign in complaint for sign in _CLOSED_SIGNS):
        return _closed()
    if query.of_system:
        readable = system_journal_readable()
        if readable is None:
            return JournalError(NO_JOURNAL, absent=True)
        if not readable:
            return _closed()
    if status:
        return JournalError((complaint.strip().splitlines() or ["journalctl failed"])[-1])
    return None


def run_query(
    query: Query, lines: int = 200, since: Sequence[str] = (), deadline: float = 15.0
) -> tuple[JournalEntry, ...]:
    """The last entries, oldest first; `deadline` in seconds. Raises JournalError."""
    deadline = seconds_left(deadline)
    try:
        ended = run_program(query.command(f"--lines={max(0, lines)}", *since), deadline=deadline)
    except ProgramLate as error:  # its message has the whole command
        raise JournalError(f"{PROGRAM} did not answer within {round(deadline, 1):g} s") from error
    except ProgramError as error:
        raise not_run(error) from error
    found: list[JournalEntry] = []
    for record in JournalReader().feed(ended.out):
        found += parse_record(record, found[-1].at if found else datetime.now(UTC))
    reason = None if found else explain_empty(query, ended.said, ended.status)
    if reason is not None:
        raise reason
    return tuple(found)
