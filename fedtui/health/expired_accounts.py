"""FT138: an account that cron refuses to run anything for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from fedtui.health.checks import CheckReport, check, error_rule
from fedtui.health.file_facts import FileFacts
from fedtui.model import Job, Snapshot, State, cron_jobs
from fedtui.safe_text import decode

EXPIRED = error_rule(
    "FT138",
    "the account has expired",
    "cron asks PAM before each start. Where the account or its password has expired PAM refuses, and no job "
    "of that user runs; only the system's log says so.",
    "Extend the account: sudo chage -E -1 USER. For a password: sudo passwd USER.",
)
_FACT = re.compile(r"^(?P<what>[A-Z][a-z ]+?)\s*:\s*(?P<when>.+?)\s*$", re.MULTILINE)
_FORMS = ("%b %d, %Y", "%Y-%m-%d")


@check(EXPIRED)
def expired(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT138: what chage(1) says of each user whose lines are to run; a user may ask for the own account."""
    users: dict[str, Job] = {}
    for job, cron in cron_jobs(snapshot.jobs) if host.is_machine else ():
        idle = job.state in (State.BAD_LINE, State.PAUSED, State.UNREACHABLE, State.OFF)
        if not idle and job.user not in users and not host.shipped(cron.table):
            users[job.user] = job
    for user, job in users.items():
        ended = host.ask("chage", "-l", user)
        if ended.status:
            said = decode(ended.err).strip().removeprefix("chage: ").rstrip(".") or "chage says nothing"
            yield EXPIRED.hidden(f"the account of {user}", said)
            continue
        known = {found["what"]: found["when"] for found in _FACT.finditer(decode(ended.out))}
        today = snapshot.at.astimezone(UTC).date()
        ends, password = (_date(known.get(what, "")) for what in ("Account expires", "Password expires"))
        if ends is not None and today >= ends:
            yield _found(job, user, "account", f"Account expires  {ends}", f"sudo chage -E -1 {user}")
        elif (password is not None and today > password) or "must be" in known.get("Password expires", ""):
            when = password or "must be changed"
            yield _found(job, user, "password", f"Password expires  {when}", f"sudo passwd {user}")


def _date(text: str) -> date | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day, in no zone
        except ValueError:
            continue
    return None


def _found(job: Job, user: str, what: str, fact: str, command: str) -> CheckReport:
    return EXPIRED.found(
        f"The {what} of {user} has expired: cron starts none of its jobs.",
        (fact, f"line  {job.location}"),
        title=f"the {what} of {user} has expired",
        command=command,
        job=job,
    )
