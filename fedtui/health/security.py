"""FT6xx: who else can change what a job runs, and who can read what it must keep to itself."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterator
from functools import lru_cache

from fedtui.health.checks import CRON_TABLES, EVERY_JOB, CheckReport, check, error_rule, warning_rule
from fedtui.health.command_facts import command_facts, started
from fedtui.health.file_facts import FileFacts
from fedtui.model import Job, Severity, Snapshot, cron_jobs, timer_jobs
from fedtui.safe_text import MASK, decode, mask_secrets, sanitize_and_mask
from fedtui.system.accounts import name_of

WRITABLE_BY_OTHERS = error_rule(
    "FT601",
    "others can change what the job runs",
    "Anyone who can write the script, or rename files in its folder, decides what is run in the name of the "
    "job's user. For a job of root that is everything.",
    "Take the right away: chmod go-w, or give the file to the job's user.",
    needs=CRON_TABLES,
)
SECRET_IN_LINE = warning_rule(
    "FT602",
    "a secret in a cron line or a unit",
    "A command is seen by everybody who lists processes while it runs, and it is in cron's log; it and a "
    "setting are in each copy of the table. systemd shows all of a unit to every user.",
    "Put it into a file of mode 0600, and have the script read it from there; of a unit, EnvironmentFile=.",
    needs=EVERY_JOB,
)
SECRET_IN_LOG = warning_rule(
    "FT603",
    "a log with secrets that everybody can read",
    "The log holds what looks like a password, a token or a key, and every user of this machine may read it.",
    "Take the right away, fix what writes it, and change the secret.",
)
KEY_OPEN = warning_rule(
    "FT604",
    "a private key that others can read",
    "ssh refuses a key that others may read, so a job that uses it fails; anyone who reads it can use it.",
    "Take the rights away: chmod 600.",
    needs=CRON_TABLES,
)

_OTHERS = stat.S_IWOTH
_GROUP = stat.S_IWGRP
_STICKY = stat.S_ISVTX


@check(WRITABLE_BY_OTHERS)
def writable_by_others(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT601: the script, or a folder on the way to it, that others than root and the job's user may write."""
    seen: set[tuple[str, str]] = set()
    for job, reading in started(snapshot, host):
        path = reading.script
        if path is None or (path, job.user) in seen:
            continue
        seen.add((path, job.user))
        if host.exists(path) is not True:
            if why := host.hidden(path):
                yield WRITABLE_BY_OTHERS.hidden(path, why)
            continue
        for part in (path, posixpath.dirname(path)):
            why = _who_writes(part, job, host, is_folder=part != path)
            if why:
                yield WRITABLE_BY_OTHERS.found(
                    f"{job.name} runs as {job.user} what {why} can change.",
                    (f"{part}  {_mode(part, host)}", f"line  {job.location}"),
                    severity=Severity.ERROR if job.user == "root" else Severity.WARNING,
                    command=_closed(why, part, job, host),
                    job=job,
                )
                break


def _who_writes(path: str, job: Job, host: FileFacts, *, is_folder: bool) -> str:
    """Who, beside root and the job's user, may change `path`; empty for nobody."""
    found = host.mode(path)
    if found is None:
        return ""
    mode, owner, group = found
    kept = is_folder and mode & _STICKY  # in such a folder only owners rename
    if mode & _OTHERS and not kept:
        return "everybody"
    who = name_of(owner)
    if owner != 0 and who != job.user:
        return who
    if mode & _GROUP and not kept and group != 0 and not _private(group, job.user):
        return f"the group {group_name(group)}"
    return ""


def _closed(why: str, path: str, job: Job, host: FileFacts) -> str:
    """The command that leaves nobody else the right to change `path`: an owner keeps it whatever the mode."""
    if why == "everybody" or why.startswith("the group "):
        return host.as_owner("chmod go-w", path)
    return host.as_owner(f"chown {job.user}", path)


def _private(group: int, user: str) -> bool:
    """Whether the group is the user's own, with nobody else in it (Debian makes one for each user)."""
    name, members = _group(group)
    return name == user and set(members) <= {user}


@lru_cache(256)
def _group(group: int) -> tuple[str, tuple[str, ...]]:
    import grp

    try:
        found = grp.getgrgid(group)
    except KeyError:
        return str(group), ()
    return found.gr_name, tuple(found.gr_mem)


def group_name(group: int) -> str:
    """The group's name, or its number where it has none."""
    return _group(group)[0]


def _mode(path: str, host: FileFacts) -> str:
    mode, owner, group = host.mode(path) or (0, 0, 0)
    return f"mode {mode & 0o7777:04o}, {name_of(owner)}:{group_name(group)}"


@check(SECRET_IN_LINE)
def secret_in_line(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT602: what `safe_text` would mask, in a line, a setting above it, or a service; each of those once."""
    seen: set[tuple[str, str, bytes]] = set()
    yield from _secrets_of_services(snapshot, host)
    for job, cron in cron_jobs(snapshot.jobs):
        if masked := _masked(cron.raw):
            yield SECRET_IN_LINE.found(
                f"The line of {job.name} holds what looks like a secret.",
                (masked, f"line  {job.location}"),
                job=job,
            )
        for name, value in cron.environment:
            place = (cron.table, job.user, name)
            if place not in seen and (masked := _masked(name + b"=" + value)):
                seen.add(place)
                yield SECRET_IN_LINE.found(
                    f"{cron.table} sets {decode(name)}, which looks like a secret, for the jobs below it.",
                    (masked,),
                    title=f"secret stored in {cron.table}: {sanitize_and_mask(decode(name))}",
                    job=job,  # the first below it, so that a comment there can silence it
                )


def _secrets_of_services(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    seen: set[str] = set()
    for job, timer in timer_jobs(snapshot.jobs):
        unit = timer.service_fragment
        folder = f"{unit}.d"
        for path in (unit, *(f"{folder}/{name}" for name in host.names(folder) if name.endswith(".conf"))):
            if not unit or path in seen or host.shipped(path):
                continue
            seen.add(path)
            if why := host.unread(path):
                yield SECRET_IN_LINE.hidden(path, why)
            for key, value in host.unit_lines(path, "Service"):
                if masked := _masked(value.encode("utf-8", "surrogateescape")):
                    yield SECRET_IN_LINE.found(
                        f"{path} holds what looks like a secret, and {job.name} starts it.",
                        (f"{key}={masked}", f"file  {path}"),
                        title=f"a secret in {posixpath.basename(path)}",
                        job=job,
                    )
                    break


@lru_cache(16_384)
def _masked(raw: bytes) -> str:
    """The text as it is shown, where something in it is masked; else nothing."""
    text = decode(raw)
    return sanitize_and_mask(text) if MASK not in text and MASK in mask_secrets(text) else ""


@check(SECRET_IN_LOG)
def secret_in_log(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT603: secrets in the last lines of a log that is readable for all."""
    seen: set[str] = set()
    for job in snapshot.jobs:
        log = job.log_path
        if log is None or log in seen or not job.editable:
            continue
        seen.add(log)
        found = host.mode(log)
        if why := host.hidden(log):
            yield SECRET_IN_LOG.hidden(log, why)
        if found is None or not found[0] & stat.S_IROTH or not stat.S_ISREG(found[0]):
            continue
        if not _reachable(log, host):
            continue
        line = next((text for raw in (host.tail(log) or b"").splitlines() if (text := _masked(raw))), "")
        if line:
            yield SECRET_IN_LOG.found(
                f"The log of {job.name} is readable for all, and holds what looks like a secret.",
                (f"{log}  {_mode(log, host)}", line[:200]),
                command=host.as_owner("chmod o-r", log),
                job=job,
            )


def _reachable(path: str, host: FileFacts) -> bool:
    """Whether everybody may go through the folders above `path`."""
    folder = posixpath.dirname(path)
    while folder not in ("", "/"):
        found = host.mode(folder)
        if found is not None and not found[0] & stat.S_IXOTH:
            return False
        folder = posixpath.dirname(folder)
    return True


@check(KEY_OPEN)
def key_open(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT604: keys that lines name with -i, and those of the users' ~/.ssh."""
    keys: dict[str, Job | None] = {}
    for job, cron, reading in command_facts(snapshot):
        for path in reading.key_files:
            keys.setdefault(path, job)
        if cron.home and job.editable:
            for name in host.names(f"{cron.home}/.ssh"):
                if name.startswith("id_") and not name.endswith(".pub"):
                    keys.setdefault(f"{cron.home}/.ssh/{name}", None)
    for path, user in keys.items():
        found = host.mode(path)
        if why := host.hidden(path):
            yield KEY_OPEN.hidden(path, why)
        if found is not None and found[0] & 0o077 and stat.S_ISREG(found[0]):
            yield KEY_OPEN.found(
                f"Others than its owner may use the key {path}.",
                (f"{path}  {_mode(path, host)}",),
                command=host.as_owner("chmod 600", path),
                job=user,
            )
