"""FT007-FT009: timers that are known to systemd and do nothing; FT012: those that it does not tell of."""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.checks import TIMERS, CheckReport, check, error_rule, warning_rule
from fedtui.health.daemons import properties
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeFailed
from fedtui.model import Job, Severity, Snapshot, State, TimerFacts, timer_jobs
from fedtui.safe_text import decode

NOT_STARTED = warning_rule(
    "FT007",
    "a timer is enabled, and not active",
    "enable makes it start at the next boot; until then nothing counts its time. Or somebody stopped it and "
    "did not start it again.",
    "Start it: systemctl start, or enable --now the next time.",
    needs=TIMERS,
)
NO_ELAPSE = warning_rule(
    "FT008",
    "an active timer with no next run",
    "systemctl calls it active, and its dates are over or its counting never begins: it will not run.",
    "Give it another schedule: e.",
    needs=TIMERS,
)
TIMER_FAILED = error_rule(
    "FT009",
    "a timer that systemd could not load or start",
    "The unit is there, and systemd refuses it as it is written: none of its runs will come.",
    "Read what systemd says of it, fix the file, then systemctl daemon-reload.",
    needs=TIMERS,
)

UNREADABLE = warning_rule(
    "FT012",
    "a timer or its service that cannot be read",
    "systemd refuses the properties of a unit that holds a byte that is no UTF-8: an escape such as \\351 "
    "in ExecStart=, or %I of an instance with \\xe9 in its name. The timer fires; how runs end is unknown.",
    "Write the character in UTF-8 in the unit's file, then systemctl daemon-reload.",
    needs=TIMERS,
)

_ONCE = frozenset(("OnActiveSec", "OnBootSec", "OnStartupSec"))
_REPEATING = frozenset(("OnUnitActiveSec", "OnUnitInactiveSec"))


def systemctl(facts: TimerFacts, *, change: bool = False) -> str:
    """The program for the manager that the timer belongs to, as a person would type it."""
    return "systemctl --user" if facts.user_manager else "sudo systemctl" if change else "systemctl"


@check(NOT_STARTED)
def not_started(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT007: enabled and inactive; a note where a condition of the unit kept it from starting."""
    for job, facts in timer_jobs(snapshot.jobs):
        if job.state is not State.OFF or facts.unit_file_state != "enabled":
            continue
        if facts.active_state != "inactive" or _broken(job):
            continue
        scope = ("--user",) if facts.user_manager else ()
        show = ("show", "--property=ConditionResult,ConditionTimestampMonotonic", facts.unit)
        try:
            ended = host.ask("systemctl", *scope, *show)
        except ProbeFailed as unknown:
            yield NOT_STARTED.unchecked(facts.unit, str(unknown))
            continue
        if ended.status:
            yield NOT_STARTED.unchecked(facts.unit, decode(ended.err).strip() or f"exit {ended.status}")
            continue
        said = properties(decode(ended.out))
        held = said.get("ConditionResult") == "no" and said.get("ConditionTimestampMonotonic", "0") != "0"
        yield NOT_STARTED.found(
            f"{job.name} is enabled, and does not run"
            + (
                ": a condition in its unit does not hold on this machine."
                if held
                else " before the next boot."
            ),
            (f"state  {facts.active_state}, {facts.unit_file_state}", f"file  {facts.fragment}"),
            fix="Nothing to fix unless the condition should hold here." if held else "",
            severity=Severity.NOTE if held else Severity.WARNING,
            command="" if held else f"{systemctl(facts, change=True)} start {facts.unit}",
            job=job,
        )


@check(NO_ELAPSE)
def no_next_elapse(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT008: active, with a schedule that should come again, and no next elapse."""
    for job, facts in timer_jobs(snapshot.jobs):
        if job.state is not State.NEVER_FIRES or facts.active_state != "active":
            continue
        names = {name for name, _ in facts.monotonic}
        once = not facts.calendar and names <= _ONCE
        others = facts.service_active_state == "active" or (not facts.calendar and names <= _REPEATING)
        if once or others:  # done for this boot; or FT212's and FT209's
            continue
        yield NO_ELAPSE.found(
            f"{job.name} is active, and no date of its schedule is still to come.",
            (*(f"OnCalendar=  {one}" for one in facts.calendar), job.state_reason, f"file  {facts.fragment}"),
            job=job,
        )


@check(TIMER_FAILED)
def timer_failed(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT009: the timer itself is failed, or its file is one that systemd does not load."""
    for job, facts in timer_jobs(snapshot.jobs):
        if job.state is not State.OFF:
            continue
        if facts.active_state == "failed" or _broken(job):
            yield TIMER_FAILED.found(
                f"systemd does not run {job.name}: {job.state_reason}.",
                (f"state  {facts.active_state}, {facts.unit_file_state}", f"file  {facts.fragment}"),
                command=f"{systemctl(facts)} status {facts.unit}",
                job=job,
            )


@check(UNREADABLE)
def unreadable(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT012: systemd refuses the properties of the timer, or of the service that it starts."""
    for job, facts in timer_jobs(snapshot.jobs):
        if not facts.unreadable:
            continue
        unit = facts.activates or facts.unit
        yield UNREADABLE.found(
            f"{job.name} {job.unreadable}.",
            (f"file  {facts.service_fragment or facts.fragment or 'not known'}",),
            command=f"{systemctl(facts)} cat {unit}",
            job=job,
        )


def _broken(job: Job) -> bool:
    """Whether systemd could not load it, in the words of the source."""
    return job.state_reason.startswith("systemd cannot load it")
