"""FT5xx: what this user may do and see on this machine."""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.checks import CheckReport, check, note_rule, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.model import Snapshot

CRONTAB_FORBIDDEN = warning_rule(
    "FT501",
    "crontab is not allowed for this user",
    "crontab(1) lets in whom /etc/cron.allow names, or else whom /etc/cron.deny does not. A table that is "
    "there already is still run.",
    "Have the administrator add you to /etc/cron.allow, or use user timers.",
    needs=("crontab",),
)
LOG_HIDDEN = note_rule(
    "FT505",
    "cron's lines in the log are not readable",
    "cron writes its starts as root. Who is not in the group that reads the journal learns of runs in other "
    "ways only: from the log they write, from their processes, from the recorder.",
    "Join the group, and log in again.",
    needs=("cron-log",),
)


@check(CRONTAB_FORBIDDEN)
def crontab_forbidden(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT501: crontab(1)'s own words."""
    for problem in snapshot.problems:
        if problem.source == "crontab" and "not allowed" in problem.message:
            files = [path for path in ("/etc/cron.allow", "/etc/cron.deny") if host.exists(path)]
            yield CRONTAB_FORBIDDEN.found(
                "crontab(1) does not let this user have a table.",
                (*problem.message.splitlines()[:3], *files),
                fix=problem.advice,
            )


@check(LOG_HIDDEN)
def log_hidden(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT505: the note of the source that reads cron's log."""
    for problem in snapshot.problems:
        if problem.source == "cron-log" and problem.note:
            yield LOG_HIDDEN.found(problem.message, fix=problem.advice)
