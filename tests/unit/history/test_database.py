"""The database of runs and undo steps: bounded, private, shared by processes, never replaced."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import stat
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.history import connection, database
from fedtui.history.database import History, HistoryError
from fedtui.history.rows import result_from_json, result_to_json
from fedtui.model import (
    CronFacts,
    Job,
    JobRecord,
    Location,
    LogSlice,
    Mark,
    Outcome,
    Result,
    Run,
    SourceName,
    Trigger,
)
from fedtui.verdicts.judge import standing_of

START = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
OK = Result(Outcome.OK, 0, None, 1.5, 2, ("two warnings",), ("exit status, fedtui",))


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "state" / "history.db")


def a_run(number: int, job_id: str = "crontab:a") -> Run:
    start = START + timedelta(minutes=number)
    return Run(f"{number:016x}", job_id, start, trigger=Trigger.MANUAL, output="/o", pid=7, pgid=7)


def an_undo(history: History, verb: str = "pause") -> int:
    return history.add_undo(
        at=START, verb=verb, job_id="crontab:a", job_name="a", summary="s", kind="crontab", payload="{}"
    )


def test_nothing_is_there_and_nothing_is_made_by_reading(history: History) -> None:
    assert history.runs() == []
    assert history.open_runs() == []
    assert history.last_undo() is None
    assert history.undo_steps() == []
    assert not history.path.parent.exists()


def test_a_run_comes_back_as_it_was(history: History) -> None:
    run = a_run(1)
    history.begin_run(run)
    assert history.open_runs() == [run]
    assert history.finish_run(run.id, START + timedelta(minutes=2), OK)
    assert history.runs() == [replace(run, end=START + timedelta(minutes=2), result=OK)]
    assert history.run(run.id) == history.runs("crontab:a")[0]
    assert history.open_runs() == []
    assert history.known_runs([run.id, "nope"]) == {run.id}


def test_the_first_end_stands_unless_it_was_unknown(history: History) -> None:
    failed = Result(Outcome.FAILED, 1)
    history.begin_run(a_run(1))
    assert history.finish_run(a_run(1).id, START, Result(Outcome.UNKNOWN))
    assert not history.finish_run(a_run(1).id, START, Result(Outcome.UNKNOWN, reasons=("again",)))
    assert history.finish_run(a_run(1).id, START, failed)
    assert not history.finish_run(a_run(1).id, START, OK)
    history.begin_run(a_run(1))
    assert history.runs()[0].result == failed


def test_latest_runs_of_each_job_oldest_first(history: History) -> None:
    for number in (3, 1, 2, 4):
        history.begin_run(a_run(number))
    history.begin_run(a_run(9, "crontab:b"))
    assert [int(run.id, 16) for run in history.runs("crontab:a", limit=3)] == [2, 3, 4]
    assert [int(run.id, 16) for run in history.runs(limit=2)] == [3, 4, 9]


def test_finished_runs_are_bounded_and_open_ones_stay(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "KEPT_RUNS", 3)
    for number in range(6):
        history.begin_run(a_run(number))
        if number != 0:
            history.finish_run(a_run(number).id, START, OK)
    assert [int(run.id, 16) for run in history.runs()] == [0, 3, 4, 5]


def test_undo_steps_are_a_list_with_the_newest_first(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "KEPT_UNDO_STEPS", 3)
    monkeypatch.setattr(database, "KEPT_UNDO_SECONDS", -1)
    ids = [an_undo(history, f"v{number}") for number in range(5)]
    assert [step.verb for step in history.undo_steps()] == ["v4", "v3", "v2"]
    history.finish_undo(ids[3], ids[4])
    last = history.last_undo()
    assert last is not None
    assert (last.id, last.verb, last.at, last.undone) == (ids[3], "v3", START, False)
    assert history.undo(ids[0]) is None
    undone = history.undo(ids[4])
    assert undone is not None
    assert undone.undone


def test_a_prepared_step_is_finished_together_with_the_one_it_takes_back(history: History) -> None:
    done = an_undo(history)
    attempts = [
        history.add_undo(
            at=START,
            verb="undo",
            job_id="crontab:a",
            job_name="a",
            summary="s",
            kind="crontab",
            payload=f'{{"undoes": {done}}}',
            prepared=True,
        )
        for _ in range(2)
    ]
    assert [step.id for step in history.prepared_undo()] == attempts[::-1]
    history.finish_undo(attempts[1], done)
    assert [(step.id, step.undone, step.prepared) for step in history.undo_steps()] == [
        (attempts[1], False, False),
        (done, True, False),
    ]


def test_what_a_killed_writer_left_in_the_journal_is_no_bar_to_reading(history: History) -> None:
    """A file that was to become WAL, its writer killed in the midst: only a writer may take that back."""
    an_undo(history)
    db = sqlite3.connect(history.path, isolation_level=None)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA cache_size = 1")
    db.execute("BEGIN IMMEDIATE")
    db.executemany(
        "INSERT INTO undo (at, verb, job_id, job_name, summary, kind, payload) "
        "VALUES (1,'x','j','n',?,'k','{}')",
        [("s" * 4000,) for _ in range(50)],
    )
    copies = {path.name: path.read_bytes() for path in history.path.parent.iterdir()}
    db.close()
    for name, data in copies.items():
        (history.path.parent / name).write_bytes(data)
    assert "history.db-journal" in copies
    assert [step.verb for step in history.undo_steps()] == ["pause"]


def test_files_are_private(history: History) -> None:
    history.begin_run(a_run(1))
    connection = sqlite3.connect(history.path)
    connection.execute("SELECT * FROM runs").fetchall()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in history.path.parent.iterdir()}
    connection.close()
    assert set(modes.values()) == {0o600}
    assert "history.db-wal" in modes
    assert stat.S_IMODE(history.path.parent.stat().st_mode) == 0o700


def test_a_damaged_file_is_reported_and_left_as_it_is(history: History) -> None:
    history.begin_run(a_run(1))
    damaged = b"garbage!" * 512
    history.path.write_bytes(damaged)
    for suffix in ("-wal", "-shm"):
        history.path.with_name(history.path.name + suffix).unlink(missing_ok=True)
    for attempt in (history.runs, history.last_undo, lambda: an_undo(history)):
        with pytest.raises(HistoryError, match="cannot be used: file is not a database") as caught:
            attempt()
        assert (
            caught.value.advice
            == f"Nothing was deleted. To begin a new one: mv {history.path} {history.path}.damaged"
        )
    assert history.path.read_bytes() == damaged


def test_a_newer_format_is_not_touched(history: History) -> None:
    history.begin_run(a_run(1))
    connection = sqlite3.connect(history.path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(HistoryError, match=r"written by a newer fedtui \(format 9\)"):
        history.runs()
    with pytest.raises(HistoryError, match="newer fedtui"):
        history.begin_run(a_run(2))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError, match="/file: File exists") as caught:
        History(tmp_path / "file" / "history.db").begin_run(a_run(1))
    assert (
        caught.value.advice
        == f"{tmp_path}/file is no folder. Move it away: mv {tmp_path}/file {tmp_path}/file.old"
    )


def test_a_lock_that_stays_is_told(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_BUSY_TIMEOUT", 0.05)
    history.begin_run(a_run(1))
    other = sqlite3.connect(history.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryError, match="database is locked") as caught:
        history.begin_run(a_run(2))
    assert caught.value.advice == "Another fedtui is writing it; try again."
    assert history.runs() == [a_run(1)]
    other.close()


def _write(path: Path, first: int) -> None:
    for number in range(first, first + 25):
        History(path).begin_run(a_run(number, f"crontab:{first}"))


def test_several_processes_write_at_once(history: History) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(history.path, 100 * n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert len(history.runs(limit=100)) == 75


def _write_at_once(path: Path, first: int, together: Barrier) -> None:
    together.wait(60)
    for number in range(first, first + 4):
        History(path).begin_run(a_run(number, "crontab:1"))


def test_several_processes_make_the_file_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for turn in range(30):  # without patience for the switch to WAL one turn in ten fails
        path, together = tmp_path / f"{turn}.db", context.Barrier(4)
        writers = [context.Process(target=_write_at_once, args=(path, 10 * n, together)) for n in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(60)
        assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
        assert len(History(path).runs(limit=100)) == 16


@given(
    st.builds(
        Result,
        outcome=st.sampled_from(Outcome),
        exit_code=st.none() | st.integers(0, 255),
        signal=st.none() | st.text(),
        duration=st.none() | st.floats(0, 1e9),
        warnings=st.integers(0, 10**6),
        reasons=st.lists(st.text()).map(tuple),
        evidence=st.lists(st.text()).map(tuple),
        marks=st.sets(st.sampled_from(Mark)).map(frozenset),
    )
)
@settings(max_examples=100)
def test_any_result_survives_the_round_trip(result: Result) -> None:
    assert result_from_json(result_to_json(result)) == result


CLOCK, STATUS = "the clock was set back since", "no exit status"
SHARED = "another run wrote the same log meanwhile: whose lines these are is not known"


def old_row(outcome: str, reasons: list[str], evidence: list[str], more: str = "") -> str:
    """A result as fedtui wrote it before there were marks."""
    head = f'{{"outcome": "{outcome}", "exit_code": null, "signal": null, "duration": 2.0, "warnings": 1, '
    said = (
        f'"reasons": {json.dumps(reasons)}, "evidence": {json.dumps(evidence)}, "judged": true, "errors": 0'
    )
    return f"{head}{said}{more}}}"


@pytest.mark.parametrize(
    ("outcome", "reasons", "evidence", "marks"),
    [
        ("ok", [], ["exit status, recorder", CLOCK], {Mark.SET_BACK}),
        ("unknown", [SHARED, "1 error: line 1 x"], ["2 lines read, ~/a", SHARED], {Mark.NOT_APART}),
        ("failed", ["1 error: line 1 x", SHARED], ["2 lines read, ~/a", SHARED], {Mark.NOT_APART}),
        ("unknown", [], ["start seen in the process table", STATUS], {Mark.NO_STATUS}),
        ("skipped", ["locked", "flock"], ["no output, ~/sync.log"], {Mark.LOCKED, Mark.SILENT}),
        ("warnings", ["1 warning: its product /x is not there"], [], {Mark.PRODUCT}),
        ("failed", ["its last line: y", "its product /x is empty"], [], {Mark.PRODUCT}),
        ("failed", ["systemd refused: it was started too often in a short time"], [], {Mark.START_LIMIT}),
        ("failed", [f"1 error: line 1 {CLOCK}", "line 2 its product is locked"], [], set()),
    ],
)
def test_a_row_of_words_reads_as_it_did_and_decides_by_marks(
    outcome: str, reasons: list[str], evidence: list[str], marks: set[Mark]
) -> None:
    result = result_from_json(old_row(outcome, reasons, evidence))
    assert (list(result.why), list(result.known_from), result.marks) == (reasons, evidence, marks)
    written = json.loads(result_to_json(result))
    assert (written["reasons"], written["evidence"]) == (reasons, evidence), "a version without marks reads"
    assert result_from_json(json.dumps(written)) == result


def test_marks_of_a_newer_version_are_passed_over() -> None:
    row = old_row("ok", [], [CLOCK], ', "marks": ["set-back", "from-the-future"]')
    assert result_from_json(row).marks == {Mark.SET_BACK}


def test_two_words_that_were_one_are_told_as_two() -> None:
    result = result_from_json(old_row("unknown", [], [f"start seen in cron's log, {STATUS}"]))
    assert result.known_from == ("start seen in cron's log", STATUS)


def test_runs_are_ordered_by_the_mark_and_not_by_what_a_job_printed(history: History) -> None:
    said = {"printed": ([f"1 error: line 1 {CLOCK}"], []), "marked": ([], [CLOCK])}
    for name, words in said.items():
        history.keep_runs([sighting(name, 60, EXITED), sighting(f"found late, {name}", 0, EXITED)])
        with closing(sqlite3.connect(history.path)) as db, db:
            db.execute("UPDATE runs SET result = ? WHERE id = ?", (old_row("failed", *words), name))
        shown = [run.id for run in history.runs("crontab:a")]
        first, last = (name, f"found late, {name}") if name == "marked" else (f"found late, {name}", name)
        assert shown == [first, last]
        with closing(sqlite3.connect(history.path)) as db, db:
            db.execute("DELETE FROM runs")


def sighting(name: str, at: float, result: Result | None = None, **more: object) -> Run:
    return replace(Run(name, "crontab:a", START + timedelta(seconds=at), result=result), **more)  # type: ignore[arg-type]


SEEN = Result(Outcome.UNKNOWN, evidence=("start seen",))
EXITED = Result(Outcome.OK, 0, evidence=("exit status, systemd",))
JUDGED = Result(Outcome.WARNINGS, 0, warnings=3, judged=True)


def test_a_better_witness_updates_a_row_and_a_worse_one_does_not(history: History) -> None:
    accounts = [sighting("x", 0, result) for result in (None, SEEN, EXITED, JUDGED)]
    for account in accounts:
        assert history.keep_runs((account,)) == 1
        assert history.keep_runs((account,)) == 0
        assert history.runs() == [account]
    for account in accounts:
        assert history.keep_runs((account,)) == 0
    assert history.runs() == [accounts[-1]]


def test_details_are_added_and_the_start_and_the_trigger_that_were_known_stay(history: History) -> None:
    history.keep_runs((sighting("x", 0, EXITED, trigger=Trigger.MANUAL),))
    end = START + timedelta(seconds=9)
    history.keep_runs((sighting("x", 0.3, EXITED, end=end, trigger=Trigger.OTHER),))
    assert history.runs() == [sighting("x", 0, EXITED, end=end, trigger=Trigger.MANUAL)]


def test_the_rows_of_other_accounts_of_a_run_go(history: History) -> None:
    history.keep_runs((sighting("cron-1", 0, SEEN), sighting("cron-2", 60, SEEN)))
    whole = sighting("rec", 1, JUDGED, also=("cron-1",), log=LogSlice("/l", 3, 9))
    assert history.keep_runs((whole,)) == 1
    assert [run.id for run in history.runs()] == ["rec", "cron-2"]
    assert history.run("rec") == whole


def test_rows_keep_their_places_in_the_order_in_which_runs_were_first_seen(history: History) -> None:
    history.keep_runs((sighting("cron-1", 60, SEEN), sighting("cron-2", 0, SEEN)))
    history.keep_runs((sighting("cron-2", 0, EXITED),))
    history.keep_runs((sighting("rec", 61, JUDGED, also=("cron-1",)), sighting("new", 5, SEEN)))
    places = history.changed_runs(0, 24)[1]
    assert [run.id for _, run in sorted(places.items())] == ["rec", "cron-2", "new"]


def test_readers_are_given_what_is_new(history: History) -> None:
    assert history.changed_runs(0, 24) == (0, {})
    history.keep_runs(sighting(f"r{number}", number, SEEN) for number in range(5))
    revision, runs = history.changed_runs(0, 3)
    assert [run.id for run in runs.values()] == ["r2", "r3", "r4"]
    assert history.changed_runs(revision, 3) == (revision, {})
    history.keep_runs((sighting("r1", 1, EXITED),))
    revision, runs = history.changed_runs(revision, 3)
    assert [run.id for run in runs.values()] == ["r1"]
    history.path.unlink()
    history.keep_runs((sighting("r9", 9, SEEN),))
    assert [run.id for run in history.changed_runs(revision, 3)[1].values()] == ["r9"]


def test_the_last_known_end_stays_in_sight_behind_many_unknown_ones(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedtui.history.database.KEPT_RUNS", 6)
    failed = Result(Outcome.FAILED, 12)
    history.keep_runs((sighting("old", 0, EXITED), sighting("failed", 1, failed)))
    for number in range(2, 12):
        history.keep_runs((sighting(f"r{number}", number, SEEN),))
    kept = [run.id for run in history.changed_runs(0, 3)[1].values()]
    assert kept == ["old", "failed", "r9", "r10", "r11"]
    assert [run.id for run in history.runs()] == ["old", "failed", *(f"r{number}" for number in range(6, 12))]


def test_a_failure_that_ended_after_a_good_run_began_stays_in_sight(history: History) -> None:
    """The last run to begin of which the end is known is a good one, and answers nothing."""
    failed, good = Result(Outcome.FAILED, 1), Result(Outcome.OK, 0)
    ends = ((0, 120, failed), (10, 11, failed), (60, 65, good))
    runs = [
        replace(sighting(f"k{place}", start, result), end=START + timedelta(minutes=end))
        for place, (start, end, result) in enumerate(ends)
    ]
    history.keep_runs((*runs, *(sighting(f"r{number}", number, SEEN) for number in range(130, 160))))
    kept = [run.id for run in history.changed_runs(0, 24)[1].values()]
    assert (kept[:2], len(kept)) == (["k0", "k2"], 26)
    place, facts = Location("crontab", 1), CronFacts("crontab", b"", b"x")
    row = Job("crontab:a", "a", SourceName.CRONTAB, "u", "* * * * *", "", place, facts)
    every = tuple(history.changed_runs(0, 24)[1].values())
    assert standing_of(row, every).failed_at == START + timedelta(minutes=120)

    # what ended well, and is not known to be good, hides neither
    warned = Result(Outcome.WARNINGS, 0, warnings=1)
    history.keep_runs(
        sighting(f"w{number}", 200 + number, result)
        for number, result in enumerate(
            (good, warned, replace(warned, errors=1), warned.marked(Mark.PRODUCT), *[SEEN] * 24)
        )
    )
    kept = [run.id for run in history.changed_runs(0, 24)[1].values()]
    assert kept[:4] == ["k0", "w2", "w3", "w4"]


VERSION_1 = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, job_id TEXT NOT NULL, start REAL NOT NULL, "end" REAL, result TEXT,
    trigger TEXT NOT NULL, output TEXT, pid INTEGER, pgid INTEGER
) STRICT;
CREATE INDEX runs_of_job ON runs (job_id, start);
CREATE INDEX open_runs ON runs (job_id) WHERE "end" IS NULL;
CREATE TABLE undo (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, verb TEXT NOT NULL, job_id TEXT NOT NULL,
    job_name TEXT NOT NULL, summary TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO runs VALUES ('000000000000000a', 'crontab:a', 5.0, 6.0,
    '{"outcome": "ok", "exit_code": 0, "signal": null, "duration": 1.0, "warnings": 0, "reasons": [],
    "evidence": []}', 'manual', NULL, 7, 7);
INSERT INTO undo (at, verb, job_id, job_name, summary, kind, payload)
    VALUES (1, 'v', 'j', 'n', 's', 'k', '{}');
PRAGMA user_version = 1;
"""


def test_a_database_of_the_format_before_is_taken_over(history: History) -> None:
    history.path.parent.mkdir(mode=0o700)
    old = sqlite3.connect(history.path)
    old.executescript(VERSION_1)
    old.close()
    (run,) = history.runs()
    assert (run.id, run.result, run.log, run.also) == (
        "000000000000000a",
        Result(Outcome.OK, 0, duration=1.0),
        None,
        (),
    )
    assert history.last_undo() is not None
    assert history.jobs() == ((JobRecord("j", "n"),), ())
    assert [found.id for found in history.changed_runs(0, 24)[1].values()] == [run.id]
    assert history.finish_run(run.id, START, SEEN) is False


def test_jobs_are_remembered_as_they_were_last(history: History) -> None:
    assert history.jobs() == ((), ())
    assert not history.path.exists()
    history.keep_jobs([JobRecord("crontab:a", "old", "fed", "", "c1", True), JobRecord("crontab:b", "b")])
    history.keep_jobs([JobRecord("crontab:a", "new", "fed", "sync", "c2")])
    records = {record.id: record for record in history.jobs()[0]}
    assert records == {
        "crontab:a": JobRecord("crontab:a", "new", "fed", "sync", "c2", True),
        "crontab:b": JobRecord("crontab:b", "b"),
    }


@pytest.mark.parametrize(("finished", "moves"), [(True, (("crontab:a", "crontab:b"),)), (False, ())])
def test_the_ids_that_a_change_gave_are_noted_once_it_is_made(
    history: History, finished: bool, moves: tuple[tuple[str, str], ...]
) -> None:
    payload = json.dumps({"moves": [["crontab:a", "crontab:b"]], "finished": finished})
    for _ in range(2):
        step = history.add_undo(
            at=START,
            verb="edit",
            job_id="crontab:a",
            job_name="a",
            summary="s",
            kind="edits",
            payload=payload,
        )
        assert history.jobs()[1] == (() if step == 1 else moves)
        history.finish_undo(step, None)
    assert history.jobs()[1] == moves


def _keep_until_killed(path: Path, sender: Connection) -> None:
    """Tell of each row once it is kept, as a screen shows it."""
    number = 0
    while True:
        runs = [sighting(f"r{number}-{part}", number, SEEN) for part in range(3)]
        History(path).keep_runs(runs)
        sender.send(number)
        number += 1


def test_a_kill_at_any_moment_loses_no_row_that_was_shown(history: History) -> None:
    context = multiprocessing.get_context("spawn")
    for round_number, wait in enumerate((0.02, 0.05, 0.11)):
        here, there = context.Pipe(duplex=False)
        path = history.path.with_name(f"{round_number}.db")
        writer = context.Process(target=_keep_until_killed, args=(path, there))
        writer.start()
        assert here.poll(30)
        shown = here.recv()
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if here.poll(0.001):
                shown = here.recv()
        writer.kill()
        writer.join(30)
        while here.poll(0):
            try:
                shown = here.recv()
            except EOFError:
                break
        kept = {run.id for run in History(path).runs(limit=1000)}
        for number in range(shown + 1):
            assert {f"r{number}-{part}" for part in range(3)} <= kept
        assert len(kept) % 3 == 0
        History(path).keep_runs((sighting("after", 1e6, SEEN),))
