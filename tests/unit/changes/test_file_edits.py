"""The files that actions write: system tables, backups, the memory of paused timers, growing files."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.action_result import Refused
from fedtui.changes import backup
from fedtui.changes.backup import keep_backup
from fedtui.changes.edits import Restore
from fedtui.changes.paused_timers import PausedTimers
from fedtui.config import Config
from fedtui.runs.output_tail import OutputTail, end_of, read_new
from fedtui.system.crontab_port import CrontabChanged, CrontabError
from fedtui.system.system_table import SystemTable
from fedtui.system.zone import local_zone

AT = datetime(2026, 11, 24, 14, 5, 12, tzinfo=UTC)


def test_a_system_table_keeps_its_mode_and_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "e2scrub"
    path.write_bytes(b"old\n")
    path.chmod(0o640)
    table = SystemTable(str(path))
    before = table.stamp()
    table.replace(b"old\n", b"new\r\n")
    assert path.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert table.stamp() != before
    assert [child.name for child in tmp_path.iterdir()] == ["e2scrub"]


def test_a_system_table_that_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b"theirs\n")
    with pytest.raises(CrontabChanged):
        SystemTable(str(path)).replace(b"old\n", b"new\n")
    with pytest.raises(CrontabError, match="neither makes nor removes"):
        SystemTable(str(path)).replace(b"theirs\n", None)
    assert path.read_bytes() == b"theirs\n"
    assert SystemTable(str(tmp_path / "no")).read() is None
    with pytest.raises(CrontabError, match="Is a directory"):
        SystemTable(str(tmp_path)).read()


def test_backups_never_overwrite_each_other_and_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "KEPT_BACKUPS", 3)
    config = Config(state=tmp_path)
    paths = [keep_backup(config, "crontab", b"text %d" % number, AT) for number in range(5)]
    name = f"crontab.{AT.astimezone(local_zone()[1]):%Y%m%d-%H%M%S}"
    assert [path.name for path in paths[:3]] == [name, f"{name}.2", f"{name}.3"]
    assert len(list(config.backups.iterdir())) == 3
    assert {path.read_bytes() for path in config.backups.iterdir()} == {b"text 2", b"text 3", b"text 4"}


def test_a_backup_that_cannot_be_kept_refuses(tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("a file")
    with pytest.raises(Refused, match=r"The old text cannot be kept: .*/backup: File exists"):
        keep_backup(Config(state=tmp_path), "crontab", b"x", AT)


def test_paused_timers_are_remembered_by_manager(tmp_path: Path) -> None:
    memory = PausedTimers(Config(state=tmp_path / "state"))
    assert memory.names(user_manager=True) == frozenset()
    kept = Restore("a.timer", True, True, True, "", (("/x/a.timer", "../a.timer"),))
    memory.put(kept)
    memory.put(Restore("a.timer", False, True, False, "mask"))
    assert memory.get("a.timer", user_manager=True) == kept
    assert memory.reader(user_manager=False)() == {"a.timer"}
    memory.drop("a.timer", user_manager=True)
    assert memory.names(user_manager=True) == frozenset()
    assert memory.names(user_manager=False) == {"a.timer"}
    assert stat.S_IMODE(memory.path.stat().st_mode) == 0o600


def test_a_damaged_memory_is_told_and_kept(tmp_path: Path) -> None:
    memory = PausedTimers(Config(state=tmp_path))
    memory.path.write_text("{")
    assert memory.names(user_manager=True) == frozenset()
    with pytest.raises(Refused, match="cannot be read"):
        memory.put(Restore("a.timer", True, True, True))
    assert memory.path.read_text() == "{"


def test_a_growing_file_is_read_on_across_truncation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    size, before = end_of(str(path))
    assert (size, before) == (4, b"one\n")
    tail = OutputTail(str(path), size, before)
    path.write_bytes(b"one\ntwo\n")
    tail, data = read_new(tail)
    assert data == b"two\n"
    path.write_bytes(b"three, longer than both of the lines before\n")
    tail, data = read_new(tail)
    assert data == b"three, longer than both of the lines before\n"
    assert read_new(tail)[1] == b""
    path.unlink()
    assert read_new(tail)[1] == b""


def test_the_end_of_what_is_no_file(tmp_path: Path) -> None:
    assert end_of(None) == (0, b"")
    assert end_of(str(tmp_path / "no")) == (0, b"")
    assert end_of(str(tmp_path)) == (0, b"")
    os.mkfifo(tmp_path / "pipe")
    assert end_of(str(tmp_path / "pipe")) == (0, b"")
