"""Rows to check: lines of a table, read as a source reads them, and timers with real unit files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fedtui.crontab import Document
from fedtui.health import checkup
from fedtui.health.file_facts import FileFacts
from fedtui.model import Finding, Job, Location, Severity, SourceName, State, TimerFacts, Unchecked
from fedtui.sources.cron_jobs import CronClock, TableFacts, TableJobs
from fedtui.system.cron_daemon import CronDaemon
from tests.unit.health.answers import machine, seen

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
CRON = CronDaemon(True, "debian", "cron, pid 1")


def table(text: str | bytes, home: Path | str = "/nonexistent", daemon: CronDaemon = CRON) -> tuple[Job, ...]:
    """The rows of fed's crontab with that text."""
    data = text if isinstance(text, bytes) else text.encode()
    document = Document.parse(data, user="fed", dialect=daemon.dialect)
    facts = TableFacts(SourceName.CRONTAB, "crontab", lambda _: str(home), True)
    return TableJobs(document, facts).at(NOW, CronClock(daemon, "UTC", ZoneInfo("UTC")))


def timer(folder: Path, text: str, *drop_ins: str, **facts: object) -> Job:
    """A timer of fed's whose files are written into `folder`; `facts` are further `TimerFacts`."""
    unit = folder / "a.timer"
    unit.write_text(text)
    paths = []
    (folder / "a.timer.d").mkdir(exist_ok=True)
    for number, words in enumerate(drop_ins):
        path = folder / "a.timer.d" / f"{number}.conf"
        path.write_text(words)
        paths.append(str(path))
    known: dict[str, object] = {
        "unit": "a.timer",
        "activates": "a.service",
        "user_manager": True,
        "active_state": "active",
        "unit_file_state": "enabled",
        "fragment": str(unit),
        "drop_ins": tuple(paths),
    } | facts
    state = known.pop("state", State.ON)
    result = {name: known.pop(name) for name in ("last_result", "state_reason", "next_run") if name in known}
    return Job(
        "user-timer:a.timer",
        "a.timer",
        SourceName.USER_TIMER,
        "fed",
        "daily",
        "every day",
        Location(str(unit)),
        state=state,  # type: ignore[arg-type]  # shorthand
        facts=TimerFacts(**known),  # type: ignore[arg-type]  # shorthand
        **result,  # type: ignore[arg-type]  # shorthand
    )


def all_findings(*jobs: Job, host: FileFacts | None = None, **more: object) -> list[Finding]:
    """Every finding of these rows on a machine that is well."""
    snapshot = seen(NOW, jobs, **more)
    return list(checkup(snapshot, host or machine()).findings)


def unchecked(*jobs: Job, host: FileFacts | None = None, **more: object) -> tuple[Unchecked, ...]:
    """What could not be looked at."""
    snapshot = seen(NOW, jobs, **more)
    return checkup(snapshot, host or machine()).unchecked


def by_code(*jobs: Job, host: FileFacts | None = None, **more: object) -> dict[str, Finding]:
    """The same by their codes."""
    return {finding.code: finding for finding in all_findings(*jobs, host=host, **more)}


def loud(*jobs: Job, host: FileFacts | None = None, **more: object) -> set[str]:
    """The codes above a note."""
    return {one.code for one in all_findings(*jobs, host=host, **more) if one.severity is not Severity.NOTE}
