"""What an interrupted `make test` leaves harms no later one: `python -m tests.box.interrupted [TEST...]`.

For each signal, in a fresh clone with a cache and a temporary folder of its own, `make test` is cut short at
a random moment of each of its phases, one run after the other; then it must pass and leave nothing. Root
only, a quarter of an hour, of what is committed. FEDTUI_SEED repeats the moments.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.box.machine import CHECKOUT, wait_until, why_not

TESTS = (
    "tests/box/test_machine.py",
    "tests/box/test_terminal.py",
    "tests/box/test_timers.py",
    "tests/unit/changes",
)
A_PHASE = 300.0
AN_END = 120.0


class Phase(NamedTuple):
    """A part of `make test`, how it is recognised, and for how many seconds it is worth waiting in it."""

    name: str
    begun: Callable[[Path, subprocess.Popen[bytes]], bool]
    lasts: float


def _booted(_: Path, run: subprocess.Popen[bytes]) -> bool:
    return any("fedtui-box-" in (_read(f"/proc/{pid}/cgroup")) for pid in _tree(run.pid))


PHASES = (
    Phase("makes the environment", lambda at, _: (at / "checkout/.venv").exists(), 1.5),
    Phase("installs", lambda at, _: (at / "checkout/.venv/bin/pip").exists(), 15),
    Phase("builds the base", lambda at, _: any((at / "cache").glob("fedtui-box/*.part")), 30),
    Phase("boots", _booted, 3),
    Phase("tests", _booted, 20),
)


def main(arguments: list[str]) -> int:
    """Go through all signals and phases; 1 where a run did not pass or left something."""
    reason = why_not()
    if reason:
        print(reason, file=sys.stderr)
        return 2
    seed = int(os.environ.get("FEDTUI_SEED", time.time()))
    print(f"FEDTUI_SEED={seed}", flush=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where this runs in the background
    moments = random.Random(seed)
    passed = [
        _passes(number, moments, arguments) for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
    ]
    return 0 if all(passed) else 1


def _passes(number: signal.Signals, moments: random.Random, arguments: list[str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="fedtui-cut-", ignore_cleanup_errors=True) as folder:
        at = Path(folder)
        (at / "tmp").mkdir()
        subprocess.run(["git", "clone", "--quiet", CHECKOUT, at / "checkout"], check=True, timeout=120)
        for phase in PHASES:
            run = _start(at, arguments)
            wait_until(lambda: phase.begun(at, run) or run.poll() is not None, A_PHASE, phase.name)  # noqa: B023
            time.sleep(moments.uniform(0, phase.lasts))
            print(f"{number.name} while it {phase.name}; had ended: {run.poll()}", flush=True)
            _interrupt(run, number)
        last = _start(at, arguments)
        last.wait()
        left = _left(at)
        if last.returncode:
            print(_read(at / "said")[-5000:])
        print(f"after {number.name}: exit status {last.returncode}, left: {left}", flush=True)
        return last.returncode == 0 and not left


def _start(at: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    own = {"XDG_CACHE_HOME": str(at / "cache"), "TMPDIR": str(at / "tmp")}
    with (at / "said").open("wb") as said:
        return subprocess.Popen(
            ["make", "test", f"ARGS={' '.join(arguments or TESTS)}"],
            cwd=at / "checkout",
            env=os.environ | own,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def _interrupt(run: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """SIGKILL to everything below; SIGINT to the whole foreground, as from a terminal; SIGTERM to make."""
    if number == signal.SIGKILL:
        seen: set[int] = set()
        while found := set(_tree(run.pid)) - seen:  # stopped first: what is stopped starts nothing new
            seen |= found
            _signal(found, signal.SIGSTOP)
        _signal(seen, signal.SIGKILL)
    elif run.poll() is None:
        (os.killpg if number == signal.SIGINT else os.kill)(run.pid, number)
    run.wait(AN_END)


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _tree(root: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        parent = _read(entry / "stat").rpartition(")")[2].split()[1:2]
        children.setdefault(int(*parent or "0"), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _read(path: Path | str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def _left(at: Path) -> list[str]:
    """Folders of boxes, mounts and processes that a run left."""
    found = [str(path) for path in (at / "tmp").glob("fedtui-box-*")]
    found += [line for line in _read("/proc/self/mounts").splitlines() if str(at) in line]
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if any((entry / link).readlink().is_relative_to(at) for link in ("cwd", "exe")):
                found.append(_read(entry / "cmdline").replace("\0", " "))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
