"""What the recorder adds to a run of a cron job: the budget is 10 ms.

Each figure is of pairs, a recorded `:` and a bare one right behind it, so that a busy machine slows both.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from importlib import resources
from pathlib import Path

from fedtui.crontab.recorder_wrapper import with_recorder

KEY = "1a2b3c4d"
BARE = b":"


def measure(rounds: int) -> dict[str, float]:
    """Milliseconds that are added: the median of all pairs, and what nine of ten stay below."""
    with tempfile.TemporaryDirectory(prefix="fedtui-bench-") as name:
        home = Path(name)
        line = _laid(home)
        environment = {"SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", "HOME": name, "LOGNAME": "fed"}

        def took(command: bytes) -> float:
            begin = time.perf_counter()
            subprocess.run(
                ["/bin/sh", "-c", command], env=environment, stdin=subprocess.DEVNULL, check=True, timeout=10
            )
            return (time.perf_counter() - begin) * 1000

        took(line)
        added = sorted(took(line) - took(BARE) for _ in range(rounds * 20))
    return {"added_ms": statistics.median(added), "added_ms_of_9_in_10": added[len(added) * 9 // 10]}


def _laid(home: Path) -> bytes:
    """The recorder in a home of its own, with a log as most jobs have one; the recorded line."""
    folder = home / "recorder"
    for part in ("runs", "logs"):
        (folder / part).mkdir(parents=True)
    program = folder / "record"
    program.write_bytes(resources.files("fedtui.changes").joinpath("recorder.sh").read_bytes())
    (home / "log").write_text("x\n")
    (folder / "logs" / KEY).symlink_to(home / "log")
    return with_recorder(BARE, KEY, str(program))
