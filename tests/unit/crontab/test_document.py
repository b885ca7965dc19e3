"""The document keeps every byte and reads every line as Debian's cron does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab import Document, Entry, LineKind

TABLE = (
    b"# m h  dom mon dow   command\n"
    b'SHELL="/bin/bash"\n'
    b"\n"
    b"# Hourly: sync\n"
    b"0 * * * * bash ~/federation/scripts/sync-learning-data.sh >> ~/logs/sync.log 2>&1\n"
    b"\t*/5\t* * *   *\techo caf\xe9 %one%two \n"
    b"PATH = /usr/local/bin:/usr/bin:/bin\n"
    b"# drills, first Monday by hand\n"
    b"# name: exports\n"
    b"#fedtui:paused# 0 2 * * 0 bash ~/export.sh\n"
    b"#0 3 * * * by-hand\n"
    b"@daily /opt/x\n"
)


def entries(data: bytes, **options: bool) -> tuple[Entry, ...]:
    return Document.parse(data, **options).entries


def kinds(data: bytes) -> list[str]:
    return [line.kind.value for line in Document.parse(data).lines]


def only_line(raw: bytes) -> tuple[str, str]:
    (line,) = Document.parse(raw + b"\n").lines
    return line.kind.value, line.error


lines_of_tables = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"0 * * * * a",
            b"#fedtui:paused# 0 * * * * a",
            b"# name: x",
            b"A = b",
            b"MAILTO=",
            b"",
            b"\r",
            b"   ",
            b"# note",
            b"@daily b\r",
            b"61 * * * * c",
            b"\xef\xbb\xbf0 * * * * d",
        ]
    ),
)
tables = st.lists(lines_of_tables, max_size=12).map(b"\n".join)


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=300), tables), st.booleans())
def test_bytes_of_a_document_are_the_bytes_it_was_read_from(data: bytes, system: bool) -> None:
    document = Document.parse(data, system=system)
    assert bytes(document) == data
    assert [line.number for line in document.lines] == list(range(1, len(document.lines) + 1))
    assert len(document.lines) == data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


def test_kinds_of_a_usual_table() -> None:
    assert kinds(TABLE) == [
        "comment",
        "environment",
        "blank",
        "comment",
        "entry",
        "entry",
        "environment",
        "comment",
        "comment",
        "paused",
        "comment",
        "entry",
    ]


def test_an_entry_tells_all_its_parts() -> None:
    odd = entries(TABLE)[1]
    assert odd.line_number == 6
    assert odd.schedule == "*/5\t* * *   *"
    assert odd.field == b"echo caf\xe9 %one%two "
    assert odd.command == b"echo caf\xe9 "
    assert odd.stdin == b"one\ntwo \n"
    assert odd.environment == ((b"SHELL", b"/bin/bash"),)
    assert odd.body[slice(*odd.span)] == b"*/5\t* * *   *"


def test_environment_holds_from_its_line_on_and_the_last_setting_wins() -> None:
    table = b"A=1\nB=2\n0 * * * * x\nA=3\n0 * * * * y\n"
    first, second = entries(table)
    assert first.environment == ((b"A", b"1"), (b"B", b"2"))
    assert second.environment == ((b"A", b"3"), (b"B", b"2"))


def test_a_paused_entry_reads_from_its_untouched_bytes() -> None:
    paused = entries(TABLE)[2]
    assert (paused.paused, paused.schedule, paused.field) == (True, "0 2 * * 0", b"bash ~/export.sh")
    assert paused.body == b"0 2 * * 0 bash ~/export.sh"
    assert paused.name == "exports"
    assert paused.note == "drills, first Monday by hand"


@pytest.mark.parametrize(
    "body", [b"A=b", b"# note", b"", b"61 * * * * x", b"just words", b"0 * * * * a\0b"], ids=repr
)
def test_a_marker_before_anything_but_an_entry_is_a_comment(body: bytes) -> None:
    assert only_line(b"#fedtui:paused# " + body) == ("comment", "")


def test_jobs_commented_by_hand_stay_comments_and_are_no_note() -> None:
    last = entries(TABLE)[3]
    assert (last.schedule, last.note) == ("@daily", "")


@pytest.mark.parametrize(
    ("raw", "kind", "error"),
    [
        (b"0 * * * * x", "entry", ""),
        (b"0 * * * *", "entry", ""),
        (b"@hourly", "entry", ""),
        (b"  \t@daily\tx", "entry", ""),
        (b"5;x * * * * x", "entry", ""),
        (b"0 * * * * x\r", "entry", ""),
        (b"\r", "bad", "bad minute"),
        (b"   ", "blank", ""),
        (b" \t# x", "comment", ""),
        (b"61 * * * * x", "bad", "bad minute"),
        (b"0 24 * * * x", "bad", "bad hour"),
        (b"0 0 32 * * x", "bad", "bad day-of-month"),
        (b"0 0 1 13 * x", "bad", "bad month"),
        (b"0 0 1 1 8 x", "bad", "bad day-of-week"),
        (b"0 0 1 1 1 * x", "bad", "bad command"),
        (b"@Daily x", "bad", "bad time specifier"),
        (b"@daily\r", "bad", "bad time specifier"),
        (b"MAILTO=", "bad", "bad minute"),
        (b'MAILTO=""', "environment", ""),
        (b"A = b", "environment", ""),
        (b"* = x", "environment", ""),
        (b"\xef\xbb\xbf0 * * * * x", "bad", "bad minute"),
        (b"\xef\xbb\xbf# x", "bad", "bad minute"),
        (b"0 * * * * " + b"x" * 998, "entry", ""),
        (b"0 * * * * " + b"x" * 999, "bad", "command too long"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_lines_are_what_cron_takes_them_for(raw: bytes, kind: str, error: str) -> None:
    assert only_line(raw) == (kind, error)


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        (b"\r", "the line holds only a carriage return: the table has Windows line ends"),
        (b"\xef\xbb\xbf# x", "the line begins with a byte-order mark"),
        (b"MAILTO =", 'a setting needs a value: write MAILTO=""'),
        (b"61 * * * * x", "61 is not between 0 and 59"),
    ],
)
def test_a_bad_line_says_what_is_wrong(raw: bytes, hint: str) -> None:
    assert Document.parse(raw + b"\n").lines[0].hint == hint


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", None),
        (b"0 * * * * x\n", None),
        (b"0 * * * * x", "line 1: missing newline before EOF"),
        (b"0 * * * * x\nA=b", "line 2: missing newline before EOF"),
        (b"0 * * * * x\nMAILTO=", "line 2: missing newline before EOF"),
        (b"0 * * * * x\n# the end", None),
        (b"0 * * * * x\n  ", None),
        (b"0 * * * * x\n#fedtui:paused# 0 * * * * y", None),
        (b"0 * * * * x\n\n61 * * * * y\nMAILTO=\n", "line 3: bad minute"),
        (b"#\n" * 9_999 + b"0 * * * * x\n", None),
        (b"#\n" * 10_000 + b"0 * * * * x\n", "more than 10,000 lines"),
        (b"0 * * * * x\n" + b"#\n" * 10_001, None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_why_the_daemon_drops_a_table(data: bytes, reason: str | None) -> None:
    assert Document.parse(data).ignored_because == reason


def test_one_bad_line_leaves_the_others_readable() -> None:
    document = Document.parse(b"0 * * * * good\n61 * * * * bad\n@daily good too\n")
    assert [entry.field for entry in document.entries] == [b"good", b"good too"]
    assert [line.number for line in document.bad_lines] == [2]


class TestSystemTables:
    def test_one_blank_parts_user_and_command_and_more_are_the_commands(self) -> None:
        (entry,) = entries(b"17 *\t* * *\troot    cd / && run-parts /etc/cron.hourly\n", system=True)
        assert (entry.user, entry.field) == ("root", b"   cd / && run-parts /etc/cron.hourly")

    def test_a_user_column_without_a_command(self) -> None:
        assert [line.error for line in Document.parse(b"0 * * * * root\n# x y\n", system=True).lines] == [
            "bad username",
            "",
        ]
        assert Document.parse(b"0 * * * * root\n", system=True).lines[0].error == "bad command"

    def test_an_unknown_user(self) -> None:
        document = Document.parse(
            b"0 * * * * root x\n0 * * * * nobdy x\n", system=True, known_user={"root"}.__contains__
        )
        assert document.ignored_because == "line 2: bad username"

    def test_a_paused_line_of_a_system_table(self) -> None:
        (entry,) = entries(b"#fedtui:paused# @daily root x\n", system=True)
        assert (entry.paused, entry.user, entry.field) == (True, "root", b"x")


class TestIdentity:
    def test_equal_commands_are_told_apart_by_their_order(self) -> None:
        first, second, other = entries(b"0 * * * * x\n@daily x\n@daily y\n")
        assert second.id_key == first.id_key + "-2"
        assert other.id_key[:8] != first.id_key
        assert len(first.id_key) == 8

    def test_the_key_is_the_documented_hash(self) -> None:
        # printf 'crontab\0fed\0x' | sha1sum
        (entry,) = Document.parse(b"0 * * * * x\n", user="fed").entries
        assert entry.id_key == "500dfb81"

    def test_pause_and_order_of_equal_commands(self) -> None:
        both = Document.parse(b"#fedtui:paused# 0 * * * * x\n@daily x\n").entries
        assert [entry.id_key for entry in both] == [
            entry.id_key for entry in entries(b"0 * * * * x\n@daily x\n")
        ]

    def test_other_tables_and_users_have_other_keys(self) -> None:
        line = b"0 * * * * x\n"
        keys = {
            Document.parse(line, table=table, user=user).entries[0].id_key
            for table in ("crontab", "/etc/crontab")
            for user in ("fed", "eve")
        }
        assert len(keys) == 4


class TestNotes:
    @pytest.mark.parametrize(
        ("above", "note", "name"),
        [
            (b"# Weekly\n# name: exports\n", "Weekly", "exports"),
            (b"#name:x\n", "", "x"),
            (b"# one\n#  two  \n", "one\ntwo", "job"),
            (b"# one\n\n", "", "job"),
            (b"# one\n#\n# two\n", "two", "job"),
            (b"# one\n# ------\n# two\n", "two", "job"),
            (b"# m h  dom mon dow   command\n", "", "job"),
            (b"#0 5 * * * old\n", "", "job"),
            (b"# one\nA=b\n", "", "job"),
            (b"# fedtui: was */5; reason: slow\n# why\n", "why", "job"),
            (b"# caf\xe9\n", "café", "job"),
            (b"# caf\xc3\xa9\r\n", "café", "job"),
        ],
    )
    def test_the_block_directly_above(self, above: bytes, note: str, name: str) -> None:
        (entry,) = entries(above + b"0 * * * * /opt/job.sh\n")
        assert (entry.note, entry.name) == (note, name)

    def test_a_block_speaks_of_one_entry(self) -> None:
        first, second = entries(b"# name: a\n0 * * * * x\n0 * * * * y\n")
        assert (first.name, second.name) == ("a", "y")


def test_kind_is_text() -> None:
    assert f"{LineKind.BAD}" == "bad"


def test_newline_style_goes_by_the_majority() -> None:
    assert Document.parse(b"# a\r\n# b\r\n# c\n").newline == b"\r\n"
    assert Document.parse(b"# a\r\n# b\n").newline == b"\n"
    assert Document.parse(b"").newline == b"\n"
