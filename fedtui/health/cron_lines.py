"""FT1xx: lines of cron tables that cron refuses, or that cannot do what they say."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import assert_never

from fedtui.crontab.command import GUARDS
from fedtui.crontab.lookups import Lookup
from fedtui.health.checks import EVERY_JOB, CheckReport, check, error_rule, warning_rule
from fedtui.health.command_facts import (
    SUDO_PATH,
    CommandFacts,
    command_facts,
    is_shell,
    services,
    started,
    working_directory,
)
from fedtui.health.file_facts import FileFacts
from fedtui.health.service_settings import service_settings
from fedtui.health.step_facts import on_path, runs_here
from fedtui.model import (
    CronFacts,
    Job,
    Remedy,
    Severity,
    Snapshot,
    SourceName,
    State,
    TimerFacts,
    cron_jobs,
    timer_of,
)
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.sources.generated_timers import NO_TIMER
from fedtui.system.accounts import home_of, is_user

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
FOLDER_MISSING = error_rule(
    "FT129",
    "the folder that the job changes to is missing",
    "cd fails. With && nothing after it runs; with ; all of it runs in the wrong folder.",
    "Create the folder, or correct its path in the line.",
    needs=EVERY_JOB,
)
USER_COLUMN = error_rule(
    "FT131",
    "a user column in a user's crontab",
    "Only /etc/crontab and /etc/cron.d name a user in each line. Here the shell takes the word for a "
    "command, and the run ends with 127.",
    "Delete the word: E.",
)
NOT_INSTALLED = error_rule(
    "FT132",
    "a command is not installed",
    "The shell finds no program of that name in any of the usual folders, and the run ends with 127.",
    "Install it, or correct its name in the line.",
    needs=EVERY_JOB,
)

_OF_PACKAGES = ("/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/share/", "/bin/", "/sbin/")
"""Programs there know what they can do without."""


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
    bad = {_table(job) for job, _ in rows if job.state is State.BAD_LINE}
    seen: set[str] = set()
    for job, cron in rows:
        if job.state is not State.NOT_LOADED or cron.table in seen or _table(job) in bad:
            continue
        if job.state_reason == NO_TIMER:  # FT010's
            continue
        seen.add(cron.table)
        yield NOT_LOADED.found(
            f"cron does not load {job.location.path}: {job.state_reason}.",
            (job.state_reason,),
            title=f"{job.location.path} is ignored",
            job=job,
        )


def _table(job: Job) -> tuple[str, str]:
    """The table that a line is in; those of users are all called by one name."""
    path = job.location.path
    return path, "" if path.startswith("/") else job.user


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
    """FT110: a script or program that a line, or the service of a timer, runs by its path is not there."""
    for job, script, who in _files(snapshot, host):
        if why := host.hidden(script):
            yield SCRIPT_MISSING.hidden(script, why)
        elif host.exists(script) is False:
            severity = Severity.WARNING if _may_fail(job, host) else Severity.ERROR
            evidence, sentence = (script, str(job.location)), f"{who} runs a script that is not there."
            yield SCRIPT_MISSING.found(sentence, evidence, severity=severity, job=job)


def _may_fail(job: Job, host: FileFacts) -> bool:
    """Whether it is a service whose commands have a `-` before them: any end of theirs is good to systemd."""
    facts = timer_of(job)
    if facts is None or not facts.service_fragment:
        return False
    lines = host.unit_lines(facts.service_fragment, "Service")
    commands = [value.lstrip("@:+!") for key, value in lines if key == "ExecStart"]
    return bool(commands) and all(value.startswith("-") for value in commands)


def _files(snapshot: Snapshot, host: FileFacts) -> Iterator[tuple[Job, str, str]]:
    """Each file that is to run, with its job, and who runs it; without those that the line does not need."""
    for job, reading in started(snapshot, host):
        who = _who(job, host)
        for one in reading.called if who and not user_column(job, reading, host) else ():
            # In a folder that is missing itself (FT129) nothing is looked for.
            away = one.folder and one.path.startswith(f"{one.folder}/") and _gone(one.folder, reading, host)
            if not (one.tested or away) and runs_here(one.facts, one.path_variable or "", host, one.path):
                yield job, one.path, who


def _who(job: Job, host: FileFacts) -> str:
    """Who runs what the job runs; empty for a unit of a package: all but its files may be gone."""
    match job.facts:
        case CronFacts():
            return job.name
        case TimerFacts() as timer:
            return "" if host.shipped(timer.fragment) else f"{timer.activates}, which {job.name} starts,"
        case _ as never:
            assert_never(never)


def _gone(folder: str, reading: CommandFacts, host: FileFacts) -> bool:
    return folder != reading.start and host.exists(folder) is False


@check(FOLDER_MISSING)
def folder_missing(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT129: a line changes to a folder that is not there."""
    for job, reading in started(snapshot, host):
        for folder, facts, spared in reading.folders if _who(job, host) else ():
            if not runs_here(facts, "", host, folder):
                continue
            if why := host.hidden(folder):
                yield FOLDER_MISSING.hidden(folder, why)
            elif host.exists(folder) is False:
                sentence = f"{job.name} changes to {folder}, which is not there."
                severity = Severity.NOTE if spared else Severity.ERROR
                yield FOLDER_MISSING.found(sentence, (folder, str(job.location)), severity=severity, job=job)
                break
    for job, timer, _ in services(snapshot, host):
        place, needed = working_directory(job, timer, host)
        if place is None or not needed or not runs_here(service_settings(timer, host).facts, "", host, place):
            continue
        if host.exists(place) is False:
            sentence = f"{timer.activates} starts in {place}, which is not there."
            yield FOLDER_MISSING.found(sentence, (f"WorkingDirectory={place}",), job=job)


@check(NOT_ON_PATH, NOT_INSTALLED)
def not_on_path(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT118, FT132: a command is not on the PATH that it is looked up in; then whether it is anywhere."""
    for job, reading in started(snapshot, host):
        seen: set[str] = set()
        for lookup in reading.lookups if _who(job, host) else ():
            path, name = lookup.path, lookup.name
            if not path or lookup.tested or name == user_column(job, reading, host):
                continue
            if on_path(path, name, host) or not runs_here(lookup.facts, path, host):
                continue
            by_sudo = path == SUDO_PATH
            if by_sudo and any(host.exists(f"{one}/{name}") is not False for one in path.split(":")):
                continue  # only another user may execute it
            folder = _folder_of(name, job.facts.home, host)
            rule = NOT_ON_PATH if folder else NOT_INSTALLED
            if rule.code not in seen and ((job.facts.in_table and not by_sudo) or not folder):
                seen.add(rule.code)
                yield _not_found(job, (lookup,), folder)


@check(NOT_ON_PATH, NOT_INSTALLED)
def script_calls_missing(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT118, FT132: what a shell script calls."""
    seen: set[tuple[str, str]] = set()
    for job, reading in started(snapshot, host):
        for one in reading.called:
            script, path = host.script(one.path), one.path_variable or ""
            if script is None or not path or (one.path, path) in seen:
                continue
            by_shell = one.by_shell or (one.executed and is_shell(script.interpreter))
            if by_shell:
                seen.add((one.path, path))
            if not by_shell or script.returns or one.path.startswith(_OF_PACKAGES):
                continue
            home = home_of(job.user) if job.user else ""
            known = (("HOME", home), ("PATH", path))
            by_folder: dict[str, list[Lookup]] = defaultdict(list)
            for found in host.script_lookups(one.path, known):
                if not on_path(found.path, found.name, host) and runs_here(found.facts, found.path, host):
                    by_folder[_folder_of(found.name, home, host)].append(found)
            for folder, gone in by_folder.items():
                if folder and not job.facts.in_table:
                    continue  # what PATH a manager gives its services is its own matter
                yield _not_found(job, gone, folder, one.path, settable=gone[0].path == path)


def _not_found(
    job: Job, lookups: Sequence[Lookup], folder: str, script: str = "", *, settable: bool = True
) -> CheckReport:
    """The finding of what is in no folder of its PATH, but in `folder` ("": nowhere), called by a `script`.

    `settable`: a PATH= above the line reaches it.
    """
    name, path = lookups[0].name, lookups[0].path
    severity = Severity.WARNING if script else Severity.ERROR  # a script may come by it or not
    whose = "sudo's PATH" if path == SUDO_PATH else "cron's PATH" if job.facts.in_table else "PATH"
    evidence = [f"{whose}  {sanitize_and_mask(path)}", *((f"found  {folder}/{name}",) if folder else ())]
    if script:
        evidence = [*(f"{script}:{one.line}  {one.name}" for one in lookups[:5]), *evidence]
    else:
        evidence.append(str(job.location))
    if not folder:
        return NOT_INSTALLED.found(
            f"{job.name} runs {script}, which calls {name}: that is not installed."
            if script
            else f"{job.name} starts {name}, which is not installed.",
            tuple(evidence),
            title=f"{name} is not installed",
            command=f"command -v {name}",
            severity=severity,
            job=job,
        )
    return NOT_ON_PATH.found(
        f"cron can't find {name} for {script or job.name}: {folder} is not on its PATH.",
        tuple(evidence),
        title=f"{name} is not on cron's PATH",
        remedy=Remedy("setting", f"set a PATH= with {folder} above the line", f"PATH={path}:{folder}")
        if settable and job.editable and job.source is SourceName.CRONTAB and "/" not in name
        else None,
        severity=severity,
        job=job,
    )


@check(USER_COLUMN)
def column_of_user(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT131: a line of a user's table that begins with a user, as lines of /etc/crontab do."""
    for job, _, reading in command_facts(snapshot):
        name = user_column(job, reading, host)
        if name:
            yield USER_COLUMN.found(
                f"{job.name} starts with the word {name}: a user's crontab has no user column.",
                (f"line  {job.location}",),
                job=job,
            )


def user_column(job: Job, reading: CommandFacts, host: FileFacts) -> str:
    """The first word of a line where it names a user and no program, and a command follows; else empty."""
    name, following = (*reading.first_words, "", "")[:2]
    if job.source is not SourceName.CRONTAB or following[:1] in ("", "-"):
        return ""
    path = next((one.path for one in reading.lookups if one.name == name), None) or ""
    sure = name in ("root", job.user)
    if not (sure or path) or _is_program(name, path, job, host) or not (sure or is_user(name)):
        return ""
    runs = ("/" in following and sure) or following in GUARDS or host.executable(following)
    runs = runs or _is_program(following, path, job, host)
    return name if runs or (name == "root" and path) else ""


def _is_program(name: str, path: str, job: Job, host: FileFacts) -> bool:
    return on_path(path, name, host) or bool(_folder_of(name, job.facts.home, host))


def _folder_of(name: str, home: str, host: FileFacts) -> str:
    """Where a program lies that is not on cron's PATH: on this user's own, or where such programs are put."""
    usual = (f"{home}/.local/bin", f"{home}/bin", "/usr/local/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
    for folder in (*host.user_path, *usual):
        if folder.startswith("/") and host.executable(posixpath.join(folder, name)):
            return folder
    return ""
