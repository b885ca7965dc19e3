"""What cron says in the log, from recordings of Debian's cron 3.0pl1-162."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedtui.crontab.command_field import logged
from fedtui.logs.journal_records import JournalEntry
from fedtui.sources.cron_lines import CronNotice, read_entries, syslog_entry
from fedtui.sources.cron_log import CronLogSource
from fedtui.system.cron_product import BCRON
from tests.unit.logs.test_journal import program, recorded

NOW = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_starts_are_told_from_the_rest() -> None:
    starts, notices = read_entries(recorded("cron.jsonl"))
    assert [start.user for start in starts] == ["root", *["fed"] * 6]
    assert starts[0].command == "cd / && run-parts --report /etc/cron.hourly"
    assert starts[1].at == datetime(2026, 11, 24, 22, 36, 1, 465155, tzinfo=UTC)
    assert starts[1].pid == 878
    assert notices == []


def test_a_command_is_matched_in_the_form_that_cron_logs() -> None:
    starts, _ = read_entries(recorded("cron.jsonl"))
    assert logged('echo "grüße" % x\ttab'.encode()) == starts[1].command
    assert logged(b"a\x7fb\x00") == "a^?b^@"


def test_a_complaint_is_a_notice() -> None:
    text = "(*system*mine) ERROR (Missing newline before EOF, this crontab file will be ignored)"
    _, notices = read_entries([JournalEntry(NOW, 6, text, "cron", 1)])
    said = "ERROR (Missing newline before EOF, this crontab file will be ignored)"
    assert notices == [CronNotice("*system*mine", said, NOW)]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("Dec 31 23:17:01 box CRON[121]: (fed) CMD (true)", datetime(2025, 12, 31, 22, 17, 1, tzinfo=UTC)),
        ("Jan  1 01:02:03 box CRON[121]: (fed) CMD (true)", datetime(2026, 1, 1, 0, 2, 3, tzinfo=UTC)),
        (
            "2026-01-01T01:02:03.500000+01:00 box CRON[121]: (fed) CMD (true)",
            datetime(2026, 1, 1, 0, 2, 3, 500000, tzinfo=UTC),
        ),
    ],
)
def test_both_kinds_of_syslog_stamps_are_read(line: str, at: datetime) -> None:
    entry = syslog_entry(line, NOW, BERLIN)
    assert entry == JournalEntry(at, 6, "(fed) CMD (true)", "CRON", 121)


@pytest.mark.parametrize("line", ["", "Jan  1 01:02:03 box sshd[1]: (fed) CMD (true)", "Foo 99 x CRON[1]: y"])
def test_other_lines_of_the_syslog_are_left_out(line: str) -> None:
    assert syslog_entry(line, NOW, BERLIN) is None


async def test_the_source_reads_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "cat " + str(Path(__file__).parents[2] / "recordings/journal/cron.jsonl"))
    now = datetime(2026, 11, 24, 22, 50, tzinfo=UTC)
    source = CronLogSource("fed", lambda: now, files=())
    answer = await source.read()
    assert (answer.source, answer.jobs, answer.problems) == ("cron-log", (), ())
    assert len(answer.starts) == 7
    assert answer.starts_since == recorded("cron.jsonl")[0].at
    assert source.readable


async def test_old_starts_are_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "cat " + str(Path(__file__).parents[2] / "recordings/journal/cron.jsonl"))
    now = datetime(2026, 11, 25, 22, 38, 30, tzinfo=UTC)
    source = CronLogSource("fed", lambda: now, files=())
    await source.read()
    assert [start.at.minute for start in source.starts()] == [39, 40, 41]
    assert (await source.read()).starts_since == now - timedelta(hours=24)


async def test_without_rights_the_group_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "echo 'insufficient permissions' >&2; exit 1\n")
    source = CronLogSource("fed", lambda: NOW, files=())
    answer = await source.read()
    assert answer.starts_since is None
    (problem,) = answer.problems
    assert problem.message == "cron's lines in the journal cannot be read: fed is not in the group adm"
    assert problem.advice == "sudo usermod -aG adm fed, then log in again"
    assert not source.readable


async def test_a_syslog_file_serves_where_there_is_no_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    log = tmp_path / "syslog"
    log.write_text("Jan  1 00:02:03 box CRON[121]: (fed) CMD (true)\nJan  1 00:02:03 box other[1]: x\n")
    monkeypatch.setattr("fedtui.sources.cron_log.local_zone", lambda: ("UTC", ZoneInfo("UTC")))
    source = CronLogSource("fed", lambda: NOW, files=(log,))
    answer = await source.read()
    assert answer.problems == ()
    assert answer.starts_since == datetime(2026, 1, 1, 0, 2, 3, tzinfo=UTC)
    assert [(start.user, start.command, start.pid) for start in source.starts()] == [("fed", "true", 121)]


def test_busyboxs_and_cronies_lines() -> None:
    """As recorded of BusyBox 1.37's crond and of cronie 1.7.2."""
    texts = ("USER fed pid 187 cmd date -u >> ~/out", "crond (busybox 1.37.0) started, log level 8")
    starts, notices = read_entries([JournalEntry(NOW, 6, text, "crond", 112) for text in texts])
    assert [(start.user, start.command, start.pid) for start in starts] == [("fed", "date -u >> ~/out", 187)]
    assert notices == []
    ended = [JournalEntry(NOW, 6, f"(fed) {verb} (exit  3)", "CROND", 192) for verb in ("CMD", "CMDEND")]
    starts, notices = read_entries(ended)
    assert ([start.command for start in starts], notices) == (["exit  3"], [])


def test_a_cron_that_logs_no_starts_is_not_taken_for_one_that_starts_nothing() -> None:
    source = CronLogSource("fed", lambda: NOW, (), product=lambda: BCRON)
    answer = source.look()
    assert (answer.starts_since, answer.problems) == (None, ())
