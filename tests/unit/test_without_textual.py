"""Only app, screens and widgets need Textual: the rest is imported where there is none."""

from __future__ import annotations

import subprocess
import sys

DRAWN = ("fedtui.app", "fedtui.screens", "fedtui.styles", "fedtui.widgets")
IMPORT_THE_REST = f"""
import importlib, pkgutil, sys
sys.modules["textual"] = None  # as where it is not installed
import fedtui
for module in pkgutil.walk_packages(fedtui.__path__, "fedtui."):
    if not module.name.startswith({DRAWN!r}) and module.name != "fedtui.bus.pydbus":
        importlib.import_module(module.name)
        print(module.name)
"""


def test_everything_but_what_draws_is_imported_without_textual() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_THE_REST], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    imported = set(done.stdout.split())
    parts = {name.split(".")[1] for name in imported}
    assert {
        "changes",
        "runs",
        "logs",
        "system",
        "conversion",
        "bus",
        "cli",
        "crontab",
        "demo",
        "health",
        "history",
        "presentation",
    } < parts
    assert {"schedule", "sources", "store", "workspace", "machine", "merging", "__main__"} < parts
    assert not any(name.startswith(DRAWN) for name in imported)


def test_what_draws_is_not_imported_without_textual() -> None:
    """The stand-in for an absent Textual is one: without it the test above would prove nothing."""
    code = 'import sys; sys.modules["textual"] = None; import fedtui.app'
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "No module named 'textual" in done.stderr


def test_each_module_of_changes_can_be_the_first_that_is_imported() -> None:
    code = """
import importlib, os, pkgutil, sys
import fedtui.changes
for module in pkgutil.iter_modules(fedtui.changes.__path__, "fedtui.changes."):
    child = os.fork()
    if child == 0:
        importlib.import_module(module.name)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(module.name)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("", "")
