"""`python -m benchmarks.counts`: figures that a commit raises only on purpose, against `counts.toml`.

They are counted in a demo workspace of 20 entries, in a pseudo-terminal of 80x24, and hardly depend on how
fast or busy the machine is. Exits 1 where one is above its value and tolerance.
"""

from __future__ import annotations

import itertools
import os
import platform
import statistics
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import code_lines, workspace
from benchmarks.terminal import Terminal

COMMITTED = Path(__file__).with_name("counts.toml")
ENTRIES = 20
KEYS = 12
IDLE = 2.0
"""Seconds after the first rows in which the dashboard loads what the first paint did not need."""

# The sources are not read: whether what their threads load comes before the first paint is a race.
_FIRST_PAINT = """
import asyncio, sys
from fedtui.__main__ import main
from fedtui.store import Store
from fedtui.widgets.terminal_driver import TerminalDriver

write = TerminalDriver.write

def count(driver, data):
    if "fedtui" in data:
        TerminalDriver.write = write
        write(driver, f"<{len(sys.modules)} modules>")
    write(driver, data)

TerminalDriver.write = count
Store.run = lambda store: asyncio.sleep(60)
sys.exit(main())
"""


@dataclass(frozen=True)
class Count:
    """What is counted; `tolerance` is how much it varies where nothing changed."""

    name: str
    label: str
    tolerance: float
    needs_same_python: bool = False


COUNTS = (
    Count("modules", "modules before the first paint", 0, needs_same_python=True),
    Count("memory_mb", "memory in MB, idle (PSS)", 3, needs_same_python=True),
    Count("key_bytes", "bytes to the terminal for a cursor key", 60),
    Count("code_lines", "code lines", 0),
)


def count_modules(folder: Path) -> int:
    """Modules loaded when the dashboard's first frame is written."""
    terminal = Terminal([sys.executable, "-c", _FIRST_PAINT, "demo", "--folder", str(folder)], 80, 24)
    terminal.wait_for(" modules>")
    terminal.close()
    return int(terminal.seen.partition(b" modules>")[0].rpartition(b"<")[2])


def count_memory_and_bytes(folder: Path) -> tuple[float, float]:
    """MB of the idle dashboard, and bytes for a cursor key."""
    terminal = Terminal(workspace.dashboard(folder), 80, 24)
    terminal.wait_for(workspace.FIRST)
    terminal.idle(IDLE)
    memory = terminal.memory() / 1e6
    moves = itertools.islice(itertools.cycle((b"j", b"j", b"k", b"k")), KEYS)
    written = [terminal.bytes_for(key) for key in moves]
    terminal.close()
    return memory, statistics.median(written)


def measure() -> dict[str, float]:
    """Every figure by its name in `counts.toml`."""
    with tempfile.TemporaryDirectory(prefix="fedtui-bench-") as name:
        os.environ.update({"XDG_STATE_HOME": name, "XDG_CONFIG_HOME": name})
        folder = Path(name) / "demo"
        workspace.make(folder, ENTRIES)
        modules = count_modules(folder)
        # The lower of two starts: the first one may compile modules.
        memory, key_bytes = map(min, *(count_memory_and_bytes(folder) for _ in range(2)))
    return {
        "modules": modules,
        "memory_mb": round(memory, 1),
        "key_bytes": key_bytes,
        "code_lines": code_lines.by_package(Path(__file__).parents[1]).total(),
    }


def compare(
    figures: Mapping[str, float], committed: Mapping[str, float], same_python: bool
) -> tuple[str, bool]:
    """The figures beside their committed values, a row each, and whether none is above."""
    rows, ok = [], True
    for count in COUNTS:
        now, limit = figures[count.name], committed[count.name]
        note = ""
        if count.needs_same_python and not same_python:
            note = "not compared: another Python"
        elif now > limit + count.tolerance:
            note, ok = f"ABOVE {limit:,g}", False
        elif now < limit - count.tolerance:
            note = f"below {limit:,g}: lower it in {COMMITTED.name}"
        rows.append(f"{now:10,g}  {count.label}{note and f'  ({note})'}")
    if not ok:
        rows.append(
            f"Lower it, or raise it in benchmarks/{COMMITTED.name} in this commit and say why in its message."
        )
    return "\n".join(rows), ok


def main() -> None:
    """Print the code lines of each package, then every figure; exit 1 where one is above its value."""
    workspace.be_like_installed()
    code_lines.main([])
    committed = tomllib.loads(COMMITTED.read_text(encoding="utf-8"))
    running = ".".join(platform.python_version_tuple()[:2])
    text, ok = compare(measure(), committed["counts"], committed["python"] == running)
    print(text)
    sys.exit(not ok)


if __name__ == "__main__":
    main()
