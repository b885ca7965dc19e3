"""What the plans that pause or resume a timer say: their steps, and why a stop alone does not last."""

from __future__ import annotations

from fedtui.bus.systemd_manager import SystemdManager
from fedtui.bus.systemd_names import PAUSE_FILE
from fedtui.changes.paused_timers import Restore
from fedtui.changes.plan import Step
from fedtui.changes.timer_unit import TimerTarget, UnitState
from fedtui.safe_text import display_path


def way_to_hold(standing: UnitState) -> str:
    """What keeps a timer off for good where it cannot be disabled."""
    return "condition" if standing.own_file else "mask"


def _hold_word(standing: UnitState) -> str:
    return "drop-in with a condition that is never true" if standing.own_file else "mask"


def comes_back(target: TimerTarget, standing: UnitState) -> str:
    """The warning that a stop alone does not last, and what does."""
    if standing.linked:
        why = "is linked from elsewhere: disabling it would remove the link that makes it known"
    else:
        why = f"is {standing.file_state or 'without a unit file'}: there is nothing to disable"
    boot = "so whatever starts it does so again at the next boot"
    return f"{target.unit} {why}, {boot}. A {_hold_word(standing)} keeps it off."


def pause_steps(systemd: SystemdManager, target: TimerTarget, restore: Restore) -> tuple[Step, ...]:
    unit = target.unit
    steps = [Step("check", f"{unit} is still as it was, else stop and show anew")]
    if restore.hold in ("condition", "marker"):
        steps.append(Step("write", display_path(target.drop_in(PAUSE_FILE))))
        steps.append(Step("run", "", systemd.command("daemon-reload")))
    if restore.enabled:
        steps.append(Step("run", "", systemd.command("disable", "--now", unit)))
    else:
        steps.append(Step("run", "", systemd.command("stop", unit)))
    if restore.hold == "mask":
        steps.append(Step("run", "", systemd.command("mask", unit)))
    steps.append(Step("verify", "it is inactive", systemd.command("is-active", unit)))
    steps.append(
        Step(
            "undo",
            f"u {'enables and starts' if restore.enabled else 'starts'} it again, also after a restart",
        )
    )
    return tuple(steps)


def resume_steps(systemd: SystemdManager, target: TimerTarget, restore: Restore) -> tuple[Step, ...]:
    unit = target.unit
    steps = [Step("check", f"{unit} is still as it was, else stop and show anew")]
    if restore.hold in ("condition", "marker"):
        steps.append(Step("write", f"{display_path(target.drop_in(PAUSE_FILE))} is removed"))
        steps.append(Step("run", "", systemd.command("daemon-reload")))
    if restore.hold == "mask":
        steps.append(Step("run", "", systemd.command("unmask", unit)))
    if restore.enabled:
        now = ("--now",) if restore.active else ()
        steps.append(Step("run", "", systemd.command("enable", *now, unit)))
    elif restore.active:
        steps.append(Step("run", "", systemd.command("start", unit)))
    steps.append(Step("verify", "it is active", systemd.command("is-active", unit)))
    steps.append(Step("undo", "u, also after a restart"))
    return tuple(steps)
