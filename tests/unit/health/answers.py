"""A machine for the checks: what its programs answer is said here, as recorded on Debian 12."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from fedtui.health import RULES
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeCache
from fedtui.health.table_not_loaded import SPOOL
from fedtui.model import Job, Scheduler, Snapshot
from fedtui.pack import load_pack
from fedtui.results import RuleBook
from fedtui.system.cron_daemon import CronDaemon
from fedtui.system.program import Ended, ProgramError
from tests.judged import judged_snapshot

CRON_UNITS = """\
Id=cron.service
LoadState=loaded
ActiveState=active
UnitFileState={state}

Id=cronie.service
LoadState=not-found
ActiveState=inactive
UnitFileState=

Id=crond.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
"""
ACCOUNT = """\
Last password change\t\t\t\t\t: May 20, 2025
Password expires\t\t\t\t\t: {password}
Password inactive\t\t\t\t\t: never
Account expires\t\t\t\t\t\t: {account}
Minimum number of days between password change\t\t: 0
Maximum number of days between password change\t\t: 99999
Number of days of warning before password expires\t: 7
"""
CLOCK = "NTP={on}\nNTPSynchronized={set}\n"

HEALTHY = {
    "chage -l": ACCOUNT.format(password="never", account="never"),
    "systemctl show": CRON_UNITS.format(state="enabled"),
    "systemctl --failed": "",
    "systemctl --user --failed": "",
    "timedatectl show": CLOCK.format(on="yes", set="yes"),
}


FILES = {
    "/usr/sbin/cron": True,
    "/usr/sbin/sendmail": True,
    "/var/lib/systemd/linger/fed": True,
    "/var/log/journal": True,
}


SINCE = datetime(2026, 11, 23, 13, 5, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def seen(at: datetime, jobs: Sequence[Job] = (), **more: object) -> Snapshot:
    """A snapshot for which every source has told all that it knows."""
    answered = dict.fromkeys({source for rule in RULES.values() for source in rule.sources}, at)
    up = (Scheduler("cron", True, "cron, pid 1"), Scheduler("systemd", True))
    facts = {"answered": answered, "schedulers": up, "starts_since": at} | more
    return judged_snapshot(Snapshot(at, tuple(jobs), **facts))  # type: ignore[arg-type]  # shorthand


class Machine(FileFacts):
    """Files of the machine itself are there as `files` says; all others are looked at."""

    def __init__(self, probes: ProbeCache, files: Mapping[str, bool]) -> None:
        super().__init__(1000, probes=probes, rules=RuleBook({}, {}, load_pack, "fed"))
        self._files = files
        self.times: dict[str, float] = {}
        self.held: int | None = None

    def cron(self) -> CronDaemon:
        """Debian's cron, running for a day."""
        return CronDaemon(True, "debian", "cron, pid 1", 1, SINCE)

    def held_cron(self) -> int | None:
        """Its pid where the test says that it is held."""
        return self.held

    def names(self, folder: str) -> tuple[str, ...]:
        """One table in the spool."""
        return ("fed",) if folder == SPOOL else super().names(folder)

    def moved(self, path: str) -> tuple[float, float] | None:
        """What makes cron read its tables: as `times` says, else long ago."""
        known = self.times.get(path, LONG_AGO)
        return (known, known) if path.startswith((SPOOL, "/etc/cron")) else super().moved(path)

    def exists(self, path: str) -> bool | None:
        """Of the paths in `files` as they say."""
        return self._files[path] if path in self._files else super().exists(path)


def machine(
    answers: Mapping[str, str | Ended] | None = None,
    files: Mapping[str, bool] | None = None,
    *,
    systemd: bool = True,
) -> Machine:
    """A host on which a program of `answers` (by the start of its command line) says that; else as HEALTHY.

    A program that neither names cannot be run.
    """
    known = HEALTHY | dict(answers or {})

    def run(argv: Sequence[str], deadline: float) -> Ended:
        line = " ".join(argv)
        for start, answer in sorted(known.items(), key=lambda pair: -len(pair[0])):
            if line.startswith(start):
                return answer if isinstance(answer, Ended) else Ended(0, answer.encode(), b"")
        raise ProgramError(f"{argv[0]} could not be started: No such file or directory")

    return Machine(ProbeCache(run, systemd=systemd), FILES | dict(files or {}))
