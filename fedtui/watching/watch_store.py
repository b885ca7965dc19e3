"""Where watches are kept: one small JSON file a job in the state folder, so that it outlives the terminal.

The screen, the command line and the watchman read and write the same files; every change is made under a
lock, on what the file says then. Blocking.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fedtui.config import repair
from fedtui.history.rows import result_from_dict, result_to_dict
from fedtui.system import lock_file
from fedtui.system.atomic_write import write_atomically
from fedtui.system.regular_file import read_regular
from fedtui.watching.expected_run import ExpectedRun, LogMark, Watch, WatchVerdict

KEPT = 50
"""Finished watches that are kept; the oldest go."""

_MOMENTS = frozenset({"due", "grace_until", "start", "end", "began", "stopped"})


class WatchStoreError(Exception):
    """The watches cannot be read or written; the message says why, and is fit to show."""


class WatchStore:
    """The watches in one folder, which is made with mode 0700 when a watch is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, job_id: str) -> Watch | None:
        """The newest watch over a job, finished or not; None where there is none. Raises WatchStoreError."""
        return self._read(self._path(job_id))

    def all(self) -> list[Watch]:
        """Every watch that is kept, the newest last. Raises WatchStoreError."""
        with self._naming_path(self.folder):
            found = [self._read(path) for path in self.folder.glob("*.json")]
        return sorted((watch for watch in found if watch is not None), key=lambda watch: watch.began)

    def open(self) -> list[Watch]:
        """The watches that are not finished."""
        return [watch for watch in self.all() if not watch.finished]

    def update(self, job_id: str, change: Callable[[Watch | None], Watch | None]) -> Watch | None:
        """Replace the watch over a job by what `change` makes of it, with nobody else writing meanwhile.

        Nothing is written where that is None or the same. Raises WatchStoreError.
        """
        path = self._path(job_id)
        with self._naming_path(path), lock_file.hold(self.folder / "book.lock", wait=True):
            known = self._read(path)
            new = change(known)
            if new is not None and new != known:
                write_atomically(path, json.dumps(to_json(new)).encode())
                if known is None:
                    self._forget_oldest()
            return new if new is not None else known

    def stamp(self) -> tuple[tuple[str, int], ...]:
        """What differs when a watch was written."""
        with self._naming_path(self.folder):
            return tuple(sorted((path.name, path.stat().st_mtime_ns) for path in self.folder.glob("*.json")))

    @contextmanager
    def keeping(self) -> Iterator[bool]:
        """Be the one process that keeps the watches going; False where another one is."""
        with self._naming_path(self.folder), ExitStack() as held:
            mine = True
            try:
                held.enter_context(lock_file.hold(self.folder / "watchman.lock"))
            except BlockingIOError:
                mine = False
            yield mine

    def is_kept(self) -> bool:
        """Whether some process keeps the watches going. To ask takes the lock for a moment."""
        with self.keeping() as free:
            return not free

    @property
    def complaints(self) -> Path:
        """Where the watchman's own errors go."""
        return self.folder / "watchman.err"

    def _path(self, job_id: str) -> Path:
        return self.folder / f"{hashlib.sha1(job_id.encode(), usedforsecurity=False).hexdigest()[:16]}.json"

    @contextmanager
    def _naming_path(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = error.filename or path
            said = f"The watches cannot be kept: {where}: {error.strerror}."
            raise WatchStoreError(f"{said} {repair(self.folder) or repair(Path(where))}".rstrip()) from error

    def _read(self, path: Path) -> Watch | None:
        try:
            return from_json(json.loads(read_regular(path)))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WatchStoreError(f"The watch cannot be read: {path}: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise WatchStoreError(f"{path} is no watch of this fedtui; move it away: {error}.") from error

    def _forget_oldest(self) -> None:
        finished = [watch for watch in self.all() if watch.finished]
        for watch in finished[:-KEPT]:
            self._path(watch.job_id).unlink(missing_ok=True)


def to_json(watch: Watch) -> dict[str, Any]:
    """A watch as JSON; moments are seconds since 1970, UTC."""

    def plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
        return {name: one.timestamp() if isinstance(one, datetime) else one for name, one in items}

    data = asdict(watch, dict_factory=plain)
    for cycle, record in zip(watch.cycles, data["cycles"], strict=True):
        record["result"] = None if cycle.result is None else result_to_dict(cycle.result)
    return data


def from_json(data: dict[str, Any]) -> Watch:
    """Inverse of `to_json`. Raises ValueError, KeyError or TypeError."""
    cycles = tuple(_cycle(one) for one in data["cycles"])
    return Watch(**{**_moments(data), "cycles": cycles})


def _cycle(data: dict[str, Any]) -> ExpectedRun:
    made = {
        **_moments(data),
        "verdict": WatchVerdict(data["verdict"]),
        "result": None if data["result"] is None else result_from_dict(data["result"]),
        "mark": None if data["mark"] is None else LogMark(**data["mark"]),
        "reasons": tuple(data["reasons"]),
        "causes": tuple(data["causes"]),
    }
    return ExpectedRun(**made)


def _moments(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromtimestamp(value, UTC) if name in _MOMENTS and value is not None else value
        for name, value in data.items()
    }
