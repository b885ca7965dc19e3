"""Limits and ages: from which age on a job is stale, and how old what it brings is."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fedtui.model import Freshness, ProductAge, Snapshot
from fedtui.runs.data_age import product_age
from fedtui.verdicts.evidence import known_age, log_grew
from fedtui.verdicts.limits import age_limit
from tests.unit.health.rows import NOW, table, timer

HOUR, DAY = 3600.0, 86400.0


def test_the_limit_is_two_periods_and_never_less_than_a_late_run_takes(tmp_path: Path) -> None:
    (job,) = table("0 * * * * true\n")
    assert age_limit(job, NOW, {}) == (2 * HOUR, False)
    spread = timer(tmp_path, "", accuracy=60.0, randomized_delay=1800.0)
    assert age_limit(spread, NOW, {}, period=300.0).seconds == 300.0 + 30.0 + 60.0 + 1800.0
    assert age_limit(spread, NOW, {}).seconds is None


def test_the_limit_that_the_user_set_counts_by_id_name_or_key() -> None:
    (job,) = table("0 * * * * true\n")
    for name in (job.id, job.name, "sync"):
        assert age_limit(job, NOW, {name: 600}, "sync") == (600.0, True)


def test_of_a_file_with_timestamps_the_newest_counts_and_of_another_its_time(tmp_path: Path) -> None:
    lines = [{"timestamp": "2026-11-24T12:00:00+00:00"}, {"timestamp": 1}, {"timestamp": 1795500000.5}]
    path = tmp_path / "skills-patterns.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"timestamp": 17')
    assert product_age(str(path), NOW, None).at == datetime(2026, 11, 24, 12, tzinfo=UTC)
    plain = tmp_path / "export.tar"
    plain.write_text("x")
    os.utime(plain, (1000, 1000))
    assert product_age(str(plain), NOW, None).at == datetime(1970, 1, 1, 0, 16, 40, tzinfo=UTC)


def test_a_product_that_is_not_there_or_empty_is_of_no_age(tmp_path: Path) -> None:
    path = tmp_path / "skills-patterns.jsonl"
    for found in (product_age(str(path), NOW, None), product_age(str(tmp_path / "none"), NOW, None)):
        assert (found.at, found.fault) == (None, "")
    for empty in (path, tmp_path / "export.tar"):
        empty.write_text("")
        found = product_age(str(empty), NOW, None)
        assert (found.at, found.fault, found.modified is None) == (None, "", False)


def test_a_product_that_cannot_be_read_is_no_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "folder.jsonl"
    folder.mkdir()
    assert "cannot be looked at: Is a directory" in product_age(str(folder), NOW, None).fault


def test_the_age_that_the_verdict_was_found_by_is_taken_and_the_file_not_read_again(tmp_path: Path) -> None:
    (job,) = table("0 * * * * true\n")
    path = tmp_path / "export.tar"
    path.write_text("x")
    known = ProductAge(str(path), datetime(2026, 11, 24, 12, tzinfo=UTC))
    snapshot = Snapshot(NOW, (job,), freshness={job.id: Freshness(False, product=known)})
    os.utime(path, (1000, 1000))
    assert known_age(str(path), job, snapshot, None) is known
    written = datetime(1970, 1, 1, 0, 16, 40, tzinfo=UTC)
    assert known_age(str(path), None, snapshot, None).at == written
    assert known_age(str(path), job, replace(snapshot, freshness={}), None).at == written
    assert known_age(str(tmp_path / "other"), job, snapshot, None).at is None, "declared otherwise since"


def test_lines_without_a_timestamp_are_a_fault_and_the_file_has_its_time(tmp_path: Path) -> None:
    path = tmp_path / "skills-patterns.jsonl"
    path.write_text("{}\n")
    os.utime(path, (1000, 1000))
    found = product_age(str(path), NOW, None)
    assert "has a timestamp that can be read" in found.fault
    assert (found.newest, found.modified) == (None, datetime(1970, 1, 1, 0, 16, 40, tzinfo=UTC))


def test_when_a_log_grew(tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    assert (log_grew(None), log_grew(str(log))) == (None, None)
    log.write_text("")
    assert log_grew(str(log)) is None
    log.write_text("sync: 3 patterns\n")
    os.utime(log, (1000, 1000))
    assert log_grew(str(log)) == datetime(1970, 1, 1, 0, 16, 40, tzinfo=UTC)
