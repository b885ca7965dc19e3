"""A small world for watches: one cron job a minute or one timer, and what is known of their runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from fedtui.model import (
    CronFacts,
    CronStart,
    Finding,
    Job,
    Location,
    NoStartProof,
    Outcome,
    Result,
    Run,
    Snapshot,
    SourceName,
    State,
    TimerFacts,
    Trigger,
)
from fedtui.watching.expected_run import LogMark, Watch
from fedtui.watching.progress import WatchContext, advance_watch, begin_watch

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OK = Result(Outcome.OK, 0, duration=1.0, evidence=("exit status, fedtui",))
COMMAND = b"sh sync.sh"


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def cron_job(**more: object) -> Job:
    job = Job(
        "crontab:1",
        "sync",
        SourceName.CRONTAB,
        "fed",
        "* * * * *",
        "every minute",
        Location("crontab", 1),
        next_run=NOON,
        log_path="/log",
        facts=CronFacts("crontab", b"* * * * * " + COMMAND, COMMAND),
    )
    return replace(job, **more)  # type: ignore[arg-type]  # a test's shorthand


def timer_job(**more: object) -> Job:
    facts = TimerFacts("b.timer", "b.service", True, "active", "enabled", accuracy=1.0)
    job = Job(
        "user-timer:b.timer",
        "b.timer",
        SourceName.USER_TIMER,
        "fed",
        "OnCalendar=*:*",
        "every minute",
        Location("/home/fed/.config/systemd/user/b.timer"),
        next_run=NOON,
        facts=facts,
    )
    return replace(job, **more)  # type: ignore[arg-type]  # a test's shorthand


def every_minute(job: Job, moment: datetime) -> Iterator[datetime]:
    """The runs that both jobs promise."""
    due = moment.replace(second=0, microsecond=0)
    while job.next_run is not None:
        due += timedelta(minutes=1)
        yield due


@dataclass
class Disk:
    """Logs and products as the test says."""

    size: int = 100
    lines: int | None = 3
    newer: bool | None = True

    def mark(self, path: str) -> LogMark | None:
        return LogMark(path, 1, self.size)

    def grown(self, mark: LogMark) -> tuple[int | None, int | None]:
        return self.lines, self.size - mark.size

    def renewed(self, path: str, since: datetime) -> bool | None:
        return self.newer


@dataclass
class World:
    """What is known, and a watch over it that `at` brings up to date."""

    job: Job | None = field(default_factory=cron_job)
    runs: list[Run] = field(default_factory=list)
    starts: list[CronStart] = field(default_factory=list)
    starts_since: datetime | None = None
    no_start_proofs: list[NoStartProof] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    disk: Disk = field(default_factory=Disk)
    since: datetime = NOON - timedelta(seconds=60)
    answered: datetime | None = None
    watch: Watch | None = None
    heirs: dict[str, str] = field(default_factory=dict)

    def snapshot(self, now: datetime) -> Snapshot:
        jobs = () if self.job is None else (self.job,)
        answered = dict.fromkeys(("crontab", "user-timers"), self.answered or now)
        return Snapshot(
            now,
            jobs,
            findings=tuple(self.findings),
            runs=MappingProxyType({jobs[0].id: tuple(self.runs)} if jobs else {}),
            answered=MappingProxyType(answered),
            starts=tuple(self.starts),
            starts_since=self.starts_since,
            no_start_proofs=tuple(self.no_start_proofs),
            heirs=self.heirs,
        )

    def begin(self, count: int = 2, at: float = -30, product: str = "") -> Watch:
        assert self.job is not None
        self.watch = begin_watch(self.job, count, after(at), every_minute, product)
        return self.watch

    def at(self, seconds: float) -> Watch:
        """Let it be so many seconds after noon."""
        assert self.watch is not None
        now = after(seconds)
        if self.job is not None and self.job.next_run is not None and self.job.state is State.ON:
            self.job = replace(self.job, next_run=next(every_minute(self.job, now)))
        self.watch = advance_watch(
            self.watch, WatchContext(self.snapshot(now), now, self.since, self.disk, every_minute)
        )
        return self.watch

    def run(self, seconds: float, result: Result | None = OK, **more: object) -> None:
        """A run that began so many seconds after noon."""
        start = after(seconds)
        end = None if result is None else start + timedelta(seconds=result.duration or 0)
        job_id = self.job.id if self.job else ""
        run = Run(f"r{seconds}", job_id, start, end, result, Trigger.SCHEDULE)
        self.runs = [known for known in self.runs if known.id != run.id]
        self.runs.append(replace(run, **more))  # type: ignore[arg-type]  # a test's shorthand
