"""Watches on disk: what was written comes back, and only one process keeps them."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedtui.model import Mark, Outcome, Result
from fedtui.watching.artifacts import FileArtifacts
from fedtui.watching.expected_run import ExpectedRun, LogMark, Watch, WatchVerdict
from fedtui.watching.watch_store import WatchStore, WatchStoreError, from_json, to_json
from tests.unit.watching.world import NOON, OK, after

MOMENTS = st.none() | st.integers(0, 10**7).map(after)
WORDS = st.lists(st.text(max_size=12), max_size=3).map(tuple)
RESULTS = st.none() | st.builds(
    Result, st.sampled_from(Outcome), st.none() | st.integers(0, 255), reasons=WORDS, evidence=WORDS
)
CYCLES = st.builds(
    ExpectedRun,
    due=MOMENTS,
    grace_until=MOMENTS,
    verdict=st.sampled_from(WatchVerdict),
    run_id=st.text(max_size=8),
    start=MOMENTS,
    end=MOMENTS,
    result=RESULTS,
    mark=st.none() | st.builds(LogMark, st.text(), st.integers(0, 9), st.integers(0, 9)),
    log_lines=st.none() | st.integers(0, 9),
    renewed=st.none() | st.booleans(),
    reasons=WORDS,
    causes=WORDS,
)
WATCHES = st.builds(
    Watch, st.text(), st.text(), st.integers(0, 10**7).map(after), st.lists(CYCLES, max_size=3).map(tuple)
)


def watch(
    job_id: str = "crontab:1", began: datetime = NOON, verdict: WatchVerdict = WatchVerdict.WAITING
) -> Watch:
    return Watch(job_id, "sync", began, (ExpectedRun(due=NOON, verdict=verdict, result=OK),))


@given(WATCHES)
def test_a_watch_comes_back_as_it_was(written: Watch) -> None:
    assert from_json(to_json(written)) == written


def test_a_version_without_marks_reads_a_watch_with_a_mark() -> None:
    locked = Result(Outcome.SKIPPED, 0, reasons=("locked",)).marked(Mark.LOCKED, Mark.SET_BACK)
    written = to_json(replace(watch(), cycles=(ExpectedRun(due=NOON, result=locked),)))
    record = written["cycles"][0]["result"]
    assert "marks" not in record, "it refuses a field that it does not know"
    assert record["evidence"] == ["the clock was set back since"]
    (cycle,) = from_json(written).cycles
    assert cycle.result == locked


def test_what_was_written_is_read_by_the_next_process(tmp_path: Path) -> None:
    folder = tmp_path / "watches"
    WatchStore(folder).update("crontab:1", lambda known: watch())
    assert WatchStore(folder).get("crontab:1") == watch()
    assert WatchStore(folder).open() == [watch()]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())


def test_a_change_is_made_on_what_the_file_says(tmp_path: Path) -> None:
    book = WatchStore(tmp_path)
    book.update("crontab:1", lambda known: watch())
    WatchStore(tmp_path).update("crontab:1", lambda known: known and replace(known, stopped=after(9)))
    assert book.update("crontab:1", lambda known: None) == replace(watch(), stopped=after(9))


def test_a_file_that_is_no_watch_is_named_and_left(tmp_path: Path) -> None:
    book = WatchStore(tmp_path)
    book.update("crontab:1", lambda known: watch())
    (path,) = tmp_path.glob("*.json")
    path.write_text("{}")
    with pytest.raises(WatchStoreError, match="is no watch of this fedtui"):
        book.get("crontab:1")
    assert path.read_text() == "{}"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WatchStoreError, match="cannot be kept"):
        WatchStore(tmp_path / "file").update("crontab:1", lambda known: watch())


def test_one_process_keeps_the_watches(tmp_path: Path) -> None:
    book = WatchStore(tmp_path)
    assert not book.is_kept()
    with book.keeping() as mine, WatchStore(tmp_path).keeping() as other:
        assert (mine, other) == (True, False)
        assert book.is_kept()
    assert not book.is_kept()


def test_old_finished_watches_go_and_open_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedtui.watching.watch_store.KEPT", 2)
    book = WatchStore(tmp_path)
    book.update("open", lambda known: watch("open"))
    for number in range(5):
        done = watch(f"job{number}", after(number), WatchVerdict.GOOD)
        book.update(done.job_id, lambda known, done=done: done)  # type: ignore[misc]  # the loop's value
    assert [kept.job_id for kept in book.all()] == ["open", "job3", "job4"]


# What a cycle leaves


def test_lines_are_counted_from_the_mark_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    traces = FileArtifacts(tmp_path / "notes")
    mark = traces.mark(str(log))
    assert mark is not None
    log.write_bytes(b"one\ntwo\n")
    assert traces.grown(mark) == (2, 8)
    mark = traces.mark(str(log))
    assert mark is not None
    with log.open("ab") as file:
        file.write(b"three\nfour")
    assert traces.grown(mark) == (2, 10)


def test_a_log_that_was_rotated_is_counted_from_its_new_beginning(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"old\n" * 100)
    mark = FileArtifacts(tmp_path / "notes").mark(str(log))
    assert mark is not None
    log.rename(tmp_path / "log.1")
    log.write_bytes(b"new\n")
    assert FileArtifacts(tmp_path / "notes").grown(mark) == (1, 4)


def test_a_product_is_renewed_where_it_is_newer_and_not_empty(tmp_path: Path) -> None:
    product = tmp_path / "metrics.json"
    traces = FileArtifacts(tmp_path / "notes")
    assert traces.renewed(str(product), NOON) is False
    product.write_text("")
    assert traces.renewed(str(product), NOON.replace(year=2000)) is False
    product.write_text("{}")
    assert traces.renewed(str(product), NOON.replace(year=2000)) is True
    assert traces.renewed(str(product), NOON.replace(year=2999)) is False
