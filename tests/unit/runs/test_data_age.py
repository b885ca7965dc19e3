"""The newest timestamp of a JSON Lines file, whatever its order, its mix of forms, and its broken lines."""

from __future__ import annotations

import json
import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.runs import data_age
from fedtui.runs.data_age import DataAge, newest_at, newest_data
from fedtui.runs.timestamps import read_timestamp

NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=UTC)
CET = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-24T13:00:00Z", datetime(2026, 11, 24, 13, tzinfo=UTC)),
        ("2026-11-24T13:00:00+01:00", datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ("2026-11-24 13:00:00.25", datetime(2026, 11, 24, 12, 0, 0, 250000, tzinfo=UTC)),  # local: CET
        ("2026-11-24", datetime(2026, 11, 23, 23, tzinfo=UTC)),
        ("20261124", datetime(2026, 11, 23, 23, tzinfo=UTC)),
        (1764000000, datetime(2025, 11, 24, 16, tzinfo=UTC)),
        (1764000000.5, datetime(2025, 11, 24, 16, 0, 0, 500000, tzinfo=UTC)),
        ("1764000000", datetime(2025, 11, 24, 16, tzinfo=UTC)),
        (1764000000000, datetime(2025, 11, 24, 16, tzinfo=UTC)),
        (1764000000000000, datetime(2025, 11, 24, 16, tzinfo=UTC)),
        (1764000000000000000, datetime(2025, 11, 24, 16, tzinfo=UTC)),
        (0, None),
        (-5, None),
        (True, None),
        (None, None),
        ("yesterday", None),
        (float("nan"), None),
        (float("inf"), None),
        (1e300, None),
        ({}, None),
    ],
)
def test_a_moment_in_any_of_its_forms(value: object, expected: datetime | None) -> None:
    assert read_timestamp(value, CET) == expected


def write(path: Path, *lines: object, end: str = "\n") -> None:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + end)


def test_the_newest_counts_and_not_the_last_nor_the_files_age(tmp_path: Path) -> None:
    path = tmp_path / "skills-patterns.jsonl"
    write(
        path,
        {"skill": "a", "timestamp": "2026-11-24T12:00:00Z"},
        {"skill": "b", "timestamp": 1764000000},
        {"skill": "c", "timestamp": "2026-11-24T13:59:00+00:00"},
        "",
        {"skill": "d", "nested": {"timestamp": "2030-01-01T00:00:00Z"}},
        {"skill": "e", "timestamp": "2027-01-01T00:00:00Z"},
        '{"skill": "f", "timestamp": "2026-11-24T14:0',
        '{"skill": "g", "timestamp": 1764000000} and more',
        "[1, 2]",
        {"skill": "h", "timestamp": 1700000000.25},
    )
    found = newest_data(path, NOW, UTC)
    assert found.newest == datetime(2026, 11, 24, 13, 59, tzinfo=UTC)
    assert (found.lines, found.broken, found.undated, found.ahead) == (9, 3, 1, 1)
    assert found.size == path.stat().st_size


def test_bytes_that_are_no_text_are_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"timestamp": 1764000000}\n{"timestamp": 1765000000, "x": "\xff"}\n')
    found = newest_data(path, NOW, UTC)
    assert (found.newest, found.broken) == (datetime(2025, 11, 24, 16, tzinfo=UTC), 1)


def test_an_empty_file_has_no_newest_and_a_missing_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").touch()
    assert newest_data(tmp_path / "x.jsonl", NOW, UTC).newest is None
    with pytest.raises(FileNotFoundError):
        newest_data(tmp_path / "none.jsonl", NOW, UTC)


def test_a_file_that_grew_is_read_from_where_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, notes = tmp_path / "x.jsonl", tmp_path / "notes"
    write(path, {"timestamp": 1764000000}, '{"timestamp": 17640', end="")
    first = newest_data(path, NOW, UTC, notes)
    assert (first.lines, first.broken) == (2, 1)
    assert newest_data(path, NOW, UTC, notes) == first
    with path.open("a") as file:
        file.write('00060}\n{"timestamp": 1764000030}\n')
    seen: list[bytes] = []
    real = data_age._object
    monkeypatch.setattr(data_age, "_object", lambda line: seen.append(line) or real(line))
    second = newest_data(path, NOW, UTC, notes)
    assert second.newest == datetime(2025, 11, 24, 16, 1, tzinfo=UTC)
    assert (second.lines, second.broken) == (3, 0)
    assert seen == [b'{"timestamp": 1764000060}\n', b'{"timestamp": 1764000030}\n']


def test_a_line_changed_in_the_middle_of_a_file_that_grew_is_seen(tmp_path: Path) -> None:
    path, notes = tmp_path / "x.jsonl", tmp_path / "notes"
    write(path, *({"n": n, "timestamp": 1764000000} for n in range(500)))
    newest_data(path, NOW, UTC, notes)
    text = path.read_text().splitlines()
    text[250] = text[250].replace("1764000000", "1764000999")
    with path.open("r+") as file:  # the same file, as `sort -u x > x` leaves it
        file.write("\n".join([*text, '{"timestamp": 1764000001}']) + "\n")
    assert newest_data(path, NOW, UTC, notes).newest == datetime.fromtimestamp(1764000999, UTC)


def test_the_same_lines_written_again_are_no_newer(tmp_path: Path) -> None:
    path, notes = tmp_path / "x.jsonl", tmp_path / "notes"
    write(path, {"timestamp": 1764000000}, {"timestamp": 1763000000})
    first = newest_data(path, NOW, UTC, notes)
    write(tmp_path / "new", {"timestamp": 1763000000}, {"timestamp": 1764000000})
    (tmp_path / "new").replace(path)
    os.utime(path, (first.modified.timestamp() + 5000,) * 2)
    second = newest_data(path, NOW, UTC, notes)
    assert second.newest == first.newest
    assert second.modified > first.modified


def test_what_a_file_held_before_is_remembered(tmp_path: Path) -> None:
    path, notes = tmp_path / "x.jsonl", tmp_path / "notes"
    begun = NOW - timedelta(hours=3)
    assert newest_at(path, NOW, notes) is None
    for hours in range(3):
        write(path, {"timestamp": 1764000000 + hours})
        os.utime(path, ((begun + timedelta(hours=hours)).timestamp(),) * 2)
        newest_data(path, NOW, UTC, notes)
    assert newest_at(path, begun - timedelta(minutes=1), notes) is None
    for hours in range(3):
        held = newest_at(path, begun + timedelta(hours=hours, minutes=30), notes)
        assert held == datetime.fromtimestamp(1764000000 + hours, UTC)


def test_a_moment_ahead_counts_once_it_has_come(tmp_path: Path) -> None:
    path, notes = tmp_path / "x.jsonl", tmp_path / "notes"
    write(path, {"timestamp": NOW.timestamp() + 3600})
    assert newest_data(path, NOW, UTC, notes).newest is None
    later = NOW + timedelta(hours=2)
    assert newest_data(path, later, UTC, notes).newest == NOW + timedelta(hours=1)


def test_a_note_that_is_no_note_does_no_harm(tmp_path: Path) -> None:
    path, notes = tmp_path / "x.jsonl", tmp_path / "notes"
    write(path, {"timestamp": 1764000000})
    first = newest_data(path, NOW, UTC, notes)
    (note,) = notes.iterdir()
    note.write_text('{"mark": 3}')
    assert newest_data(path, NOW, UTC, notes) == first


def test_a_line_without_end_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_age, "LONGEST_LINE", 64 * 1024)
    path, notes = tmp_path / "x.jsonl", tmp_path / "notes"
    with path.open("wb") as file:
        file.write(b'{"timestamp": 1764000000}\n' + b"x" * 20_000_000 + b'\n{"timestamp": 1764000060}\n')
    tracemalloc.start()
    found = newest_data(path, NOW, UTC, notes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.lines, found.broken) == (3, 1)
    assert found.newest == datetime.fromtimestamp(1764000060, UTC)
    assert peak < 8_000_000
    with path.open("ab") as file:
        file.write(b'{"timestamp": 1764000099}\n')
    assert newest_data(path, NOW, UTC, notes).newest == datetime.fromtimestamp(1764000099, UTC)


PIECES = st.lists(
    st.one_of(
        st.integers(1_600_000_000, 1_790_000_000).map(
            lambda n: json.dumps({"timestamp": n}).encode() + b"\n"
        ),
        st.sampled_from([b"\n", b'{"half', b"{}\n", b"\xff\n", b" \n", b'"}\n']),
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=4))
def test_bit_by_bit_or_all_at_once_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, growth: list[list[bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("grow")
    path, notes = folder / "x.jsonl", folder / "notes"
    found: DataAge | None = None
    for pieces in growth:
        with path.open("ab") as file:
            file.write(b"".join(pieces))
        found = newest_data(path, NOW, UTC, notes)
    assert found == newest_data(path, NOW, UTC)
