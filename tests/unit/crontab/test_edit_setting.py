"""Setting environment lines: only the named lines change, and cron then gives the job what was asked for."""

from __future__ import annotations

from collections.abc import Container

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fedtui.crontab import Document, Entry
from fedtui.crontab.edit import EditError
from fedtui.crontab.edit_setting import others_touched, set_environment

TABLE = (
    b"# crontab of fed\n"
    b"SHELL = '/bin/bash'\n"
    b"0 * * * * bash ~/sync.sh\n"
    b"\n"
    b"# Weekly\n"
    b"# name: export\n"
    b"0 2 * * 0 bash ~/export.sh caf\xe9\n"
    b"*/5 * * * * bash ~/dash.sh\n"
)


def read(data: bytes = TABLE) -> Document:
    return Document.parse(data, user="fed")


def job(document: Document, name: str) -> Entry:
    (found,) = (entry for entry in document.entries if entry.name == name)
    return found


def test_a_new_line_stands_above_the_jobs_own_comments() -> None:
    document = read()
    new = set_environment(document, job(document, "export"), {b"PATH": b"/opt/bin:/usr/bin:/bin"})
    assert new == TABLE.replace(b"# Weekly\n", b"PATH=/opt/bin:/usr/bin:/bin\n# Weekly\n")
    after = document.reparse(new)
    assert job(after, "export").note == "Weekly"
    assert dict(job(after, "sync").environment) == {b"SHELL": b"/bin/bash"}
    assert [entry.name for entry in others_touched(document, after, job(document, "export"))] == ["dash"]


def test_a_line_that_governs_this_job_first_is_changed_in_place() -> None:
    document = read()
    new = set_environment(document, job(document, "sync"), {b"SHELL": b"/bin/sh"})
    assert new == TABLE.replace(b"SHELL = '/bin/bash'", b"SHELL = /bin/sh")
    assert len(others_touched(document, document.reparse(new), job(document, "sync"))) == 2


def test_a_line_that_governs_jobs_above_is_left_alone() -> None:
    document = read()
    new = set_environment(document, job(document, "dash"), {b"SHELL": b"/bin/sh", b"A": b" b "[1:2]})
    assert new == TABLE.replace(b"*/5", b"SHELL=/bin/sh\nA=b\n*/5")
    assert others_touched(document, document.reparse(new), job(document, "dash")) == ()


def test_a_later_setting_of_the_same_name_ends_its_reach() -> None:
    document = read(b"1 * * * * a\nPATH=/bin\n2 * * * * b\n")
    new = set_environment(document, document.entries[0], {b"PATH": b"/x"})
    assert new == b"PATH=/x\n1 * * * * a\nPATH=/bin\n2 * * * * b\n"
    assert others_touched(document, document.reparse(new), document.entries[0]) == ()


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (b"/a b", b"A=/a b"),
        (b"", b'A=""'),
        (b'"', b"A='\"'"),
        (b"'x", b'A="\'x"'),
        (b"$HOME/bin", b"A=$HOME/bin"),
        (b"a=b%c#d", b"A=a=b%c#d"),
    ],
)
def test_the_value_is_quoted_only_where_cron_needs_it(value: bytes, line: bytes) -> None:
    document = read(b"1 * * * * a\n")
    new = set_environment(document, document.entries[0], {b"A": value})
    assert new == line + b"\n1 * * * * a\n"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (b"LOGNAME", b"x", "LOGNAME is cron's own"),
        (b"A B", b"x", "bad name 'A B'"),
        (b"", b"x", "bad name ''"),
        (b"A", b"x\ny", "it is one line"),
        (b"A", b'"x"', "drops quotes and blanks"),
        (b"A", b" x ", "drops quotes and blanks"),
        (b"A", b"x" * 999, "cron reads 998 bytes"),
        (b"SHELL", b"/bin/bash", "has that SHELL already"),
    ],
)
def test_what_cron_would_not_store_is_refused(name: bytes, value: bytes, said: str) -> None:
    document = read()
    with pytest.raises(EditError, match=said):
        set_environment(document, job(document, "sync"), {name: value})


def test_windows_line_ends_stay_and_a_missing_last_newline_stays_missing() -> None:
    data = b"A=1\r\n1 * * * * a\r\n2 * * * * b"
    document = read(data)
    assert set_environment(document, document.entries[0], {b"A": b"2"}) == data.replace(b"A=1", b"A=2")
    new = set_environment(document, document.entries[1], {b"A": b"2"})
    assert new == b"A=1\r\n1 * * * * a\r\nA=2\r\n2 * * * * b"


lines = st.one_of(
    st.sampled_from([b"", b"# note", b"# name: n", b"#", b"61 * * * * bad", b"#0 1 * * * old", b"A = 'b'"]),
    st.builds(
        lambda name, value: name + b"=" + value,
        st.sampled_from([b"A", b"PATH"]),
        st.sampled_from([b"1", b'"2"']),
    ),
    st.builds(
        lambda mark, rest: mark + b"0 * * * * " + rest,
        st.sampled_from([b"", b"#fedtui:paused# "]),
        st.sampled_from([b"a", b"b\r", b"caf\xe9 %x"]),
    ),
)
tables = st.builds(
    lambda some, end: b"\n".join(some) + end,
    st.lists(lines, min_size=1, max_size=9),
    st.sampled_from([b"\n", b""]),
)
values = st.one_of(st.sampled_from([b"/usr/bin:/bin", b"", b"a b", b"1", b"2"]), st.binary(max_size=6))


@settings(max_examples=200)
@given(tables, st.data(), st.dictionaries(st.sampled_from([b"A", b"PATH", b"NEW"]), values, min_size=1))
def test_only_named_lines_change_and_the_job_gets_what_was_asked(
    table: bytes, data: st.DataObject, wanted: dict[bytes, bytes]
) -> None:
    document = read(table)
    assume(document.entries)
    entry = data.draw(st.sampled_from(document.entries))
    try:
        new = set_environment(document, entry, wanted)
    except EditError:
        return
    after = document.reparse(new)
    at = document.entries.index(entry)
    given_now = dict(after.entries[at].environment)
    assert {name: given_now[name] for name in wanted} == wanted
    assert [(one.id_key, one.raw, one.note, one.name) for one in after.entries] == [
        (one.id_key, one.raw, one.note, one.name) for one in document.entries
    ]
    assert _other_lines(after, wanted) == _other_lines(document, wanted)
    for before, now in zip(document.entries[:at], after.entries[:at], strict=True):
        assert dict(before.environment) == dict(now.environment)


def _other_lines(document: Document, names: Container[bytes]) -> list[bytes]:
    return [line.raw for line in document.lines if line.setting is None or line.setting[0] not in names]
