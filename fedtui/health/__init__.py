"""What keeps schedules from doing their work: one function per finding, each with its evidence.

A check is a generator `(snapshot, host) -> findings`; `checkup` runs them all. A new finding is one new
function in the module of its group, listed in `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from fedtui.health import line, logs, results, scheduler
from fedtui.health.host import Host
from fedtui.model import Finding, Severity, Snapshot


class Check(Protocol):
    """One check; its name is said where it could not look."""

    __name__: str

    def __call__(self, snapshot: Snapshot, host: Host, /) -> Iterator[Finding]:
        """What it finds."""


CHECKS: tuple[Check, ...] = (
    scheduler.cron_down,
    scheduler.systemd_unreachable,
    line.bad_line,
    line.table_not_loaded,
    line.never_fires,
    line.script_missing,
    line.not_on_path,
    results.last_run_failed,
    logs.log_not_writable,
    logs.log_grows,
)

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def checkup(snapshot: Snapshot, host: Host) -> tuple[Finding, ...]:
    """Every finding, the worst first, then by code. May stat files: not for the event loop."""
    found = [finding for check in CHECKS for finding in _findings(check, snapshot, host)]
    return tuple(sorted(found, key=lambda finding: (_ORDER[finding.severity], finding.code)))


def _findings(check: Check, snapshot: Snapshot, host: Host) -> Iterator[Finding]:
    """What one check finds. A file system that refuses an answer stops that check, and nothing else."""
    try:
        yield from check(snapshot, host)
    except OSError as error:
        yield Finding(
            "FT003",
            Severity.WARNING,
            "a check could not look",
            f"The check {check.__name__} stopped: what it would find of the other jobs is not known.",
            (str(error),),
        )
