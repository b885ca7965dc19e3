"""The journal's records as entries, from recordings of a real journalctl (systemd 252)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.logs import journal_query
from fedtui.logs.journal import UnitInvocation, follow_journal, read_journal, unit_query
from fedtui.logs.journal_query import JournalError, Query
from fedtui.logs.journal_records import MAX_LINE, JournalEntry, JournalReader, parse_record

RECORDED = Path(__file__).parents[2] / "recordings" / "journal"
LAST = datetime(2026, 11, 24, 14, 5, 12, tzinfo=UTC)


def recorded(name: str) -> list[JournalEntry]:
    data = (RECORDED / name).read_bytes()
    return [entry for record in JournalReader().feed(data) for entry in parse_record(record, LAST)]


def record(**fields: object) -> bytes:
    return json.dumps({"__REALTIME_TIMESTAMP": "1795560300198219", **fields}).encode()


def test_a_units_log_is_safe_to_show() -> None:
    entries = recorded("unit.jsonl")
    assert [entry.message for entry in entries[1:]] == ["aÿb", "␛[31mred␛[0m", "API_TOKEN=••••••", "last"]
    assert entries[-1].text == "last"
    assert entries[-1].at == datetime(2026, 11, 24, 22, 45, 0, 198219, tzinfo=UTC)
    assert (entries[-1].identifier, entries[-1].pid, entries[-1].priority) == ("sh", 1232, 6)
    assert entries[-1].cursor.startswith("s=c6ba1159d548486dad99b317b99e85d7;i=adb;")


def test_a_message_of_several_lines_is_as_many_entries() -> None:
    assert [entry.text for entry in parse_record(record(MESSAGE="one\r\n\ntwo\n"), LAST)] == [
        "one",
        "",
        "two",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(a message that journalctl left out)"),
        ([103, 114, 195, 188], "grü"),
        (["first", [115, 101, 99]], "first"),
        ("", ""),
    ],
)
def test_every_shape_of_a_message_has_a_text(value: object, text: str) -> None:
    assert parse_record(record(MESSAGE=value), LAST)[0].text == text


def test_a_long_line_is_cut_and_marked() -> None:
    (entry,) = parse_record(record(MESSAGE="x" * (MAX_LINE + 1)), LAST)
    assert len(entry.text) == MAX_LINE + 1
    assert entry.text.endswith("x…")


def test_a_record_beyond_the_limit_is_named_and_the_next_one_read() -> None:
    records = JournalReader(limit=100)
    found = records.feed(b'{"MESSAGE": "' + b"x" * 60) + records.feed(b"x" * 60) + records.feed(b'"}\nnext\n')
    assert found == [None, b"next"]
    (entry,) = parse_record(None, LAST)
    assert entry.at == LAST
    assert entry.message == "(a message of more than 512 KiB; journalctl shows it)"


@settings(max_examples=150)
@given(st.lists(st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"")), max_size=8), st.data())
def test_records_do_not_depend_on_how_the_bytes_arrive(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    records = JournalReader(limit=12)
    found = [entry for piece in pieces for entry in records.feed(piece)]
    assert found == [line if len(line) <= 12 else None for line in lines]


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_no_record_breaks_the_reader(raw: bytes) -> None:
    for entry in parse_record(raw, LAST):
        assert "\x1b" not in entry.message


def test_one_run_is_asked_for_by_what_cannot_be_forged() -> None:
    start = datetime(2026, 11, 24, 22, 45, tzinfo=UTC)
    query = unit_query("backup.service", False, UnitInvocation("abc", 1232, start))
    assert query.arguments == (
        "_SYSTEMD_INVOCATION_ID=abc",
        "+",
        "INVOCATION_ID=abc",
        "_PID=1",
        "+",
        "_PID=1232",
        "_TRANSPORT=stdout",
    )
    assert query.since == "@1795560299"
    assert query.of_system
    assert unit_query("backup.service", True).arguments == ("--user-unit=backup.service",)


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A journalctl of our own on PATH, which replays a recording."""
    path = folder / "journalctl"
    path.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\n{script}')
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


async def test_following_continues_after_the_last_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, f"cat {RECORDED}/unit.jsonl\n")
    batches = follow_journal(Query(("--user-unit=rec1",)), lines=7)
    first = await anext(batches)
    await anext(batches)
    await batches.aclose()
    calls = (tmp_path / "calls").read_text().splitlines()
    assert "--lines=7 --user-unit=rec1" in calls[0]
    assert "--follow" not in calls[0]
    assert f"--follow --after-cursor={first[-1].cursor} --lines=all --user-unit=rec1" in calls[1]


async def test_following_one_run_names_one_place_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """journalctl refuses --since= beside --after-cursor=: what a run wrote later was lost that way."""
    program(tmp_path, monkeypatch, f"cat {RECORDED}/unit.jsonl\n")
    run = UnitInvocation("ab" * 16, 77, datetime.fromtimestamp(1_700_000_000, UTC))
    batches = follow_journal(unit_query("backup.service", True, run))
    await anext(batches)
    await anext(batches)
    await batches.aclose()
    first, second = (tmp_path / "calls").read_text().splitlines()[:2]
    assert "--since=@1699999999 " in first
    assert "--after-cursor=" in second
    assert "--since=" not in second


async def test_the_child_is_ended_with_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = f"""echo $$ > {tmp_path}/pid
cat {RECORDED}/unit.jsonl
case "$*" in *--follow*) sleep 60;; esac
"""
    program(tmp_path, monkeypatch, script)
    batches = follow_journal(Query(("--user-unit=rec1",)))
    await anext(batches)
    await anext(batches)
    await batches.aclose()
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


async def test_a_missing_or_failing_journalctl_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(journal_query, "FOLDERS", (tmp_path / "journal",))
    with pytest.raises(JournalError, match="there is no journal on this machine") as none:
        await read_journal(Query(("-u", "x")))
    assert none.value.absent
    (tmp_path / "journal" / "id").mkdir(parents=True)
    (tmp_path / "journal" / "id" / "system.journal").touch()
    with pytest.raises(JournalError, match="journalctl could not be started: No such file or directory"):
        await read_journal(Query(("-u", "x")))
    program(tmp_path, monkeypatch, "echo 'Failed to open files: Bad message' >&2\nexit 1\n")
    with pytest.raises(JournalError, match="Failed to open files: Bad message"):
        await read_journal(Query(("-u", "x")))
    program(tmp_path, monkeypatch, "exec sleep 60\n")
    with pytest.raises(JournalError, match=r"journalctl did not answer within 0\.2 s"):
        await read_journal(Query(("-u", "x")), deadline=0.2)


async def test_want_of_rights_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "No journal files were opened due to insufficient permissions."
    program(tmp_path, monkeypatch, f"echo '{words}' >&2\nexit 1\n")
    with pytest.raises(JournalError, match="you are not in the group adm") as caught:
        await read_journal(Query(("-u", "x"), of_system=True))
    assert caught.value.closed
    assert caught.value.advice.startswith("sudo usermod -aG adm ")
