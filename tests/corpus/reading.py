"""What fedtui makes of a case: the one place that knows which of its functions say it."""

from __future__ import annotations

import posixpath
import pwd
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from fedtui.crontab import Document
from fedtui.crontab.command import CommandLine, SettingPairs, read_command
from fedtui.crontab.lookups import called_by, lookups_of
from fedtui.health import checkup, command_facts
from fedtui.health.service_settings import as_for_a_shell, service_settings
from fedtui.model import APART, CronFacts, Job, Severity, SourceName, TimerFacts
from fedtui.safe_text import MASK, decode, sanitize_and_mask
from fedtui.sources import system_tables
from fedtui.sources.cron_jobs import CronClock, TableFacts, TableJobs
from fedtui.sources.systemd.facts import ServiceProperties, TimerProperties, UnitListing
from fedtui.sources.systemd.timer_jobs import ClockReading, ManagerInfo, make_job
from fedtui.system import unit_files
from tests.corpus.cases import Answer, answer
from tests.corpus.host import CaseHost
from tests.unit.health.answers import seen

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
_SPANS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_CODES = re.compile(r"FT(?:[12]\d\d|40[14]|60\d|00[789])")


@dataclass(frozen=True)
class Reading:
    """What is said of one job, in the terms of an `Answer`. `masks`: something of it is masked."""

    name: str
    programs: frozenset[str]
    script: str
    directory: str
    log: str
    state: str
    shown: str

    @property
    def masks(self) -> bool:
        return MASK in self.shown


@dataclass(frozen=True)
class CaseReading:
    """A case with what is right and what is said; `missing_rows` of its jobs have no row at all."""

    case: Mapping[str, Any]
    pairs: tuple[tuple[Answer, Reading], ...]
    expected: frozenset[str]
    allowed: frozenset[str]
    reported: Mapping[str, Severity]
    missing_rows: int = 0


def read_case(case: Mapping[str, Any], folder: Path) -> CaseReading:
    """Read one case; `folder` is empty, and takes the files of units and tables."""
    answers: Sequence[Mapping[str, Any]] = case.get("jobs", [case])
    host = CaseHost(case, answers, folder)
    if "line" in case:
        jobs, homes = _crontab(case, folder), [_home(case.get("user", "fed"))]
    elif "unit" in case:
        jobs = (_timer(case, folder, host),)
        homes = ["/home/fed" if case.get("manager") == "user" else "/"]
    else:
        jobs, homes = _table(case, folder), [_home(one.get("user", "root")) for one in answers]
    rights = [answer(one, home) for one, home in zip(answers, homes, strict=True)]
    with patch.object(command_facts, "home_of", _home):
        found = checkup(seen(NOW, jobs), host).findings
    pairs = tuple((right, _reading(job, case, host)) for right, job in zip(rights, jobs, strict=False))
    return CaseReading(
        case,
        pairs,
        frozenset().union(*(right.findings for right in rights)),
        frozenset(case.get("allowed", ())).union(*(right.allowed for right in rights)),
        {one.code: one.severity for one in found if _CODES.fullmatch(one.code)},
        len(rights) - len(pairs),
    )


def _home(user: str) -> str:
    return {"root": "/root", "fed": "/home/fed"}.get(user, f"/var/lib/{user}")


def _crontab(case: Mapping[str, Any], folder: Path) -> tuple[Job, ...]:
    (folder / "run/systemd/system").mkdir(parents=True)
    user = case.get("user", "fed")
    above = f"{case['above']}\n" if "above" in case else ""
    document = Document.parse(f"{above}{case['line']}\n".encode(), user=user)
    facts = TableFacts(SourceName.CRONTAB, "crontab", _home, True, root=folder)
    clock = CronClock(CaseHost(case, (), Path("/nonexistent")).cron(), "UTC", ZoneInfo("UTC"))
    return TableJobs(document, facts).at(NOW, clock)


def _table(case: Mapping[str, Any], folder: Path) -> tuple[Job, ...]:
    path = folder / case["path"].lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    (folder / "run/systemd/system").mkdir(parents=True)
    for present in case.get("present", ()):
        there = folder / present.lstrip("/") if "/" in present else folder / "usr/bin" / present
        there.parent.mkdir(parents=True, exist_ok=True)
        there.mkdir(exist_ok=True) if present.endswith("/") else there.touch()
    path.write_bytes(case["text"].encode())
    path.chmod(int(case.get("mode", "0644"), 8))
    daemon = CaseHost(case, (), folder).cron()
    # The accounts of the case, not those of this machine.
    known = patch.object(system_tables, "is_user", lambda name: name != "nosuchuser")
    with known, patch.object(system_tables, "home_of", _home):
        source = system_tables.SystemTablesSource(
            root=folder,
            owner=path.stat().st_uid,
            daemon=lambda: daemon,
            zone=lambda: ("UTC", ZoneInfo("UTC")),
            clock=lambda: NOW,
        )
        jobs = source.look().jobs
    return tuple(sorted(jobs, key=lambda job: job.location.line or 0))


def _timer(case: Mapping[str, Any], folder: Path, host: CaseHost) -> Job:
    unit = f"{case['unit']}.timer"
    paths = [folder / unit]
    paths[0].write_text(case["timer"])
    if "drop_in" in case:
        paths.append(folder / f"{unit}.d" / "10-local.conf")
        paths[1].parent.mkdir()
        paths[1].write_text(case["drop_in"])
    lines = unit_files.assignments(map(str, paths), "Timer")
    kept = unit_files.in_force(lines)
    values = dict(lines)
    user = "fed" if case.get("manager") == "user" else None
    active = case.get("active", True)
    ends = case.get("next") == "none"
    calendar = tuple(value for key, value in kept if key == "OnCalendar")
    spans = tuple((f"{key[:-3]}USec", _microseconds(value)) for key, value in kept if key != "OnCalendar")
    activates = values.get("Unit", f"{case['unit']}.service")
    states = ("active", "elapsed" if ends else "waiting") if active else ("inactive", "dead")
    later = int(NOW.timestamp() * 1e6) + 3_600_000_000
    timer = TimerProperties(
        UnitListing(unit, "", case.get("load", "loaded"), *states, loaded=True),
        activates,
        "enabled",
        str(paths[0]),
        tuple(map(str, paths[1:])),
        calendar=calendar,
        monotonic=spans,
        written=tuple(kept),
        persistent=values.get("Persistent", "").lower() in ("1", "yes", "true", "on"),
        next_realtime=later if calendar and active and not ends else 0,
        next_monotonic=7_200_000_000 if spans and active and not ends else 0,
        activated=_service(case, activates, folder, user),
    )
    manager = ManagerInfo(user is not None, user or "root", True)
    return make_job(timer, manager, ClockReading(NOW, 3600.0), False, lambda _: (), None)


def _microseconds(span: str) -> int:
    found = re.findall(r"(\d+)\s*([a-z]+)", span)
    return sum(int(count) * _SPANS[unit] for count, unit in found) * 1_000_000


def _service(case: Mapping[str, Any], name: str, folder: Path, user: str | None) -> ServiceProperties:
    if "service" not in case:
        return ServiceProperties(UnitListing(name, "", "not-found"))
    path = folder / name
    path.write_text(case["service"])
    lines = unit_files.assignments([str(path)], "Service")
    values = dict(lines)
    states = ("inactive", "dead")
    if values.get("RemainAfterExit") == "yes":
        states = ("active", "exited")
    elif values.get("Restart") == "always":
        states = ("active", "running")
    home = "/home/fed" if user else "/root"
    starts = [value.lstrip("-+!@:").replace("%h", home) for key, value in lines if key == "ExecStart"]
    with patch("pwd.getpwnam", lambda _: pwd.getpwuid(0)):
        output = unit_files.output_file(lines, name, user)
    return ServiceProperties(
        UnitListing(name, "", "loaded", *states, loaded=True),
        str(path),
        values.get("User", ""),
        tuple(tuple(shlex.split(start)) for start in starts),
        output,
        kind=values.get("Type", ""),
    )


def _reading(job: Job, case: Mapping[str, Any], host: CaseHost) -> Reading:
    name = job.name.partition(APART)[0].removesuffix(
        ".timer"
    )  # twins are told apart by more than their lines
    blank = Reading(name, frozenset(), "", "", job.log_path or "", str(job.state), _shown(job, case))
    if isinstance(job.facts, CronFacts):
        cron = job.facts
        return _of_command(blank, read_command(cron.command, cron.home, cron.environment, job.user))
    if job.command is None:
        return blank
    command = as_for_a_shell(job.command).encode("utf-8", "surrogateescape")
    folder: str | None = None
    service: SettingPairs = ()
    if isinstance(job.facts, TimerFacts):
        service = service_settings(job.facts, host).environment
        with patch.object(command_facts, "home_of", _home):
            folder, _ = command_facts.working_directory(job, job.facts, host)
    return _of_command(blank, read_command(command, "", service, directory=folder))


def _of_command(reading: Reading, line: CommandLine) -> Reading:
    names = {one.name for one in lookups_of(line.here)} | {one.path for one in called_by(line.here)}
    script = line.script or ""
    if script:
        names.add(script)
    return replace(
        reading,
        programs=frozenset(map(_normal, names)),
        script=_normal(script),
        directory=_normal(line.directory or ""),
    )


def _normal(path: str) -> str:
    """Without `..`, which fedtui leaves alone for links; there are none on these hosts."""
    return posixpath.normpath(path) if path.startswith("/") else path


def _shown(job: Job, case: Mapping[str, Any]) -> str:
    """All that is shown of a job's definition."""
    texts = [job.command or ""]
    if isinstance(job.facts, CronFacts):
        texts.append(sanitize_and_mask(decode(job.facts.raw)))
        settings = (b"%s=%s" % pair for pair in job.facts.environment)
        texts += [sanitize_and_mask(decode(setting)) for setting in settings]
    texts += [sanitize_and_mask(line) for line in case.get("service", "").splitlines()]
    return "\n".join(texts)
