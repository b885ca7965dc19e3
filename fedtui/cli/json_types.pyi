"""What `--json` prints, as types: `docs/json.md` is written from this module (`make json`).

A stub, since only type checkers read it: a list of jobs needs to be quick. The text below a field is its
meaning and, after "Null:", when it is null; `{module.Enum}` in it is replaced by the values of that enum.
Schema 1 only grows: a field may be added, none is removed or renamed.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

class Envelope(TypedDict):
    """Every answer."""

    schema: int
    """1. It grows when a field changes its name, its type or its meaning, not when one is added."""

class ReadingEnvelope(Envelope):
    """The answer of a verb that only reads."""

    incomplete: list[IncompleteRecord]
    """Which sources gave no answer or not all of it, so that this answer may lack something; empty: none."""

class IncompleteRecord(TypedDict):
    """A source that gave no answer, or not all of it."""

    source: str
    """`crontab`, `system-tables`, `user-timers`, `system-timers`, `cron-log`, `history`, ..."""
    reason: str
    """What did not come, and why."""
    advice: str | None
    """What to do. Null: nothing is known that helps."""

# What each verb answers

class ListAnswer(ReadingEnvelope):
    """`fedtui list`"""

    jobs: list[JobRecord]
    """Source by source, in the order of their tables."""

class NextAnswer(ReadingEnvelope):
    """`fedtui next`"""

    times: list[str]
    """RFC 3339, the soonest first; empty for a schedule that never runs."""

class ShowAnswer(ReadingEnvelope):
    """`fedtui show`"""

    job: DetailedJobRecord
    """The job."""

class HistoryAnswer(ReadingEnvelope):
    """`fedtui history`"""

    runs: list[HistoryRecord]
    """The newest first."""

class LogsAnswer(ReadingEnvelope):
    """`fedtui logs` (not with `--follow`)"""

    job: str
    """The job's id."""
    log_path: str | None
    """The file that was read. Null: the output is in the journal, or was kept by fedtui."""
    lines: list[str]
    """The last lines, the oldest first."""

class RunAnswer(Envelope):
    """`fedtui run`"""

    run: RunRecord
    """The run that was started; with `--wait` as it ended."""

class WatchAnswer(Envelope):
    """`fedtui watch`"""

    watch: WatchRecord | None
    """The watch, once it is finished or stopped. Null: `--stop`, and the job was not watched."""

class PlanAnswer(Envelope):
    """Every verb that changes something, and `run` and `stop`, with `--dry-run`"""

    plan: PlanRecord
    """What would be done."""

class ResultAnswer(Envelope):
    """`pause`, `resume`, `record`, `delete`, `reschedule`, `convert`, `new`, `edit`, `env --set`, `undo`,
    `redo`, `restore NAME` and `stop`"""

    result: ResultRecord
    """What was done and read back."""

class SetupAnswer(Envelope):
    """`fedtui setup`, `fedtui setup --remove`"""

    plan: NotRequired[PlanRecord]
    """Only with `--dry-run`, and where something would change."""
    result: NotRequired[ResultRecord]
    """Only without `--dry-run`, and where something changed."""
    not_set_up: list[str]
    """Names of jobs and additions that were asked for and are left out; then the exit status is 4."""
    issues: list[SetupIssueRecord]
    """What the look around and the test runs found."""

class UndoListAnswer(ReadingEnvelope):
    """`fedtui undo --list`"""

    steps: list[UndoStepRecord]
    """The newest first."""

class RestoreListAnswer(ReadingEnvelope):
    """`fedtui restore`"""

    tables: list[KeptTableRecord]
    """The newest first."""

class EnvAnswer(ReadingEnvelope):
    """`fedtui env`"""

    job: str
    """The job's id."""
    scheduler: str
    """`cron` or `systemd`."""
    evidence: str
    """Where the scheduler's side comes from."""
    shell: str
    """The user's shell, with which it is compared."""
    notes: list[str]
    """What could not be found out, or needs to be known."""
    variables: list[VariableRecord]
    """By name; with `--diff` only those that differ."""
    commands: list[CommandRecord]
    """What the job's command line and script start; with `--diff` only what is found elsewhere or nowhere."""
    reasons: list[ReasonRecord]
    """Why the job fails under its scheduler and works in the shell."""
    fix: dict[str, str]
    """Variables that, set for the job, remove the difference: name and value."""

class CheckAnswer(ReadingEnvelope):
    """`fedtui check` (also `--format json`)"""

    status: str
    """`fine`, `warnings`, `errors` or `not_checked`."""
    exit_status: int
    """0, 1, 2 or 3, in the order of `status`."""
    at: str
    """When it was looked, RFC 3339."""
    counts: CountsRecord
    """How many of each."""
    findings: list[FindingRecord]
    """The worst first."""
    unchecked: list[UncheckedRecord]
    """What could not be looked at: neither found nor fine."""
    passed: list[str]
    """Codes that were looked for everywhere and not found."""
    not_applicable: list[str]
    """Codes of what this host does not have."""

class AlertAnswer(Envelope):
    """`fedtui check --alert`"""

    exit_status: int
    """0 all was checked and sent, 1 something was not, 3 nothing could be checked."""
    looked_at: int
    """Jobs that were checked."""
    paused: int
    """Those of them that are paused, and so not judged."""
    unseen: int
    """Jobs that could not be checked."""
    new: list[AlertRecord]
    """What began or ended since the last check."""
    standing: list[StandingRecord]
    """Problems that are open now."""
    sent: list[DeliveryRecord]
    """One for each channel that had something to send."""
    trouble: list[str]
    """What is wrong with the check itself."""

class SetupStatusAnswer(ReadingEnvelope):
    """`fedtui setup --status`"""

    set_up: bool
    """Whether a federation is set up."""
    pack: PackRecord | None
    """How it was set up. Null: none is."""
    jobs: list[PackJobRecord]
    """Its jobs, also those that should be there and are missing."""
    rollout: RolloutRecord
    """The stage of the rollout."""
    problems: list[str]
    """What keeps the status from being complete."""

class DrillListAnswer(ReadingEnvelope):
    """`fedtui drill`"""

    drills: list[DrillRecord]
    """All drills."""

class DrillPlanAnswer(Envelope):
    """`fedtui drill NAME --dry-run`"""

    drill: str
    """Its name."""
    expected: str
    """What should happen."""
    before: list[str]
    """Steps that prepare it."""
    doing: list[str]
    """Steps that cause the failure."""
    after: list[str]
    """Steps that clean up."""

class DrillAnswer(Envelope):
    """`fedtui drill NAME`"""

    drill: str
    """Its name."""
    passed: bool
    """What was expected happened, and all was cleaned up."""
    expected: str
    """What should happen."""
    found: str
    """What happened."""
    evidence: list[str]
    """The facts behind it."""
    cleaned_up: bool
    """Whether nothing is left."""
    complaints: list[str]
    """What could not be cleaned up."""
    steps: list[DrillStepRecord]
    """What was done and printed, in order."""

class GitSyncAnswer(Envelope):
    """`fedtui git-sync`"""

    status: str
    """The word of [git-sync.md](git-sync.md)."""
    exit_status: int
    """The exit status that belongs to it."""
    message: str
    """What happened."""
    kept: str | None
    """Where work is kept that was not published. Null: there is none."""
    advice: str | None
    """What to do. Null: nothing."""
    notes: list[str]
    """What deserves a look."""
    script: VerdictRecord | None
    """How the sync script ended. Null: it was not run."""
    files: int
    """Files that were committed."""
    commit: str | None
    """What the remote has now. Null: nothing was pushed."""
    remote: str
    """The remote's name."""
    branch: str
    """The branch that is pushed."""
    worktree: str | None
    """Where the commit was made. Null: none was needed."""

class ErrorAnswer(Envelope):
    """Every verb that is refused or fails, on standard output; the sentence is on standard error as well"""

    error: ErrorRecord
    """Why."""

# What the answers hold

class ErrorRecord(TypedDict):
    """Why a verb did not do its work."""

    kind: str
    """`usage`, `refused`, `conflict` (the world changed after the plan was made), `unavailable`,
    `partly_done`, `outcome_unknown` (it was asked for, and no answer came) or `internal`."""
    message: str
    """What happened."""
    untouched: str | None
    """What was left as it was or, for `partly_done`, what is in force. Null: the message says it."""
    advice: str | None
    """What to do. Null: nothing is known that helps."""

class JobReference(TypedDict):
    """A job that a change is about."""

    id: str
    """As in JobRecord."""
    name: str
    """As in JobRecord."""

class ChangeRecord(TypedDict):
    """A change."""

    verb: str
    """The verb that asked for it; an undo has `undo`, `env --set` has `environment`."""
    jobs: list[JobReference]
    """The jobs that it is about; none for a change of the set-up or of a setting."""
    summary: str
    """What it does, in one sentence."""
    diffs: list[DiffRecord]
    """One for each table or file."""
    warnings: list[str]
    """What to know before it is applied."""

class PlanRecord(ChangeRecord):
    """A change that was planned and not applied."""

    id: str | None
    """What `fedtui apply` takes. Null: the plan was not kept (`--keep`)."""
    steps: list[StepRecord]
    """What would be done, in order."""
    destructive: bool
    """Whether it takes something away."""
    alternative: str | None
    """A gentler action: `pause` for a deletion, `hold` (off for good) for a stop. Null: there is none."""

class ResultRecord(ChangeRecord):
    """A change that was applied."""

    message: str
    """What was done, in one sentence."""
    undo_id: int | None
    """`fedtui undo ID` takes it back. Null: it cannot be taken back."""

class DiffRecord(TypedDict):
    """The difference that a change makes to one table or file."""

    title: str
    """`crontab of USER`, or a path."""
    changed: int
    """Lines."""
    added: int
    """Lines."""
    removed: int
    """Lines."""
    untouched: int
    """Lines."""
    lines: list[DiffLineRecord]
    """What changes, with a line of context around it."""

class DiffLineRecord(TypedDict):
    """A line of a diff."""

    number: int
    """From 1: of a removed line in the old text, of an added one in the new text."""
    sign: str
    """`+`, `-`, or a blank for context."""
    text: str
    """The line, secrets masked: `•••(old)` and `•••(new)` where a secret changes."""

class StepRecord(TypedDict):
    """A step of a plan."""

    verb: str
    """`keep`, `check`, `write`, `run`, `verify` or `undo`."""
    command: list[str] | None
    """The argument vector that is run. Null: no program is run."""
    text: str
    """The step in words."""

class UndoStepRecord(TypedDict):
    """A change that was made, and can be taken back."""

    id: int
    """For `fedtui undo ID`."""
    at: str
    """When it was made, RFC 3339."""
    verb: str
    """As in ChangeRecord."""
    job: str
    """The job's id; empty for a change of none."""
    name: str
    """The job's name."""
    summary: str
    """What it did, in one sentence."""
    undone: bool
    """Whether it was taken back already."""
    cut_short: bool
    """Whether fedtui ended in the middle of it: `fedtui undo ID` takes back what was made."""
    host: str
    """The machine that it was made on; empty where an older fedtui made it."""
    diffs: NotRequired[list[DiffRecord]]
    """Only with ID or `--diff`: what it did to tables and files."""

class KeptTableRecord(TypedDict):
    """The text of a table or file as it was before a change."""

    name: str
    """For `fedtui restore NAME`."""
    at: str
    """When it was kept, RFC 3339."""
    lines: int
    """How many lines it has."""
    lost: int | None
    """How many lines of the table now it lacks. Null: no cron table, so it cannot be restored."""
    gained: int | None
    """How many of its lines the table now lacks. Null: as `lost`."""

class JobRecord(TypedDict):
    """A job."""

    id: str
    """`SOURCE:KEY`; it stays the same when the job is paused, rescheduled or moved."""
    name: str
    """From its `# name:` comment, else its command or unit."""
    source: str
    """{fedtui.model.SourceName}"""
    user: str
    """Whose job it is: it runs as this user."""
    schedule: str
    """As it is written."""
    schedule_text: str
    """In plain words."""
    next_run: str | None
    """RFC 3339. Null: nothing promises a run (paused, never fires, no scheduler runs)."""
    state: str
    """{fedtui.model.State}"""
    state_reason: str
    """Why it is in that state; empty where the state says it."""
    paused: bool
    """Whether `state` is `paused`."""
    running: bool
    """Whether a run is in progress."""
    running_since: str | None
    """RFC 3339. Null: it does not run."""
    last_run: str | None
    """When the last run began, RFC 3339. Null: none is known."""
    last_result: VerdictRecord
    """How the last finished run ended; `status` is `never` or `unknown` where none is known."""
    severity: str
    """{fedtui.model.Severity}, or `none`: of the job's state and runs. Never less than its log shows."""
    failed_at: str | None
    """When the failure ended that no run known to be good has followed, RFC 3339. Null: there is none."""
    runs_since_failure: int
    """How many runs have ended since `failed_at`, nobody knows how."""
    stale: bool | None
    """Whether what it brings, its product or else its runs, is older than it may be. Null: not known."""
    command: str | None
    """What its shell is given. Null: a timer that starts no command."""
    log_path: str | None
    """The file that its output goes to. Null: none."""
    editable: bool
    """Whether this user may change it."""
    location: str
    """Where it is written: `crontab:7`, `/etc/cron.d/NAME:3`, or a unit file."""

class DetailedJobRecord(JobRecord):
    """A job with all that is known of it."""

    runs: list[RunRecord]
    """The latest, the oldest first."""
    managed: str | None
    """Under which key the federation set-up manages it. Null: it does not."""
    schedule_changed: str | None
    """What was noted when its schedule was changed with a reason. Null: nothing."""
    line: NotRequired[str]
    """Cron jobs only: the line."""
    environment: NotRequired[list[str]]
    """Cron jobs only: `NAME=value` lines above it."""
    stdin: NotRequired[list[str] | None]
    """Cron jobs only: lines that it is fed. Null: its line has no bare `%`."""
    note: NotRequired[list[str]]
    """Cron jobs only: the comment above it."""
    dialect: NotRequired[str]
    """Cron jobs only: `debian`, `cronie`, `busybox`, `bcron`, `systemd-cron`, `anacron`, or
    `other` (croniter computes the runs)."""
    zone: NotRequired[str]
    """Cron jobs only: the time zone of its schedule."""
    parts: NotRequired[list[str]]
    """Cron jobs only: the scripts that its `run-parts` runs."""
    unit: NotRequired[str]
    """Timers only: the timer's unit."""
    activates: NotRequired[str]
    """Timers only: the unit that it starts."""
    description: NotRequired[str]
    """Timers only: `Description=`."""
    unit_file_state: NotRequired[str]
    """Timers only: systemd's word, such as `enabled` or `static`."""
    drop_ins: NotRequired[list[str]]
    """Timers only: files that add to the unit."""
    persistent: NotRequired[bool]
    """Timers only: `Persistent=`."""
    later_runs: NotRequired[list[str]]
    """Timers only: runs after `next_run`, RFC 3339."""

class VerdictRecord(TypedDict):
    """How a run ended ([results.md](results.md))."""

    status: str
    """{fedtui.model.Outcome}"""
    severity: str
    """{fedtui.model.Severity}, or `none`. Never less than what the run printed shows."""
    exit_code: int | None
    """0 to 255. Null: not known, or a signal ended it."""
    signal: str | None
    """Such as `SIGTERM`. Null: none ended it, or it is not known."""
    duration_s: float | None
    """Seconds. Null: not known."""
    warnings: int
    """How many warnings it printed."""
    reasons: list[str]
    """Why the status is what it is."""
    evidence: list[str]
    """Where each fact comes from."""

class RunRecord(TypedDict):
    """A run."""

    id: str
    """Unique on this machine."""
    job: str
    """The job's id."""
    start: str
    """RFC 3339."""
    end: str | None
    """RFC 3339. Null: it runs, or its end was not seen."""
    trigger: str
    """Who started it: `schedule`, `fedtui` (`r`, `fedtui run`), `other` or `unknown`."""
    result: VerdictRecord | None
    """How it ended. Null: it runs."""
    output: str | None
    """A file with what it printed. Null: none was kept."""

class HistoryRecord(VerdictRecord):
    """A run in the history; `status` is `running` and the numbers are null while it runs."""

    id: str
    """As in RunRecord."""
    job: str
    """The job's id; of one that was moved, converted or edited, the id that it has now."""
    name: str | None
    """The job's name, the last known one where it is gone. Null: not known."""
    start: str
    """As in RunRecord."""
    end: str | None
    """As in RunRecord. Null: it runs, or its end was not seen."""
    trigger: str
    """As in RunRecord."""
    output: str | None
    """As in RunRecord. Null: none was kept."""
    log_path: str | None
    """The job's log that it wrote to. Null: not known."""

class WatchRecord(TypedDict):
    """A watch over the next runs of a job."""

    job: str
    """The job's id."""
    name: str
    """The job's name."""
    began: str
    """RFC 3339."""
    stopped: str | None
    """RFC 3339. Null: it ended by itself."""
    verdict: str
    """Of all cycles: `waiting`, `running`, `ok`, `failed` or `unverified` (it came, or may have come; how it
    ended is not known)."""
    cycles: list[CycleRecord]
    """One for each run that is waited for."""

class CycleRecord(TypedDict):
    """A run that is waited for."""

    due: str | None
    """RFC 3339. Null: not known yet."""
    start: str | None
    """RFC 3339. Null: it did not start, or was not seen."""
    late_s: float | None
    """Seconds from `due` to `start`. Null: one of them is not known."""
    end: str | None
    """RFC 3339. Null: it runs, or its end was not seen."""
    result: VerdictRecord | None
    """How it ended. Null: it did not end, or was not seen."""
    log_lines: int | None
    """Lines that it added to the job's log. Null: not known."""
    log_bytes: int | None
    """Bytes that it added to the job's log. Null: not known."""
    product_renewed: bool | None
    """Whether it renewed the job's product. Null: the job has none, or it could not be read."""
    verdict: str
    """As in WatchRecord."""
    reasons: list[str]
    """Why the verdict is what it is."""
    causes: list[str]
    """What may have kept it from running well."""

class VariableRecord(TypedDict):
    """A variable on both sides."""

    name: str
    """Its name."""
    relation: str
    """{fedtui.environment.values.Relation}"""
    scheduler: str | None
    """Its value for the job. Null: not set."""
    shell: str | None
    """Its value in the shell. Null: not set."""
    read_at: str | None
    """Where the job reads it. Null: nowhere that is known."""

class CommandRecord(TypedDict):
    """A program on both sides."""

    name: str
    """As the job calls it."""
    where: str
    """Where the job calls it."""
    relation: str
    """As in VariableRecord."""
    scheduler: str | None
    """Its path for the job. Null: not found."""
    shell: str | None
    """Its path in the shell. Null: not found."""
    tested: bool
    """Whether the job itself looks first whether it is there."""

class ReasonRecord(TypedDict):
    """Why a job fails under its scheduler."""

    severity: str
    """{fedtui.model.Severity}"""
    text: str
    """The reason."""

class CountsRecord(TypedDict):
    """How much a check found."""

    errors: int
    """Findings."""
    warnings: int
    """Findings."""
    notes: int
    """Findings."""
    passed: int
    """Codes."""
    unchecked: int
    """Things that could not be looked at."""
    not_applicable: int
    """Codes of what this host does not have."""
    silenced: int
    """Findings that the user silenced."""

class FindingRecord(TypedDict):
    """A finding ([findings.md](findings.md))."""

    code: str
    """It keeps its meaning."""
    severity: str
    """{fedtui.model.Severity}"""
    group: str | None
    """`scheduler`, `line`, `timer`, `results`, `logs`, `rights`, `security` or `federation`. Null: not a code
    of this version."""
    title: str
    """In a few words."""
    sentence: str
    """In full."""
    evidence: list[str]
    """The facts that prove it."""
    why: str
    """Why it matters."""
    fix: str
    """What to do."""
    command: str | None
    """The command that fixes it. Null: there is none."""
    remedy: RemedyRecord | None
    """The fix that `enter` applies in the dashboard. Null: there is none."""
    job: str | None
    """The job's id. Null: it is about the machine."""
    job_name: str | None
    """The job's name. Null: as `job`."""
    location: str | None
    """Where the job is written. Null: as `job`."""

class RemedyRecord(TypedDict):
    """A fix that fedtui can apply."""

    verb: str
    """`line`, `command`, `setting`, `schedule`, `resume`, `record`, `edit`, `uncomment` or `restore`."""
    words: str
    """What it does."""

class UncheckedRecord(TypedDict):
    """What could not be looked at."""

    codes: list[str]
    """Findings that may be there."""
    what: str
    """What was not seen."""
    reason: str
    """Why."""
    advice: str
    """How to make it visible; may be empty."""

class AlertRecord(TypedDict):
    """A problem that began or ended."""

    job: str
    """The job's id, or what else it is about."""
    kind: str
    """{fedtui.model.Condition}"""
    begins: bool
    """False where it ended."""
    text: str
    """The line that is sent."""

class StandingRecord(TypedDict):
    """A problem that is open."""

    job: str
    """As in AlertRecord."""
    kind: str
    """As in AlertRecord."""
    since: str
    """RFC 3339."""
    text: str
    """As in AlertRecord."""

class DeliveryRecord(TypedDict):
    """What was sent over one channel."""

    channel: str
    """Its label, without credentials."""
    count: int
    """How many alerts the message held."""
    error: str | None
    """Why it was not delivered. Null: it was."""

class PackRecord(TypedDict):
    """How a federation was set up ([federation.md](federation.md))."""

    root: str
    """Its checkout."""
    profile: str
    """The profile's name, or file."""
    backend: str
    """`cron`, `user` or `system`."""
    run_as: str | None
    """Whom the jobs run as. Null: the user."""
    log_dir: str
    """Where its logs are."""
    since: str
    """The day of the set-up."""
    git: bool
    """Whether data is committed and pushed."""
    remote: str
    """Where it is pushed."""
    branch: str
    """The branch that is pushed."""
    rotate: bool
    """Whether the logs are rotated."""
    record: bool
    """Whether exit codes of its cron lines are recorded."""
    alerts: int
    """How many alert addresses there are; they hold credentials."""
    mail_to: str | None
    """Who is mailed. Null: nobody."""
    heartbeat: bool
    """Whether a heartbeat is sent."""

class PackJobRecord(TypedDict):
    """A job of the federation."""

    key: str
    """Its key in the profile."""
    name: str
    """Its name."""
    id: str | None
    """Its id as a job. Null: it is missing."""
    backend: str
    """As in PackRecord."""
    where: str | None
    """Where it is installed. Null: it is missing."""
    schedule: str | None
    """As it is installed. Null: it is missing."""
    profile_schedule: str | None
    """What the profile says. Null: it is no job of the profile."""
    custom: bool
    """Whether its schedule differs from the profile's."""
    custom_reason: str | None
    """Why. Null: no reason was given, or it does not differ."""
    paused: bool
    """Whether it is paused."""
    state: str | None
    """As in JobRecord. Null: its row was not seen."""
    next_run: str | None
    """RFC 3339. Null: nothing promises a run."""
    last_run: str | None
    """RFC 3339. Null: none is known."""
    last_result: VerdictRecord | None
    """How the last run ended. Null: its row was not seen."""
    script: str | None
    """The script that it runs. Null: it runs fedtui itself."""
    log_path: str | None
    """Its log. Null: none."""
    log_size: int | None
    """Bytes. Null: there is no log."""
    product: str | None
    """The file that it should renew. Null: none."""
    newest_data: str | None
    """The newest entry of the product, RFC 3339. Null: there is none, or it cannot be read."""
    broken_lines: int | None
    """Lines of the product that are not JSON. Null: it cannot be read."""
    fresh_for_s: float | None
    """Seconds for which its newest data counts as fresh. Null: no limit."""
    stale: bool | None
    """Whether its newest data is too old. Null: not known."""
    adopted: bool
    """Whether it was there before the set-up, which took it over."""
    left_out: str | None
    """Why a job of the profile is not scheduled. Null: it is, or should be."""

class RolloutRecord(TypedDict):
    """The stage of the rollout."""

    week: int
    """1, 2 or 3."""
    days: int
    """How long that stage has lasted."""
    good: int
    """Runs of the last seven days."""
    failed: int
    """Runs of the last seven days."""
    unknown: int
    """Runs of the last seven days."""
    waits: list[str]
    """What is still to come before the next stage."""
    next: str
    """The next stage."""
    command: list[str]
    """The command that begins it."""

class SetupIssueRecord(TypedDict):
    """What the set-up's look around or a test run found."""

    severity: str
    """{fedtui.model.Severity}"""
    job: str | None
    """The key of the job that it concerns. Null: the whole set-up."""
    text: str
    """What was found."""
    advice: str | None
    """What to do. Null: nothing."""

class DrillRecord(TypedDict):
    """A drill ([drills.md](drills.md))."""

    name: str
    """For `fedtui drill NAME`."""
    title: str
    """In a few words."""
    about: str
    """What it does."""
    expected: str
    """What should happen."""
    can_run: bool
    """Whether it can be run here."""
    reason: str | None
    """Why not. Null: it can."""

class DrillStepRecord(TypedDict):
    """What was done or printed in a drill."""

    phase: str
    """{fedtui.federation.drills.drill_events.DrillPhase}"""
    text: str
    """The step, or a line of output."""
