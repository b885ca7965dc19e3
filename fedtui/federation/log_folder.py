"""Where the logs of the pack go: the folder, and whether each can be appended to. Blocking."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from fedtui.action_result import Refused
from fedtui.changes.edits import Edit, FileEdit, FolderEdit
from fedtui.federation.job_account import JobAccount
from fedtui.federation.setup_issue import SetupIssue, error_issue
from fedtui.system.safe_folder import folder_fault

SYSTEM_LOGS = Path("/var/log")
HOME_LOGS = "logs"
FOLDER_MODE, LOG_MODE = 0o755, 0o644


@dataclass(frozen=True, slots=True)
class LogFolder:
    """The folder of the logs, absolute, and why it is that one, as a sentence."""

    path: Path
    why: str


def choose_log_folder(
    given: str, before: str, names: Sequence[str], owner: JobAccount, system: Path = SYSTEM_LOGS
) -> LogFolder:
    """The folder: the `given` one, else the one from `before`, else /var/log where it can be written to.

    /var/log counts as writable, too, where each of the logs `names` is there and can be appended to.
    Raises Refused for what is no folder's name.
    """
    if given:
        if "\n" in given or "\0" in given or "\r" in given:
            raise Refused("The log folder has a line break in its name, which no crontab can hold.")
        path = Path(os.path.normpath(Path(given).expanduser().absolute()))
        return LogFolder(path, f"Logs go to {path}, as asked for.")
    if before:
        return LogFolder(Path(before), f"Logs go to {before}, as before.")
    if os.geteuid() == 0 or os.access(system, os.W_OK | os.X_OK):
        return LogFolder(system, f"Logs go to {system}, which can be written to.")
    if names and all(append_fault(system / name, owner) == "" for name in names):
        return LogFolder(system, f"Logs go to {system}: the files are there, and can be appended to.")
    home = Path(owner.home) / HOME_LOGS
    return LogFolder(home, f"Logs go to {home}, since {system} cannot be written to.")


def log_issues(
    folder: Path, names: Sequence[tuple[str, str]], owner: JobAccount, *, of_root: bool = False
) -> Iterator[SetupIssue]:
    """What keeps logs from being written; `names` are pairs of a job's key and its log's name.

    `of_root`: it is root who opens them, also for the jobs of another (systemd's manager does).
    """
    unsafe = folder_fault(folder, 0 if of_root else owner.uid) if os.geteuid() == 0 else ""
    trouble = f"{unsafe}." if unsafe else _folder_fault(folder, owner)
    if trouble:
        yield error_issue(trouble, "", "Choose another folder: --log-dir DIR.")
        return
    if not folder.exists():
        return
    for key, name in names:
        path = folder / name
        refused = append_fault(path, owner)
        if refused is None and os.geteuid() != 0 and not may(folder, owner, os.W_OK | os.X_OK):
            text = f"{path} is not there, and {owner.name} may not make files in {folder}."
            advice = f"sudo install -o {owner.name} -m 644 /dev/null {quote(str(path))}, or --log-dir DIR."
            yield error_issue(text, key, advice)
        elif refused:
            chown = f"sudo chown -h {owner.name} {quote(str(path))}"
            advice = f"{chown}, or choose another folder: --log-dir DIR."
            yield error_issue(f"{path} cannot be appended to: {refused}.", key, advice)


def log_edits(
    folder: Path, names: Sequence[str], owner: JobAccount, *, of_root: bool = False
) -> tuple[Edit, ...]:
    """What has to be made: missing folders, and logs (`names`) that the jobs' user could not make.

    `of_root`: the folders are root's also for the jobs of another.
    """
    account = None if owner.own else (owner.uid, owner.gid)
    whose = None if of_root else account
    edits: list[Edit] = [FolderEdit(str(path), True, FOLDER_MODE, whose) for path in missing(folder)]
    for name in names:
        path = folder / name
        if append_fault(path, owner) is None and not owner.own:
            edits.append(FileEdit(str(path), None, b"", LOG_MODE, account, grows=True))
    return tuple(edits)


def missing(folder: Path) -> list[Path]:
    """The folders that have to be made so that `folder` is there, outermost first."""
    return [path for path in reversed((folder, *folder.parents)) if not path.exists()]


def append_fault(path: Path, owner: JobAccount) -> str | None:
    """Why the owner cannot append to the log: "" where they can, None where it is not there."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.strerror or str(error)
    if not stat.S_ISREG(facts.st_mode):
        return "it is no plain file"
    if not owner.own:
        return "" if may(path, owner, os.W_OK) else f"{owner.name} may not write to it"
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK))
    except OSError as error:
        return error.strerror or str(error)
    return ""


def may(path: Path, owner: JobAccount, what: int) -> bool:
    """Whether the owner may do that (os.W_OK and the like) to a file that is there, by its mode."""
    if owner.own:
        return os.access(path, what)
    if owner.uid == 0:
        return True
    try:
        facts = path.stat()
    except OSError:
        return False
    if facts.st_uid == owner.uid:
        granted = facts.st_mode >> 6
    elif facts.st_gid in os.getgrouplist(owner.name, owner.gid):
        granted = facts.st_mode >> 3
    else:
        granted = facts.st_mode
    return granted & what == what


def _folder_fault(folder: Path, owner: JobAccount) -> str:
    if folder.exists():
        if not folder.is_dir():
            return f"{folder} is no folder."
        if not may(folder, owner, os.X_OK):
            return f"{owner.name} may not enter {folder}."
        return ""
    first = missing(folder)[0]
    if os.geteuid() != 0 and not os.access(first.parent, os.W_OK | os.X_OK):
        return f"{first} is not there, and you may not make it."
    return ""
