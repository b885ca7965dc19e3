"""Makes the dashboard's rows from what systemd says. Pure.

The next run is systemd's own: a real-time elapse, or a monotonic one set against the two clocks; the
earlier where a timer has both (systemd.timer(5)). The random delay is already inside it.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedtui.bus.systemd_names import INFINITY, PAUSE_FILE, directive, is_enabled, made_by, wall
from fedtui.crontab import read_command
from fedtui.crontab.comments import note_text
from fedtui.model import Job, Location, Outcome, Result, Run, SourceName, State, TimerFacts, Trigger
from fedtui.safe_text import sanitize
from fedtui.sources.systemd import schedule_text
from fedtui.sources.systemd.facts import ServiceProperties, TimerProperties
from fedtui.sources.systemd.last_run import LastRun, is_running, stays_active

_BY_SCHEDULE = timedelta(seconds=2)

ELAPSED = "elapsed"
"""The sub-state of a timer that is active and waits for nothing; one that will run again is "waiting", and
"running" from its elapse to the end of what it started."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """One look at the two clocks: `now` is aware, `monotonic` CLOCK_MONOTONIC in seconds."""

    now: datetime
    monotonic: float

    def of(self, microseconds: int) -> datetime | None:
        """The wall clock at a monotonic stamp of systemd; None for "never"."""
        if microseconds in (0, INFINITY):
            return None
        ahead = microseconds / 1e6 - self.monotonic
        try:
            return self.now + timedelta(seconds=ahead)
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class ManagerInfo:
    """Whose timers these are. `privileged`: system units may be changed."""

    user_manager: bool
    user: str
    privileged: bool

    @property
    def source(self) -> SourceName:
        return SourceName.USER_TIMER if self.user_manager else SourceName.SYSTEM_TIMER


def next_elapse(timer: TimerProperties, moment: ClockReading) -> datetime | None:
    """When systemd will start it next, or None where it promises nothing."""
    if timer.row.active_state != "active":
        return None
    real = wall(timer.next_realtime)
    both = [at for at in (real, moment.of(timer.next_monotonic)) if at is not None]
    return min(both).astimezone(moment.now.tzinfo) if both else None


def make_job(
    timer: TimerProperties,
    manager: ManagerInfo,
    moment: ClockReading,
    paused: bool,
    calendar_runs: Callable[[str], Sequence[datetime]],
    known: LastRun | None,
) -> Job:
    """The row of one timer. `calendar_runs` gives the known runs of an OnCalendar= expression."""
    if timer.error:
        return _unreadable(timer, manager)
    unit = timer.activated
    running = unit is not None and is_running(unit)
    upcoming, later = _runs(timer, moment, running, calendar_runs)
    paused = paused or any(path.endswith(f"/{PAUSE_FILE}") for path in timer.drop_ins)
    state, reason = _state(timer, running, paused, upcoming)
    if state is State.NEVER_FIRES:
        upcoming, later = None, ()
    long, short = schedule_text.plain_words(timer)
    managed, changed = note_text(timer.comments)
    return Job(
        id=job_id(manager, timer.row.name),
        name=timer.row.name,
        source=manager.source,
        user=_user(unit, manager),
        schedule=schedule_text.schedule(timer),
        schedule_text=long,
        schedule_short=short,
        location=Location(timer.fragment or timer.row.name),
        command=_command(unit),
        state=state,
        state_reason=reason,
        next_run=upcoming,
        later_runs=later,
        running_since=_local(known.running_since, moment) if known else None,
        last_run=_local(known.start, moment) if known else _local(timer.last_trigger, moment),
        last_result=known.result if known else Result(Outcome.UNKNOWN),
        log_path=unit.output or _log_of_shell(unit, manager) if unit else None,
        editable=_editable(timer, manager),
        facts=_facts(timer, manager),
        managed=sanitize(managed),
        changed=sanitize(changed),
    )


def _unreadable(timer: TimerProperties, manager: ManagerInfo) -> Job:
    """The row of a timer of which systemd gives the name and refuses the rest."""
    return Job(
        id=job_id(manager, timer.row.name),
        name=timer.row.name,
        source=manager.source,
        user=_user(None, manager),
        schedule="",
        schedule_text="not known",
        location=Location(timer.row.name),
        state=State.UNREACHABLE,
        state_reason=f"cannot be read: {timer.error}",
        last_result=Result(Outcome.UNKNOWN, reasons=(f"cannot be read: {timer.error}",)),
        facts=_facts(timer, manager),
    )


def job_id(manager: ManagerInfo, unit: str) -> str:
    """A timer's id: `SOURCE:UNIT`."""
    return f"{manager.source}:{unit}"


def make_run(timer: TimerProperties, manager: ManagerInfo, known: LastRun) -> Run | None:
    """The run that systemd remembers of a service, open or finished; None where it has no identity."""
    unit = timer.activated
    start = known.running_since or known.start
    if unit is None or not unit.invocation_id or start is None:
        return None
    finished = known.running_since is None
    if unit.main_start is None and not (finished and known.result.outcome is Outcome.FAILED):
        return None  # but what fails before its main process runs (ExecStartPre=) has failed all the same
    if finished and (not _is_known(known.result) or known.result.outcome is Outcome.SKIPPED):
        return None
    by_timer = timer.last_trigger is not None and abs(start - timer.last_trigger) <= _BY_SCHEDULE
    return Run(
        id=unit.invocation_id,
        job_id=job_id(manager, timer.row.name),
        start=start,
        end=known.end if finished else None,
        result=known.result if finished else None,
        trigger=Trigger.SCHEDULE if by_timer else Trigger.OTHER,
    )


def has_ended_run(job: Job) -> bool:
    """True where the row tells how a run ended."""
    return _is_known(job.last_result)


def _is_known(result: Result) -> bool:
    """Whether somebody saw how it ended, also where the exit status that was seen proves nothing."""
    return result.outcome not in (Outcome.UNKNOWN, Outcome.NEVER) or result.exit_code is not None


def with_memory(job: Job, remembered: Job | None) -> Job:
    """The row with the last run that was seen earlier, where systemd no longer tells of it.

    systemd forgets a run when the next begins and when the unit is unloaded. A later run whose end is not
    known keeps its own "unknown": an older ok would be a fake one.
    """
    if remembered is None or has_ended_run(job) or job.unreadable:
        return job
    if not job.running and job.last_run and remembered.last_run and job.last_run > remembered.last_run:
        return job
    return replace(job, last_run=remembered.last_run, last_result=remembered.last_result)


def _local(at: datetime | None, moment: ClockReading) -> datetime | None:
    return at.astimezone(moment.now.tzinfo) if at else None


def _runs(
    timer: TimerProperties,
    moment: ClockReading,
    running: bool,
    calendar_runs: Callable[[str], Sequence[datetime]],
) -> tuple[datetime | None, tuple[datetime, ...]]:
    """The next run and those known after it. While a run continues systemd computes no next elapse.

    Nor does it where the run began between the list of units, which shows the timer at rest, and this answer.
    """
    upcoming = next_elapse(timer, moment)
    if timer.row.active_state != "active":
        return None, ()
    floor = upcoming or moment.now
    known = {run for expression in timer.calendar for run in calendar_runs(expression) if run > floor}
    later = tuple(at.astimezone(moment.now.tzinfo) for at in sorted(known))
    if upcoming is None and (running or timer.row.sub_state != ELAPSED) and later:
        return later[0], later[1:]
    return upcoming, later if upcoming else ()


def _state(
    timer: TimerProperties, running: bool, paused: bool, upcoming: datetime | None
) -> tuple[State, str]:
    active = timer.row.active_state == "active"
    if not active and paused:
        return State.PAUSED, "paused by fedtui"
    if running:
        return State.RUNNING, ""
    if not active:
        return State.OFF, _why_off(timer)
    if timer.activated and stays_active(timer.activated):
        return State.NEVER_FIRES, f"{timer.activates} stays active, so the timer does not start it again"
    if upcoming is None and not timer.on_change and timer.row.sub_state == ELAPSED:
        return State.NEVER_FIRES, "systemd computes no further run"
    return State.ON, ""


def _why_off(timer: TimerProperties) -> str:
    if timer.row.load_state == "masked":
        return "masked"
    if timer.row.load_state not in ("loaded", "merged"):
        return f"systemd cannot load it: {timer.row.load_state}"
    if timer.row.active_state == "failed":
        return f"the timer itself failed: {timer.result}"
    if is_enabled(timer.unit_file_state):
        return "enabled, but not started"
    return "not enabled" if timer.unit_file_state == "disabled" else "not started"


def _command(unit: ServiceProperties | None) -> str | None:
    if unit is None or not unit.commands:
        return None
    return " ; ".join(shlex.join(command) for command in unit.commands)


def _log_of_shell(unit: ServiceProperties, manager: ManagerInfo) -> str | None:
    """The file that a shell of the service appends all messages to (`sh -c '... >> LOG 2>&1'`).

    Where some go to the journal, that is what its runs are judged by.
    """
    command = _command(unit) or ""
    if ">>" not in command:
        return None
    user = manager.user if manager.user_manager else unit.user
    home = os.path.expanduser(f"~{user}") if user else ""  # noqa: PTH111 (Path raises for who has no account)
    return read_command(os.fsencode(command), home, directory="").sole_log


def _user(unit: ServiceProperties | None, manager: ManagerInfo) -> str:
    if manager.user_manager:
        return manager.user
    return (unit.user if unit else "") or "root"


def _editable(timer: TimerProperties, manager: ManagerInfo) -> bool:
    """A drop-in can be written: for one's own manager always, for the system's as root."""
    own = bool(timer.fragment) and not made_by(timer.fragment)
    return (manager.user_manager or manager.privileged) and own


def _facts(timer: TimerProperties, manager: ManagerInfo) -> TimerFacts:
    unit = timer.activated
    return TimerFacts(
        unit=timer.row.name,
        activates=timer.activates,
        user_manager=manager.user_manager,
        active_state=timer.row.active_state,
        unit_file_state=timer.unit_file_state,
        fragment=timer.fragment,
        drop_ins=timer.drop_ins,
        calendar=timer.calendar,
        monotonic=tuple((directive(base), length / 1e6) for base, length in timer.monotonic),
        persistent=timer.persistent,
        randomized_delay=timer.randomized_delay / 1e6,
        accuracy=timer.accuracy / 1e6,
        service_fragment=unit.fragment if unit else "",
        service_load_state=unit.row.load_state if unit else "",
        service_active_state=unit.row.active_state if unit else "",
        invocation_id=unit.invocation_id if unit else "",
        main_pid=unit.main_pid if unit else 0,
        description=timer.row.description,
        unreadable=timer.error or (unit.error if unit else ""),
        made_at=timer.made_at,
        output_mode=unit.output_mode if unit else "",
    )
