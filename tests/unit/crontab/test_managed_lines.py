"""The pack's lines of a crontab: added, changed, taken away, and no other byte of the table touched."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab import Document, edit, record_edit
from fedtui.crontab.command_field import split_percent
from fedtui.crontab.managed_lines import (
    ManagedLine,
    command_field,
    managed,
    with_adopted,
    with_lines,
    without,
)
from fedtui.crontab.splice import EditError

SYNC = ManagedLine(
    "sync", "0 * * * *", command_field(("bash", "/r/sync-learning-data.sh"), "/l/federated-sync.log")
)
EXPORT = ManagedLine("export", "0 2 * * 0", command_field(("bash", "/r/export.sh"), "/l/e.log"), "weekly")
FASTER = ManagedLine("sync", "*/15 * * * *", SYNC.field)


def placed(data: bytes, *lines: ManagedLine, reset: tuple[str, ...] = ()) -> bytes:
    return with_lines(Document.parse(data), lines, reset=reset)


def removed(data: bytes, *keys: str) -> bytes:
    return without(Document.parse(data), keys or ("sync", "export"))


def test_lines_are_added_at_the_end() -> None:
    assert plain(placed(b"# mine\n5 5 * * * own\n# last words\n", SYNC, EXPORT)) == (
        b"# mine\n5 5 * * * own\n# last words\n"
        b"# fedtui: pack sync (0 * * * *)\n"
        b"0 * * * * bash /r/sync-learning-data.sh >> /l/federated-sync.log 2>&1\n"
        b"# fedtui: pack export (0 2 * * 0)\n"
        b"# name: weekly\n"
        b"0 2 * * 0 bash /r/export.sh >> /l/e.log 2>&1\n"
    )


def test_the_comment_above_them_is_not_theirs() -> None:
    new = placed(b"# last words\n", SYNC)
    entry = Document.parse(new).entries[0]
    assert (entry.note, entry.name) == ("", "sync-learning-data")


def test_applied_twice_changes_nothing_and_another_schedule_changes_one_line_and_its_mark() -> None:
    once = placed(b"MAILTO=me\n", SYNC, EXPORT)
    assert placed(once, SYNC, EXPORT) == once
    twice = placed(once, FASTER, EXPORT)
    assert twice == once.replace(b"0 * * * *", b"*/15 * * * *")


@pytest.mark.parametrize("paused", [False, True])
def test_a_paused_or_recorded_line_stays_so(paused: bool) -> None:
    once = Document.parse(placed(b"", SYNC))
    if paused:
        once = once.reparse(edit.pause(once, once.entries[0]))
    else:
        once = once.reparse(record_edit.record(once, once.entries[0], "/s/record"))
    new = Document.parse(placed(bytes(once), FASTER))
    entry = new.entries[0]
    assert (entry.paused, entry.recorder is None, entry.schedule) == (paused, paused, "*/15 * * * *")
    assert removed(bytes(new)) == b""


def test_a_schedule_of_somebodys_own_is_seen_and_kept() -> None:
    once = Document.parse(placed(b"", SYNC))
    custom = edit.reschedule(once, once.entries[0], "*/30 * * * *", reason="busy", ticket="#123")
    (found,) = managed(Document.parse(custom))
    assert (found.custom, found.planned, found.entry.schedule) == (True, "0 * * * *", "*/30 * * * *")
    assert found.why == "0 * * * *; reason: busy; ticket #123"
    kept = placed(custom, FASTER)
    (found,) = managed(Document.parse(kept))
    assert (found.planned, found.entry.schedule, found.why[:9]) == (
        "*/15 * * * *",
        "*/30 * * * *",
        "0 * * * *",
    )
    given_up = placed(custom, FASTER, reset=("sync",))
    assert given_up == placed(b"", FASTER)
    assert removed(kept) == b""


def test_removing_some_leaves_the_others() -> None:
    both = placed(b"# mine\n", SYNC, EXPORT)
    assert removed(both, "sync") == placed(b"# mine\n", EXPORT)
    assert removed(both, "export") == placed(b"# mine\n", SYNC)


def test_what_others_wrote_behind_them_stays() -> None:
    assert removed(placed(b"A=1\n", SYNC) + b"# theirs\n5 5 * * * x\n") == b"A=1\n# theirs\n5 5 * * * x\n"


@pytest.mark.parametrize("first", ["sync", "export"])
def test_a_missing_newline_is_missing_again(first: str) -> None:
    both = placed(b"A=1\n# no end", SYNC, EXPORT)
    assert b"# no end\n# fedtui: pack sync (0 * * * *); no newline above\n" in plain(both)
    assert placed(both, SYNC, EXPORT) == both
    other = "export" if first == "sync" else "sync"
    assert removed(removed(both, first), other) == b"A=1\n# no end"
    assert removed(both + b"# theirs\n") == b"A=1\n# no end\n# theirs\n"


def test_a_line_of_somebodys_own_below_the_mark_of_one_that_was_deleted_stays() -> None:
    """The usual way: the job's line is deleted, its comments stay, and another line is below them by now."""
    both = placed(b"# mine\n", SYNC, EXPORT)
    theirs = b"44 4 * * * /usr/bin/backup-my-photos\n"
    for key, command in (("sync", b"sync-learning"), ("export", b"export.sh")):
        lost = b"".join(theirs if command in line else line for line in both.splitlines(keepends=True))
        assert [line.key for line in managed(Document.parse(lost))] == [{"sync": "export"}.get(key, "sync")]
        again = placed(lost, SYNC, EXPORT)
        assert theirs in again
        assert plain(again).count(b"# fedtui: pack ") == 2
        assert theirs in removed(lost)
        assert b"fedtui" not in removed(lost)


def test_a_command_that_was_edited_by_hand_is_somebodys_own_and_one_edited_here_is_still_the_packs() -> None:
    once = placed(b"", SYNC)
    by_hand = once.replace(b" bash ", b" nice bash ")
    assert managed(Document.parse(by_hand)) == ()
    assert removed(by_hand, "sync") == by_hand.partition(b"\n")[2]
    document = Document.parse(once)
    here = edit.edit(document, document.entries[0], command=b"nice " + SYNC.field, note="slowly")
    assert [(line.key, line.entry.note) for line in managed(Document.parse(here))] == [("sync", "slowly")]
    assert removed(here, "sync") == b""


def test_marks_without_an_id_are_those_of_the_line_below() -> None:
    old = plain(placed(b"# mine\n", SYNC, EXPORT))
    assert [line.key for line in managed(Document.parse(old))] == ["sync", "export"]
    assert placed(old, SYNC, EXPORT) == placed(b"# mine\n", SYNC, EXPORT)
    assert removed(old) == b"# mine\n"


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"",
                b"# note",
                b"#",
                b"A = b",
                b"*/5 * * * * job %x",
                b"@daily\tx\r",
                b"#fedtui:paused# 1 1 * * * p",
            ]
        ),
        st.binary(max_size=12).map(lambda raw: b"# " + raw.replace(b"\n", b"")),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(LINES, st.booleans(), st.permutations([SYNC, EXPORT, FASTER]))
def test_all_removed_gives_the_bytes_from_before(
    lines: list[bytes], ended: bool, wanted: list[ManagedLine]
) -> None:
    data = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    document = Document.parse(data)
    if document.bad_lines or b"# fedtui: pack" in data:
        return
    new = with_lines(document, wanted)
    assert {found.key for found in managed(document.reparse(new))} == {"sync", "export"}
    assert len(document.reparse(new).entries) == len(document.entries) + 2
    assert without(document.reparse(new), ("sync", "export")) == data


PATHS = st.text(
    st.characters(exclude_characters="\n\r\0/", exclude_categories=("Cs",)), min_size=1, max_size=20
)


@settings(max_examples=30, deadline=None)
@given(PATHS, PATHS)
def test_any_path_reaches_the_script_as_it_is(script: str, log: str) -> None:
    command, stdin = split_percent(command_field(("printf", "%s", script), f"/tmp/{log}"))
    assert stdin is None
    shown = subprocess.run(
        ["/bin/sh", "-c", command.replace(b">> ", b"; printf ' %s' ").replace(b" 2>&1", b"")],
        capture_output=True,
        timeout=10,
        check=False,
    ).stdout
    if b">> " in script.encode() + log.encode() or b" 2>&1" in script.encode() + log.encode():
        return
    assert shown == script.encode() + b" /tmp/" + log.encode()


def test_names_that_need_no_quotes_have_none_and_others_do(tmp_path: Path) -> None:
    assert command_field(("bash", "/r/s.sh")) == b"bash /r/s.sh"
    odd = tmp_path / 'it\'s 100% "ü" $HOME'
    field = command_field((os.fspath(odd),), "/l/a b.log", {"X": "1 2"})
    assert field.startswith(b"X='1 2' '")
    assert rb"100\%" in field
    assert field.endswith(b">> '/l/a b.log' 2>&1")


def test_what_no_line_can_hold_is_refused() -> None:
    with pytest.raises(EditError, match="line break"):
        command_field(("bash", "/a\nb"))
    long = ManagedLine("sync", "0 * * * *", b"x" * 999)
    with pytest.raises(EditError, match="command too long"):
        placed(b"", long)


THEIRS = (
    b"MAILTO=me\n"
    b"# Hourly: sync high-value patterns\n"
    b"# name: my sync\n"
    b"0 * * * *  bash /home/fed/scripts/sync-learning-data.sh >> /var/log/federated-sync.log 2>&1\n"
    b"@weekly bash /r/export.sh\n"
)


def plain(data: bytes) -> bytes:
    """The table without the ids in its marks."""
    return re.sub(rb"(; adopted(?: recorded)?) [0-9a-f]{8}|; line [0-9a-f]{8}", rb"\1", data)


def adopted(data: bytes, key: str, place: int, schedule: str) -> bytes:
    document = Document.parse(data)
    return with_adopted(document, key, document.entries[place], schedule)


def test_an_adopted_line_keeps_its_bytes_below_a_mark() -> None:
    new = adopted(THEIRS, "sync", 0, "0 * * * *")
    assert plain(new) == THEIRS.replace(b"# Hourly", b"# fedtui: pack sync (0 * * * *); adopted\n# Hourly")
    (line,) = managed(Document.parse(new))
    assert (line.key, line.adopted, line.custom, line.entry.name) == ("sync", True, False, "my sync")
    assert line.entry.note == "Hourly: sync high-value patterns"
    assert placed(new, SYNC) == new, "its command is somebody's own"
    assert removed(new, "sync") == THEIRS


def test_a_profile_switches_an_adopted_line_and_its_schedule_from_before_comes_back() -> None:
    once = adopted(THEIRS, "sync", 0, "0 * * * *")
    switched = placed(once, FASTER)
    assert b"pack sync (*/15 * * * *); adopted from 0 * * * *\n" in plain(switched)
    assert b"\n*/15 * * * *  bash /home/fed" in switched
    assert placed(placed(switched, SYNC), FASTER) == switched
    assert removed(placed(switched, SYNC), "sync") == removed(switched, "sync") == THEIRS


def test_an_adopted_schedule_that_is_not_the_profiles_is_kept_until_it_is_reset() -> None:
    once = adopted(THEIRS, "export", 1, "0 2 * * 0")
    assert placed(once, EXPORT) == once
    reset = placed(once, EXPORT, reset=("export",))
    assert b"pack export (0 2 * * 0); adopted from @weekly\n0 2 * * 0 bash /r/export.sh\n" in plain(reset)
    assert removed(reset, "export") == THEIRS


def test_a_schedule_that_was_changed_by_hand_since_stays() -> None:
    switched = placed(adopted(THEIRS, "sync", 0, "0 * * * *"), FASTER)
    by_hand = switched.replace(b"\n*/15 * * * *  bash", b"\n7 * * * *  bash")
    assert removed(by_hand, "sync") == THEIRS.replace(b"0 * * * *  bash", b"7 * * * *  bash")


def test_the_mark_of_a_line_that_is_gone_is_not_taken_for_that_of_the_next_one() -> None:
    """Somebody deletes the job's line and leaves its comments."""
    once = placed(adopted(THEIRS, "sync", 0, "0 * * * *"), FASTER)
    without_line = re.sub(rb"\*/15 \* \* \* \*  bash [^\n]*\n", b"", once)
    assert managed(Document.parse(without_line)) == ()
    assert b"@weekly bash /r/export.sh" in placed(without_line, FASTER)
    assert removed(without_line, "sync") == THEIRS.replace(THEIRS.splitlines(keepends=True)[3], b"")


def test_two_marks_in_a_row_are_taken_away_without_the_line() -> None:
    both = adopted(adopted(THEIRS, "export", 1, "0 2 * * 0"), "sync", 0, "0 * * * *")
    lost = b"".join(line for line in both.splitlines(keepends=True) if b"sync-learning" not in line)
    assert [line.key for line in managed(Document.parse(lost))] == ["export"]
    assert removed(lost, "sync", "export") == THEIRS.replace(THEIRS.splitlines(keepends=True)[3], b"")


def test_a_line_that_was_there_before_stays_though_its_mark_lost_the_word() -> None:
    once = adopted(THEIRS, "sync", 0, "0 * * * *")
    shortened = re.sub(rb"; adopted [0-9a-f]{8}", b"", once)
    document = Document.parse(shortened)
    assert with_lines(document, [SYNC], own=("sync",)) == shortened
    assert without(document, ("sync",), own=("sync",)) == THEIRS


@pytest.mark.parametrize("recorded", [False, True])
def test_the_recorder_of_an_adopted_line_goes_unless_it_was_there_before(recorded: bool) -> None:
    start = THEIRS
    if recorded:
        document = Document.parse(THEIRS)
        start = record_edit.record(document, document.entries[0], "/s/record")
    new = Document.parse(adopted(start, "sync", 0, "0 * * * *"))
    if not recorded:
        new = new.reparse(record_edit.record(new, new.entries[0], "/s/record"))
    assert managed(new)[0].entry.recorder is not None
    assert without(new, ("sync",)) == start


SCHEDULES = st.sampled_from(["*/15 * * * *", "0 * * * *", "@daily", "5  4 * *\t0", "30 3 * * 1-5"])


@settings(deadline=None)
@given(
    own=SCHEDULES,
    planned=st.lists(st.sampled_from(["*/15 * * * *", "0 * * * *", "30 3 * * 1-5"]), min_size=1, max_size=4),
    reset=st.booleans(),
    newline=st.sampled_from([b"\n", b"\r\n"]),
    end=st.booleans(),
    before=st.sampled_from([b"", b"# a note\n", b"# fedtui: was 1 1 * * *; reason: x\n", b"#\n# ---\n# n\n"]),
)
def test_adopted_switched_and_removed_gives_the_bytes_from_before(
    own: str, planned: list[str], reset: bool, newline: bytes, end: bool, before: bytes
) -> None:
    table = b"A=b\n" + before + own.encode() + b" bash /r/x.sh\n# after\n1 1 1 1 1 other\n"
    table = (table if end else table.removesuffix(b"\n")).replace(b"\n", newline)
    document = Document.parse(table)
    new = with_adopted(document, "sync", document.entries[0], planned[0])
    for schedule in planned:
        wanted = ManagedLine("sync", schedule, SYNC.field)
        new = with_lines(Document.parse(new), [wanted], reset=("sync",) if reset else ())
    assert without(Document.parse(new), ("sync",)) == table
