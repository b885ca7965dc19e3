"""What changes the world: plan, show, apply, read back, undo.

The names below are the whole of it for screens and verbs. They are loaded when first used: a supervisor
process and `fedtui list` need next to none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedtui.action_result import Applied, Refused
    from fedtui.changes.draft import Draft
    from fedtui.changes.open_table import BadTable
    from fedtui.changes.paused_timers import PausedTimers
    from fedtui.changes.plan import Conflict, DiffLine, FileDiff, Plan, Step
    from fedtui.changes.planning import (
        apply,
        load_draft,
        plan_alternative,
        plan_delete,
        plan_edit,
        plan_environment,
        plan_fix,
        plan_new,
        plan_pause,
        plan_record,
        plan_reschedule,
        plan_resume,
        plan_silence,
        plan_uncomment,
        plan_undo,
        undo_steps,
    )
    from fedtui.changes.schedule_preview import Preview, preview
    from fedtui.ports import Ports
    from fedtui.runs.control import RunUpdate, run_now, running_run, stop, watch_run
    from fedtui.runs.cron_environment import CronAccount, job_environment

_HOMES = {
    "CronAccount": "cron_environment",
    "Applied": "plan",
    "BadTable": "table",
    "DiffLine": "plan",
    "Draft": "draft",
    "FileDiff": "plan",
    "PausedTimers": "paused_timers",
    "Plan": "plan",
    "Ports": "ports",
    "Preview": "schedule_preview",
    "Refused": "plan",
    "RunUpdate": "run",
    "Conflict": "plan",
    "Step": "plan",
    "apply": "change",
    "job_environment": "cron_environment",
    "load_draft": "change",
    "plan_delete": "change",
    "plan_edit": "change",
    "plan_environment": "change",
    "plan_fix": "change",
    "plan_alternative": "change",
    "plan_new": "change",
    "plan_pause": "change",
    "plan_record": "change",
    "plan_reschedule": "change",
    "plan_resume": "change",
    "plan_silence": "change",
    "plan_uncomment": "change",
    "plan_undo": "change",
    "preview": "schedule_preview",
    "run_now": "run",
    "running_run": "run",
    "stop": "run",
    "undo_steps": "change",
    "watch_run": "run",
}

__all__ = [
    "Applied",
    "BadTable",
    "Conflict",
    "CronAccount",
    "DiffLine",
    "Draft",
    "FileDiff",
    "PausedTimers",
    "Plan",
    "Ports",
    "Preview",
    "Refused",
    "RunUpdate",
    "Step",
    "apply",
    "job_environment",
    "load_draft",
    "plan_alternative",
    "plan_delete",
    "plan_edit",
    "plan_environment",
    "plan_fix",
    "plan_new",
    "plan_pause",
    "plan_record",
    "plan_reschedule",
    "plan_resume",
    "plan_silence",
    "plan_uncomment",
    "plan_undo",
    "preview",
    "run_now",
    "running_run",
    "stop",
    "undo_steps",
    "watch_run",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
