"""Tables of daemons other than Debian's: what is a job, a setting or a bad line to each."""

from __future__ import annotations

import pytest

from fedtui.crontab import Document, LineKind


def readings(table: bytes, dialect: str, user: str = "fed") -> list[tuple[str, bytes]]:
    """(kind, command or value or complaint) of each line."""
    found = []
    for line in Document.parse(table, user=user, dialect=dialect).lines:
        value = line.entry.command if line.entry else line.setting[1] if line.setting else line.error.encode()
        found.append((str(line.kind), value))
    return found


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("debian", [("entry", b"date +"), ("bad", b"bad minute"), ("entry", b"a # b")]),
        ("cronie", [("entry", b"date +"), ("environment", b""), ("entry", b"a # b")]),
        ("busybox", [("entry", b"date +%F"), ("bad", b"bad command"), ("entry", b"a")]),
        ("bcron", [("entry", b"date +%F"), ("bad", b"unparseable line"), ("entry", b"a # b")]),
    ],
)
def test_percent_empty_settings_and_hashes(dialect: str, expected: list[tuple[str, bytes]]) -> None:
    assert readings(b"0 0 * * 1 date +%F\nX=\n5 0 * * 1 a # b\n", dialect) == expected


def test_one_bad_line_drops_a_table_of_debian_alone() -> None:
    reasons = {
        name: Document.parse(b"0 0 * * 1 x\n0 0\n", dialect=name).ignored_because
        for name in ("debian", "cronie", "busybox", "bcron")
    }
    assert reasons == {"debian": "line 2: bad day-of-month", "cronie": None, "busybox": None, "bcron": None}


def test_busybox_joins_lines_which_fedtui_leaves_alone() -> None:
    table = b"0 0 * * 1 a \\\n0 1 * * 1 b\n0 2 * * 1 c\n"
    bad = ("bad", b"continued line")
    assert readings(table, "busybox") == [bad, bad, ("entry", b"c")]
    assert bytes(Document.parse(table, dialect="busybox")) == table


def test_busybox_reads_255_lines_of_a_user_and_all_of_root() -> None:
    table = b"# x\n" + b"0 0 * * 1 x\n" * 256
    assert readings(table, "busybox")[-2:] == [("entry", b"x"), ("bad", b"too many lines")]
    assert readings(table, "busybox", "root")[-1] == ("entry", b"x")


def test_busybox_knows_three_settings_up_to_a_blank() -> None:
    table = b"PATH=/bin:/x y\nSHELL=/bin/ash\nHOME=/x\n"
    assert readings(table, "busybox") == [
        ("environment", b"/bin:/x"),
        ("environment", b"/bin/ash"),
        ("bad", b"bad command"),
    ]


def test_cronie_s_options_are_no_part_of_the_command() -> None:
    table = b"-0 0 * * 1 -n x\n0 0 * * 1 -x y\n"
    assert readings(table, "cronie", "root") == [("entry", b"x"), ("bad", b"bad option")]
    assert readings(table, "cronie") == [("bad", b"bad option")] * 2
    entry = Document.parse(table, user="root", dialect="cronie").entries[0]
    assert (entry.schedule, entry.body[: len(entry.body) - len(entry.field)]) == (
        "0 0 * * 1",
        b"-0 0 * * 1 -n ",
    )


def test_bcron_takes_quotes_off_and_needs_no_last_newline() -> None:
    assert readings(b"  A = 'b c' \n@daily x\n0 0 * * 1 x  ", "bcron") == [
        ("environment", b"b c"),
        ("bad", b"unparseable line"),
        ("entry", b"x"),
    ]


def test_kinds_have_the_names_above() -> None:
    assert {"entry", "bad", "environment"} < {str(kind) for kind in LineKind}
