"""Runs that cron mailed the output of, found in the user's own mailbox: starts of jobs without a log.

cron mails what a job prints to MAILTO, or to the owner of the table, once the job has ended; the subject is
`Cron <USER@HOST> COMMAND` with the very bytes that the shell was given (do_command.c). So a message tells
that the job ran, that it printed something, and when it was over. How it ended it does not tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

from fedtui.model import Answer, Job, Mark, Outcome, Problem, Result, Run, Trigger, cron_jobs
from fedtui.schedule.upcoming import DUE_WITHIN, last_due
from fedtui.sources.source import LookingSource
from fedtui.system.file_stamp import file_stamp
from fedtui.system.regular_file import open_regular
from fedtui.system.zone import local_zone

MAILBOXES = Path("/var/mail")
_TAIL = 256 * 1024
"""Bytes of the mailbox that are read: the newest messages."""
_KEPT = 24
"""Messages of one job that are reported."""
_MOST_HEAD = 16 * 1024
_SUBJECT = re.compile(rb"Cron <([^@>\s]+)@[^>]*> (.+)", re.DOTALL)
_BEGIN = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n")


class Mail(NamedTuple):
    """One message of cron's: of whose job, with what command, and when it was delivered."""

    user: str
    command: bytes
    at: datetime


class CronMailSource(LookingSource):
    """Source "cron-mail". `jobs` gives the rows of the cron tables as last known."""

    name = "cron-mail"

    def __init__(
        self,
        user: str,
        jobs: Callable[[], Sequence[Job]],
        clock: Callable[[], datetime],
        *,
        folder: Path = MAILBOXES,
        zone: Callable[[], tzinfo] = lambda: local_zone()[1],
    ) -> None:
        self._path = folder / user
        self._jobs = jobs
        self._clock = clock
        self._zone = zone
        self._stamp: tuple[int, int] = (0, 0)
        self._mails: list[Mail] = []

    def look(self) -> Answer:
        """The runs that the newest messages tell of; none where no mailbox is there or ours to read."""
        stamp = file_stamp(self._path)
        if stamp != self._stamp:
            self._stamp, self._mails = stamp, list(parse_mail(self._tail(), self._zone())) if stamp[1] else []
        runs = tuple(runs_of_mails(self._mails, self._jobs()))[::-1]  # the newest are found first
        odd = stamp != (0, 0) and not self._path.is_file()
        said = f"cron's mail cannot be read: {self._path} is not a regular file"
        problems = (Problem(self.name, said, at=self._clock()),) if odd else ()
        return Answer(self.name, self._clock(), (), runs=runs, problems=problems)

    def watch(self) -> AsyncIterator[None]:
        """Yield within about a second of a delivery."""
        from fedtui.sources.polling import poll_changes

        return poll_changes(
            lambda: file_stamp(self._path), known=lambda: self._stamp, due=lambda: None, clock=self._clock
        )

    def _tail(self) -> bytes:
        try:
            with open_regular(self._path) as mailbox, open(mailbox, "rb", closefd=False) as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - _TAIL))
                text = file.read(_TAIL)
        except OSError:  # another's mailbox, or one that was moved away just now
            return b""
        # The first message of a part is cut; a mailbox that is read whole begins with its first.
        return text if size <= _TAIL else text[text.find(b"\n\nFrom ") + 2 :]


def parse_mail(mailbox: bytes, zone: tzinfo) -> Iterator[Mail]:
    """cron's own messages of a mailbox in the mbox format, in its order. Other messages are passed over."""
    begins = [match.span() for match in _BEGIN.finditer(mailbox)]
    for number, (begin, head) in enumerate(begins):
        following = begins[number + 1][0] if number + 1 < len(begins) else len(mailbox)
        text = mailbox[head : min(following, head + _MOST_HEAD)].replace(b"\r\n", b"\n")
        headers = _headers(text.partition(b"\n\n")[0])
        found = _SUBJECT.fullmatch(headers.get(b"subject", b""))
        at = _moment(mailbox[begin:head], headers.get(b"date"), zone)
        if found is not None and at is not None and b"cron daemon" in headers.get(b"from", b"").lower():
            yield Mail(found[1].decode("utf-8", "replace"), found[2], at)


def _headers(head: bytes) -> dict[bytes, bytes]:
    """Header fields by their names in small letters, unfolded (RFC 5322, 2.2.3); the first of each name."""
    found: dict[bytes, bytes] = {}
    for line in re.sub(rb"\n(?=[ \t])", b"", head).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            found.setdefault(name.lower(), value.removeprefix(b" "))
    return found


def _moment(envelope: bytes, date: bytes | None, zone: tzinfo) -> datetime | None:
    """When a message came: by its Date:, else by its `From ` line, which has the machine's own time."""
    from email.utils import parsedate_to_datetime

    own = b" ".join(envelope.split()[2:])
    for text in filter(None, (date, own)):
        try:
            at = parsedate_to_datetime(text.decode("ascii"))
        except (ValueError, UnicodeDecodeError):
            continue
        return at.astimezone(zone) if at.tzinfo is not None else at.replace(tzinfo=zone)
    return None


def runs_of_mails(mails: Sequence[Mail], jobs: Sequence[Job]) -> Iterator[Run]:
    """The runs that messages tell of; none of a command that several jobs have."""
    if not mails:
        return
    by_text: dict[tuple[str, bytes], list[Job]] = {}
    for job, cron in cron_jobs(jobs):
        by_text.setdefault((job.user, b" ".join(cron.given.split())), []).append(job)
    counts: Counter[str] = Counter()
    for mail in reversed(mails):
        found = by_text.get((mail.user, b" ".join(mail.command.split())), [])
        if len(found) == 1 and counts[found[0].id] < _KEPT:
            counts[found[0].id] += 1
            yield _run(mail, found[0])


def _run(mail: Mail, job: Job) -> Run:
    due = last_due(job, mail.at, DUE_WITHIN)
    said = f"cron mailed its output at {mail.at:%H:%M:%S}"
    key = job.id.partition(":")[2]
    if due is None:
        # Like a log that was written at some time: reported only where no source saw more.
        result = Result(Outcome.UNKNOWN, evidence=(f"{said}; nobody saw the run",))
        return Run(f"mail-{job.id}", job.id, mail.at, mail.at, result, Trigger.UNKNOWN)
    result = Result(Outcome.UNKNOWN, evidence=(said,)).marked(Mark.NO_STATUS)
    run_id = f"cron-mail-{due.timestamp():.0f}-{key}"
    return Run(run_id, job.id, due, max(due, mail.at), result, Trigger.SCHEDULE)
