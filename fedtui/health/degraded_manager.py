"""FT011: systemd calls itself degraded because of a unit that is started by schedule."""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.checks import TIMERS, CheckReport, check, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeFailed
from fedtui.model import Snapshot, State, timer_jobs
from fedtui.safe_text import decode

DEGRADED = warning_rule(
    "FT011",
    "systemd is degraded by a scheduled unit",
    "While one unit is failed systemctl is-system-running says degraded, and who watches for that word is "
    "called for each of them, or has stopped to look.",
    "Fix what failed, then systemctl reset-failed.",
    needs=TIMERS,
)


@check(DEGRADED, systemd=True)
def degraded(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT011: one finding a manager, with the failed units of our timers in systemctl's own words."""
    for of_user in (False, True):
        ours = _units(snapshot, of_user)
        if not ours:
            continue
        scope = ("--user",) if of_user else ()
        try:
            ended = host.ask("systemctl", *scope, "--failed", "--plain", "--no-legend", "--full")
        except ProbeFailed as unknown:
            yield DEGRADED.unchecked("the failed units of " + _manager(of_user), str(unknown))
            continue
        if ended.status:
            reason = decode(ended.err).strip() or f"exit {ended.status}"
            yield DEGRADED.unchecked("the failed units of " + _manager(of_user), reason)
            continue
        rows = [line.split(None, 4) for line in decode(ended.out).splitlines()]
        failed = [row for row in rows if len(row) >= 4 and row[0] in ours]
        if failed:
            yield _found(failed, of_user)


def _manager(of_user: bool) -> str:
    return "the user's systemd" if of_user else "systemd"


def _found(failed: list[list[str]], of_user: bool) -> CheckReport:
    """`failed` are the columns UNIT, LOAD, ACTIVE, SUB, DESCRIPTION of systemctl."""
    names = [row[0] for row in failed]
    manager = _manager(of_user)
    units = names[0] if len(names) == 1 else f"{len(names)} scheduled units"
    return DEGRADED.found(
        f"{', '.join(names[:8])} failed, and {manager} calls itself degraded for it.",
        tuple("  ".join((row[0], " ".join(row[1:]))) for row in failed[:8]),
        title=f"{manager} is degraded by {units}",
        command="systemctl --user --failed" if of_user else "systemctl --failed",
    )


def _units(snapshot: Snapshot, of_user: bool) -> set[str]:
    """The timers of a manager and what they start, as far as they can be failed."""
    found: set[str] = set()
    for job, known in timer_jobs(snapshot.jobs):
        if job.state is not State.UNREACHABLE and known.user_manager is of_user:
            found |= {known.unit, known.activates} - {""}
    return found
