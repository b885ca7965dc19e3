"""Every change that a user can ask for: plan, show, apply, read back, undo. `schedulers` plans those to jobs.

Screens and verbs use the names below. They are loaded when first used: `fedtui list` and a supervisor need
next to none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedtui.changes.draft import Draft as Draft
    from fedtui.changes.open_table import BadTable as BadTable
    from fedtui.changes.plan import Conflict as Conflict
    from fedtui.changes.plan import DiffLine as DiffLine
    from fedtui.changes.plan import FileDiff as FileDiff
    from fedtui.changes.plan import Plan as Plan
    from fedtui.changes.plan import Step as Step
    from fedtui.changes.planning import apply as apply
    from fedtui.changes.planning import plan_fix as plan_fix
    from fedtui.changes.planning import plan_new as plan_new
    from fedtui.changes.planning import plan_silence as plan_silence
    from fedtui.changes.planning import plan_uncomment as plan_uncomment
    from fedtui.changes.schedule_preview import Preview as Preview
    from fedtui.changes.schedule_preview import preview as preview
    from fedtui.changes.undo import plan_redo as plan_redo
    from fedtui.changes.undo import plan_undo as plan_undo
    from fedtui.changes.undo import undo_steps as undo_steps
    from fedtui.changes.unfinished import recover_if_needed as recover_if_needed
    from fedtui.changes.unseen import seen as seen

_HOMES = {
    "Draft": "draft",
    "BadTable": "open_table",
    "Conflict": "plan",
    "DiffLine": "plan",
    "FileDiff": "plan",
    "Plan": "plan",
    "Step": "plan",
    "apply": "planning",
    "plan_fix": "planning",
    "plan_new": "planning",
    "plan_silence": "planning",
    "plan_uncomment": "planning",
    "Preview": "schedule_preview",
    "preview": "schedule_preview",
    "plan_redo": "undo",
    "plan_undo": "undo",
    "undo_steps": "undo",
    "recover_if_needed": "unfinished",
    "seen": "unseen",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:  # also asked for submodules that are not imported yet
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
