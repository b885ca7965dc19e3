"""How the unit behind a timer last ran, derived from systemd's facts. Pure.

systemd keeps the facts of one run only, and forgets them when a unit is unloaded. What it does not know is
UNKNOWN here; a run counts as ok only when an exit that ended well was seen. Words: systemd.exec(5),
"Process Exit Codes"; systemd.service(5), SuccessExitStatus=.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedtui.model import NEVER_RAN, Mark, Outcome, Result
from fedtui.sources.systemd.facts import ServiceProperties
from fedtui.system.path_lookup import real_name
from fedtui.system.processes import signal_name

CLD_EXITED, CLD_KILLED, CLD_DUMPED = 1, 2, 3
EVIDENCE = "exit status, systemd"
_SETTLING = timedelta(seconds=2)

_BUSY = frozenset(("activating", "active", "reloading", "deactivating"))
_IDLE_SUB_STATES = frozenset(("exited", "auto-restart", "auto-restart-queued", "dead", "failed"))

_RESULTS = {
    "timeout": "it ran into its time limit",
    "watchdog": "its watchdog was not fed",
    "oom-kill": "the kernel killed it: out of memory",
    "core-dump": "it dumped core",
    "start-limit-hit": "systemd refused: it was started too often in a short time",
    "resources": "systemd could not start it",
    "protocol": "it did not report as its Type= demands",
}
_MARKS = {"start-limit-hit": (Mark.START_LIMIT,)}
_CODES = {
    200: "its working directory cannot be entered (200/CHDIR)",
    203: "its program is missing or not executable (203/EXEC)",
    208: "its standard input cannot be set up (208/STDIN)",
    209: "its output cannot be opened (209/STDOUT)",
    216: "its group is not known (216/GROUP)",
    217: "its user is not known (217/USER)",
    226: "its namespace cannot be set up (226/NAMESPACE)",
}


FORGOTTEN = Result(Outcome.UNKNOWN, reasons=("systemd knows of no run since it was started itself",))


@dataclass(frozen=True, slots=True)
class LastRun:
    """`running_since` while it runs; `start`, `end` and `result` of the last finished run, as known."""

    result: Result
    start: datetime | None = None
    end: datetime | None = None
    running_since: datetime | None = None


def is_running(unit: ServiceProperties) -> bool:
    """True while a service does its work; not while it waits to restart or is kept active."""
    service = unit.row.name.endswith(".service")
    return service and unit.row.active_state in _BUSY and unit.row.sub_state not in _IDLE_SUB_STATES


def stays_active(unit: ServiceProperties) -> bool:
    """True where the unit is active without doing anything, so that its timer starts nothing.

    That is a service with RemainAfterExit= after its run, or a target that is reached.
    """
    if unit.row.active_state != "active":
        return False
    return unit.row.sub_state == "exited" or not unit.row.name.endswith(".service")


def last_run(
    unit: ServiceProperties, last_trigger: datetime | None, now: datetime, *, stamped: bool = False
) -> LastRun:
    """What is known of the last finished run of `unit`, and whether one is running at `now`.

    `stamped`: systemd knows the last elapse from a file (of an active timer, Persistent= with OnCalendar=).
    Of any other it forgets all when it is started again: to know of no run does not mean that there was none.
    """
    known = _known(unit, last_trigger, now)
    return LastRun(FORGOTTEN) if known.result is NEVER_RAN and not stamped else known


def _known(unit: ServiceProperties, last_trigger: datetime | None, now: datetime) -> LastRun:
    if not unit.row.name.endswith(".service"):
        return _not_a_service(unit, last_trigger)
    if is_running(unit):
        since = unit.left_inactive or unit.main_start or last_trigger or now
        return LastRun(Result(Outcome.UNKNOWN, reasons=("it runs now",)), running_since=since)
    if unit.error:
        return LastRun(Result(Outcome.UNKNOWN, reasons=(f"cannot be read: {unit.error}",)), last_trigger)
    seen = _seen(unit, last_trigger)
    if last_trigger and not stays_active(unit) and now - last_trigger > _SETTLING:
        latest = max((at for at in (unit.main_start, unit.main_exit, seen.start) if at), default=None)
        if latest is None or last_trigger - latest > _SETTLING:
            return _missed(unit, last_trigger)
    return seen


def _seen(unit: ServiceProperties, last_trigger: datetime | None) -> LastRun:
    """The verdict by the service's own facts."""
    last_end = unit.main_exit or unit.main_start
    if not unit.condition_ok and unit.condition_at and (last_end is None or unit.condition_at >= last_end):
        reasons = ("a condition of the unit does not hold",)
        return LastRun(Result(Outcome.SKIPPED, reasons=reasons, evidence=(EVIDENCE,)), unit.condition_at)
    if unit.result == "exec-condition":
        reasons = ("ExecCondition= said no",)
        at = unit.left_inactive or last_trigger
        return LastRun(Result(Outcome.SKIPPED, reasons=reasons, evidence=(EVIDENCE,)), at)
    start = _start(unit)
    if start is None and unit.result == "success":
        if last_trigger is None and unit.left_inactive is None and unit.row.loaded:
            return LastRun(NEVER_RAN)
        reasons = ("systemd keeps no facts of it",)
        return LastRun(Result(Outcome.UNKNOWN, reasons=reasons), last_trigger or unit.left_inactive)
    result = _ended(unit, start)
    return LastRun(result, start or unit.left_inactive or last_trigger, unit.main_exit)


def _start(unit: ServiceProperties) -> datetime | None:
    """The start of the run; of several ExecStart= commands only the last has its own time stamp."""
    many = len(unit.commands) > 1 and unit.left_inactive and unit.main_start
    if many and unit.left_inactive and unit.main_start and unit.left_inactive <= unit.main_start:
        return unit.left_inactive
    return unit.main_start


def _ended(unit: ServiceProperties, start: datetime | None) -> Result:
    duration = (unit.main_exit - start).total_seconds() if start and unit.main_exit else None
    if duration is not None and duration < 0:
        duration = None
    result = how_it_ended(unit.result, unit.main_code, unit.main_status, duration)
    return as_proven(result, unit.commands, unit.kind, ignores_failure=unit.ignores_failure)


def as_proven(
    result: Result, commands: Sequence[Sequence[str]], kind: str, *, ignores_failure: bool = False
) -> Result:
    """An ok as unknown where the exit status 0 of a command proves nothing; `kind` is the unit's Type=.

    A forking service's first process ends when the work begins, and systemd waits for the one that does it.
    """
    if result.outcome is not Outcome.OK:
        return result
    if ignores_failure and result.exit_code:
        reason = f"1 warning: exit {result.exit_code} is ignored (ExecStart=-)"
        return replace(result, outcome=Outcome.WARNINGS, warnings=1, reasons=(reason,))
    from fedtui.crontab.exit_status import BACKGROUND, doubt_of_argv, proven  # few units need it

    doubts = [doubt_of_argv(tuple(argv), real_name("/bin/sh")) for argv in commands]
    why = [one for one in doubts if one and not (kind == "forking" and one.startswith(BACKGROUND))]
    return proven(result, next(iter(why), ""))


def how_it_ended(
    result: str, code: int, status: int, duration: float | None = None, evidence: str = EVIDENCE
) -> Result:
    """One run by the service's Result= word, the CLD_ code of its main process (0: none was seen to end), and
    the exit status or signal that goes with it. Every source of a unit's runs says it by this.

    The word decides: a run may fail with exit status 0 (a time limit, ExecStartPost=). But what a signal
    ended is never ok.
    """
    known = (evidence,)
    if code in (CLD_KILLED, CLD_DUMPED):
        name = signal_name(status)
        reasons = [_RESULTS[result]] if result in _RESULTS else []
        if result == "success":
            reasons.append(f"it was ended by {name}, which systemd counts as a clean stop")
        return Result(Outcome.FAILED, None, name, duration, reasons=tuple(reasons), evidence=known)
    exit_code = status if code == CLD_EXITED else None
    if result != "success":
        exit_code, why = _failure(result, exit_code)
        failed = Result(Outcome.FAILED, exit_code, None, duration, reasons=why, evidence=known)
        return failed.marked(*_MARKS.get(result, ()))
    if exit_code is None:
        return Result(Outcome.UNKNOWN, reasons=("its exit was not seen by systemd",))
    reasons = [] if exit_code == 0 else [f"the unit counts exit {exit_code} as success"]
    return Result(Outcome.OK, exit_code, None, duration, reasons=tuple(reasons), evidence=known)


def _failure(result: str, code: int | None) -> tuple[int | None, tuple[str, ...]]:
    """The exit status of a failed run, and why it failed."""
    reasons = [_RESULTS[result]] if result in _RESULTS else []
    if code == 0:  # the main command ended well, another one (ExecStartPre=, ExecStartPost=) did not
        code = None
        if result in ("exit-code", "signal"):
            reasons.append("a command before or after the main one failed")
    if code in _CODES:
        reasons.append(_CODES[code])
    if not reasons and code is None:
        reasons.append(result)
    return code, tuple(reasons)


def _missed(unit: ServiceProperties, last_trigger: datetime) -> LastRun:
    """The timer elapsed later than any start that systemd remembers of the service."""
    if unit.result not in ("success", "exec-condition"):
        reasons = (_RESULTS.get(unit.result, unit.result),)
        failed = Result(Outcome.FAILED, reasons=reasons, evidence=(EVIDENCE,))
        return LastRun(failed.marked(*_MARKS.get(unit.result, ())), last_trigger)
    why = "the timer elapsed, but systemd remembers no start of the service"
    return LastRun(Result(Outcome.UNKNOWN, reasons=(why,)), last_trigger)


def _not_a_service(unit: ServiceProperties, last_trigger: datetime | None) -> LastRun:
    if last_trigger is None and unit.row.loaded:
        return LastRun(NEVER_RAN)
    suffix = unit.row.name.rpartition(".")[2]
    return LastRun(Result(Outcome.UNKNOWN, reasons=(f"a {suffix} has no exit status",)), last_trigger)
