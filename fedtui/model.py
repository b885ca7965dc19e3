"""The words every other part speaks: jobs, runs, findings and the snapshot of a machine.

The lowest layer: frozen, slotted dataclasses with no behaviour beyond what follows from their own
fields, no clock and no I/O. Every datetime is aware; every duration is a float of seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, NamedTuple, TypeAlias, assert_never


class SourceName(StrEnum):
    """Where a job is defined; the value is what `--source` takes and JSON prints."""

    CRONTAB = "crontab"
    SYSTEM_CRONTAB = "system-crontab"
    CRON_D = "cron.d"
    USER_TIMER = "user-timer"
    SYSTEM_TIMER = "system-timer"

    @property
    def read_by(self) -> str:
        """The name of the `Source` whose rows these are."""
        match self:
            case SourceName.CRONTAB:
                return "crontab"
            case SourceName.SYSTEM_CRONTAB | SourceName.CRON_D:
                return "system-tables"
            case SourceName.USER_TIMER | SourceName.SYSTEM_TIMER:
                return f"{self.value}s"
            case _ as never:
                assert_never(never)


class State(StrEnum):
    """The state of a job's *schedule*: will it run? How it last ended is another fact (`Outcome`)."""

    ON = "on"
    RUNNING = "running"
    PAUSED = "paused"
    OVERDUE = "overdue"
    NOT_LOADED = "not_loaded"
    NEVER_FIRES = "never_fires"
    OFF = "off"
    SCHEDULER_DOWN = "scheduler_down"
    BAD_LINE = "bad_line"
    UNREACHABLE = "unreachable"


class Outcome(StrEnum):
    """How a finished run ended. What is not known is UNKNOWN, never OK."""

    OK = "ok"
    WARNINGS = "warnings"
    SKIPPED = "skipped"
    FAILED = "failed"
    NEVER = "never"
    UNKNOWN = "unknown"


class Trigger(StrEnum):
    """Who started a run."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    OTHER = "other"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much a finding matters. A NOTE reaches neither the health pane nor an exit status."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Mark(StrEnum):
    """A fact about a run or its verdict that later decisions go by. The values are those in the database.

    SET_BACK: the clock was set back after it. NOT_APART: another run may have written its lines. NO_STATUS:
    it was seen, and its exit status was not. NO_RUN: no run is on record. LOCKED: it said that another run
    was at work. SILENT: it printed nothing. PRODUCT: it did not renew its product. START_LIMIT: systemd
    refused to start it so often.
    """

    SET_BACK = "set-back"
    NOT_APART = "not-apart"
    NO_STATUS = "no-status"
    NO_RUN = "no-run"
    LOCKED = "locked"
    SILENT = "silent"
    PRODUCT = "product"
    START_LIMIT = "start-limit"


SET_BACK = "the clock was set back since"
NOT_APART = "another run wrote the same log meanwhile: whose lines these are is not known"
_REASONS = {Mark.NO_RUN: "no run is on record", Mark.NOT_APART: NOT_APART}
_EVIDENCE = {Mark.NO_STATUS: "no exit status", Mark.SET_BACK: SET_BACK, Mark.NOT_APART: NOT_APART}


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on a finished run, with the facts it rests on.

    `exit_code` is 0..255 or None when it is not known; `signal` is a name such as "SIGTERM".
    `warnings` counts the lines that ask for attention, `errors` those of them that are errors.
    `evidence` names where each fact came from ("exit status, fedtui", "start seen in the journal").
    `judged`: what the run printed was looked at as well, as far as it could be. `marks` decide, words are
    for reading: show `why` and `known_from`, which have the words of the marks as well.
    """

    outcome: Outcome
    exit_code: int | None = None
    signal: str | None = None
    duration: float | None = None
    warnings: int = 0
    reasons: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    judged: bool = False
    errors: int = 0
    marks: frozenset[Mark] = frozenset()

    @property
    def why(self) -> tuple[str, ...]:
        """The reasons with those of the marks: the failure itself comes first, any other doubt before all."""
        words = tuple(text for mark, text in _REASONS.items() if mark in self.marks)
        return (*self.reasons, *words) if self.outcome is Outcome.FAILED else (*words, *self.reasons)

    @property
    def known_from(self) -> tuple[str, ...]:
        """The evidence with that of the marks."""
        return (*self.evidence, *(text for mark, text in _EVIDENCE.items() if mark in self.marks))

    def marked(self, *marks: Mark) -> Result:
        return replace(self, marks=self.marks.union(marks))

    @property
    def good(self) -> bool:
        """Whether the run is known to have ended well: exit 0, and no error printed.

        What it should have renewed is judged apart, by its age: a source may have nothing new for long.
        """
        return self.outcome is Outcome.OK or (self.outcome is Outcome.WARNINGS and not self.errors)

    @property
    def severity(self) -> Severity | None:
        """How much the result matters: an unknown end is never less than what the output shows."""
        if self.outcome is Outcome.FAILED:
            return Severity.ERROR
        if self.outcome is Outcome.WARNINGS or self.warnings:
            return Severity.WARNING
        return Severity.NOTE if self.outcome is Outcome.UNKNOWN else None

    @property
    def trouble(self) -> str:
        """What the output shows in words: "1 error", else "2 warnings"."""
        count, word = (self.errors, "error") if self.errors else (self.warnings, "warning")
        return f"{count} {word}" + ("" if count == 1 else "s")

    @property
    def ending(self) -> str:
        """The signal's name, "exit 3", or nothing where neither is known."""
        return self.signal or ("" if self.exit_code is None else f"exit {self.exit_code}")


class Condition(StrEnum):
    """What may be wrong with a job. GONE and UNSEEN (it cannot be looked at) take the absence of its row.

    UNPROVEN: nobody knows how its runs end. The values are those that the memory of the alerts has.
    """

    FAILED = "failed"
    LATE = "late"
    STALE = "stale"
    HELD = "held"
    GONE = "gone"
    NEVER_SEEN = "never_seen"
    UNSEEN = "unseen"
    UNPROVEN = "unproven"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a condition holds, None: not known; with words for it where they add to it."""

    condition: Condition
    holds: bool | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a job's state and all its known runs come to.

    `failed` is the failure that no run known to be good has followed, `failed_at` when it ended, `runs_since`
    how many runs have ended since. `known_until` is when the last run ended of which it is known how, `good`
    when the last one ended well, and `clean` when the last one did that is known to be good (`Result.good`).
    """

    failed: Result | None = None
    failed_at: datetime | None = None
    runs_since: int = 0
    known_until: datetime | None = None
    good: datetime | None = None
    severity: Severity | None = None
    clean: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProductAge:
    """A job's product: when its newest data, or the file, is from. `fault` is why that is not known.

    `at` is None with an empty `fault` where there is no such file, or nothing in it. `what` is what its path
    follows in a sentence: "its product", "the newest data in". `modified` is when the file was written; of
    its `lines`, `broken` cannot be read and `ahead` are from the future.
    """

    path: str
    at: datetime | None
    fault: str = ""
    what: str = "its product"
    modified: datetime | None = None
    lines: int = 0
    broken: int = 0
    ahead: int = 0

    @property
    def newest(self) -> datetime | None:
        """The newest moment that its lines tell of."""
        return self.at if self.lines else None


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether what a job brings is too old, `stale` being None where that is not known; `words` say why.

    `limit` is the age in seconds from which on it is, None where nothing was promised; `product` is None for
    a job without one, of which the last good run counts.
    """

    stale: bool | None
    words: str = ""
    limit: float | None = None
    product: ProductAge | None = None


NOT_JUDGED = Standing()
"""Of a job that no snapshot holds yet."""
NEVER_RAN = Result(Outcome.NEVER)
UNSEEN = Result(Outcome.UNKNOWN).marked(Mark.NO_RUN)
"""Of a job that is older than any record of it, as the system's are: who knows whether it ever ran?"""


@dataclass(frozen=True, slots=True)
class LogSlice:
    """The bytes of a log file that one run wrote, from `start` up to `end` (None: all there are).

    `start` is None where it is only known where they end.
    """

    path: str
    start: int | None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one job. `result` is None while it runs; `end` then too, and where nobody saw the end.

    `id` is unique per machine (own runs: 16 hex digits; systemd: the invocation id; `cron-`...: a sighting).
    `output` is the path of a file with what the run printed, where one exists; `log` what it wrote to the
    job's own log, where that is known. `pid`/`pgid` only for runs of our own. `also` are the ids under which
    other sources know this run.
    """

    id: str
    job_id: str
    start: datetime
    end: datetime | None = None
    result: Result | None = None
    trigger: Trigger = Trigger.SCHEDULE
    output: str | None = None
    pid: int | None = None
    pgid: int | None = None
    log: LogSlice | None = None
    also: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        """True while nothing says that the run is over."""
        return self.result is None and self.end is None


@dataclass(frozen=True, slots=True)
class Location:
    """Where a job is written: `crontab:7`, `/etc/cron.d/e2scrub_all:3` or a unit file's path."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class CronFacts:
    """What only a line of a cron table has.

    `command` is the exact bytes the job's shell gets (after `%` is dealt with) and `stdin` the bytes
    it feeds it, or None when the line has no unescaped `%`. `environment` is what the table sets above
    this line, in order, values as cron stores them (no expansion). `zone` is the IANA zone the schedule
    is read in, `daemon_zone` the daemon's own where the table names another. `parts` are the scripts a
    run-parts command would run. `table` identifies the table: "crontab" for a user's own, else a path.
    `raw` is the line without its newline. `home` is the absolute home folder of the user it runs as (HOME,
    unless `environment` sets another). `ignored_parts` are the files that run-parts finds and does not run,
    each with the reason ("backup.sh: ..."). `silenced` are the codes of findings that a `# fedtui: ignore
    FT402` above the line does not want to hear of. Where the recorder wraps the command, `record_key` names
    its records, `recorder` is its path and `recorded_as` is what cron's shell gets.
    """

    table: str
    raw: bytes
    command: bytes
    stdin: bytes | None = None
    environment: tuple[tuple[bytes, bytes], ...] = ()
    dialect: str = "debian"
    zone: str = "UTC"
    daemon_zone: str = ""
    note: str = ""
    parts: tuple[str, ...] = ()
    home: str = ""
    ignored_parts: tuple[str, ...] = ()
    silenced: tuple[str, ...] = ()
    record_key: str = ""
    recorded_as: bytes = b""
    recorder: str = ""

    scheduler: ClassVar[str] = "cron"
    in_table: ClassVar[bool] = True
    user_manager: ClassVar[bool] = False
    unreadable: ClassVar[str] = ""

    @property
    def given(self) -> bytes:
        """What cron hands to the shell, and names in its log: the command, or the recorder around it."""
        return self.recorded_as or self.command


@dataclass(frozen=True, slots=True)
class TimerFacts:
    """What only a systemd timer has.

    `calendar` holds OnCalendar= expressions as systemd normalised them, `monotonic` pairs like
    ("OnUnitActiveSec", 3600.0) in seconds. `fragment` is the unit file, `drop_ins` the files that add
    to it. `unit_file_state` is systemd's word (enabled, disabled, static, masked, ...). `randomized_delay`
    and `accuracy` (AccuracySec=) are in seconds. `invocation_id` and `main_pid` name the last run of the
    service that systemd remembers. `service_load_state` is systemd's word (loaded, not-found,
    masked, ...). `unreadable` is why systemd does not tell of the timer or of its service. `made_at` is when
    a generator wrote its file (seconds since the epoch), 0 for a file that no generator wrote. `output_mode`
    is how the service opens its log: "append", "file" (written over from its beginning) or "truncate".
    """

    unit: str
    activates: str
    user_manager: bool
    active_state: str
    unit_file_state: str
    fragment: str = ""
    drop_ins: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    monotonic: tuple[tuple[str, float], ...] = ()
    persistent: bool = False
    randomized_delay: float = 0.0
    accuracy: float = 60.0
    service_fragment: str = ""
    service_load_state: str = ""
    service_active_state: str = ""
    invocation_id: str = ""
    main_pid: int = 0
    description: str = ""
    unreadable: str = ""
    made_at: float = 0.0
    output_mode: str = ""

    scheduler: ClassVar[str] = "systemd"
    in_table: ClassVar[bool] = False
    dialect: ClassVar[str] = ""
    home: ClassVar[str] = ""
    record_key: ClassVar[str] = ""


JobFacts: TypeAlias = CronFacts | TimerFacts
"""What only one scheduler's jobs have, and so which scheduler it is. A kind more is a member more: where a
`match` over it ends in `assert_never`, mypy names what that kind lacks. All can be asked for `scheduler`, its
daemon's name; `in_table`, whether it is a line of a cron table; `user_manager`; and `dialect`, `home`,
`record_key`, `unreadable`, which are empty where they mean nothing.
"""


APART = " → "
"""Between the name that several rows would share and what tells a row apart."""


@dataclass(frozen=True, slots=True)
class Job:
    """One scheduled job, whatever schedules it: a row of the dashboard and of `list --json`.

    `id` is stable across reschedule, pause and edits of other lines: `SOURCE:KEY`. `schedule` is as
    written; `schedule_text` plain words, `schedule_short` the same in at most 12 cells. `next_run` is None
    where nothing promises a run (paused, bad line, daemon down, ...). `later_runs` are known runs after
    it, for sources whose later runs cannot be computed from `schedule`. `command` is display text of
    what the job's shell gets; None for a timer that starts no command. `log_path` is absolute, or None.
    `managed` is the key under which the federation pack made the job; empty for any other. `changed` is what
    was written down when its schedule was last changed with a reason ("was 0 * * * *; reason: ...").
    `aliases` are the name that it would share with other rows, and the one that an older fedtui gave it.
    `standing` is what its state and its runs come to, once they are merged (`fedtui.verdicts`).
    """

    id: str
    name: str
    source: SourceName
    user: str
    schedule: str
    schedule_text: str
    location: Location
    facts: JobFacts
    schedule_short: str = ""
    command: str | None = None
    state: State = State.ON
    state_reason: str = ""
    next_run: datetime | None = None
    later_runs: tuple[datetime, ...] = ()
    running_since: datetime | None = None
    last_run: datetime | None = None
    last_result: Result = NEVER_RAN
    log_path: str | None = None
    editable: bool = False
    managed: str = ""
    changed: str = ""
    standing: Standing = NOT_JUDGED
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the job can be called by, its own name first."""
        return (self.name, *self.aliases)

    @property
    def running(self) -> bool:
        """True while a run of the job is known to be in progress."""
        return self.running_since is not None

    @property
    def paused(self) -> bool:
        """True while the schedule is held back by the user."""
        return self.state is State.PAUSED

    @property
    def unreadable(self) -> str:
        """Why a timer, or what it starts, cannot be read; empty where it can."""
        return f"cannot be read: {self.facts.unreadable}" if self.facts.unreadable else ""


def cron_jobs(jobs: Iterable[Job]) -> Iterator[tuple[Job, CronFacts]]:
    """Those of `jobs` that are lines of cron tables."""
    for job in jobs:
        match job.facts:
            case CronFacts() as cron:
                yield job, cron
            case TimerFacts():
                pass
            case _ as never:
                assert_never(never)


def timer_jobs(jobs: Iterable[Job]) -> Iterator[tuple[Job, TimerFacts]]:
    """Those of `jobs` that are systemd timers."""
    for job in jobs:
        match job.facts:
            case TimerFacts() as timer:
                yield job, timer
            case CronFacts():
                pass
            case _ as never:
                assert_never(never)


def timer_of(job: Job) -> TimerFacts | None:
    """What is known of a timer; None for a job of another kind."""
    return next((facts for _, facts in timer_jobs((job,))), None)


class JobRecord(NamedTuple):
    """What is remembered of a job that has runs on record, so that they keep its name when it is gone.

    `mark` is its key in the federation set-up, `command` a digest of its command; both empty where unknown.
    A `twin` was seen beside another job of the same name, user and command.
    """

    id: str
    name: str
    user: str = ""
    mark: str = ""
    command: str = ""
    twin: bool = False


Moves = Sequence[tuple[str, str]]
"""Pairs of ids that one job had before and after a change of ours."""


@dataclass(frozen=True, slots=True)
class CommentedOut:
    """A line of a cron table that somebody switched off by hand, with a `#`: no job, and it could be one.

    `raw` is the line as it is, `command` the bytes its shell would get. `tight`: no blank follows the
    `#`. `silenced` are the codes that a `# fedtui: ignore` above it does not want to hear of.
    """

    table: str
    user: str
    location: Location
    raw: bytes
    name: str
    schedule: str
    schedule_text: str
    command: bytes
    tight: bool = False
    editable: bool = False
    silenced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """A fix that fedtui can make itself, as data: `health.remedies` makes the plan from it.

    `verb` is "line" (another line of a cron table in place of the job's), "command" (another command on
    it), "setting" (a line such as PATH=... above it), "schedule", "resume", "record", "edit" (the form is
    opened), "uncomment" or "restore" (the kept table of that name); `text` is what is written, `words` say
    what it does ("write the whole path of jq"). `line` is the line that is meant where it is no job's.
    """

    verb: str
    words: str
    text: str = ""
    line: CommentedOut | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps a schedule from doing its work.

    `code` is stable (FT101). `title` is one short phrase for the pane, `sentence` the whole of it,
    `evidence` the lines that prove it ("label  value", two blanks between, or a plain line), `fix` what to
    do in words. `job_id` is None for the machine's own. `command` is the exact command that fixes it, where
    one does; `remedy` the change that fedtui can make, where it can.
    """

    code: str
    severity: Severity
    title: str
    sentence: str
    evidence: tuple[str, ...] = ()
    fix: str = ""
    job_id: str | None = None
    command: str = ""
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Unchecked:
    """What could not be looked at: it is neither found nor fine.

    `codes` are those of the findings that may be there, `what` names what was not seen ("the crontab of
    fed"), `reason` why, `advice` how to make it seen.
    """

    codes: tuple[str, ...]
    what: str
    reason: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """What all checks said of one snapshot. `findings` are the worst first, notes too.

    `passed` are the codes that were looked for everywhere and not found; a code that could not be looked
    for somewhere, or whose sources have not answered yet, is not among them. `not_applicable` are the codes
    of what this host does not have. `silenced` counts the findings that the user does not want to hear of.
    `unrecorded` are the ids of the jobs whose exit codes could be recorded and are not, but for those of
    which FT309 is silenced. `freshness` is by job id.
    """

    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    passed: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    silenced: int = 0
    unrecorded: tuple[str, ...] = ()
    freshness: Mapping[str, Freshness] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Problem:
    """A source that could not be asked, or not wholly: what happened, what is untouched, what to do.

    `note`: nothing is wrong, only less is seen than could be (a usual user may not read cron's log).
    `absent`: this host has no such thing (no cron, no systemd), so that there is nothing to see.
    """

    source: str
    message: str
    untouched: str = ""
    advice: str = ""
    at: datetime | None = None
    note: bool = False
    absent: bool = False

    @property
    def is_trouble(self) -> bool:
        """Whether facts are missing."""
        return not (self.note or self.absent)


NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Scheduler:
    """A daemon that starts jobs: "cron" or "systemd". `up` is None when it could not be found out.

    `detail` is `NO_ANSWER` where it is there, was asked, and has not answered.
    """

    name: str
    up: bool | None
    detail: str = ""

    @property
    def rank(self) -> int:
        """Of two accounts of one daemon, the higher counts."""
        return 3 if self.up is False else 2 if self.detail == NO_ANSWER else int(self.up is True)


@dataclass(frozen=True, slots=True)
class CronStart:
    """cron's own word that it started a job. `command` is as cron logs it: compare with `crontab.logged`."""

    user: str
    command: str
    pid: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NoStartProof:
    """A source's proof that cron did *not* start the job that was due at `due`, and how it knows.

    Not to have seen a start is no such word: a run can be too short to be seen.
    """

    job_id: str
    due: datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source says of the world at one moment. Facts and problems are data, never exceptions.

    `jobs` is None when the source cannot tell (then the last known rows stay, greyed); an empty tuple
    means it looked and there are none. `runs` are runs that the source knows of itself. From `starts_since`
    on, `starts` are all there were; None where unknown. `commented` are the lines of its tables
    that were switched off by hand. `late` says in words which of its facts had not come when it answered.
    `records` and `moves` tell of jobs that have runs on record.
    """

    source: str
    at: datetime
    jobs: tuple[Job, ...] | None = None
    runs: tuple[Run, ...] = ()
    problems: tuple[Problem, ...] = ()
    schedulers: tuple[Scheduler, ...] = ()
    starts: tuple[CronStart, ...] = ()
    starts_since: datetime | None = None
    no_start_proofs: tuple[NoStartProof, ...] = ()
    commented: tuple[CommentedOut, ...] = ()
    late: str = ""
    records: tuple[JobRecord, ...] = ()
    moves: Moves = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything known at one moment, merged from the newest answer of every source.

    `runs` maps a job's id to its latest runs, oldest first; `answered` a source's name to the time of its
    last answer. `starts`, `starts_since`, `no_start_proofs` and `commented` are as in `Answer`; `unchecked`,
    `passed`, `not_applicable`, `silenced`, `unrecorded` and `freshness` are the checkup's, as `findings` is.
    `late` maps a source's name to which of its facts had not come. `past_names` are the names of jobs with
    runs on record, also of those gone, by id; `heirs` maps the id of one that is gone to that of the job
    which continues it, and has its runs.
    """

    at: datetime
    jobs: tuple[Job, ...] = ()
    schedulers: tuple[Scheduler, ...] = ()
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    runs: Mapping[str, tuple[Run, ...]] = field(default_factory=lambda: MappingProxyType({}))
    loading: frozenset[str] = frozenset()
    unchecked: tuple[Unchecked, ...] = ()
    passed: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    silenced: int = 0
    unrecorded: tuple[str, ...] = ()
    freshness: Mapping[str, Freshness] = field(default_factory=lambda: MappingProxyType({}))
    answered: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    starts: tuple[CronStart, ...] = ()
    starts_since: datetime | None = None
    no_start_proofs: tuple[NoStartProof, ...] = ()
    commented: tuple[CommentedOut, ...] = ()
    late: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    past_names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    heirs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def troubles(self) -> tuple[Problem, ...]:
        """The problems for which facts are missing."""
        return tuple(problem for problem in self.problems if problem.is_trouble)

    def lacks(self, source: str) -> bool:
        """Whether this host has nothing that the source could tell of."""
        return any(problem.absent and problem.source == source for problem in self.problems)

    def ids_of(self, job_id: str) -> tuple[str, ...]:
        """All ids under which runs of that job are on record."""
        return job_id, *(old for old, heir in self.heirs.items() if heir == job_id)

    def job(self, job_id: str) -> Job | None:
        return next((job for job in self.jobs if job.id == job_id), None)
