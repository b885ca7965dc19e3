"""The user's SQLite database of runs and undo steps: WAL, mode 0600, bounded, safe against a kill.

Several processes write it at once (the dashboard, the command line, the supervisors of detached runs),
so every call opens its own short transaction. Blocking: call it in a thread from the event loop. A file
that cannot be used is reported and left exactly as it is: nothing here deletes or replaces it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fedtui.history import rows
from fedtui.model import Outcome, Result, Run

if TYPE_CHECKING:
    import sqlite3

SCHEMA_VERSION = 1
KEPT_RUNS = 1_000
"""How many runs of one job are kept."""
KEPT_UNDO_STEPS = 200
_BUSY_TIMEOUT = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, job_id TEXT NOT NULL, start REAL NOT NULL, "end" REAL, result TEXT,
    trigger TEXT NOT NULL, output TEXT, pid INTEGER, pgid INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS runs_of_job ON runs (job_id, start);
CREATE INDEX IF NOT EXISTS open_runs ON runs (job_id) WHERE "end" IS NULL;
CREATE TABLE IF NOT EXISTS undo (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, verb TEXT NOT NULL, job_id TEXT NOT NULL,
    job_name TEXT NOT NULL, summary TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
) STRICT;
PRAGMA user_version = 1;
"""


class HistoryError(Exception):
    """The database cannot be read or written. The message is fit to show; `advice` says what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class UndoStep(NamedTuple):
    """How to take one applied change back. `payload` is JSON that only the change's own kind reads."""

    id: int
    at: datetime
    verb: str
    job_id: str
    job_name: str
    summary: str
    kind: str
    payload: str
    undone: bool = False


def _sqlite_error() -> type[Exception]:
    import sqlite3

    return sqlite3.Error


class History:
    """The database at one path; opened lazily, created with mode 0600 in a folder of mode 0700."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin_run(self, run: Run) -> None:
        """Keep a run that has started; the oldest finished runs beyond `KEPT_RUNS` of its job go."""
        with self._writing() as db:
            db.execute(
                f"INSERT OR IGNORE INTO runs ({rows.RUN_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)",  # noqa: S608
                rows.of_run(run),
            )
            db.execute(
                'DELETE FROM runs WHERE job_id = ? AND "end" IS NOT NULL AND id NOT IN '
                "(SELECT id FROM runs WHERE job_id = ? ORDER BY start DESC LIMIT ?)",
                (run.job_id, run.job_id, KEPT_RUNS),
            )

    def finish_run(self, run_id: str, end: datetime, result: Result) -> bool:
        """Record how a run ended; False when it had ended already, which then stands.

        One exception: an end that was recorded as unknown gives way to one that is known.
        """
        known = result.outcome is not Outcome.UNKNOWN
        with self._writing() as db:
            cursor = db.execute(
                'UPDATE runs SET "end" = ?, result = ? WHERE id = ? AND '
                "(\"end\" IS NULL OR (? AND json_extract(result, '$.outcome') = 'unknown'))",
                (end.timestamp(), rows.result_to_json(result), run_id, known),
            )
            return cursor.rowcount > 0

    def run(self, run_id: str) -> Run | None:
        """The run of that id, or None."""
        found = self._runs("WHERE id = ?", (run_id,))
        return found[0] if found else None

    def known_runs(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that the database holds."""
        with self._reading() as db:
            if db is None:
                return set()
            found = db.execute(
                "SELECT id FROM runs WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
            )
            return {row[0] for row in found}

    def runs(self, job_id: str | None = None, limit: int = 24) -> list[Run]:
        """The latest `limit` runs of one job, or of each job; oldest first."""
        if job_id is not None:
            return self._runs("WHERE job_id = ? ORDER BY start DESC LIMIT ?", (job_id, limit))[::-1]
        newest = "SELECT id, row_number() OVER (PARTITION BY job_id ORDER BY start DESC) AS nth FROM runs"
        return self._runs(
            f"WHERE id IN (SELECT id FROM ({newest}) WHERE nth <= ?) ORDER BY start",  # noqa: S608 (constant)
            (limit,),
        )

    def open_runs(self, job_id: str | None = None) -> list[Run]:
        """Runs without a recorded end, oldest first; some of them may have ended unseen."""
        where, values = (
            ('"end" IS NULL', ()) if job_id is None else ('"end" IS NULL AND job_id = ?', (job_id,))
        )
        return self._runs(f"WHERE {where} ORDER BY start", values)

    def add_undo(
        self, *, at: datetime, verb: str, job_id: str, job_name: str, summary: str, kind: str, payload: str
    ) -> int:
        """Keep how to take a change back, and return the step's id; steps beyond the newest 200 go."""
        with self._writing() as db:
            cursor = db.execute(
                "INSERT INTO undo (at, verb, job_id, job_name, summary, kind, payload) "
                "VALUES (?,?,?,?,?,?,?)",
                (at.timestamp(), verb, job_id, job_name, summary, kind, payload),
            )
            db.execute(
                "DELETE FROM undo WHERE id NOT IN (SELECT id FROM undo ORDER BY id DESC LIMIT ?)",
                (KEPT_UNDO_STEPS,),
            )
            if cursor.lastrowid is None:
                raise HistoryError(f"{self.path}: the undo step got no number")
            return cursor.lastrowid

    def undo_steps(self, limit: int = KEPT_UNDO_STEPS) -> list[UndoStep]:
        """The newest `limit` steps, newest first, the undone ones included."""
        return self._undo("ORDER BY id DESC LIMIT ?", (limit,))

    def last_undo(self) -> UndoStep | None:
        """The newest step that was not taken back yet; an undo is itself such a step."""
        found = self._undo("WHERE NOT undone ORDER BY id DESC LIMIT 1", ())
        return found[0] if found else None

    def undo(self, undo_id: int) -> UndoStep | None:
        """The step of that number, or None."""
        found = self._undo("WHERE id = ?", (undo_id,))
        return found[0] if found else None

    def mark_undone(self, undo_id: int) -> None:
        """Note that a step was taken back."""
        with self._writing() as db:
            db.execute("UPDATE undo SET undone = 1 WHERE id = ?", (undo_id,))

    def writable(self) -> None:
        """Open the database for writing and close it again; HistoryError where that cannot be done."""
        with self._writing():
            pass

    def _runs(self, where: str, values: tuple[object, ...]) -> list[Run]:
        with self._reading() as db:
            if db is None:
                return []
            found = db.execute(f"SELECT {rows.RUN_COLUMNS} FROM runs {where}", values)  # noqa: S608 (constants)
            return [rows.to_run(row) for row in found]

    def _undo(self, where: str, values: tuple[object, ...]) -> list[UndoStep]:
        columns = "id, at, verb, job_id, job_name, summary, kind, payload, undone"
        with self._reading() as db:
            if db is None:
                return []
            found = db.execute(f"SELECT {columns} FROM undo {where}", values).fetchall()  # noqa: S608 (constants)
        return [
            UndoStep(
                row[0],
                datetime.fromtimestamp(row[1], UTC),
                row[2],
                row[3],
                row[4],
                row[5],
                row[6],
                row[7],
                bool(row[8]),
            )
            for row in found
        ]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._told():
            self._create()
            import sqlite3  # here and not above: a list on a machine without a database does not load it

            with closing(sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT, isolation_level=None)) as db:
                self._prepare(db)
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection to read from, or None where there is no database yet."""
        with self._told():
            if not self.path.exists():
                yield None
                return
            import sqlite3

            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT, isolation_level=None)) as db:
                version = self._version(db)
                yield db if version else None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Every failure of the file or of SQLite as a HistoryError that says what stands and what to do."""
        try:
            yield
        except (_sqlite_error(), rows.RowError, OSError) as error:  # evaluated when something was raised
            import sqlite3

            locked = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            corrupt = isinstance(error, sqlite3.DatabaseError) and not isinstance(
                error, sqlite3.OperationalError
            )
            if locked:
                advice = "Another fedtui is writing it; try again."
            elif corrupt or isinstance(error, rows.RowError):
                advice = f"Nothing was deleted. To begin a new one: mv {self.path} {self.path}.damaged"
            else:
                advice = f"Check that {self.path.parent} is yours, writable and not full."
            said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
            raise HistoryError(f"The history {self.path} cannot be used: {said}.", advice) from error

    def _create(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives the -wal and -shm files the mode of the database itself.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if self._version(db) == 0:
            db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    def _version(self, db: sqlite3.Connection) -> int:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise HistoryError(
                f"The history {self.path} was written by a newer fedtui (format {version}).",
                "Use that version, or move the file away to begin a new one.",
            )
        return version
