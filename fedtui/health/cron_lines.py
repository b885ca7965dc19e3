"""FT1xx: lines of cron tables that cron refuses, or that cannot do what they say."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache

from fedtui.crontab.command import program, script_path
from fedtui.crontab.setting import DEFAULT_PATH
from fedtui.health.checks import EVERY_JOB, CheckReport, check, error_rule, warning_rule
from fedtui.health.command_facts import services
from fedtui.health.file_facts import FileFacts
from fedtui.model import CronFacts, Job, Remedy, Snapshot, SourceName, State, cron_jobs
from fedtui.safe_text import decode

BAD_LINE = error_rule(
    "FT101",
    "a line that cron refuses",
    "Debian's cron drops the whole table for one bad line, so every other job of it stops too; cronie drops "
    "the line alone. Either says so only in its log.",
    "Fix the line: E edits it, x deletes it.",
)
NOT_LOADED = error_rule(
    "FT102",
    "a table that cron ignores",
    "No job of the table runs: cron ignores it for its owner, its mode, its name, a missing newline at its "
    "end, or its length.",
    "Give the file the owner, mode, name or last newline that cron wants.",
)
NEVER_FIRES = warning_rule(
    "FT103",
    "schedule never fires",
    "cron takes the line without a word, and waits for a date that does not come, such as 30 February.",
    "Give the job another schedule: e.",
)
SCRIPT_MISSING = error_rule(
    "FT110",
    "script is missing",
    "The job starts at its time, the shell finds no such file, and the run ends at once with 127.",
    "Put the script there, or correct its path in the line.",
    needs=EVERY_JOB,
)
NOT_ON_PATH = error_rule(
    "FT118",
    "a command is not on cron's PATH",
    "cron does not read your shell's profile. A command that only your shell can find ends with 127.",
    "Write the whole path of the command, or set PATH= above the line.",
)


@check(BAD_LINE)
def bad_line(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT101: a line that cron refuses; the daemon then drops the whole table."""
    for job, cron in cron_jobs(snapshot.jobs):
        if job.state is not State.BAD_LINE:
            continue
        dropped = [
            other.name
            for other, facts in cron_jobs(snapshot.jobs)
            if other.state is State.NOT_LOADED and (facts.table, other.user) == (cron.table, job.user)
        ]
        yield BAD_LINE.found(
            f"cron refuses {job.location} ({job.state_reason}) and therefore ignores the whole table"
            + (f": {len(dropped)} other jobs do not run." if dropped else "."),
            (decode(cron.raw), *dropped[:5]),
            title=f"bad line {job.location}",
            job=job,
        )


@check(NOT_LOADED)
def table_not_loaded(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT102: a table that cron ignores for another reason than a bad line; one finding a table."""
    rows = tuple(cron_jobs(snapshot.jobs))
    bad = {(cron.table, job.user) for job, cron in rows if job.state is State.BAD_LINE}
    seen: set[str] = set()
    for job, cron in rows:
        if job.state is not State.NOT_LOADED or cron.table in seen or (cron.table, job.user) in bad:
            continue
        seen.add(cron.table)
        yield NOT_LOADED.found(
            f"cron does not load {job.location.path}: {job.state_reason}.",
            (job.state_reason,),
            title=f"{job.location.path} is ignored",
            job=job,
        )


@check(NEVER_FIRES)
def never_fires(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT103: a schedule that cron accepts and that no date ever meets; timers have FT008, FT209, FT212."""
    for job, _ in cron_jobs(snapshot.jobs):
        if job.state is State.NEVER_FIRES:
            yield NEVER_FIRES.found(
                f"{job.name} looks active, but no date ever meets its schedule.",
                (job.schedule, job.state_reason),
                job=job,
            )


@check(SCRIPT_MISSING)
def script_missing(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT110: the script that a line, or the service of a timer, runs is not there."""
    for job, script, who in _scripts(snapshot, host):
        if why := host.hidden(script):
            yield SCRIPT_MISSING.hidden(script, why)
        elif host.exists(script) is False:
            evidence = (script, str(job.location))
            yield SCRIPT_MISSING.found(f"{who} runs a script that is not there.", evidence, job=job)


def _scripts(snapshot: Snapshot, host: FileFacts) -> Iterator[tuple[Job, str, str]]:
    """Each script that is to run, with its job, and who runs it."""
    for job, cron in _live_lines(snapshot):
        script, _ = _starts(cron.command, cron.home, cron.environment)
        if script is not None:
            yield job, script, job.name
    for job, timer, reading in services(snapshot):
        # A unit that the distribution ships may be of a package that is gone but for its files.
        if reading.script and not host.shipped(timer.fragment):
            yield job, reading.script, f"{timer.activates}, which {job.name} starts,"


@check(NOT_ON_PATH)
def not_on_path(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT118: the command is not on the PATH that cron gives the job."""
    for job, cron in _live_lines(snapshot):
        _, name = _starts(cron.command, cron.home, cron.environment)
        if name is None or "/" in name:
            continue
        path = decode(dict(cron.environment).get(b"PATH", DEFAULT_PATH))
        if not any(host.executable(posixpath.join(folder, name)) for folder in path.split(":") if folder):
            folder = _folder_of(name, cron.home, host)
            where = (f"found  {folder}/{name}",) if folder else ()
            yield NOT_ON_PATH.found(
                f"{job.name} starts {name}, which cron cannot find: it does not read your shell's profile.",
                (f"cron's PATH  {path}", *where, str(job.location)),
                title=f"{name} is not on cron's PATH",
                command="" if folder else f"command -v {name}",
                remedy=Remedy("setting", f"set a PATH= with {folder} above the line", f"PATH={path}:{folder}")
                if folder and job.editable and job.source is SourceName.CRONTAB
                else None,
                job=job,
            )


def _folder_of(name: str, home: str, host: FileFacts) -> str:
    """Where a program lies that is not on cron's PATH: on this user's own, or where such programs are put."""
    usual = (f"{home}/.local/bin", f"{home}/bin", "/usr/local/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
    for folder in (*host.user_path, *usual):
        if folder.startswith("/") and host.executable(posixpath.join(folder, name)):
            return folder
    return ""


@lru_cache(maxsize=16384)  # a checkup follows every change, and the lines of a table seldom change
def _starts(
    command: bytes, home: str, environment: tuple[tuple[bytes, bytes], ...]
) -> tuple[str | None, str | None]:
    """The script that a line runs, and the program that is looked for in PATH."""
    return script_path(command, home, environment), program(command)


def _live_lines(snapshot: Snapshot) -> Iterator[tuple[Job, CronFacts]]:
    for job, cron in cron_jobs(snapshot.jobs):
        if job.state not in (State.BAD_LINE, State.PAUSED):
            yield job, cron
