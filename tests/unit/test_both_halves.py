"""`python -m tests`: what its end leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
TESTS = """
import os, time
from pathlib import Path
import pytest

@pytest.fixture
def machine(request):
    folder = Path(__file__).parent
    (folder / f"{request.node.name}.up").write_text(str(os.getpid()))
    yield
    (folder / f"{request.node.name}.down").touch()

@pytest.mark.box
def test_booted(machine):
    time.sleep(60)

def test_other(machine):
    time.sleep(60)
"""


def wait_for(*paths: Path) -> None:
    deadline = time.monotonic() + 40
    while not all(path.exists() and path.stat().st_size for path in paths):
        assert time.monotonic() < deadline, paths
        time.sleep(0.05)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_both_halves_end_with_it_and_take_down_what_they_brought_up(end: int, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    up = [tmp_path / "test_booted.up", tmp_path / "test_other.up"]
    with subprocess.Popen(
        [sys.executable, "-m", "tests", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as run:
        wait_for(*up)
        if end == signal.SIGINT:  # as a terminal does it
            os.killpg(run.pid, end)
        else:
            run.send_signal(end)
        run.communicate(timeout=60)
    assert run.returncode == 128 + end
    assert all(path.with_suffix(".down").exists() for path in up)
    assert not any(Path(f"/proc/{path.read_text()}").exists() for path in up)
