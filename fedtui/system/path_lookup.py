"""Looks a program up in a PATH as a shell does, without starting it (POSIX XCU 2.9.1.1)."""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class ProgramLookup:
    """Where a name leads. `path` is the first program found, None where there is none.

    `real` is that path with all links followed. `note` says what stood in the way: a file that may not be
    executed, folders that could not be looked into (then None means: not known).
    """

    path: str | None
    real: str | None = None
    note: str = ""
    known: bool = True


@lru_cache(64)
def real_name(program: str) -> str:
    """The name of the file that a program's path leads to: "dash" for Debian's /bin/sh. Looked up once."""
    return posixpath.basename(os.path.realpath(program.replace("\0", "")))


def doubt_of_line(command: bytes, shell: bytes) -> str:
    """Why exit status 0 of a cron job's `command` proves nothing; empty where it does. See `exit_status`."""
    from fedtui.crontab.exit_status import doubt  # here and not above: a list of unrecorded jobs does without

    return doubt(os.fsdecode(command), real_name(os.fsdecode(shell)), real_name("/bin/sh"))


def look_up(
    name: str, path: str, directory: str, who: tuple[int, tuple[int, ...]] | None = None
) -> ProgramLookup:
    """The program that `name` starts where PATH is `path` and the working directory `directory`.

    `who` is the uid and the groups of the user who looks; None for ourselves. An empty part of PATH is the
    working directory, as in a shell.
    """
    blocked: list[str] = []
    refused = ""
    for folder in path.split(":"):
        candidate = posixpath.join(directory, folder, name)
        try:
            found = os.stat(candidate)  # noqa: PTH116  # follows links, as execve does
        except PermissionError:
            blocked.append(folder)
            continue
        except (OSError, ValueError):
            continue
        if not stat.S_ISREG(found.st_mode):
            continue
        if _executable(candidate, found, who):
            note = f"cannot be looked into: {', '.join(blocked)}" if blocked else ""
            return ProgramLookup(candidate, os.path.realpath(candidate), note, not blocked)
        refused = refused or candidate
    if refused:
        return ProgramLookup(None, None, f"{refused} may not be executed", not blocked)
    return ProgramLookup(
        None, None, f"cannot be looked into: {', '.join(blocked)}" if blocked else "", not blocked
    )


def _executable(path: str, found: os.stat_result, who: tuple[int, tuple[int, ...]] | None) -> bool:
    if who is None:
        return os.access(path, os.X_OK)
    uid, groups = who
    if uid == 0:
        return bool(found.st_mode & 0o111)
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid in groups:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
