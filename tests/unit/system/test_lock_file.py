"""A lock between processes: held by one, free again with its end, and never in another's file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fedtui.system import lock_file


def test_a_second_process_does_not_get_a_lock_that_is_held(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "one"
    descriptor = lock_file.take(path)
    with pytest.raises(BlockingIOError):
        lock_file.take(path)
    os.close(descriptor)
    os.close(lock_file.take(path))


def test_a_lock_ends_with_its_process_and_is_worth_waiting_for(tmp_path: Path) -> None:
    path = tmp_path / "one"
    holds = "import sys, pathlib; from fedtui.system import lock_file; "
    holds += "lock_file.take(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError):
            lock_file.take(path)
        other.kill()
        os.close(lock_file.take(path, wait=True))


def test_a_lock_is_not_taken_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="link"):
        lock_file.take(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()
