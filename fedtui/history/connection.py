"""The SQLite file of one user's history: its format, its upgrades, and every failure in words.

WAL, mode 0600 in a folder of mode 0700. A file that cannot be used is reported and left exactly as it is:
nothing here deletes or replaces it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fedtui.config import repair
from fedtui.history import rows
from fedtui.system.patience import seconds_left, waiting
from fedtui.system.regular_file import require_regular

if TYPE_CHECKING:
    import sqlite3

SCHEMA_VERSION = 3
_BUSY_TIMEOUT = 5.0

_UPGRADES = {
    0: """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, job_id TEXT NOT NULL, start REAL NOT NULL, "end" REAL, result TEXT,
    trigger TEXT NOT NULL, output TEXT, pid INTEGER, pgid INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS runs_of_job ON runs (job_id, start);
CREATE TABLE IF NOT EXISTS undo (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, verb TEXT NOT NULL, job_id TEXT NOT NULL,
    job_name TEXT NOT NULL, summary TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
) STRICT;
PRAGMA user_version = 1;
""",
    1: """
ALTER TABLE runs ADD COLUMN log TEXT;
ALTER TABLE runs ADD COLUMN also TEXT;
ALTER TABLE runs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
DROP INDEX IF EXISTS open_runs;
CREATE INDEX unfinished_runs ON runs (job_id) WHERE result IS NULL;
CREATE INDEX revisions ON runs (revision);
PRAGMA user_version = 2;
""",
    2: """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, user TEXT NOT NULL DEFAULT '', mark TEXT NOT NULL DEFAULT '',
    command TEXT NOT NULL DEFAULT '', twin INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE moves (old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (old, new)) STRICT;
INSERT OR REPLACE INTO jobs (id, name) SELECT job_id, job_name FROM undo WHERE job_id != '' ORDER BY id;
PRAGMA user_version = 3;
""",
}
"""What turns an empty file and each older format into the next; `revision` counts writes, for readers."""


class HistoryError(Exception):
    """The database cannot be read or written. The message is fit to show; `advice` says what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


def _sqlite_error() -> type[Exception]:
    import sqlite3

    return sqlite3.Error


class Database:
    """The database at one path; opened for each transaction, created when first written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def writable(self) -> None:
        """Open the database for writing and close it again; HistoryError where that cannot be done."""
        with self.writing():
            pass

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that is written whole or not at all."""
        with self._in_words():
            self._create()
            require_regular(self.path, self.path.stat())  # SQLite would wait for a pipe
            import sqlite3  # here and not above: a list on a machine without a database does not load it

            with closing(
                sqlite3.connect(self.path, timeout=seconds_left(_BUSY_TIMEOUT), isolation_level=None)
            ) as db:
                self._prepare(db)
                with _transaction(db):
                    yield db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection to read from, or None where there is no database yet."""
        with self._in_words():
            if not self.path.exists():
                yield None
                return
            require_regular(self.path, self.path.stat())
            import sqlite3

            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            wait = seconds_left(_BUSY_TIMEOUT)
            with closing(sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None)) as db:
                try:
                    version = self._version(db)
                except sqlite3.OperationalError as error:
                    if "readonly" not in str(error):
                        raise
                    self.writable()  # a writer was killed, and only a writer may take its journal back
                    version = self._version(db)
                if version and version in _UPGRADES:
                    self.writable()
                yield db if version else None

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Every failure of the file or of SQLite as a HistoryError that says what stands and what to do."""
        try:
            with waiting("the history"):
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
                usual = f"Check that {self.path.parent} is yours, writable and not full."
                advice = repair(self.path.parent) or repair(self.path, self.path.parent) or usual
            said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
            raise HistoryError(f"The history {self.path} cannot be used: {said}.", advice) from error

    def _create(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives the -wal and -shm files the mode of the database itself.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def _prepare(self, db: sqlite3.Connection) -> None:
        self._to_wal(db)
        db.execute("PRAGMA synchronous = FULL")
        while (version := self._version(db)) in _UPGRADES:
            self._upgrade(db, version)

    def _to_wal(self, db: sqlite3.Connection) -> None:
        """Switch a new file to WAL. SQLite does not wait for a lock here, so two that begin at once would
        fail: https://sqlite.org/pragma.html#pragma_journal_mode, sqlite3_busy_handler.
        """
        import sqlite3

        deadline = time.monotonic() + seconds_left(_BUSY_TIMEOUT)
        while True:
            try:
                db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def _upgrade(self, db: sqlite3.Connection, version: int) -> None:
        """To the next format, in one transaction, unless another process was quicker."""
        with _transaction(db):
            if self._version(db) == version:
                for statement in _UPGRADES[version].split(";"):
                    db.execute(statement)

    def _version(self, db: sqlite3.Connection) -> int:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise HistoryError(
                f"The history {self.path} was written by a newer fedtui (format {version}).",
                "Use that version, or move the file away to begin a new one.",
            )
        return version


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All that is written in the block, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
