"""Whether systemd-cron has read a table, told from the timers it has made."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.system import generated_units
from fedtui.system.generated_units import have_read, is_read

OLD = b"GREETING=x\n0 6 * * *  date +%T\n"
PAUSED = b"GREETING=x\n#fedtui:paused# 0 6 * * *  date +%T\n"
LATER = b"GREETING=x\n0 7 * * *  date +%T\n"


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a generator that has read OLD."""
    monkeypatch.setattr(generated_units, "GENERATED", tmp_path)
    make(tmp_path, b"0 6 * * * date +%%T")
    (tmp_path / "cron-other-other-0.timer").write_bytes(b'Description=[Timer] "1 1 * * * x"\n')
    return tmp_path


def make(folder: Path, *lines: bytes) -> None:
    for old in folder.glob("cron-fed-*"):
        old.unlink()
    for number, line in enumerate(lines):
        (folder / f"cron-fed-fed-{number}.timer").write_bytes(b'[Unit]\nDescription=[Timer] "%s"\n' % line)


def test_a_table_is_read_once_the_timers_are_those_of_its_lines(generated: Path) -> None:
    assert is_read("fed", None, OLD)
    assert not is_read("fed", OLD, PAUSED)
    assert not is_read("fed", OLD, LATER)
    assert not is_read("fed", OLD, None)
    make(generated)
    assert is_read("fed", OLD, PAUSED)
    assert is_read("fed", OLD, None)
    assert not is_read("fed", PAUSED, OLD)
    make(generated, b"0 7 * * * date +%%T")
    assert is_read("fed", OLD, LATER)


def test_a_table_that_was_missed_is_written_again(generated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated_units, "_WITHIN", 0.2)
    have_read("fed", OLD, PAUSED, lambda: make(generated))
    assert is_read("fed", OLD, PAUSED)


def test_a_line_that_gets_no_timer_ends_the_wait(generated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated_units, "_WITHIN", 0.01)
    again: list[int] = []
    have_read("fed", OLD, OLD + b"99 1 * * * refused\n", lambda: again.append(1))
    assert again == [1, 1]
