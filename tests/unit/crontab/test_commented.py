"""Jobs behind a `#`: told from prose, from Debian's examples and from old texts, and switched on again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab import Document, LineKind
from fedtui.crontab.commented import commented, uncommented_line
from fedtui.crontab.splice import EditError


def found(text: str, *, system: bool = False) -> list[tuple[int, str, bytes]]:
    document = Document.parse(text.encode(), user="fed", system=system)
    return [(one.number, one.entry.schedule, one.entry.command) for one in commented(document)]


@pytest.mark.parametrize(
    ("line", "schedule", "command"),
    [
        ("#0 5 * * * backup", "0 5 * * *", b"backup"),
        ("# 0 5 * * * /opt/backup.sh >> /tmp/a 2>&1", "0 5 * * *", b"/opt/backup.sh >> /tmp/a 2>&1"),
        ("  ##\t*/5 * * * 1-5\tcd ~ && sync", "*/5 * * * 1-5", b"cd ~ && sync"),
        ("#@daily /opt/a.sh", "@daily", b"/opt/a.sh"),
    ],
)
def test_a_line_that_is_an_entry_without_its_hash(line: str, schedule: str, command: bytes) -> None:
    assert found(f"0 1 * * * other\n{line}\n") == [(2, schedule, command)]


@pytest.mark.parametrize(
    "line",
    [
        "# 5 * 3 apples",
        "# m h  dom mon dow   command",
        "# 0 5 * * *",
        "# 2024 was a good year for it",
        "# @every 5m /opt/a.sh",
        "#fedtui:paused# 0 5 * * * backup",
        "# fedtui: was 0 5 * * *; reason: load",
        "# 0 5 * * 1 tar -zcf /var/backups/home.tgz /home/",
        "#* * * * * user-name command to be executed",
        "# ------ 1 2 3 4 5",
    ],
)
def test_a_comment_that_is_none(line: str) -> None:
    assert found(f"{line}\n") == []


def test_an_old_text_above_the_new_one_is_no_job_that_was_forgotten() -> None:
    assert found("#0 5 * * * /opt/backup.sh\n0 6 * * * /opt/backup.sh\n") == []
    assert found("#0 5 * * * /opt/backup.sh\n#fedtui:paused# 0 6 * * * /opt/backup.sh\n") == []


def test_a_system_table_has_its_user_column() -> None:
    assert found("#0 5 * * * root /opt/a.sh\n", system=True) == [(1, "0 5 * * *", b"/opt/a.sh")]


def test_the_hash_goes_and_nothing_else_changes() -> None:
    before = b'MAILTO=""\n# nightly\n# 0 5 * * * /opt/a.sh\r\n0 1 * * * b'
    document = Document.parse(before, user="fed")
    after = uncommented_line(document, 3, b"# 0 5 * * * /opt/a.sh\r")
    assert after == b'MAILTO=""\n# nightly\n0 5 * * * /opt/a.sh\r\n0 1 * * * b'
    with pytest.raises(EditError, match="line 2 is no longer a job that is commented out"):
        uncommented_line(document, 2, b"# nightly")
    with pytest.raises(EditError, match="line 3 is no longer"):
        uncommented_line(document, 3, b"# 0 6 * * * /opt/a.sh")


LINES = st.sampled_from(
    ["#0 5 * * * a", "# 1 2 3 4 5 c d", "0 1 * * * b", "", "# words", "A=1", "61 * * * * x", "#@daily e"]
)


@settings(max_examples=60)
@given(st.lists(LINES, max_size=8))
def test_each_of_them_can_be_switched_on_alone(lines: list[str]) -> None:
    document = Document.parse("".join(f"{line}\n" for line in lines).encode(), user="fed")
    for one in commented(document):
        after = document.reparse(uncommented_line(document, one.number, one.raw))
        assert after.lines[one.number - 1].kind is LineKind.ENTRY
        assert len(after.entries) == len(document.entries) + 1
        assert [line.raw for line in after.lines if line.number != one.number] == [
            line.raw for line in document.lines if line.number != one.number
        ]
