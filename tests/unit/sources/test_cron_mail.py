"""cron's messages in a mailbox, as Debian's cron wrote them and others pass them on."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.model import CronFacts, Job, Location, Outcome, SourceName, Trigger
from fedtui.sources.cron_mail import CronMailSource, Mail, parse_mail, runs_of_mails

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 2, 31, tzinfo=UTC)
# What the packaged cron 3.0pl1 gave its MTA, below the line that the MTA puts above it.
MESSAGE = (
    b"From root@fedtui Wed Nov 25 03:30:01 2026\n"
    b"From: root (Cron Daemon)\n"
    b"To: fed\n"
    b'Subject: Cron <fed@five> echo "hi there 100%; \xc3\xbc"\n'
    b"MIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=UTF-8\n"
    b"Content-Transfer-Encoding: 8bit\n"
    b"X-Cron-Env: <MAILTO=fed>\n"
    b"X-Cron-Env: <SHELL=/bin/sh>\n"
    b"\n"
    b"hi there 100%; \xc3\xbc\n"
    b"\n"
)
COMMAND = 'echo "hi there 100%; ü"'.encode()
FRIEND = (
    b"From eve@there Wed Nov 25 01:00:00 2026\nFrom: eve@there\nSubject: Cron <fed@five> true\n\nhello\n\n"
)


def job(command: bytes = COMMAND, schedule: str = "* * * * *", name: str = "crontab:1") -> Job:
    facts = CronFacts("crontab", b"", command, zone=BERLIN.key)
    place = Location("crontab", 1)
    return Job(name, "job", SourceName.CRONTAB, "fed", schedule, "", place, next_run=NOW, facts=facts)


def read_mails(mailbox: bytes) -> list[Mail]:
    return list(parse_mail(mailbox, BERLIN))


def test_a_message_of_the_real_cron() -> None:
    at = datetime(2026, 11, 25, 3, 30, 1, tzinfo=BERLIN)
    assert read_mails(MESSAGE) == [Mail("fed", COMMAND, at)]
    assert read_mails(FRIEND + MESSAGE + FRIEND + MESSAGE) == [Mail("fed", COMMAND, at)] * 2


def test_a_folded_subject_and_a_date_with_its_own_zone() -> None:
    folded = MESSAGE.replace(b"hi there 100%", b"hi\n there 100%").replace(
        b"To: fed\n", b"To: fed\nDate: Wed, 25 Nov 2026 02:30:02 +0000\n"
    )
    (mail,) = read_mails(folded.replace(b"\n", b"\r\n"))
    assert (mail.command, mail.at.timestamp()) == (
        COMMAND,
        datetime(2026, 11, 25, 2, 30, 2, tzinfo=UTC).timestamp(),
    )


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text.replace(b"Cron Daemon", b"eve"),
        lambda text: text.replace(b"Cron <fed@five> ", b"Re: Cron <fed@five> "),
        lambda text: text.replace(b"Wed Nov 25 03:30:01 2026", b"yesterday"),
        lambda text: text.replace(b"From root", b">From root"),
    ],
)
def test_what_is_not_certainly_crons_is_passed_over(harm: object) -> None:
    assert read_mails(harm(MESSAGE)) == []  # type: ignore[operator]


def test_what_a_job_printed_is_no_message() -> None:
    quoted = MESSAGE.replace(b"hi there 100%; \xc3\xbc\n\n", b"x\n\n>" + MESSAGE)
    assert len(read_mails(quoted)) == 1


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from([MESSAGE, FRIEND, b"From \n", b"\n", b"Subject: x\n", b"\xff\n\n"]), max_size=8)
)
def test_any_mailbox_can_be_read(parts: list[bytes]) -> None:
    assert len(read_mails(b"".join(parts))) <= parts.count(MESSAGE)


def test_a_message_soon_after_a_due_minute_is_of_that_run() -> None:
    (run,) = runs_of_mails(read_mails(MESSAGE), [job()])
    assert run.start == datetime(2026, 11, 25, 3, 30, tzinfo=BERLIN)
    assert run.end == datetime(2026, 11, 25, 3, 30, 1, tzinfo=BERLIN)
    assert run.trigger is Trigger.SCHEDULE
    assert run.result is not None
    assert (run.result.outcome, run.result.known_from) == (
        Outcome.UNKNOWN,
        ("cron mailed its output at 03:30:01", "no exit status"),
    )


def test_the_start_of_a_run_that_was_not_due_just_now_is_not_known() -> None:
    (run,) = runs_of_mails(read_mails(MESSAGE), [job(schedule="0 3 * * *")])
    assert run.trigger is Trigger.UNKNOWN, "it is shown only where nobody saw a run"
    assert run.start == run.end


def test_a_message_that_may_be_of_two_jobs_is_of_none() -> None:
    assert list(runs_of_mails(read_mails(MESSAGE), [job(), job(name="crontab:1-2")])) == []
    assert list(runs_of_mails(read_mails(MESSAGE), [replace(job(), user="eve")])) == []
    assert list(runs_of_mails(read_mails(MESSAGE), [job(b"echo")])) == []


def test_the_mailbox_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    source = CronMailSource("fed", lambda: [job()], lambda: NOW, folder=tmp_path, zone=lambda: BERLIN)
    assert source.look().runs == (), "there is no mailbox"
    box = tmp_path / "fed"
    box.write_bytes(FRIEND + MESSAGE)
    assert len(source.look().runs) == 1
    before = box.stat()
    box.write_bytes(b"x" * before.st_size)
    os.utime(box, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert len(source.look().runs) == 1
    box.write_bytes(b"")
    assert source.look().runs == ()


def test_of_a_long_mailbox_the_end_is_read(tmp_path: Path) -> None:
    (tmp_path / "fed").write_bytes(FRIEND.replace(b"hello", b"hello\n" * 60_000) + MESSAGE)
    source = CronMailSource("fed", lambda: [job()], lambda: NOW, folder=tmp_path, zone=lambda: BERLIN)
    assert len(source.look().runs) == 1


def test_a_mailbox_that_is_a_pipe_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fed")
    source = CronMailSource("fed", lambda: [job()], lambda: NOW, folder=tmp_path, zone=lambda: BERLIN)
    (problem,) = source.look().problems
    assert problem.message == f"cron's mail cannot be read: {tmp_path / 'fed'} is not a regular file"
