"""Edits change the lines they name and no other byte."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fedtui.crontab import Document, Entry, LineKind, edit
from fedtui.crontab.edit import EditError

TABLE = (
    b"# crontab of fed\n"
    b'MAILTO=""\n'
    b"\n"
    b"# Hourly: sync\n"
    b"# name: sync\n"
    b"  0\t*  * * *\t bash ~/sync.sh >> ~/logs/sync.log 2>&1 \n"
    b"*/5 * * * * bash ~/dash.sh caf\xe9 %a%b\n"
    b"0 2 * * 0 bash ~/export.sh\n"
    b"# drills, first Monday by hand\n"
)


def read(data: bytes = TABLE) -> Document:
    return Document.parse(data, user="fed")


def job(document: Document, name: str) -> Entry:
    (found,) = (entry for entry in document.entries if entry.name == name)
    return found


def changed(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    old, new = before.split(b"\n"), after.split(b"\n")
    assert len(old) == len(new)
    return [(a, b) for a, b in zip(old, new, strict=True) if a != b]


schedules = st.sampled_from(["*/2 * * * *", "0 4 1 * *", "@daily", "1-5,7 0-23/2 * jan-mar mon", "@reboot"])
commands = st.sampled_from([b"a", b"bash ~/x.sh", b"b %in\\%put%", b"caf\xe9 >> l 2>&1", b"x\r", b" y"])
entry_lines = st.builds(
    lambda blank, paused, schedule, between, command: (
        (b"#fedtui:paused# " if paused else b"") + blank + schedule.encode() + between + command
    ),
    st.sampled_from([b"", b" ", b"\t"]),
    st.booleans(),
    schedules,
    st.sampled_from([b" ", b"\t", b"  \t"]),
    commands,
)
other_lines = st.sampled_from(
    [b"", b"# note", b"# name: n", b"A = b", b"#0 1 * * * old", b"61 * * * * bad", b"# x\r", b"#", b"\r"]
)
tables = st.builds(
    lambda lines, end: b"\n".join(lines) + end,
    st.lists(st.one_of(entry_lines, other_lines), min_size=1, max_size=10),
    st.sampled_from([b"\n", b""]),
)


@st.composite
def picked(draw: st.DrawFn) -> tuple[Document, Entry]:
    document = read(draw(tables))
    assume(document.entries)
    return document, draw(st.sampled_from(document.entries))


def ids(document: Document) -> list[str]:
    return [entry.id_key for entry in document.entries]


@settings(max_examples=150)
@given(picked())
def test_pause_and_resume_give_the_same_bytes_back(case: tuple[Document, Entry]) -> None:
    document, entry = case
    index = document.entries.index(entry)
    there = edit.resume(document, entry) if entry.paused else edit.pause(document, entry)
    moved = document.reparse(there)
    assert ids(moved) == ids(document)
    assert moved.entries[index].paused is not entry.paused
    assert changed(bytes(document), there) == [(entry.raw, moved.entries[index].raw)]
    back = moved.entries[index]
    assert (edit.resume(moved, back) if back.paused else edit.pause(moved, back)) == bytes(document)


@settings(max_examples=150)
@given(picked(), schedules)
def test_a_reschedule_changes_the_schedule_alone_and_keeps_ids(
    case: tuple[Document, Entry], schedule: str
) -> None:
    document, entry = case
    assume(schedule != " ".join(entry.schedule.split()))
    new = edit.reschedule(document, entry, schedule)
    ((old_line, new_line),) = changed(bytes(document), new)
    after = document.reparse(new)
    moved = after.entries[document.entries.index(entry)]
    assert ids(after) == ids(document)
    assert moved.schedule.split() == schedule.split()
    assert (moved.field, moved.environment, moved.note) == (entry.field, entry.environment, entry.note)
    start, end = entry.span
    marker = len(entry.raw) - len(entry.body)
    assert new_line.startswith(old_line[: marker + start])
    assert new_line.endswith(old_line[marker + end :])


@settings(max_examples=150)
@given(picked())
def test_a_deletion_takes_the_entry_and_comments_only(case: tuple[Document, Entry]) -> None:
    document, entry = case
    after = document.reparse(edit.delete(document, entry))
    gone = [line for line in document.lines if line.raw not in [other.raw for other in after.lines]]
    assert all(line.kind is LineKind.COMMENT or line.entry == entry for line in gone)
    assert len(after.entries) == len(document.entries) - 1
    assert [line.setting for line in after.lines if line.setting] == [
        line.setting for line in document.lines if line.setting
    ]


@settings(max_examples=150)
@given(tables, schedules)
def test_an_added_job_leaves_the_table_as_a_prefix(data: bytes, schedule: str) -> None:
    document = read(data)
    new = edit.add(document, schedule, "bash ~/new.sh", name="fresh", note="one\ntwo")
    after = document.reparse(new)
    added = after.entries[-1]
    assert new.startswith(data)
    assert (added.schedule, added.field, added.name, added.note) == (
        schedule,
        b"bash ~/new.sh",
        "fresh",
        "one\ntwo",
    )
    assert ids(after)[:-1] == ids(document)


@settings(max_examples=150)
@given(picked(), st.sampled_from(["", "n", "new name"]), st.sampled_from(["", "note", "a\nb"]))
def test_an_edit_of_name_and_note_touches_comments_only(
    case: tuple[Document, Entry], name: str, note: str
) -> None:
    document, entry = case
    assume(note != entry.note or name not in ("", entry.name))
    new = edit.edit(document, entry, name=name, note=note)
    after = document.reparse(new)
    moved = after.entries[document.entries.index(entry)]
    assert (moved.raw, moved.note) == (entry.raw, note)
    assert not name or moved.name == name
    kept = [line.raw for line in document.lines if line.kind is not LineKind.COMMENT]
    assert [line.raw for line in after.lines if line.kind is not LineKind.COMMENT] == kept


def test_reschedule_keeps_leading_blanks_tabs_and_trailing_blanks() -> None:
    document = read()
    new = edit.reschedule(document, job(document, "sync"), "30 4 * * mon")
    assert changed(TABLE, new) == [
        (
            b"  0\t*  * * *\t bash ~/sync.sh >> ~/logs/sync.log 2>&1 ",
            b"  30\t4  * * mon\t bash ~/sync.sh >> ~/logs/sync.log 2>&1 ",
        )
    ]


def test_reschedule_to_a_nickname_replaces_the_fields() -> None:
    document = read()
    new = edit.reschedule(document, job(document, "sync"), "@hourly")
    assert b"\n  @hourly\t bash ~/sync.sh" in new


def test_reschedule_with_a_reason_writes_a_comment_above_that_is_no_note() -> None:
    document = read()
    entry = job(document, "dash")
    why = {"reason": "node2 is slow", "ticket": "OPS-118", "day": "2026-11-24"}
    new = edit.reschedule(document, entry, "*/6 * * * *", **why)
    comment = b"# fedtui: was */5 until 2026-11-24; reason: node2 is slow; ticket OPS-118\n"
    assert comment + b"*/6 * * * * bash ~/dash.sh" in new
    assert job(read(new), "dash").note == ""
    assert job(read(new), "dash").id_key == entry.id_key


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("61 * * * *", "bad minute: 61 is not between 0 and 59"),
        ("0 * * *", "bad day-of-week"),
        ("0 0 * * * root", "bad command"),
        ("@Daily", "bad time specifier"),
        ("", "bad minute"),
        ("5;\x1b * * * *", "bad schedule"),
        ("*/5 * * * *", "dash has that schedule already"),
    ],
)
def test_a_reschedule_that_cron_refuses(schedule: str, message: str) -> None:
    document = read()
    with pytest.raises(EditError, match=f"^{message}"):
        edit.reschedule(document, job(document, "dash"), schedule)


def test_pause_puts_the_marker_before_the_untouched_bytes() -> None:
    document = read()
    new = edit.pause(document, job(document, "dash"))
    assert b"\n#fedtui:paused# */5 * * * * bash ~/dash.sh caf\xe9 %a%b\n" in new
    with pytest.raises(EditError, match="dash is paused already"):
        edit.pause(read(new), job(read(new), "dash"))
    with pytest.raises(EditError, match="sync is not paused"):
        edit.resume(document, job(document, "sync"))


def test_an_entry_of_another_text_is_refused() -> None:
    document = read()
    with pytest.raises(EditError, match="line 6 is no longer sync"):
        edit.pause(read(TABLE.replace(b"~/logs", b"~/log")), job(document, "sync"))


class TestAdd:
    def test_to_no_table(self) -> None:
        assert edit.add(read(b""), "0 * * * *", "a", note="why") == b"# why\n0 * * * * a\n"

    def test_fixes_a_missing_newline_and_keeps_clear_of_a_last_comment(self) -> None:
        assert edit.add(read(b"@daily x"), "0 * * * *", "a") == b"@daily x\n0 * * * * a\n"
        assert edit.add(read(b"# x"), "0 * * * *", "a") == b"# x\n\n0 * * * * a\n"

    def test_a_table_with_windows_line_ends_gets_no_carriage_return_in_the_command(self) -> None:
        new = edit.add(read(b"# x\r\n@daily x\r\n"), "0 * * * *", "a", name="n")
        assert new == b"# x\r\n@daily x\r\n# name: n\r\n0 * * * * a\n"

    def test_a_system_table_needs_a_user(self) -> None:
        table = Document.parse(b"", system=True)
        assert edit.add(table, "0 * * * *", "a", user="root") == b"0 * * * * root a\n"
        with pytest.raises(EditError, match="needs a user"):
            edit.add(table, "0 * * * *", "a")

    @pytest.mark.parametrize(
        ("schedule", "command", "name", "note", "message"),
        [
            ("0 * * * *", "* x", "", "", "bad command"),
            ("0 * * * *", " ", "", "", "bad command: it is empty"),
            ("0 * * * *", "a\nb", "", "", "bad command: a job's command is one line"),
            ("0 * * * *", "x" * 999, "", "", "command too long"),
            ("@daily", "= x", "", "", "cron would not take"),
            ("0 * * * *", "x", "a\nb", "", "bad name"),
            ("0 * * * *", "x", "", "name: x", "it would not read back"),
            ("0 * * * *", "x", "", "0 5 * * * x", "it would not read back"),
            ("0 * * * *", "x", "", "a\x1bb", "bad note"),
        ],
    )
    def test_what_cron_or_a_reader_would_not_take(
        self, schedule: str, command: str, name: str, note: str, message: str
    ) -> None:
        with pytest.raises(EditError, match=message):
            edit.add(read(), schedule, command, name=name, note=note)

    def test_no_table_grows_beyond_what_cron_takes(self) -> None:
        with pytest.raises(EditError, match="more than 10,000 lines"):
            edit.add(read(b"#\n" * 10_000), "0 * * * *", "x")


class TestEdit:
    def test_all_parts_at_once(self) -> None:
        document = read()
        new = edit.edit(
            document,
            job(document, "sync"),
            schedule="5 * * * *",
            command="bash ~/sync2.sh",
            name="sync two",
            note="Hourly\nfor node2",
        )
        assert new == TABLE.replace(
            b"# Hourly: sync\n# name: sync\n  0\t*  * * *\t bash ~/sync.sh >> ~/logs/sync.log 2>&1 \n",
            b"# Hourly\n# for node2\n# name: sync two\n  5\t*  * * *\t bash ~/sync2.sh\n",
        )

    def test_text_that_shows_the_present_bytes_changes_nothing(self) -> None:
        document = read()
        entry = job(document, "dash")
        with pytest.raises(EditError, match="nothing was changed"):
            edit.edit(
                document,
                entry,
                schedule=entry.schedule,
                command="bash ~/dash.sh café %a%b",
                name="dash",
                note="",
            )

    def test_a_latin_1_line_stays_latin_1(self) -> None:
        document = read()
        new = edit.edit(document, job(document, "dash"), command="bash ~/dash.sh café2")
        assert b"*/5 * * * * bash ~/dash.sh caf\xe92\n" in new
        with pytest.raises(EditError, match="Latin-1"):
            edit.edit(document, job(document, "dash"), command="bash ~/dash.sh €")

    def test_an_empty_name_takes_the_name_line_away(self) -> None:
        document = read()
        new = edit.edit(document, job(document, "sync"), name="")
        assert new == TABLE.replace(b"# name: sync\n", b"")

    def test_a_name_the_command_gives_by_itself_needs_no_line(self) -> None:
        document = read()
        new = edit.edit(document, job(document, "dash"), command="bash ~/dash.sh", name="dash")
        assert new == TABLE.replace(b" caf\xe9 %a%b", b"")
        kept = edit.edit(document, job(document, "dash"), command="bash ~/other.sh", name="dash")
        assert b"# name: dash\n*/5 * * * * bash ~/other.sh\n" in kept

    def test_a_paused_job_stays_paused(self) -> None:
        document = read(edit.pause(read(), job(read(), "dash")))
        new = edit.edit(document, job(document, "dash"), command="bash ~/dash.sh")
        assert b"\n#fedtui:paused# */5 * * * * bash ~/dash.sh\n" in new


class TestDelete:
    def test_the_note_stays_before_another_entry(self) -> None:
        document = read()
        new = edit.delete(document, job(document, "sync"))
        assert new.startswith(b'# crontab of fed\nMAILTO=""\n\n# Hourly: sync\n*/5 * * * *')

    def test_the_note_goes_where_it_speaks_of_nothing_else(self) -> None:
        table = b"# a\n0 * * * * a\n# b\n# fedtui: was */5\n# name: b\n0 * * * * /b.sh\n\n# c\n0 * * * * c\n"
        document = read(table)
        assert edit.delete(document, job(document, "b")) == b"# a\n0 * * * * a\n\n# c\n0 * * * * c\n"

    def test_only_the_line_goes_where_it_has_no_comments(self) -> None:
        document = read()
        assert edit.delete(document, job(document, "export")) == TABLE.replace(
            b"0 2 * * 0 bash ~/export.sh\n", b""
        )


class TestReplaceLine:
    def test_fixes_a_bad_line(self) -> None:
        document = read(b"0 * * * * a\n61 * * * * b\n@daily c\n")
        assert edit.replace_line(document, 2, "59 * * * * b") == b"0 * * * * a\n59 * * * * b\n@daily c\n"
        assert edit.replace_line(document, 2, "") == b"0 * * * * a\n\n@daily c\n"

    def test_refuses_another_bad_line(self) -> None:
        document = read(b"61 * * * * b\n")
        with pytest.raises(EditError, match="line 1 would still be refused: bad hour: 99"):
            edit.replace_line(document, 1, "0 99 * * * b")
        with pytest.raises(EditError, match="no newline"):
            edit.replace_line(document, 1, "a\nb")
        with pytest.raises(EditError, match="no line 2"):
            edit.replace_line(document, 2, "")

    def test_ends_the_last_line(self) -> None:
        assert edit.end_last_line(read(b"0 * * * * a")) == b"0 * * * * a\n"
        assert edit.end_last_line(read(TABLE)) == TABLE
