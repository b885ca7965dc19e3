"""FT007-FT009, FT217, FT218: timers that do nothing; FT012: those that systemd does not tell of."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from fedtui.bus.systemd_names import is_enabled
from fedtui.health.checks import TIMERS, CheckReport, check, error_rule, note_rule, warning_rule
from fedtui.health.daemons import properties
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeFailed
from fedtui.model import Job, Severity, Snapshot, State, TimerFacts, timer_jobs
from fedtui.safe_text import decode, sanitize_and_mask

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

SPENT = note_rule(
    "FT217",
    "a one-shot timer that is spent",
    "Its only date is over: systemd keeps the timer active, and it never starts anything again.",
    "Disable it, or give it another date: e.",
)
REFUSED = error_rule(
    "FT218",
    "a timer that systemd refuses",
    "systemd starts no timer without a schedule that it can read, nor one whose service it cannot load: "
    "nothing of it runs, and systemctl start fails too.",
    "Add what is missing, then systemctl daemon-reload and systemctl start.",
)

_DATE = re.compile(r"(?:\w{3} )?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Za-z_/+-]+)?")
_TRIGGERS = ("OnClockChange", "OnTimezoneChange")
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
        if facts.active_state != "inactive" or _broken(job) or _missing(job, facts, host):
            continue  # FT009's or FT218's: systemctl start would fail
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


@check(NO_ELAPSE, SPENT)
def no_next_elapse(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT008, FT217: active, with no next elapse, of a schedule that should come again or came once."""
    for job, facts in timer_jobs(snapshot.jobs):
        if job.state is not State.NEVER_FIRES or facts.active_state != "active":
            continue
        names = {name for name, _ in facts.monotonic}
        once = not facts.calendar and names <= _ONCE
        others = facts.service_active_state == "active" or (not facts.calendar and names <= _REPEATING)
        if once or others:  # done for this boot; or FT212's and FT209's
            continue
        if facts.calendar and all(map(_DATE.fullmatch, facts.calendar)):
            yield _spent(job, facts)
            continue
        yield NO_ELAPSE.found(
            f"{job.name} is active, and no date of its schedule is still to come.",
            (*(f"OnCalendar=  {one}" for one in facts.calendar), job.state_reason, f"file  {facts.fragment}"),
            job=job,
        )


def _spent(job: Job, facts: TimerFacts) -> CheckReport:
    verb = "stop" if "/transient/" in facts.fragment else "disable --now"
    last = f"{job.last_run:%Y-%m-%d %H:%M}" if job.last_run else "none that systemd knows of"
    return SPENT.found(
        f"{job.name} had one date, and it is over.",
        (*(f"OnCalendar=  {one}" for one in facts.calendar), f"last run  {last}", f"file  {facts.fragment}"),
        command=f"{systemctl(facts, change=True)} {verb} {facts.unit}",
        job=job,
    )


@check(REFUSED)
def refused(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT218: what a timer lacks that should run: its service, or a schedule."""
    for job, facts in timer_jobs(snapshot.jobs):
        wanted = facts.active_state in ("active", "failed") or is_enabled(facts.unit_file_state)
        missing = _missing(job, facts, host) if wanted and job.state is not State.PAUSED else ""
        if not missing:
            continue
        written = [pair for pair in host.unit_lines(facts.fragment, "Timer") if pair[0].startswith("On")]
        own = f"{facts.unit.removesuffix('.timer')}.service"
        beside = f"{posixpath.dirname(facts.fragment)}/{own}"
        new = facts.service_load_state == "not-found" and not (facts.activates != own and host.exists(beside))
        edit = f"edit --force --full {facts.activates}" if new else f"edit --full {facts.unit}"
        masked = facts.service_load_state == "masked"  # which may be how somebody switched the job off
        if masked:
            edit = f"unmask {facts.activates}"
        yield REFUSED.found(
            f"systemd does not run {job.name}: {missing}.",
            (
                *(f"{key}=  {sanitize_and_mask(value)}" for key, value in written),
                f"Unit=  {facts.activates} ({facts.service_load_state or 'not known'})",
                *((f"there is  {beside}",) if not new and facts.activates != own else ()),
                f"file  {facts.fragment}",
            ),
            title=f"{job.name}: {missing}",
            severity=Severity.WARNING if masked else Severity.ERROR,
            command=f"{systemctl(facts, change=True)} {edit}",
            job=job,
        )


def _missing(job: Job, facts: TimerFacts, host: FileFacts) -> str:
    """What keeps systemd from starting the timer, in words; empty for nothing that is known."""
    if facts.service_load_state in ("not-found", "masked"):
        return f"{facts.activates} is {'missing' if facts.service_load_state == 'not-found' else 'masked'}"
    lines = host.unit_lines(facts.fragment, "Timer") if _broken(job) else ()
    if _broken(job) and not facts.calendar and not facts.monotonic and not {*dict(lines)} & {*_TRIGGERS}:
        return "it has no schedule that systemd can read"
    return ""


@check(TIMER_FAILED)
def timer_failed(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT009: the timer itself is failed, or its file is one that systemd does not load."""
    for job, facts in timer_jobs(snapshot.jobs):
        if job.state is not State.OFF or _missing(job, facts, host):
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
