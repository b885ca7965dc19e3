"""Whether systemd-cron has read a table, told from the timers it has made."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fedtui.system import generated_units
from fedtui.system.generated_units import WrittenTable, await_read, is_read

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


def read(base: bytes | None, table: bytes | None, moment: float = 0.0) -> bool:
    return is_read(WrittenTable("fed", base, table), moment)


def test_a_table_is_read_once_the_timers_are_those_of_its_lines(generated: Path) -> None:
    assert read(None, OLD)
    assert not read(OLD, PAUSED)
    assert not read(OLD, LATER)
    assert not read(OLD, None)
    make(generated)
    assert read(OLD, PAUSED)
    assert read(OLD, None)
    assert not read(PAUSED, OLD)
    make(generated, b"0 7 * * * date +%%T")
    assert read(OLD, LATER)


def test_a_setting_that_changed_is_read_once_the_timers_are_made_again(generated: Path) -> None:
    changed = OLD.replace(b"GREETING=x", b"GREETING=y")
    assert not read(OLD, changed, time.time() + 60)
    assert read(OLD, changed, generated.stat().st_mtime)


def test_a_table_that_was_missed_is_written_again(generated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated_units, "_WITHIN", 0.2)

    def write_again() -> bool:
        make(generated)
        return True

    assert await_read(WrittenTable("fed", OLD, PAUSED), lambda: 0.0, write_again)


def test_a_line_that_gets_no_timer_ends_the_wait(generated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated_units, "_WITHIN", 0.01)
    again: list[int] = []

    def write_again() -> bool:
        again.append(1)
        return True

    written = WrittenTable("fed", OLD, OLD + b"99 1 * * * refused\n")
    assert not await_read(written, lambda: 0.0, write_again)
    assert again == [1, 1]
    assert not await_read(written, lambda: 0.0, lambda: False)


def test_version_2_drops_the_dots_of_a_name(generated: Path) -> None:
    (generated / "cron-php82-root-0.timer").write_bytes(b'Description=[Timer] "0 1 * * * root x"\n')
    assert is_read(WrittenTable("php8.2", None, b"0 1 * * * root x\n"), 0.0)
    assert not is_read(WrittenTable("php8.2", b"0 1 * * * root x\n", b"# none\n"), 0.0)
