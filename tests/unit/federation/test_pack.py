"""federation.toml: what is written is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.config import ConfigError
from fedtui.pack import Origin, Pack, load_pack, read_pack, written

PACK = Pack(
    root='/home/fed/my "federation"',
    profile="conservative",
    backend="cron",
    log_dir="/home/fed/logs",
    since="2026-11-24",
    scripts={"sync": "/home/fed/scripts/sync-learning-data.sh"},
    alerts=("ntfy://topic",),
    origin=Origin(no_crontab=True, made_folders=("/home/fed/logs",)),
)


def test_a_pack_is_read_as_it_was_written() -> None:
    assert read_pack(written(PACK)) == PACK


def test_a_pack_of_an_older_version_is_read() -> None:
    older = written(PACK).replace(b"[origin]", b"[origin]\nlingering = true")
    assert b"lingering = true" in older
    assert read_pack(older) == PACK


def test_no_file_is_no_pack_and_a_broken_one_names_itself(tmp_path: Path) -> None:
    assert load_pack(tmp_path / "none.toml") is None
    broken = tmp_path / "federation.toml"
    broken.write_text("root = 3 3")
    with pytest.raises(ConfigError, match=r"federation\.toml"):
        load_pack(broken)
