"""What a drill is about to do, on the disk before it is done, so that anybody can take it back.

One JSON file a drill in the folder of drills, beside the drill's scratch folder of the same name. Whoever
cleans up (the drill itself, its guard, a later fedtui) does the same, as often as is wanted: end what still
runs, take back what was changed, remove the scratch folder, and the journal last. Blocking.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from fedtui.system import lock_file
from fedtui.system.atomic_write import write_atomically
from fedtui.system.processes import PROC, ProcessIdentity, is_alive, pids, process_identity
from fedtui.system.program import ProgramError, run_program
from fedtui.system.regular_file import read_regular

MARK = "FEDTUI_DRILL"
"""The variable by which every process that a drill started is known, also one that left its session."""

_END_WITHIN = 10.0
_UNDO_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class UndoCommand:
    """A command that takes something back; `words` say what it is for."""

    argv: tuple[str, ...]
    words: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class DrillJournal:
    """One drill's intentions. `mark` names its processes, `owner` is the process that runs it."""

    path: Path
    drill: str
    mark: str
    owner: ProcessIdentity | None
    undoings: tuple[UndoCommand, ...] = ()

    @property
    def scratch(self) -> Path:
        """The drill's own folder."""
        return self.path.with_suffix("")

    @property
    def orphaned(self) -> bool:
        """True where the process that ran the drill is gone."""
        return not is_alive(self.owner)

    def write(self) -> DrillJournal:
        """Put it on the disk. Raises OSError."""
        data = {
            "drill": self.drill,
            "mark": self.mark,
            "owner": None if self.owner is None else self.owner._asdict(),
            "undoings": [asdict(one) for one in self.undoings],
        }
        write_atomically(self.path, json.dumps(data).encode())
        return self

    def with_done(self, number: int) -> DrillJournal:
        """The journal, on the disk, once the undoing of that number was done. Raises OSError."""
        done = replace(self.undoings[number], done=True)
        undoings = (*self.undoings[:number], done, *self.undoings[number + 1 :])
        return replace(self, undoings=undoings).write()


def begin_journal(folder: Path, drill: str) -> DrillJournal:
    """A new drill of ours in `folder`: its journal, then its scratch folder. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = f"{drill}-{secrets.token_hex(6)}"
    journal = DrillJournal(folder / f"{mark}.json", drill, mark, process_identity(os.getpid())).write()
    journal.scratch.mkdir(mode=0o700)
    return journal


def read_journal(path: Path) -> DrillJournal | None:
    """The journal at `path`; None where there is none. Raises ValueError for one that cannot be read."""
    try:
        data = json.loads(read_regular(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"{path}: {error}") from error
    try:
        owner = ProcessIdentity(**data["owner"]) if data["owner"] else None
        undoings = tuple(
            UndoCommand(tuple(one["argv"]), one["words"], bool(one["done"])) for one in data["undoings"]
        )
        return DrillJournal(path, data["drill"], data["mark"], owner, undoings)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no journal of a drill: {error!r}") from error


def left_over(folder: Path) -> list[DrillJournal]:
    """The drills of `folder` that nobody runs any more and that were not cleaned up."""
    found = []
    for path in sorted(folder.glob("*.json")):
        with suppress(ValueError):
            journal = read_journal(path)
            if journal is not None and journal.orphaned:
                found.append(journal)
    return found


def clean_up(path: Path) -> list[str]:
    """Take back what the drill of this journal did; returns what could not be, in words.

    Only one process does it at a time; where another has done it, there is nothing left to do.
    """
    try:
        with lock_file.hold(path.parent / ".cleaning", wait=True):
            journal = read_journal(path)
            return [] if journal is None else _clean(journal)
    except (OSError, ValueError) as error:
        return [f"the drill could not be cleaned up: {error}"]


def _clean(journal: DrillJournal) -> list[str]:
    complaints = _end_processes(journal.mark)
    for number, undoing in enumerate(journal.undoings):
        if undoing.done:
            continue
        complaint = take_back(undoing)
        if complaint:
            complaints.append(complaint)
        else:
            journal = journal.with_done(number)
    complaints += _remove(journal.scratch)
    if not complaints:
        journal.path.unlink(missing_ok=True)
    return complaints


def take_back(undoing: UndoCommand) -> str:
    """Run the command; returns why it did not do its work, or nothing."""
    try:
        ended = run_program(undoing.argv, deadline=_UNDO_WITHIN)
    except ProgramError as error:
        return f"{undoing.words}: {error}"
    if ended.status == 0:
        return ""
    said = f": {ended.said.splitlines()[-1]}" if ended.said else ""
    return f"{undoing.words}: {' '.join(undoing.argv)} ended with {ended.status}{said}"


def marked(mark: str, proc: Path = PROC) -> Iterator[int]:
    """The pids of the processes that the drill of that mark started and that still run."""
    wanted = f"{MARK}={mark}".encode()
    for pid in pids(proc):
        with suppress(OSError):
            if pid != os.getpid() and wanted in (proc / str(pid) / "environ").read_bytes().split(b"\0"):
                yield pid


def _end_processes(mark: str) -> list[str]:
    """Kill until none is left: what is being killed may be starting others."""
    deadline = time.monotonic() + _END_WITHIN
    while True:
        left = list(marked(mark))
        if not left:
            return []
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return [f"these processes of the drill cannot be ended: {', '.join(map(str, left))}"]
        time.sleep(0.05)


def _remove(scratch: Path) -> list[str]:
    """Remove the scratch folder; folders in it that a script closed to us are opened first."""
    if not scratch.exists():
        return []
    for folder, names, _ in os.walk(scratch):
        for inner in (Path(folder, name) for name in names):
            with suppress(OSError):
                if not inner.is_symlink():
                    inner.chmod(0o700)  # before os.walk looks into it
    try:
        shutil.rmtree(scratch)
    except OSError as error:
        return [f"the scratch folder {scratch} could not be removed: {error.strerror}"]
    return []
