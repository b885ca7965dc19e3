"""Which jobs the alert check looks at, and the evidence of each: the pack's, or without one all of the user's.

A job whose source did not answer is not looked at, and never fine; one whose source answered without it is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fedtui.config import ConfigError
from fedtui.federation.alert_state import Look
from fedtui.federation.alert_verdicts import Kind, Verdict, judge
from fedtui.federation.profile import load_profile
from fedtui.federation.vital_signs import Evidence, limit_of, log_grew, period_of, product_age
from fedtui.history.alert_memory import AlertMemory, Subject
from fedtui.merging import source_of
from fedtui.model import Job, Snapshot, SourceName
from fedtui.pack import Pack

KEY = "alert"
"""The key of the check's own job: it cannot tell of itself."""

_VENDOR = ("/usr/lib/", "/lib/", "/usr/share/", "/run/")


@dataclass(frozen=True, slots=True)
class Watched:
    """One job that is to be looked at: its row, or `unseen`, why there is none; neither where it is gone.

    `product` is the path of what it renews, empty for nothing.
    """

    key: str
    name: str
    job: Job | None
    unseen: str = ""
    product: str = ""


def own_jobs(snapshot: Snapshot, user: str, product_of: Callable[[Job], str]) -> list[Watched]:
    """The user's own jobs: the lines of their crontab, and the timers that no package brought."""
    return [
        Watched(job.id, job.name, job, product=product_of(job)) for job in snapshot.jobs if _own(job, user)
    ]


def _own(job: Job, user: str) -> bool:
    if is_alert_check(job):
        return False
    if job.source is SourceName.CRONTAB:
        return job.user == user
    return (
        job.source is SourceName.USER_TIMER
        and job.timer is not None
        and job.timer.fragment.startswith("/")
        and not job.timer.fragment.startswith(_VENDOR)
    )


def is_alert_check(job: Job) -> bool:
    """Whether the job is the alert check itself."""
    words = (job.command or "").split()
    return "check" in words and "--alert" in words


def pack_jobs(pack: Pack, snapshot: Snapshot, product_of: Callable[[Job], str]) -> list[Watched]:
    """The jobs that the pack schedules, those that cannot be found included."""
    try:
        products = {one.key: one.product for one in load_profile(pack.profile).jobs}
    except ConfigError:  # the set-up's status says so; what config.toml names still holds
        products = {}
    source = {"cron": "crontab", "user": "user-timers", "system": "system-timers"}[pack.backend]
    unseen = unseen_because(snapshot, source)
    found: list[Watched] = []
    for key, script in pack.scripts.items():
        job = next((one for one in snapshot.jobs if source_of(one) == source and _runs(one, script)), None)
        product = product_of(job) if job is not None else ""
        of_profile = str(Path(pack.root) / products[key]) if products.get(key) else ""
        name = job.name if job is not None else key
        found.append(Watched(key, name, job, "" if job else unseen, product or of_profile))
    return found


def _runs(job: Job, script: str) -> bool:
    return bool(job.command) and script in (job.command or "")


def unseen_because(snapshot: Snapshot, source: str) -> str:
    """Why the rows of a source are not all to be seen; empty where it answered."""
    problem = next((one for one in snapshot.troubles if one.source == source), None)
    if problem is not None:
        return problem.message
    return "" if source in snapshot.answered else f"{source} did not answer"


async def looks(
    watched: list[Watched],
    snapshot: Snapshot,
    memory: AlertMemory,
    limits: Mapping[str, int],
    now: datetime,
) -> list[Look]:
    """Look at each job, and at the schedulers that should start them. `limits` are those of config.toml."""
    rows = await asyncio.to_thread(_of_jobs, watched, snapshot, memory, limits, now)
    return [*rows, *_of_schedulers(watched, snapshot, memory, now)]


def _of_jobs(
    watched: list[Watched],
    snapshot: Snapshot,
    memory: AlertMemory,
    limits: Mapping[str, int],
    now: datetime,
) -> list[Look]:
    found = []
    for one in watched:
        before = memory.subjects.get(one.key) or Subject(one.name, now)
        if one.job is None:
            verdict = (
                Verdict(Kind.UNSEEN, True, one.unseen)
                if one.unseen
                else Verdict(Kind.GONE, True, "it is no longer among the jobs of its scheduler")
            )
            found.append(Look(one.key, before, (verdict,)))
            continue
        evidence = _evidence(one, one.job, before, snapshot, limits, now)
        verdicts, after = judge(evidence, before, now)
        found.append(Look(one.key, after, verdicts))
    return found


def _evidence(
    one: Watched, job: Job, before: Subject, snapshot: Snapshot, limits: Mapping[str, int], now: datetime
) -> Evidence:
    period = period_of(job, now)
    wanted = limits.get(job.id, limits.get(job.name, limits.get(one.key)))
    known = period if period is not None else before.period
    return Evidence(
        job,
        snapshot.runs.get(job.id, ()),
        period,
        float(wanted) if wanted is not None else limit_of(job, known),
        product_age(one.product) if one.product else None,
        log_grew(job.log_path),
        snapshot.starts_since,
    )


def _of_schedulers(
    watched: list[Watched], snapshot: Snapshot, memory: AlertMemory, now: datetime
) -> Iterator[Look]:
    """Whether the daemon runs that should start them. Not to know it is no verdict."""
    jobs = [one.job for one in watched if one.job is not None]
    cron = sum(job.cron is not None for job in jobs)
    for scheduler in snapshot.schedulers:
        if scheduler.name != "cron" or scheduler.up is None or not cron:
            continue
        key = f"scheduler:{scheduler.name}"
        before = memory.subjects.get(key) or Subject(scheduler.name, now)
        left = f"nothing starts {cron} job{'' if cron == 1 else 's'}"
        words = f"{left} ({scheduler.detail})" if not scheduler.up else scheduler.detail
        yield Look(key, before, (Verdict(Kind.DOWN, not scheduler.up, words),))
