"""FT115-FT117, FT124, FT126, FT130, FT133, FT134: `%`, output, words of the shell, the session of a line."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator

from fedtui.crontab.command_field import escape
from fedtui.crontab.shell_words import Unreadable, tokens
from fedtui.health.checks import EVERY_JOB, CheckReport, check, error_rule, note_rule, warning_rule
from fedtui.health.command_facts import PIPEFAIL, TERMINAL, breaks_off, command_facts, started
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeFailed
from fedtui.model import (
    CronFacts,
    Job,
    Remedy,
    Severity,
    Snapshot,
    SourceName,
    cron_jobs,
    timer_of,
)
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.system.cron_product import BUSYBOX, CRONIE, SYSTEMD_CRON, SYSTEMD_CRON_2

NO_OUTPUT = note_rule(
    "FT115",
    "output goes nowhere",
    "When such a job fails, nothing tells why: what it said went to /dev/null, or to mail on a machine that "
    "has no mailer (cron then discards it).",
    "Append it to a log with E: >> FILE 2>&1.",
)
PERCENT = warning_rule(
    "FT116",
    "an unescaped % ends the command",
    "cron cuts the command at the first % and gives the rest to it as standard input (crontab(5)). It never "
    "reaches the shell.",
    "Write \\% for a percent sign: E.",
)
MISORDERED = warning_rule(
    "FT117",
    "errors do not go to the log",
    "Redirections are made from left to right. 2>&1 before > sends errors to where output went until then: "
    "to cron's mail, not to the file.",
    "Write the file first: >> FILE 2>&1.",
)
FOREIGN_WORDS = error_rule(
    "FT126",
    "words that the shell does not have",
    "cron starts /bin/sh unless SHELL= says otherwise; on Debian that is dash. What only bash knows fails "
    "there (read -t, kill -SIGHUP, 200>; set -o pipefail ends dash itself), or does something else: &> "
    "starts the job in the background, and its output goes to mail.",
    "Set SHELL=/bin/bash above the line, or write it as POSIX does: > FILE 2>&1, [ ], . FILE, kill -HUP.",
    needs=EVERY_JOB,
)
NO_SESSION = error_rule(
    "FT133",
    "the job needs a terminal or a session",
    "Neither cron nor a system service gives a job one. docker refuses -t without a terminal, and what talks "
    "to the session's bus or display finds no address of it.",
    "Leave out -t; set XDG_RUNTIME_DIR=/run/user/UID for the user's systemd, DISPLAY=:0 for a window.",
    needs=EVERY_JOB,
)
NOT_SET_BY_CRON = warning_rule(
    "FT130",
    "a variable that cron does not set",
    "cron sets HOME, LOGNAME, SHELL and PATH. Another variable of your session is empty in a job, and a path "
    "made with it leads elsewhere. So are $UID and $RANDOM, which dash has not.",
    "Use $LOGNAME, $HOME or $(id -u), or set the variable above the line; for $RANDOM: SHELL=/bin/bash.",
)
PART_MAILED = note_rule(
    "FT134",
    "a part of the output goes to mail",
    "A redirection takes what it names, and of the one command that it is written behind. The rest goes to "
    "cron's mail: who reads the log alone misses it.",
    "Write 2>&1 behind the log, and put several commands into { ...; } before it: E.",
)
LINE_RETURNS = error_rule(
    "FT124",
    "the line ends as on Windows",
    "cron hands the carriage return to the shell as part of the last word: a file or an argument of that "
    "name is not what was meant.",
    "Take the carriage return out.",
)

_SINGLE_NOTES = 3
MAILERS = ("/usr/sbin/sendmail", "/usr/lib/sendmail")
_ONE_LOG = re.compile(r"[^|;&<>()]*[^|;&<>()0-9]>>?[^|;&<>()#'\"]+")
_FORMAT = re.compile(rb"(?:\+\S*|date\b[^|;&]*|format=\S*|strftime\S*|=\d+)$")


@check(PERCENT)
def percent(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT116: a `%` that cuts a command where none was meant; a note where it may be meant."""
    for job, cron, reading in command_facts(snapshot):
        if cron.stdin is None:
            continue
        cut = not reading.readable or _FORMAT.search(cron.command) is not None
        yield PERCENT.found(
            f"cron starts only the part before the % of {job.name}.",
            (
                f"starts  {sanitize_and_mask(decode(cron.command))}",
                f"standard input  {sanitize_and_mask(decode(cron.stdin))}",
            ),
            severity=Severity.WARNING if cut else Severity.NOTE,
            remedy=_escaped(job, cron) if cut else None,
            job=job,
        )


def _escaped(job: Job, cron: CronFacts) -> Remedy | None:
    """The line with its signs escaped."""
    at = cron.raw.find(b"%")
    if not job.editable or at < 0 or escape(cron.command) != cron.command:
        return None
    line = re.sub(rb"(?<!\\)%", rb"\\%", cron.raw)
    return Remedy("line", "write \\% for %", decode(line))


@check(MISORDERED)
def misordered(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT117: `2>&1 >> file`."""
    for job, cron, reading in command_facts(snapshot):
        if not reading.misordered:
            continue
        remedy, text = None, decode(cron.command)
        wrong = re.search(r"2>&1\s+(1?>>?\s*\S+)", text)
        if job.editable and wrong is not None:
            right = f"{text[: wrong.start()]}{wrong[1]} 2>&1{text[wrong.end() :]}"
            remedy = Remedy("command", f"write {wrong[1]} 2>&1", right)
        yield MISORDERED.found(
            f"The errors of {job.name} do not go to its log.",
            (f"written  {sanitize_and_mask(reading.misordered)}", f"line  {job.location}"),
            remedy=remedy,
            job=job,
        )


@check(FOREIGN_WORDS)
def foreign_words(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT126: what the shell in force does not have, and lines that no shell can read."""
    for job, reading in started(snapshot, host):
        foreign, timer = reading.foreign, timer_of(job)
        if PIPEFAIL in foreign:  # dash 0.5.12 has it not
            try:
                foreign = tuple(word for word in foreign if word != PIPEFAIL or ends_at_pipefail(host))
            except ProbeFailed as unknown:
                yield FOREIGN_WORDS.unchecked(PIPEFAIL, str(unknown))
        if reading.readable and not foreign:
            continue
        if timer is not None:
            if (foreign or reading.broken) and not host.shipped(timer.fragment):
                yield FOREIGN_WORDS.found(
                    _refused(timer.activates, foreign),
                    (f"command  {sanitize_and_mask(job.command or '')}", f"file  {timer.service_fragment}"),
                    fix="Start it by /bin/bash -c, or write it as POSIX does.",
                    job=job,
                )
            continue
        [(_, cron)] = cron_jobs((job,))
        broken = reading.broken or _breaks_off(cron)
        if not reading.readable and (cron.stdin is not None or not broken):
            continue
        yield FOREIGN_WORDS.found(
            _refused(job.name, foreign),
            (f"command  {sanitize_and_mask(decode(cron.command))}", f"line  {job.location}"),
            title="" if foreign else "a command that no shell can read",
            job=job,
        )


def _refused(name: str, foreign: tuple[str, ...]) -> str:
    if not foreign:
        return f"The shell cannot read {name} to its end."
    return f"{name} uses {' and '.join(foreign[:3])}, which its shell does not have."


def ends_at_pipefail(host: FileFacts) -> bool:
    """Whether /bin/sh ends at `set -o pipefail`. Raises ProbeFailed."""
    return host.ask("sh", "-c", PIPEFAIL).status != 0


def _breaks_off(cron: CronFacts) -> bool:
    """Whether it is sure that no shell reads the line: a quote is left open, or dash and bash refuse it."""
    text = decode(cron.command)
    shell = posixpath.basename(dict(cron.environment).get(b"SHELL", b"sh"))
    try:
        tokens(text, bash=True)
    except Unreadable:
        return True
    return shell in (b"sh", b"dash", b"bash") and breaks_off(text)


@check(NO_SESSION)
def no_session(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT133: `docker exec -it`, `systemctl --user`, notify-send in cron, or in a service."""
    for job, reading in started(snapshot, host):
        who = "cron"
        timer = timer_of(job)
        if timer is not None:
            who = "its service"
            own_bus = timer.user_manager and reading.session != TERMINAL
            if own_bus or host.shipped(timer.fragment):
                continue
        if reading.session:
            sentence = f"{job.name} starts {reading.session}, and {who} has no terminal and no session."
            yield NO_SESSION.found(sentence, (f"line  {job.location}",), job=job)


@check(NOT_SET_BY_CRON)
def not_set_by_cron(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT130: `$USER` and its like."""
    for job, cron, reading in command_facts(snapshot):
        unset = [name for name in reading.unset if (name, cron.dialect) not in _SET_BY]
        if unset:
            names = " and ".join(f"${name}" for name in unset[:3])
            sentence = f"{job.name} uses {names}, which cron does not set."
            yield NOT_SET_BY_CRON.found(sentence, (f"line  {job.location}",), job=job)


@check(LINE_RETURNS)
def line_returns(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT124: lines that end in a carriage return; one finding a table."""
    seen: set[tuple[str, str]] = set()
    for job, cron, _ in command_facts(snapshot):
        if not cron.raw.endswith(b"\r") or (cron.table, job.user) in seen:
            continue
        seen.add((cron.table, job.user))
        yield LINE_RETURNS.found(
            f"Lines of {cron.table} end as on Windows, the one of {job.name} among them.",
            (f"command  {sanitize_and_mask(decode(cron.command))}", f"line  {job.location}"),
            remedy=Remedy("line", "take the carriage return out", decode(cron.raw[:-1]))
            if job.editable
            else None,
            job=job,
        )


@check(NO_OUTPUT)
def no_output(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT115: jobs of the user's own tables whose output nobody can read; one finding for each way."""
    mailer = _has_mailer(host)
    null, mail = [], []
    for job, cron, reading in command_facts(snapshot):
        if job.source is not SourceName.CRONTAB or not reading.readable:
            continue
        if reading.discards:
            null.append(job)
        elif not reading.keeps and _destination(cron, mailer=mailer) == "nowhere":
            mail.append(job)
    if null:
        yield _found(null, "goes to /dev/null")
    if mail:
        yield _found(mail, "goes to mail, and there is no mailer" if not mailer else "is not mailed: MAILTO=")


def _has_mailer(host: FileFacts) -> bool:
    return not host.is_machine or any(host.exists(path) for path in MAILERS)


_SET_BY = frozenset(("USER", dialect) for dialect in ("cronie", "busybox", "bcron"))
"""What Debian's cron leaves out and these set: cronie's entry.c, BusyBox's crond.c, bcron's bcron-exec.c."""


def _destination(cron: CronFacts, *, mailer: bool) -> str:
    """Where the output goes that the line sends to no file."""
    if cron.dialect in (SYSTEMD_CRON.dialect, SYSTEMD_CRON_2.dialect):
        return "to the journal"
    to = dict(cron.environment).get(b"MAILTO")
    if to == b"" or (to is None and cron.dialect == BUSYBOX.dialect):  # whose output is that of crond
        return "nowhere"
    if mailer:
        return "to mail"
    return "to the system's log" if cron.dialect == CRONIE.dialect else "nowhere"


def _found(jobs: list[Job], how: str) -> CheckReport:
    names = _named([f"{job.name}  {job.location}" for job in jobs])
    who = jobs[0].name if len(jobs) == 1 else f"{len(jobs)} jobs"
    return NO_OUTPUT.found(
        f"The output of {who} {how}.",
        names,
        title=f"output of {who} {how}",
        job=jobs[0] if len(jobs) == 1 else None,
    )


def _named(rows: list[str]) -> tuple[str, ...]:
    more = [f"and {len(rows) - 8} more"] if len(rows) > 8 else []
    return (*rows[:8], *more)


@check(PART_MAILED)
def part_mailed(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT134: a log takes the output, and no errors; or that of some commands of the line.

    One note a table, where it is so of more than a few lines.
    """
    mailer = _has_mailer(host)
    tables: dict[tuple[str, str, str, str], list[tuple[Job, CronFacts, str]]] = defaultdict(list)
    for job, cron, reading in command_facts(snapshot):
        if reading.stray and not reading.misordered:
            where = _destination(cron, mailer=mailer)
            alone = job.id if PART_MAILED.code in cron.silenced else ""
            tables[cron.table, job.user, where, alone].append((job, cron, reading.stray))
    for (table, _, where, _), rows in tables.items():
        if len(rows) > _SINGLE_NOTES:
            yield PART_MAILED.found(
                f"The logs of {len(rows)} jobs of {table} take a part of the output; the rest goes {where}.",
                _named([f"{stray} of {job.name}  {job.location}" for job, _, stray in rows]),
                title=f"a part of the output of {len(rows)} jobs goes {where}",
            )
            continue
        for job, cron, stray in rows:
            yield _part_mailed(job, cron, stray, where)


def _part_mailed(job: Job, cron: CronFacts, stray: str, where: str) -> CheckReport:
    text, errors = decode(cron.command).rstrip(), stray.startswith("errors")
    go = f"go{'' if errors else 'es'} {where}"
    return PART_MAILED.found(
        f"The {stray} {go}, and not to the log of {job.name}.",
        (f"log  {job.log_path}", f"line  {job.location}"),
        title=f"{stray} {go}",
        remedy=Remedy("command", "write 2>&1 behind the log", f"{text} 2>&1")
        if errors and job.editable and _ONE_LOG.fullmatch(text)
        else None,
        job=job,
    )
