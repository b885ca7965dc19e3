"""Which jobs the alert check looks at, and the evidence of each: the pack's, or all of the user's.

A job whose source did not answer is not looked at, and never fine; one whose source answered without it is
gone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from shlex import quote
from typing import assert_never

from fedtui.action_result import Refused
from fedtui.config import Config
from fedtui.crontab import read_command
from fedtui.crontab.command import GUARDS
from fedtui.federation.alerts.transitions import Observation
from fedtui.federation.backends.placement import InstalledJob, installed_jobs
from fedtui.history.alert_memory import AlertMemory, Subject
from fedtui.logs.log_ownership import LogWriters
from fedtui.model import Condition, CronFacts, Job, Judgement, Snapshot, SourceName, TimerFacts, cron_jobs
from fedtui.pack import BACKENDS, SOURCES, Pack
from fedtui.ports import Ports
from fedtui.results import RuleBook
from fedtui.results.reading import plain, quoted
from fedtui.runs.run_text import run_output
from fedtui.schedule.patterns import counted
from fedtui.schedule.period import period_of
from fedtui.system.in_thread import in_thread
from fedtui.system.patience import in_time
from fedtui.verdicts.evidence import CountedStarts, JobEvidence, LoadedAt, known_age, seen_evidence
from fedtui.verdicts.judge import failures_in_a_row, judge, known_standing
from fedtui.verdicts.limits import age_limit

KEY = "alert"
"""The key of the check's own job: it cannot tell of itself."""

FILES_DEADLINE = 60.0
"""Seconds without computing after which the files of the jobs that are left are given up."""

_VENDOR = ("/usr/lib/", "/lib/", "/usr/share/", "/run/")


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """One job that is to be looked at: its row, or `unseen`, why there is none; neither where it is gone.

    `product` is the path of what it renews, empty for nothing.
    """

    key: str
    name: str
    job: Job | None
    unseen: str = ""
    product: str = ""


def own_jobs(snapshot: Snapshot, user: str, rules: RuleBook, memory: AlertMemory) -> list[WatchedJob]:
    """The user's own jobs: the lines of their crontab, and the timers that no package brought.

    Those that are remembered and not among the rows are there where their source did not answer; where it
    did, their user took them away.
    """
    found = [
        WatchedJob(job.id, job.name, job, product=rules.product_of(job))
        for job in snapshot.jobs
        if _own(job, user)
    ]
    seen = {one.key for one in found}
    for prefix, source in (("crontab:", "crontab"), ("user-timer:", "user-timers")):
        hidden = unseen_because(snapshot, source)
        known = [(key, one.name) for key, one in memory.subjects.items() if key.startswith(prefix)]
        if hidden and not known and source == "crontab":
            known = [(f"{prefix}*", "your crontab")]
        found += [WatchedJob(key, name, None, hidden) for key, name in known if hidden and key not in seen]
    return found


def _own(job: Job, user: str) -> bool:
    if is_alert_check(job):
        return False
    match job.facts:
        case CronFacts():
            return job.source is SourceName.CRONTAB and job.user == user
        case TimerFacts(fragment=path):
            own = job.source is SourceName.USER_TIMER
            return own and path.startswith("/") and not path.startswith(_VENDOR)
        case _ as never:
            assert_never(never)


_CHECK = re.compile(r"""(?:[^;&|]*[/\s'"])?fedtui\s(?:[^;&|]*\s)?check\s(?:[^;&|]*\s)?--alert\b[^;&|]*""")


def is_alert_check(job: Job) -> bool:
    """Whether the job is the check and nothing else: what another line does is looked at."""
    if job.managed == KEY or not _CHECK.search(job.command or ""):
        return job.managed == KEY
    steps = read_command(os.fsencode(job.command or ""), job.facts.home, ()).steps
    work = [step.words for step in steps if step.name not in (*GUARDS, "sleep")]
    return all(_CHECK.fullmatch(" ".join(word.raw for word in words)) for words in work)


async def pack_jobs(pack: Pack, snapshot: Snapshot, ports: Ports) -> list[WatchedJob]:
    """The jobs of the pack, those that it should have and that cannot be found included."""
    there: dict[str, InstalledJob] = {}
    refused: dict[str, str] = {}
    for backend in (*(one for one in BACKENDS if one != pack.backend and one != "system"), pack.backend):
        try:
            there |= await installed_jobs(backend, ports, _run_as(pack, backend, ports))
        except Refused as error:
            refused[backend] = error.message
    there.pop(KEY, None)
    source = SOURCES[pack.backend].read_by
    unseen = unseen_because(snapshot, source) or refused.get(pack.backend, "")
    found: list[WatchedJob] = []
    for key in dict.fromkeys((*pack.scripts, *(("git",) if pack.git else ()), *there)):
        one = there.get(key)
        job = snapshot.job(one.job_id) if one is not None else None
        hidden = "" if job is not None else unseen
        if job is None and one is not None and not hidden:
            hidden = f"{one.where} has it, and its scheduler does not show it"
        product = ports.rules.product_of(job) if job is not None else ""
        name = one.name if one is not None else key
        found.append(WatchedJob(key, name, job, hidden, product))
    return found


def _run_as(pack: Pack, backend: str, ports: Ports) -> str:
    own = pack.run_as in ("", ports.user)
    return "" if own or backend == "user" else pack.run_as


def unseen_because(snapshot: Snapshot, source: str) -> str:
    """Why the rows of a source are not all to be seen; empty where it answered."""
    problem = next((one for one in snapshot.troubles if one.source == source), None)
    if problem is not None:
        return problem.message
    late = snapshot.late.get(source, "")
    return late if source in snapshot.answered else f"{source} did not answer"


@in_thread
def collect(
    watched: Sequence[WatchedJob],
    snapshot: Snapshot,
    memory: AlertMemory,
    config: Config,
    now: datetime,
    loaded_at: LoadedAt,
) -> list[Observation]:
    """Look at each job, and at the schedulers that should start them. `config` may set limits of its own.

    A job whose files do not answer (a dead disk), and those after it, count as not seen.
    """
    writers, starts = LogWriters(snapshot.jobs), CountedStarts(snapshot.starts)
    befores: dict[str, Subject] = {}
    for one in watched:
        known = (memory.subjects.get(key) for key in snapshot.ids_of(one.key))
        befores[one.key] = next(filter(None, known), Subject(one.name, now))
    done: dict[str, Observation] = {}

    def look() -> None:
        for one in watched:
            if one.job is not None:
                facts = (writers, starts, config, now, loaded_at)
                done[one.key] = _looked_at(one, one.job, befores[one.key], snapshot, *facts)

    in_time({"": look}, FILES_DEADLINE)
    late = "its log or product could not be looked at in time"
    found = [
        done.get(one.key)
        or _without_row(replace(one, unseen=one.unseen if one.job is None else late), befores[one.key])
        for one in watched
    ]
    return [*found, *_of_schedulers(watched, snapshot, memory, now)]


def _without_row(one: WatchedJob, before: Subject) -> Observation:
    """Of a job that is gone, or that could not be looked at: once is no news, a bus may be busy."""
    if not one.unseen:
        gone = Judgement(Condition.GONE, True, "its scheduler does not have it any more")
        return Observation(one.key, before, (gone,))
    verdicts = (Judgement(Condition.UNSEEN, True, one.unseen),) if before.hidden else ()
    return Observation(one.key, replace(before, hidden=before.hidden + 1), verdicts)


def _looked_at(
    one: WatchedJob,
    job: Job,
    before: Subject,
    snapshot: Snapshot,
    writers: LogWriters,
    starts: CountedStarts,
    config: Config,
    now: datetime,
    loaded_at: LoadedAt,
) -> Observation:
    """The verdict on a job, and what is to be remembered of it."""
    period = period_of(job, now)
    period = period if period is not None else before.period
    limit = age_limit(job, now, config.age_limits, one.key, period=period)
    late = before.open.get(Condition.LATE.value)
    product = known_age(one.product, job, snapshot, config.freshness) if one.product else None
    evidence = replace(
        seen_evidence(job, snapshot, limit, product, writers, starts, loaded_at),
        first_seen=before.since,
        judged_until=before.seen,
        good=before.good,
        held=before.held,
        late_since=late.since if late is not None else None,
    )
    found = (_with_last_lines(one, evidence) for one in judge(evidence, now))
    judgements = tuple(_with_context(one, evidence, now) for one in found)
    after = replace(before, name=job.name, hidden=0)
    if job.paused:
        return Observation(one.key, replace(after, held=now), ())
    standing = known_standing(job, evidence.runs)
    seen = standing.known_until or before.seen
    good = max(filter(None, (standing.good, before.good)), default=None)
    return Observation(one.key, replace(after, seen=seen, good=good, period=period), judgements)


LAST_LINES = 5
"""Lines of a failed run's output that an alert quotes."""


def _with_last_lines(judgement: Judgement, evidence: JobEvidence) -> Judgement:
    """Of a failure, the words followed by the last lines that the run printed, each on a line of its own."""
    at = known_standing(evidence.job, evidence.runs).failed_at
    run = next((one for one in reversed(evidence.runs) if (one.end or one.start) == at), None)
    if judgement.condition is not Condition.FAILED or not judgement.holds or run is None:
        return judgement
    output = b"\n".join(part.tail or part.data for part in run_output(run, evidence.job).parts)
    lines = [quoted(text) for line in output.splitlines()[-50:] if (text := plain(line))]
    return replace(judgement, words="\n".join((judgement.words, *lines[-LAST_LINES:])))


_ABOUT_RUNS = (Condition.FAILED, Condition.LATE, Condition.STALE)


def _with_context(judgement: Judgement, evidence: JobEvidence, now: datetime) -> Judgement:
    """Of a problem with its runs, what somebody asks next: since when, what runs next, where to look."""
    if not judgement.holds or judgement.condition not in _ABOUT_RUNS:
        return judgement
    job = evidence.job
    standing = known_standing(job, evidence.runs)
    good = max(filter(None, (standing.clean, evidence.good)), default=None)
    since = (
        f"Last good run: {_moment(good, now)}." if good is not None else "No run is known to have ended well."
    )
    row = failures_in_a_row(evidence.runs)
    since += f" Failed in a row: {row}." if row > 1 else ""
    upcoming = f"Next run: {_moment(job.next_run, now)}." if job.next_run is not None else "No run is due."
    name = quote(job.name)
    look = f"Look: fedtui history {name}; fedtui logs {name}"
    return replace(judgement, words="\n".join((judgement.words, since, upcoming, look)))


def _moment(at: datetime, now: datetime) -> str:
    return f"{at.astimezone(now.tzinfo):%a %Y-%m-%d %H:%M}"


def _of_schedulers(
    watched: Sequence[WatchedJob], snapshot: Snapshot, memory: AlertMemory, now: datetime
) -> Iterator[Observation]:
    """Whether the daemon runs that should start them. Not to know it is no verdict.

    Of systemd the jobs tell: where it does not answer, none of them can be looked at.
    """
    key = "scheduler:cron"
    jobs = sum(1 for _ in cron_jobs(one.job for one in watched if one.job is not None))
    before = memory.subjects.get(key)
    if before is None and not jobs:
        return
    cron = next((one for one in snapshot.schedulers if one.name == "cron"), None)
    verdicts: tuple[Judgement, ...] = ()
    if cron is not None and cron.up is not None:
        left = f"nothing starts {counted(jobs, 'job')}"
        detail = f" ({cron.detail})" if cron.detail else ""
        verdicts = (Judgement(Condition.DOWN, not cron.up, cron.detail if cron.up else left + detail),)
    yield Observation(key, before or Subject("cron", now), verdicts)
