"""The user's database of runs and undo steps: bounded, and safe against a kill at any moment.

Several processes write it at once (the dashboard, the command line, the supervisors of detached runs),
so every call opens its own short transaction. Blocking: call it in a thread from the event loop.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from fedtui.history import rows
from fedtui.history.connection import Database, HistoryError
from fedtui.history.run_provenance import STEP, better_trigger, in_order, says_more
from fedtui.model import JobRecord, Moves, Outcome, Result, Run

if TYPE_CHECKING:
    import sqlite3

__all__ = ["History", "HistoryError", "UndoStep"]

KEPT_RUNS = 1_000
"""How many runs of one job are kept."""
KEPT_UNDO_STEPS = 1_000
KEPT_UNDO_SECONDS = 90 * 86_400
"""How many undo steps are kept in any case, and for how long all of them are."""
_READY, _UNDONE, _PREPARED, _UNSEEN = range(4)
"""The column `undone`: also a version that knows only the first two offers no prepared step."""


def _numbered(where: str) -> str:
    """A table `numbered` of the runs `where`: `nth` counts a job's from the newest on.

    `last_known` is true of a job's last failure to end, of its last run to begin that is known to be good
    (`Result.good`), and of the last that ended well and is not: neither a failure nor what answers it drops
    out of sight behind many unknown ends.

    Up to the last run that is stamped ahead a job's stamps are of a clock that was set back since, so all
    of these are older than those after it (`since`).
    """
    return f"""WITH ahead AS (
        SELECT job_id AS job, max(rowid) AS last FROM runs WHERE ({where}) AND
        (start > strftime('%s', 'now') + {STEP.seconds} OR {rows.IS_SET_BACK})
        GROUP BY job_id
    ), placed AS (
        SELECT runs.*, runs.rowid AS place, runs.rowid > coalesce(last, 0) AS since,
        CASE json_extract(result, '$.outcome') WHEN 'failed' THEN 'failed' WHEN 'ok' THEN 'good'
        WHEN 'warnings' THEN CASE WHEN {rows.IS_GOOD} THEN 'good' ELSE 'warned' END END AS known
        FROM runs LEFT JOIN ahead ON job = job_id WHERE {where}
    ), numbered AS (
        SELECT *, row_number() OVER (PARTITION BY job_id ORDER BY since DESC, start DESC) AS nth,
        known IS NOT NULL AND row_number() OVER (
            PARTITION BY job_id, known ORDER BY since DESC,
            CASE known WHEN 'failed' THEN coalesce("end", start) ELSE start END DESC
        ) = 1 AS last_known
        FROM placed
    )"""  # noqa: S608 (constants)


_SET = ", ".join(f"{name} = excluded.{name}" for name in (*rows.RUN_COLUMNS.split(", "), "revision"))


class UndoStep(NamedTuple):
    """How to take one applied change back. `payload` is JSON that only `changes/` reads.

    A `prepared` step is on the disk and its change may not be: it is being made, or was cut short. An
    `unseen` one is an undo or redo that was made, and whose end nobody may have been shown. `undoes` is the
    step that this one takes back, `host` the machine that it was made on. A list has no payloads.
    """

    id: int
    at: datetime
    verb: str
    job_id: str
    job_name: str
    summary: str
    kind: str
    payload: str
    undone: bool = False
    prepared: bool = False
    unseen: bool = False
    undoes: int | None = None
    host: str = ""


class History(Database):
    """The runs and undo steps in the database at one path."""

    def begin_run(self, run: Run) -> None:
        """Keep a run that has started; the oldest finished runs beyond `KEPT_RUNS` of its job go."""
        self.keep_runs((run,))

    def keep_runs(self, runs: Iterable[Run]) -> int:
        """Keep these runs, all or none; returns how many rows were written.

        A run that is kept already is replaced where the new account says more (`run_provenance.says_more`);
        rows of `also`, the same run as others told it, go. To be called again and again with what is known.
        """
        with self.writing() as db:
            changed = [run for run in runs if self._keep(db, run)]
            for job_id in {run.job_id for run in changed}:
                db.execute(
                    f"{_numbered('job_id = ?1')} DELETE FROM runs WHERE result IS NOT NULL "  # noqa: S608
                    "AND id IN (SELECT id FROM numbered WHERE nth > ?2 AND NOT last_known)",
                    (job_id, KEPT_RUNS),
                )
            return len(changed)

    def _keep(self, db: sqlite3.Connection, run: Run) -> bool:
        found = db.execute(f"SELECT {rows.RUN_COLUMNS} FROM runs WHERE id = ?", (run.id,)).fetchone()  # noqa: S608
        place: int | None = None
        if run.also:
            others = "runs WHERE id IN (SELECT value FROM json_each(?)) AND id != ?"
            values = (json.dumps(run.also), run.id)
            (place,) = db.execute(f"SELECT min(rowid) FROM {others}", values).fetchone()  # noqa: S608
            db.execute(f"DELETE FROM {others}", values)  # noqa: S608
        if found is not None:
            known = rows.to_run(found)
            if not says_more(run, known):
                return False
            run = replace(run, start=known.start, trigger=better_trigger(run.trigger, known.trigger))
        places = ", ".join("?" * len(rows.of_run(run)))
        # A row keeps its rowid: their order is that in which the runs were first seen.
        db.execute(
            f"INSERT INTO runs (rowid, {rows.RUN_COLUMNS}, revision) "  # noqa: S608 (constants)
            f"VALUES (?, {places}, (SELECT coalesce(max(revision), 0) + 1 FROM runs)) "
            f"ON CONFLICT (id) DO UPDATE SET {_SET}",
            (place, *rows.of_run(run)),
        )
        return True

    def finish_run(self, run_id: str, end: datetime, result: Result) -> bool:
        """Record how a run ended; False when it had ended already, which then stands.

        One exception: an end that was recorded as unknown gives way to one that is known.
        """
        known = self.run(run_id)
        if known is None or (known.result is not None and known.result.outcome is not Outcome.UNKNOWN):
            return False
        return self.keep_runs((replace(known, end=end, result=result),)) > 0

    def keep_jobs(self, records: Iterable[JobRecord]) -> None:
        """Remember these jobs as they are now; one that was a twin stays one."""
        with self.writing() as db:
            db.executemany(
                "INSERT INTO jobs VALUES (?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
                "user = excluded.user, mark = excluded.mark, command = excluded.command, "
                "twin = max(twin, excluded.twin)",
                list(records),
            )

    def name_job(self, job_id: str, name: str) -> None:
        """Remember the name of a job of which nothing is remembered yet."""
        with self.writing() as db:
            db.execute("INSERT OR IGNORE INTO jobs (id, name) VALUES (?,?)", (job_id, name))

    def jobs(self) -> tuple[tuple[JobRecord, ...], Moves]:
        """The jobs that are remembered, and the ids that changes of ours gave to one job."""
        with self.reading() as db:
            if db is None:
                return (), ()
            found = db.execute("SELECT id, name, user, mark, command, twin FROM jobs").fetchall()
            records = tuple(JobRecord._make((*row[:5], bool(row[5]))) for row in found)
            return records, tuple(db.execute("SELECT old, new FROM moves").fetchall())

    def run(self, run_id: str) -> Run | None:
        found = self._runs("WHERE id = ?", (run_id,))
        return found[0] if found else None

    def known_runs(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that the database holds."""
        query = "SELECT id FROM runs WHERE id IN (SELECT value FROM json_each(?))"
        return {row[0] for row in self._rows(query, (json.dumps(list(ids)),))}

    def runs(self, job_id: str | None = None, limit: int = 24) -> list[Run]:
        """The latest `limit` runs of one job, or of each job; oldest first."""
        with self.reading() as db, self._in_words():
            if db is None:
                return []
            found = db.execute(
                f"{_numbered('?1 IS NULL' if job_id is None else 'job_id = ?1')} "  # noqa: S608 (constants)
                f"SELECT {rows.RUN_COLUMNS} FROM numbered WHERE nth <= ?2 ORDER BY since, start",
                (job_id, limit),
            ).fetchall()
            return in_order(map(rows.to_run, found), datetime.now(UTC))

    def changed_runs(self, revision: int, limit: int) -> tuple[int, dict[int, Run]]:
        """The revision now, and the runs written since `revision`, the latest `limit` of each job.

        Its last known ends are always among them. They are by their places in the order of first sight.
        """
        with self.reading() as db:
            if db is None:
                return 0, {}
            newest = int(db.execute("SELECT coalesce(max(revision), 0) FROM runs").fetchone()[0])
            if newest < revision:
                revision = 0  # the newest rows are gone, or it is another file: look at all of it
            found = db.execute(
                f"{_numbered('revision > ?1 OR ?1 = 0')} "  # noqa: S608 (constants)
                f"SELECT place, {rows.RUN_COLUMNS} FROM numbered "
                "WHERE nth <= ?2 OR last_known ORDER BY place",
                (revision, limit),
            ).fetchall()
            return newest, {place: rows.to_run(row) for place, *row in found}

    def open_runs(self, job_id: str | None = None) -> list[Run]:
        """Runs without a recorded end, oldest first; some of them may have ended unseen."""
        where, values = (
            ("result IS NULL", ()) if job_id is None else ("result IS NULL AND job_id = ?", (job_id,))
        )
        return self._runs(f"WHERE {where} ORDER BY start", values)

    def add_undo(
        self,
        *,
        at: datetime,
        verb: str,
        job_id: str,
        job_name: str,
        summary: str,
        kind: str,
        payload: str,
        prepared: bool = False,
    ) -> int:
        """Keep how to take a change back, and return the step's id; the oldest beyond the limits go."""
        with self.writing() as db:
            cursor = db.execute(
                "INSERT INTO undo (at, verb, job_id, job_name, summary, kind, payload, undone) "
                "VALUES (?,?,?,?,?,?,?,?)",
                (
                    *(at.timestamp(), verb, job_id, job_name, summary, kind, payload),
                    _PREPARED if prepared else _READY,
                ),
            )
            db.execute(
                "DELETE FROM undo WHERE at < ? AND id NOT IN (SELECT id FROM undo ORDER BY id DESC LIMIT ?)",
                (at.timestamp() - KEPT_UNDO_SECONDS, KEPT_UNDO_STEPS),
            )
            if cursor.lastrowid is None:
                raise HistoryError(f"{self.path}: the undo step got no number")
            return cursor.lastrowid

    def finish_undo(self, undo_id: int, undoes: int | None, summary: str = "", payload: str = "") -> None:
        """A prepared step's change is made; in the same moment the step that it took back is undone.

        Where `summary` and `payload` are given they replace those of the prepared step. The ids that the
        change gave to jobs are noted for good.
        """
        with self.writing() as db:
            db.execute(
                "UPDATE undo SET undone = ?, summary = coalesce(nullif(?, ''), summary), "
                "payload = coalesce(nullif(?, ''), payload) WHERE id = ? AND undone = ?",
                (_READY if undoes is None else _UNSEEN, summary, payload, undo_id, _PREPARED),
            )
            db.execute(
                "INSERT OR IGNORE INTO moves SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') "
                "FROM undo, json_each(payload, '$.moves') WHERE undo.id = ? "
                "AND json_extract(payload, '$.finished')",
                (undo_id,),
            )
            if undoes is not None:
                self._taken_back(db, undoes)

    def _taken_back(self, db: sqlite3.Connection, undo_id: int) -> None:
        """Mark the step, and forget other attempts to take it back that were cut short."""
        db.execute("UPDATE undo SET undone = ? WHERE id = ?", (_UNDONE, undo_id))
        db.execute(
            "DELETE FROM undo WHERE undone = ? AND json_extract(payload, '$.undoes') = ?",
            (_PREPARED, undo_id),
        )

    def undo_steps(self, *, payloads: bool = False) -> list[UndoStep]:
        """All steps, newest first, the undone ones included."""
        return self._undo("ORDER BY id DESC", (), payload="payload" if payloads else "''")

    def last_undo(self) -> UndoStep | None:
        """The newest step not taken back yet, also a prepared one; an undo is itself such a step."""
        found = self._undo("WHERE undone != ? ORDER BY id DESC LIMIT 1", (_UNDONE,))
        return found[0] if found else None

    def prepared_undo(self) -> list[UndoStep]:
        """The steps whose change is being made or was cut short, newest first."""
        return self._undo("WHERE undone = ? ORDER BY id DESC", (_PREPARED,))

    def undo(self, undo_id: int) -> UndoStep | None:
        found = self._undo("WHERE id = ?", (undo_id,))
        return found[0] if found else None

    def mark_seen(self, undo_id: int) -> None:
        """Note that the end of an undo or redo was shown."""
        with self.writing() as db:
            db.execute("UPDATE undo SET undone = ? WHERE id = ? AND undone = ?", (_READY, undo_id, _UNSEEN))

    def rewrite_undo(self, undo_id: int, *, summary: str, payload: str) -> None:
        """Other words and another payload for a step whose change is still being made.

        Raises HistoryError where another process has finished it meanwhile.
        """
        query = "UPDATE undo SET summary = ?, payload = ? WHERE id = ? AND undone = ?"
        with self.writing() as db:
            if not db.execute(query, (summary, payload, undo_id, _PREPARED)).rowcount:
                raise HistoryError(f"change {undo_id} is not being made any more.")

    def forget_undo(self, undo_id: int) -> None:
        """Let go of a step whose change was not made after all."""
        with self.writing() as db:
            db.execute("DELETE FROM undo WHERE id = ?", (undo_id,))

    def _rows(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self.reading() as db:
            return [] if db is None else db.execute(query, values).fetchall()

    def _runs(self, where: str, values: tuple[object, ...]) -> list[Run]:
        query = f"SELECT {rows.RUN_COLUMNS} FROM runs {where}"  # noqa: S608 (constants)
        with self._in_words():  # a row of another program's, too
            return [rows.to_run(row) for row in self._rows(query, values)]

    def _undo(self, where: str, values: tuple[object, ...], payload: str = "payload") -> list[UndoStep]:
        columns = f"id, at, verb, job_id, job_name, summary, kind, {payload}, undone"
        log = "json_extract(payload, '$.undoes'), coalesce(json_extract(payload, '$.host'), '')"
        found = self._rows(f"SELECT {columns}, {log} FROM undo {where}", values)  # noqa: S608 (constants)
        return [
            UndoStep(
                number,
                datetime.fromtimestamp(at, UTC),
                *(verb, job_id, job_name, summary, kind, payload),
                undone=state == _UNDONE,
                prepared=state == _PREPARED,
                unseen=state == _UNSEEN,
                undoes=undoes,
                host=host,
            )
            for number, at, verb, job_id, job_name, summary, kind, payload, state, undoes, host in found
        ]
