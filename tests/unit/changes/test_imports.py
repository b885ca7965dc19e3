"""Each module of changes/ can be imported first: the package loads the others only for their names."""

from __future__ import annotations

import subprocess
import sys

IMPORT_EACH = """
import importlib, pkgutil, sys
import fedtui.changes
for module in list(pkgutil.iter_modules(fedtui.changes.__path__, "fedtui.changes.")):
    for name in [name for name in sys.modules if name.startswith("fedtui.changes")]:
        del sys.modules[name]
    importlib.import_module(module.name)
    print(module.name)
"""


def test_each_module_can_be_imported_first() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EACH], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == ""
    assert "fedtui.changes.pending_edits" in done.stdout.split()
