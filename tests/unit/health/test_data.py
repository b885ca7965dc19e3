"""FT710: data of the federation that is older than two periods of its job, and data that is not."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from fedtui.model import Finding, Severity
from fedtui.pack import Pack, load_pack, pack_file, written
from fedtui.results import RuleBook
from tests.unit.health.answers import machine
from tests.unit.health.rows import NOW, by_code, table, unchecked

MARK = "# fedtui: pack sync (0 * * * *)\n"
HOURLY = "0 * * * * bash /srv/scripts/sync-learning-data.sh >> /srv/sync.log 2>&1\n"


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A federation whose sync should renew the file that is returned; it is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "skills-patterns.jsonl"
    pack = Pack(
        root="/srv",
        profile="conservative",
        backend="cron",
        log_dir="/srv",
        since="2026-11-01",
        scripts={"sync": "/srv/scripts/sync-learning-data.sh"},
        products={"sync": str(path)},
    )
    pack_file().parent.mkdir(parents=True)
    pack_file().write_bytes(written(pack))
    return path


def data(path: Path, *ages: timedelta) -> None:
    """Lines of these ages, the file itself written this minute."""
    path.write_text("".join(json.dumps({"timestamp": (NOW - age).timestamp()}) + "\n" for age in ages))
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))


def found(line: str = HOURLY) -> Finding | None:
    return by_code(*table(MARK + line)).get("FT710")


def test_old_data_in_a_file_written_this_minute_is_stale(product: Path) -> None:
    data(product, timedelta(hours=30), timedelta(minutes=121))
    finding = found()
    assert finding is not None
    assert finding.severity is Severity.WARNING
    assert finding.sentence == (
        "The newest data of sync-learning-data is from 2026-11-24 11:04, and it should be at most 2 h old."
    )
    assert finding.evidence[1] == "the file itself was written 2026-11-24 13:05"


def test_data_of_the_last_two_periods_is_not(product: Path) -> None:
    data(product, timedelta(hours=30), timedelta(minutes=119))
    assert found() is None
    data(product, timedelta(hours=40))
    assert found(HOURLY.replace("0 *", "0 2", 1)) is None  # daily: two days


def test_a_product_that_is_not_there_is_said(product: Path) -> None:
    finding = found()
    assert finding is not None
    assert "there is no such file" in finding.sentence


def test_data_without_timestamps_is_unchecked_and_never_fine(product: Path) -> None:
    product.write_text('{"skill": "a"}\n')
    assert found() is None
    assert [one.reason for one in unchecked(*table(MARK + HOURLY)) if "FT710" in one.codes] == [
        f"no line of {product} has a timestamp that can be read"
    ]


def test_the_product_that_config_names_is_looked_at_in_its_place(product: Path, tmp_path: Path) -> None:
    data(product, timedelta(hours=30))
    other = tmp_path / "other.jsonl"
    host = machine()
    host.rules = RuleBook({}, {"sync-learning-data": {"product": str(other)}}, load_pack)
    finding = by_code(*table(MARK + HOURLY), host=host)["FT710"]
    assert finding.sentence == f"sync-learning-data should write {other}, and there is no such file."


def test_without_a_federation_nothing_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert "FT710" not in by_code(*table(MARK + HOURLY), host=machine())
