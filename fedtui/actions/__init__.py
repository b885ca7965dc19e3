"""What changes the world: plan, show, apply, read back, undo.

The names below are the whole of it for screens and verbs. They are loaded when first used: a supervisor
process and `fedtui list` need next to none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedtui.actions.draft import Draft
    from fedtui.actions.plan import Applied, DiffLine, FileDiff, Plan, Refused, Stale, Step
    from fedtui.actions.ports import Ports
    from fedtui.actions.run import RunUpdate, run_now, running_run, settle_runs, stop, watch_run

_HOMES = {
    "Applied": "plan",
    "DiffLine": "plan",
    "Draft": "draft",
    "FileDiff": "plan",
    "Plan": "plan",
    "Ports": "ports",
    "Refused": "plan",
    "RunUpdate": "run",
    "Stale": "plan",
    "Step": "plan",
    "run_now": "run",
    "running_run": "run",
    "settle_runs": "run",
    "stop": "run",
    "watch_run": "run",
}

__all__ = [
    "Applied",
    "DiffLine",
    "Draft",
    "FileDiff",
    "Plan",
    "Ports",
    "Refused",
    "RunUpdate",
    "Stale",
    "Step",
    "run_now",
    "running_run",
    "settle_runs",
    "stop",
    "watch_run",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
